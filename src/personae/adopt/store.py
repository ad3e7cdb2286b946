"""Reads and writes `.personae/session.json`, by which the stance worn now survives a restart."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from personae.adopt.select import Precedence
from personae.adopt.session import Change, Session, Worn
from personae.errors import StorageError
from personae.persona.model import MODES, Mode
from personae.persona.store import read_bytes, write_bytes

__all__ = ["SESSION_FILE", "read_session", "write_session"]

SESSION_FILE = Path(".personae", "session.json")

_VERSION = 1
_FORGET = "Remove the file: only the stance worn now is forgotten."
_RANKS: tuple[Precedence, ...] = ("explicit", "workflow-step", "detection", "nothing")
_WHATS: tuple[Literal["wore", "swapped", "released"], ...] = ("wore", "swapped", "released")


def read_session(root: Path) -> Session:
    """Return the session of the project at `root`, the brain alone where there is none yet. Raises `StorageError`."""
    path = _path(root)
    if not path.exists():
        return Session()
    data: object
    try:
        data = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise StorageError("read", SESSION_FILE.as_posix(), "it is not JSON", help=_FORGET) from error
    if isinstance(data, dict) and isinstance(data.get("version"), int) and data["version"] > _VERSION:
        reason = f"it has version {data['version']}, and this personae knows {_VERSION}"
        raise StorageError("read", SESSION_FILE.as_posix(), reason, help=f"Update personae. {_FORGET}")
    try:
        return _session(data)
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError("read", SESSION_FILE.as_posix(), "it is not a session", help=_FORGET) from error


def write_session(root: Path, session: Session) -> None:
    """Replace the session of the project at `root` in one step. Raises `StorageError`."""
    worn = session.worn
    data = {
        "version": _VERSION,
        "worn": None if worn is None else _plain(worn),
        "changes": [_plain(change) for change in session.changes],
    }
    write_bytes(_path(root), f"{json.dumps(data, ensure_ascii=False, indent=1)}\n".encode())


def _path(root: Path) -> Path:
    """Return the file. A link in its place would let a repository choose which of your files is overwritten."""
    top = Path(os.path.realpath(root))
    path = top / SESSION_FILE
    if Path(os.path.realpath(path)) != path:
        raise StorageError("keep the session in", SESSION_FILE.as_posix(), "it is a link to elsewhere", help=_FORGET)
    return path


def _plain(value: Worn | Change) -> dict[str, str | None]:
    plain = {name: getattr(value, name) for name in value.__dataclass_fields__}
    return {name: item.isoformat() if isinstance(item, datetime) else item for name, item in plain.items()}


def _session(data: object) -> Session:
    """Read plain data; what is of another form raises `KeyError`, `TypeError` or `ValueError`."""
    top = _map(data)
    changes = top["changes"]
    if not isinstance(changes, list):
        raise TypeError("changes")
    worn = None if top["worn"] is None else _worn(_map(top["worn"]))
    return Session(worn=worn, changes=tuple(_change(_map(item)) for item in changes))


def _worn(plain: Mapping[str, object]) -> Worn:
    mode: Mode = MODES[MODES.index(plain["mode"])]  # what is no mode raises
    return Worn(
        slug=_text(plain["slug"]),
        mode=mode,
        by=_RANKS[_RANKS.index(plain["by"])],
        because=_text(plain["because"]),
        since=_moment(plain["since"]),
        digest=_text(plain["digest"]),
    )


def _change(plain: Mapping[str, object]) -> Change:
    before = plain["before"]
    return Change(
        at=_moment(plain["at"]),
        what=_WHATS[_WHATS.index(plain["what"])],
        slug=_text(plain["slug"]),
        before=None if before is None else _text(before),
        by=_RANKS[_RANKS.index(plain["by"])],
        because=_text(plain["because"]),
    )


def _map(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("not a map")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.utcoffset() is None:
        raise ValueError("no offset")
    return moment
