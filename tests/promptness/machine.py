"""How much of the machine a run got: CPU time of processes, and how much slower than alone it ran."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
BURN_S, EVERY_S = 0.01, 0.3


def cpu_s(pids: list[int]) -> float:
    """CPU seconds that these processes have used, children that they waited for included."""
    spent = 0
    for pid in pids:
        numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += sum(int(number) for number in numbers[11:15])
    return spent / TICKS


def children(pid: int, word: str) -> list[int]:
    """The children of a process that have this word in their command."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    lines = [line.split() for line in listed.stdout.splitlines()]
    return [int(line[0]) for line in lines if word in line[1:]]


@contextmanager
def slowness() -> Iterator[list[float]]:
    """Filled at the end: how many times longer than alone a little work took, sample by sample."""
    samples: list[float] = []
    with subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True) as probe:
        try:
            yield samples
        finally:
            probe.terminate()
            said, _ = probe.communicate(timeout=20)
            samples += [float(line) for line in said.splitlines()] or [1.0]


def median(samples: list[float]) -> float:
    """How much slower the machine was than an idle one, never faster."""
    return max(1.0, statistics.median(samples))


def main() -> None:
    """One line a sample, until ended."""
    while True:
        time.sleep(EVERY_S)
        begin, begin_cpu = time.monotonic(), time.process_time()
        while time.process_time() - begin_cpu < BURN_S:
            pass
        print((time.monotonic() - begin) / (time.process_time() - begin_cpu), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
