"""`python -m benchmarks.usage COMMAND …`: run a command and print its status, CPU seconds and peak memory in megabytes.

A program of its own: Linux counts a process's peak from the size of the one that started it, and this one is small.
"""

import os
import sys


def main(command: list[str]) -> None:
    """One line of three numbers."""
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, used = os.wait4(pid, 0)
    print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1:])
