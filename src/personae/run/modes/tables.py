"""Computed tables in the record of what was asked: a replay quotes the tables that the answer was made from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from personae.library.substrate import TEAM_ANSWERS
from personae.run.record import journal
from personae.run.record.journal import Entry
from personae.run.record.record import Record

__all__ = ["computed_first", "tables_of"]

_NUMBER = re.compile(r"\d+")


async def computed_first(
    record: Record, run: str, path: str, compute: Mapping[str, Callable[..., Any]]
) -> Mapping[str, str]:
    """Return what each tool of `compute` gave before the first request of what is asked under `path`.

    It is computed now, and kept, where that was never done: what the tables tell of goes on changing.
    """
    keys = {name: f"{path}/0/tool.{index}" for index, name in enumerate(compute)}
    return {name: await _computed_once(record, run, key, name, compute[name]) for name, key in keys.items()}


async def tables_of(record: Record, run: str, path: str) -> Sequence[str]:
    """Return the computed answers that tools gave to what was asked under `path`, in the order of their calls."""
    found = await record.do(lambda transaction: journal.entries(transaction, run, beneath=f"{path}/"))
    own = path.count("/tool.") + 1  # the calls of its children have more
    calls = [entry for entry in found if entry.kind == "result" and entry.key.count("/tool.") == own]
    calls.sort(key=lambda entry: [int(number) for number in _NUMBER.findall(entry.key.removeprefix(path))])
    return [str(call.body["value"]) for call in calls if call.body["tool"] in TEAM_ANSWERS and "value" in call.body]


async def _computed_once(record: Record, run: str, key: str, name: str, compute: Callable[..., Any]) -> str:
    standing = await record.do(lambda transaction: journal.find(transaction, run, key))
    if standing is None:
        entry = Entry(run=run, key=key, kind="result", body={"tool": name, "value": str(compute())}, at=record.at)
        standing = await record.do(lambda transaction: journal.add(transaction, entry))
    return str(standing.body["value"])
