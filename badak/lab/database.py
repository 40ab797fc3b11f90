"""The file of the run store: an SQLite database that is ours, whole, and of a format we know.

Each transaction has a connection of its own, which is closed after it: nothing is shared between
threads, nothing has to survive a fork, and a process that is killed holds no lock.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from badak.base.errors import BadakFileError
from badak.base.files import check_writable, make_folder

APPLICATION = int.from_bytes(b"bdLB")
"""Stands in the head of the file; SQLite calls it the application id."""

FORMAT = 1

BUSY_SECONDS = 60.0
"""How long a transaction waits for those of others, which take milliseconds."""

_TABLES = """
CREATE TABLE trials (key TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    began TEXT NOT NULL,
    settings TEXT NOT NULL,
    process TEXT,
    seconds REAL,
    result TEXT,
    page TEXT
);
CREATE TABLE uses (
    run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL, PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX users ON uses (key);
"""


_QUESTIONS = (
    "PRAGMA application_id",
    "PRAGMA user_version",
    "SELECT count(*) FROM sqlite_master",
)


@contextmanager
def writing(path: str) -> Iterator[sqlite3.Connection]:
    """One transaction that changes the file, which is made if there is none: wholly or not at all.

    Raises:
        BadakFileError: when the file is damaged, of another program or a newer format, cannot be
            written, or stays in use.
    """
    make_folder(os.path.dirname(path))
    with _explained(path, "write"), _connected(path, "rwc") as connection:
        if _is_new(connection, path):
            with _transaction(connection):
                if _is_new(connection, path):  # nobody else has made it meanwhile
                    for statement in _TABLES.split(";"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA application_id = {APPLICATION}")
                    connection.execute(f"PRAGMA user_version = {FORMAT}")
        # Readers then need not wait for writers. Where the disk cannot, or another process is
        # just using the file, it stays as it was, which is as safe.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
        with _transaction(connection):
            yield connection


@contextmanager
def reading(path: str) -> Iterator[sqlite3.Connection | None]:
    """One look at the file as it is at a moment; None where there is nothing yet.

    Raises:
        BadakFileError: as `writing`.
    """
    if not os.path.exists(path):
        yield None
        return
    # SQLite writes small files beside a database that it reads; on a read-only disk it cannot.
    writable = os.access(os.path.dirname(path), os.W_OK)
    with _explained(path, "read"), _connected(path, "rw" if writable else "ro") as connection:
        if _is_new(connection, path):
            yield None
            return
        connection.execute("BEGIN")
        yield connection


@contextmanager
def _connected(path: str, mode: str) -> Iterator[sqlite3.Connection]:
    place = f"{Path(path).as_uri()}?mode={mode}{'&immutable=1' if mode == 'ro' else ''}"
    with closing(
        sqlite3.connect(place, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
    ) as connection:
        yield connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite has done so itself after some errors
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _is_new(connection: sqlite3.Connection, path: str) -> bool:
    """Whether nothing is in it yet; what is in it must be ours."""
    application, version, tables = _head(connection)
    if application == version == tables == 0:
        return True
    if application != APPLICATION:
        raise BadakFileError(f"{path!r} is a database of another program", hint="another path")
    if version > FORMAT:
        raise BadakFileError(
            f"the run store {path!r} is of a newer format",
            expected=f"format {FORMAT} or older",
            got=version,
            hint="a newer Badak, or another path",
        )
    return False


def _head(connection: sqlite3.Connection) -> list[int]:
    """Whose file it is, of which format, and how much is in it: all at one moment.

    Another process may make the file between one question and the next.
    """
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")
    try:
        return [int(connection.execute(question).fetchone()[0]) for question in _QUESTIONS]
    finally:
        if alone:
            connection.execute("COMMIT")


@contextmanager
def _explained(path: str, deed: str) -> Iterator[None]:
    """Turns an error of SQLite into a BadakFileError that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        kind = str(getattr(error, "sqlite_errorname", "")).removeprefix("SQLITE_").split("_")[0]
        if kind in ("CANTOPEN", "READONLY", "PERM") and not os.path.isdir(path):
            check_writable(os.path.dirname(path))  # which knows the reason better
        what, hint = _REASONS.get(kind, (str(error), "bring it back from a copy, or another path"))
        raise BadakFileError(f"cannot {deed} the run store {path!r}: {what}", hint=hint) from error


_COPY = "bring it back from a copy, or move it away and begin a new one"
_REASONS = {
    "NOTADB": ("it is no SQLite database", "another path"),
    "CORRUPT": ("it is damaged", _COPY),
    "ERROR": ("it is damaged: its tables are not those of a run store", _COPY),
    "BUSY": (f"another process has held it for {BUSY_SECONDS:g} seconds", "wait for it"),
    "FULL": ("no space left on the disk", "free some space"),
    "CANTOPEN": ("it cannot be opened as a file", "another path"),
    "READONLY": ("it is read-only", "check its mode, or choose another path"),
    "IOERR": ("the device reports an error", "the disk may be failing: choose another one"),
}
