"""Where the files of tests live: in memory if there is room, since a test proves nothing by waiting for a disk.

What stands in memory survives the end of a process, not a power cut; tests of power cuts and of full disks bring
folders of their own.
"""

import os
import shutil
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")
# A whole run holds some hundred megabytes at once; containers often have 64.
_ROOM = 4 * 2**30


def folder_in_memory() -> str | None:
    """A folder whose files are kept in memory; None, the system's usual place, where there is none with room."""
    if not os.access(_SHARED_MEMORY, os.W_OK) or shutil.disk_usage(_SHARED_MEMORY).free < _ROOM:
        return None
    return str(_SHARED_MEMORY)
