"""PostgreSQL's own programs; the password goes by the environment, never by the command line."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from sqlalchemy import inspect
from sqlalchemy.engine import URL

from regservice.backup.types import BackupRefused
from regservice.db import db

MAGIC = b"PGDMP"
PLAIN = ("--no-owner", "--no-privileges")


def dump(file: Path) -> None:
    """Write everything into a file of PostgreSQL's own format, as it stands at this moment."""
    _run("pg_dump", "--format=custom", *PLAIN, f"--file={file}", *_target())


def revision(file: Path) -> str:
    """The schema that a copy was made with; empty when it is none of this service. Raises BackupRefused."""
    script = _run("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file))
    lines = script.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("COPY ")), None)
    return lines[start + 1].strip() if start is not None else ""


def replace_everything(file: Path, *, afterwards: str) -> None:
    """Put the copy in the place of every table, and run one statement on it: all in one transaction, or nothing.

    The tables go first, since a later version may have more of them than the copy.
    """
    tables = [f'"{name}"' for name in inspect(db.engine).get_table_names()]
    drop = f"DROP TABLE {', '.join(tables)} CASCADE;" if tables else ""
    with TemporaryFile() as errors:
        psql = _start("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *_target(), errors=errors)
        try:
            assert psql.stdin is not None
            _feed(psql.stdin, f"SET lock_timeout = '20s'; BEGIN; {drop}\n".encode())
            with TemporaryFile() as reading_errors:
                pg_restore = _start("pg_restore", *PLAIN, "--file=-", str(file), errors=reading_errors, reads=True)
                assert pg_restore.stdout is not None
                with pg_restore.stdout as script:
                    for piece in iter(lambda: script.read(1 << 16), b""):
                        _feed(psql.stdin, piece)
                _must_have_worked("pg_restore", pg_restore.wait(), reading_errors)
            # Without this last line nothing was done.
            _feed(psql.stdin, f"\nRESET search_path;\n{afterwards};\nCOMMIT;\n".encode())
            psql.stdin.close()
            _must_have_worked("psql", psql.wait(), errors)
        finally:
            psql.kill()
            psql.wait()


def _feed(stream: IO[bytes], text: bytes) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        return  # psql has ended, and its status tells why.


def _start(program: str, *arguments: str, errors: IO[bytes], reads: bool = False) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603
        [_found(program), *arguments],
        env=_environ(),
        stdin=subprocess.DEVNULL if reads else subprocess.PIPE,
        stdout=subprocess.PIPE if reads else subprocess.DEVNULL,
        stderr=errors,
    )


def _run(program: str, *arguments: str) -> str:
    command = [_found(program), *arguments]
    with TemporaryFile() as errors:
        done = subprocess.run(  # noqa: S603
            command, env=_environ(), stdout=subprocess.PIPE, stderr=errors, text=True, check=False
        )
        _must_have_worked(program, done.returncode, errors)
    return done.stdout


def _must_have_worked(program: str, status: int, errors: IO[bytes]) -> None:
    if status:
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines() or ["no reason was given"]
        raise BackupRefused(f"{program} failed: {lines[-1]}; nothing was changed.")


def _found(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise BackupRefused(f"{program} is not installed: install PostgreSQL's client programs.")
    return found


def _target() -> tuple[str, str]:
    url: URL = db.engine.url
    return "--dbname", url.set(drivername="postgresql", password=None).render_as_string()


def _environ() -> dict[str, str]:
    password = db.engine.url.password
    return os.environ | ({"PGPASSWORD": str(password)} if password else {})
