"""Running a part of the story in a process of its own that may die anywhere."""

import gc
import os
import select
import signal
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

TIMEOUT_S = 30


def in_child(work: Callable[[], None], complaint: Path) -> int:
    """The exit status of a fork that does this work; 1 when it raised, with the reason in the file `complaint`.

    The fork is made from a warm process, so that it costs milliseconds instead of a new interpreter's second.
    """
    with warnings.catch_warnings():
        # The threads of this process belong to the relay; the child uses none of their locks.
        warnings.simplefilter("ignore", DeprecationWarning)
        gc.freeze()
        child = os.fork()
    if child == 0:
        _work_and_leave(work, complaint)
    gc.unfreeze()
    return _status_of(child)


def _work_and_leave(work: Callable[[], None], complaint: Path) -> None:
    """Never returns, so that nothing of the parent's is done twice."""
    try:
        gc.disable()
        work()
    except BaseException:
        complaint.write_text(traceback.format_exc(), encoding="utf-8")
        os._exit(1)
    os._exit(0)


def _status_of(child: int) -> int:
    handle = os.pidfd_open(child)
    try:
        if not select.select([handle], [], [], TIMEOUT_S)[0]:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(handle)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
