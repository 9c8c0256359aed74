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
    """The guard is missing inside. Raises ValueError when a place to change is not there exactly once."""
    originals = {change.file: (copy / change.file).read_text(encoding="utf-8") for change in mutant.changes}
    changed = dict(originals)
    for change in mutant.changes:
        count = originals[change.file].count(change.old)
        if count != 1:
            raise ValueError(f"{mutant.name}: {change.file} holds the text {count} times")
        changed[change.file] = changed[change.file].replace(change.old, change.new)
    try:
        for file, text in changed.items():
            (copy / file).write_text(text, encoding="utf-8")
        yield
    finally:
        for file, original in originals.items():
            (copy / file).write_text(original, encoding="utf-8")


def outcome(copy: Path, tests: tuple[str, ...]) -> tuple[int, str]:
    """The exit status of pytest, and what it said last."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "--no-header", *tests]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=1200, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode, lines[-1] if lines else ""
