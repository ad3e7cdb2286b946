"""Switching heartbeats on and off in their file: one line each, all else stays to the byte."""

from __future__ import annotations

from collections.abc import Sequence

from personae.errors import UsageError
from personae.persona.edit import set_field
from personae.persona.store import read_bytes, write_bytes
from personae.standing.folder import Folder
from personae.standing.heartbeats import find_recurring, recurring_of

__all__ = ["switch"]


def switch(folder: Folder, slug: str, label: str | None, *, enabled: bool) -> Sequence[str]:
    """Switch the heartbeat `label` of `slug`, or all of its file; return a sentence for each.

    Raises `UnknownNameError`, and `UsageError` for a persona that is not one of the project's files.
    """
    persona = folder.personas[slug]
    known = recurring_of([persona])
    chosen = [find_recurring(known, slug, label)] if label is not None else list(known.values())
    if not chosen:
        raise UsageError(f"{slug} has no heartbeats", help="personae beats shows who has.")
    source = persona.source
    if source is None or source.layer != "project":
        place = source.layer if source else "Python"
        raise UsageError(f"{slug} is a {place} persona, not one of this project", help="personae beats pause holds it.")
    path = folder.root / source.file
    data = before = read_bytes(path)
    word = "on" if enabled else "off"
    said = []
    for one in chosen:
        if one.enabled == enabled:
            said.append(f"{slug}: {one.label} is {word} already")
            continue
        data = set_field(data, f"heartbeats[{one.index}].enabled", "true" if enabled else "false", file=source.file)
        said.append(f"{slug}: {one.label} is {word}; changed {source.file}")
    if data != before:
        write_bytes(path, data)
    return said
