"""Hosts on one machine: network namespaces on a switch of their own, made for a run and removed with it.

Even the switch is a namespace, so that nothing of the machine's own network is touched. Needs root and `ip`.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

PREFIX = "10.77.0"


def is_possible() -> bool:
    """Whether this machine lets us make namespaces."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"reg-{secrets.token_hex(3)}-try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        _ip("netns", "delete", name)
    return made


class Network:
    """Hosts by name, each with an address that the others reach."""

    def __init__(self, names: Sequence[str]) -> None:
        # Device names may have 15 letters.
        self._id = f"reg-{secrets.token_hex(3)}"
        self._switch = f"{self._id}-switch"
        self._numbers = {name: number for number, name in enumerate(names, start=1)}

    def address(self, host: str) -> str:
        """The host's address."""
        return f"{PREFIX}.{self._numbers[host]}"

    def on(self, host: str) -> list[str]:
        """What stands before a command that runs on this host."""
        return ["ip", "netns", "exec", self._namespace(host)]

    def build(self) -> None:
        """Make the switch and the hosts."""
        _ip("netns", "add", self._switch)
        _ip("-n", self._switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", self._switch, "link", "set", "switch", "up")
        for host, number in self._numbers.items():
            space, port = self._namespace(host), f"port{number}"
            _ip("netns", "add", space)
            _ip("-n", space, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", self._switch)
            _ip("-n", self._switch, "link", "set", port, "master", "switch", "up")
            _ip("-n", space, "address", "add", f"{PREFIX}.{number}/24", "dev", "eth0")
            _ip("-n", space, "link", "set", "lo", "up")
            _ip("-n", space, "link", "set", "eth0", "up")

    def remove(self) -> None:
        """Remove what is there of it; what still runs there is the caller's to end."""
        for space in (*map(self._namespace, self._numbers), self._switch):
            subprocess.run(["ip", "netns", "delete", space], capture_output=True, check=False)

    def cut_off(self, host: str) -> None:
        """Pull the host's cable at the switch."""
        _ip("-n", self._switch, "link", "set", f"port{self._numbers[host]}", "down")

    def join(self, host: str) -> None:
        """Plug it in again."""
        _ip("-n", self._switch, "link", "set", f"port{self._numbers[host]}", "up")

    def separate(self, host: str, other: str) -> None:
        """From now on nothing of what `host` sends reaches `other`; nobody is told."""
        _ip("-n", self._namespace(host), "route", "add", "blackhole", f"{self.address(other)}/32")

    def reunite(self, host: str, other: str) -> None:
        """They hear each other again."""
        _ip("-n", self._namespace(host), "route", "delete", "blackhole", f"{self.address(other)}/32")

    def _namespace(self, host: str) -> str:
        return f"{self._id}-{host}"


@contextmanager
def built(*names: str) -> Iterator[Network]:
    """A network with these hosts, removed afterwards whatever happens."""
    network = Network(names)
    try:
        network.build()
        yield network
    finally:
        network.remove()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=20)
