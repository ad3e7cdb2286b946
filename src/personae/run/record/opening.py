"""Which database the record of a project is in: the file in it, or the one that `PERSONAE_DATABASE_URL` names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from personae.errors import StorageError, UsageError
from personae.run.record.database import Database
from personae.run.record.sqlite import open_sqlite

__all__ = ["DATABASE_URL", "RECORD_FILE", "database_url", "is_there", "open_database"]

DATABASE_URL = "PERSONAE_DATABASE_URL"
RECORD_FILE = Path(".personae", "record.db")
_SCHEMES = ("postgresql://", "postgres://")


def database_url(environment: Mapping[str, str] = os.environ) -> str:
    """Return what `PERSONAE_DATABASE_URL` names, empty for nothing. Raises `UsageError` for another kind."""
    url = environment.get(DATABASE_URL, "").strip()
    if url and not url.startswith(_SCHEMES):
        scheme = url.partition("://")[0] if "://" in url else "something else"
        raise UsageError(
            f"{DATABASE_URL} names {scheme}, and a fleet works on PostgreSQL",
            help="Set it to postgresql://USER@HOST/DATABASE, or unset it to use the file in the project.",
        )
    return url


def is_there(root: Path) -> bool:
    """Return whether the project at `root` has a record: one in a shared database is always taken to be there."""
    return bool(database_url()) or (root / RECORD_FILE).exists()


def open_database(root: Path, url: str | None = None) -> Database:
    """Open the record of the project at `root`: in `url` or what the environment names, else its own file.

    One database holds one project: its runs, and its budget. Raises `StorageError`, `UsageError`.
    """
    url = database_url() if url is None else url
    if not url:
        return open_sqlite(root / RECORD_FILE)
    try:
        # Not installed everywhere, and 150 ms that only a fleet needs.
        from personae.run.record.postgres import open_postgres  # noqa: PLC0415 - see above
    except ImportError as error:
        if error.name not in ("psycopg", "psycopg_pool"):
            raise
        raise StorageError(
            "use", DATABASE_URL, "psycopg is not installed", help="pip install 'personae[fleet]'"
        ) from error
    return open_postgres(url)
