"""Running the tests of a mutant in a copy of the project, so that nothing here is ever broken."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.catalogue import Mutant

PROJECT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "node_modules", "instance", "__pycache__", ".*_cache", ".hypothesis")
PASSED, FAILED = 0, 1


@contextmanager
def copy_of_the_project() -> Iterator[Path]:
    """The project as it is here, in a folder of its own."""
    with TemporaryDirectory(prefix="regservice-mutants-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(PROJECT, copy, ignore=LEFT_OUT)
        (copy / "instance").mkdir()
        yield copy


@contextmanager
def taken_out(mutant: Mutant, copy: Path) -> Iterator[None]:
    """The guard is missing inside. Raises ValueError when the place to change is not there exactly once."""
    path = copy / mutant.file
    original = path.read_text(encoding="utf-8")
    if original.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: {mutant.file} holds the text {original.count(mutant.old)} times")
    path.write_text(original.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(original, encoding="utf-8")


def outcome(copy: Path, tests: tuple[str, ...]) -> tuple[int, str]:
    """The exit status of pytest, and what it said last."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "--no-header", *tests]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=1200, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode, lines[-1] if lines else ""
