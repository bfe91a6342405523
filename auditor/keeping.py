"""The file an inventory is kept in: whose it is, who may write it, and what ails it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from auditor.errors import AuditorError, full, no_space

APPLICATION = 0x5341_4769  # in the header of our files: "SAGi"
# Where the header says so: bytes 0 to 15 and 68 to 71. Source: sqlite.org, "Database File Format".
_MAGIC, _STAMP = b"SQLite format 3\x00", APPLICATION.to_bytes(4, "big")
_OVER = "start it over with `auditor scan --refresh` or `auditor collect --refresh`"
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT")
_MISSING = ("no such table", "no such column")


class Broken(AuditorError):
    """Something in an inventory that is not as it was written: what, and how."""


def busy(error: sqlite3.Error) -> bool:
    """Tell whether another process has the file for itself."""
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def in_use(path: str | Path, error: Exception) -> AuditorError:
    """Return the error of a file that another process writes."""
    return AuditorError(
        f"{path}: in use ({error}); if a scan is writing it, wait for it or name another file"
    )


def damaged(path: str | Path, why: object) -> AuditorError:
    """Return the error of an inventory that is damaged."""
    return AuditorError(f"{path}: the file is damaged ({why}); {_OVER}, or delete it")


def unusable(path: str | Path, error: Exception) -> AuditorError:
    """Return the error of a file that does not open as an inventory: ours and damaged, or not."""
    if isinstance(error, sqlite3.Error) and busy(error):
        return in_use(path, error)
    if stamped(Path(path)):
        return damaged(path, error)
    return AuditorError(
        f"{path}: not an inventory ({error}); `auditor collect -o FILE` makes one, under another"
        " name or where this is deleted"
    )


def stamped(path: Path) -> bool:
    """Tell whether the header of a file says that it is ours."""
    head = _head(path)
    return head.startswith(_MAGIC) and head[68:72] == _STAMP


@contextmanager
def plain(path: str | Path) -> Iterator[None]:
    """Say in plain words, as :class:`AuditorError`, that the disk is full or the file damaged.

    Any other exception goes through, unless SQLite finds the file damaged when it is asked.
    """
    try:
        yield
    except Broken as error:
        raise damaged(path, error) from None
    except AuditorError:
        raise
    except sqlite3.Error as error:
        name = _name(error)
        if name == "SQLITE_FULL":
            raise no_space(f"{path}, or what SQLite keeps beside it,", error) from None
        if busy(error):
            raise in_use(path, error) from None
        if name.startswith(("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")):
            raise AuditorError(f"{path}: cannot be read or written ({error})") from None
        if _breaks(error) or not _sound(path):
            raise damaged(path, error) from None
        raise
    except OSError as error:
        if full(error):
            raise no_space(error.filename or path, error) from None
        raise
    except Exception as error:
        if not _sound(path):
            raise damaged(path, f"{type(error).__name__}: {error}") from None
        raise


def start_over(path: Path, script: str, *, at_home: bool) -> None:
    """Make a file an empty inventory by an SQL script, whatever it held.

    It is emptied where it lies, and by who has it for himself: a scan that is writing it goes on
    writing it, and this is refused. A file that is not ours is refused too, and a damaged one
    unless its header says that it is ours, or it is ``at_home``: where only we put files.
    """
    try:
        with closing(_alone(path)) as db:
            if not _is_inventory(db):
                raise AuditorError(f"{path}: not an inventory; name another file")
            tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            drops = "".join(f'DROP TABLE "{name}";' for (name,) in tables)
            db.executescript(f"BEGIN; {drops} {script} COMMIT;")
            db.execute("VACUUM")
            return
    except sqlite3.Error as error:
        if not _breaks(error):
            raise in_use(path, error) if busy(error) else error from None
        if not (stamped(path) or (at_home and not _is_text(path))):
            raise unusable(path, error) from None
    for end in ("-journal", "-wal", "-shm"):  # or SQLite would write the old pages back
        Path(f"{path}{end}").unlink(missing_ok=True)
    os.truncate(path, 0)
    with closing(_alone(path)) as db:
        db.executescript(f"BEGIN; {script} COMMIT;")


def _alone(path: Path) -> sqlite3.Connection:
    """Open a file that nobody else may open until it is closed."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=1.0)
    try:
        lock(db)
    except BaseException:
        db.close()
        raise
    return db


def lock(db: sqlite3.Connection) -> None:
    """Take a file for oneself, until it is closed."""
    db.execute("PRAGMA synchronous = OFF")  # a crash of the machine is not survived
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("BEGIN EXCLUSIVE")
    db.commit()


def _is_inventory(db: sqlite3.Connection) -> bool:
    """Tell whether a file that can be read is ours, of whatever format, or empty."""
    if db.execute("PRAGMA application_id").fetchone() == (APPLICATION,):
        return True
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    if "meta" not in tables:
        return not tables
    try:
        found = db.execute("SELECT 1 FROM meta WHERE key = 'format'").fetchone()
    except sqlite3.OperationalError:  # a table of that name with other columns
        return False
    return found is not None


def _sound(path: str | Path) -> bool:
    """Tell whether SQLite finds no fault with a file; true where it cannot be asked."""
    if not Path(path).is_file():
        return True
    uri = f"{Path(path).absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=1.0)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.Error as error:
        return not _breaks(error)


def _breaks(error: sqlite3.Error) -> bool:
    """Tell whether SQLite says by an error that the file is not as it should be."""
    return _name(error).startswith(_BROKEN) or str(error).startswith(_MISSING)


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", "")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(512)
    except OSError:
        return b""


def _is_text(path: Path) -> bool:
    head = _head(path)
    try:
        return "\x00" not in head.decode()
    except UnicodeDecodeError:
        return False
