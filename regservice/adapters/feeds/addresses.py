"""Which addresses a feed may be fetched from: named hosts, and only machines that everybody can reach."""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from regservice.formats.feeds.types import Unreadable

HTTPS = 443
LONGEST = 2000
# Ways into a network that look like public addresses: mapped, translated and tunnelled IPv4, and its old relays.
INWARD = [
    ipaddress.ip_network(network)
    for network in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/23",
        "fec0::/10",
        "::/96",
        "192.0.0.0/24",
        "192.88.99.0/24",
    )
]
Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where one request goes: the host that was asked for, and the addresses that were checked for it."""

    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def host_header(self) -> str:
        """The host as it stands in a request."""
        return self.host if self.port == HTTPS else f"{self.host}:{self.port}"


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for _, _, _, _, address in found]


def is_public(address: str) -> bool:
    """Whether an address belongs to a machine on the open internet, and to nothing inside of a network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and (parsed.ipv4_mapped or parsed.scope_id):
        return False
    inward = any(parsed in network for network in INWARD if network.version == parsed.version)
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved and not inward


def target_of(url: str, hosts: Iterable[str], resolve: Resolve, may_reach: Callable[[str], bool] = is_public) -> Target:
    """Where a request for this address goes, after every check. Raises Unreadable.

    One address that is not public among those of a host is enough to refuse it.
    """
    parts = _parts(url)
    host, port = (parts.hostname or "").rstrip("."), parts.port or HTTPS
    name = host if port == HTTPS else f"{host}:{port}"
    if name not in {allowed.lower() for allowed in hosts}:
        raise Unreadable("host_not_allowed", name)
    try:
        addresses = tuple(dict.fromkeys(resolve(host, port)))
    except (OSError, UnicodeError):
        raise Unreadable("host_unknown", host) from None
    if not addresses or not all(may_reach(address) for address in addresses):
        raise Unreadable("private_address", host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host=host, port=port, path=path, addresses=addresses)


def _parts(url: str) -> SplitResult:
    """The parts of an address that every program reads in the same way. Raises Unreadable."""
    if len(url) > LONGEST or not url.isascii() or any(sign <= " " or sign in '\\"<>^`{|}\x7f' for sign in url):
        raise Unreadable("bad_address")
    try:
        parts = urlsplit(url)
        sound = parts.port != 0
    except ValueError:
        raise Unreadable("bad_address") from None
    if parts.scheme != "https":
        raise Unreadable("not_https")
    if not sound or not parts.hostname or "@" in parts.netloc or "%" in parts.netloc:
        raise Unreadable("bad_address")
    return parts
