"""A relay in a process of its own, so that taking mails costs the measured process nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

from tests.faulty_relay import FaultyRelay


class Sink:
    """What the relay's process has taken so far."""

    def __init__(self, pipe: Connection, port: int) -> None:
        self._pipe = pipe
        self.port = port

    def contents(self) -> list[bytes]:
        """Every message since the last call."""
        self._pipe.send("contents")
        taken: list[bytes] = self._pipe.recv()
        return taken


@contextmanager
def sink() -> Iterator[Sink]:
    """A relay on this machine that takes everything."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Sink(ours, ours.recv())
    finally:
        ours.send("end")
        process.join(timeout=20)


def _serve(pipe: Connection) -> None:
    with FaultyRelay() as relay:
        pipe.send(relay.port)
        given = 0
        while pipe.recv() != "end":
            taken = [mail.content for mail in relay.stored[given:]]
            given += len(taken)
            pipe.send(taken)
