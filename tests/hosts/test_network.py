"""The hosts that `python -m tests.hosts` builds can be cut off and joined, and nothing is left of them."""

import subprocess
import sys

import pytest

from tests.hosts.network import Network, built, is_possible

ASK = "import socket, sys; socket.create_connection((sys.argv[1], 9), timeout=0.5)"
LISTEN = (
    "import socket; s = socket.create_server(('', 9)); print('ready', flush=True); s.accept(); s.accept(); s.accept()"
)

pytestmark = pytest.mark.skipif(not is_possible(), reason="network namespaces need root and `ip`")


def reaches(network: Network, host: str, other: str) -> bool:
    command = [*network.on(host), sys.executable, "-c", ASK, network.address(other)]
    return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0


def namespaces() -> set[str]:
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in listed.splitlines() if line}


def test_hosts_are_cut_off_and_joined_and_leave_nothing_behind() -> None:
    with built("one", "two") as network:
        with subprocess.Popen([*network.on("two"), sys.executable, "-c", LISTEN], stdout=subprocess.PIPE) as listener:
            assert listener.stdout is not None
            assert listener.stdout.readline() == b"ready\n"
            assert reaches(network, "one", "two")
            network.cut_off("two")
            assert not reaches(network, "one", "two")
            network.join("two")
            assert reaches(network, "one", "two")
            network.separate("two", "one")
            assert not reaches(network, "one", "two")
            network.reunite("two", "one")
            assert reaches(network, "one", "two")
            listener.kill()
        ours = {network.on(host)[-1] for host in ("one", "two")}
        assert ours <= namespaces()
    assert not ours & namespaces()
