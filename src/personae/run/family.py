"""The children of a run as the record knows them: who did what for whom, by which model, at what cost, to what end.

What a child took is summed from the ledger, so that one that was stopped, or answered and then lost, counts as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from personae.run.record import journal, ledger
from personae.run.record.database import Transaction
from personae.run.record.journal import Entry

__all__ = ["Child", "children"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One sub-agent."""

    path: str
    """The key of the call that made it."""
    parent: str
    """The path of the node that made it."""
    persona: str
    depth: int
    task: str
    model: str
    """That answered; not what its persona wished."""
    tools: tuple[str, ...]
    reason: str
    """How it ended; `open` while it has not."""
    requests: int
    input_tokens: int
    output_tokens: int
    usd_nanos: int
    """Of itself, without its own children."""


def children(transaction: Transaction, run: str, *, beneath: str = "") -> Sequence[Child]:
    """Return the children of `run` in the order they began, those of the node `beneath` and of theirs."""
    prefix = f"{beneath}/" if beneath else ""
    entries = journal.entries(transaction, run, beneath=prefix)
    begun = {entry.key.removesuffix("/start"): entry for entry in entries if _begins_child(entry)}
    spent: dict[str, list[ledger.Spent]] = {path: [] for path in begun}
    for one in ledger.spent_in(transaction, run, beneath=prefix):
        owner = _owner(one.key)
        if owner in spent:
            spent[owner].append(one)
    ends = _ends(entries)
    return [_child(path, entry.body, ends.get(path, "open"), spent[path]) for path, entry in begun.items()]


def _begins_child(entry: Entry) -> bool:
    return (
        entry.kind == "start" and entry.body.get("depth", 0) > 0 and "/again." not in entry.key.rpartition("/tool.")[2]
    )


def _owner(key: str) -> str:
    """Return the path of the node that made the request `key`; a child that began anew is the same child."""
    path = key.rpartition("/")[0]
    head, again, _ = path.rpartition("/again.")
    return head if again else path


def _ends(entries: Iterable[Entry]) -> dict[str, str]:
    ends: dict[str, str] = {}
    for entry in entries:
        path, _, part = entry.key.rpartition("/")
        if entry.kind == "end" or part.startswith("stopped."):
            ends[path] = entry.body["reason"]
    return ends


def _child(path: str, node: Mapping[str, object], reason: str, spent: Sequence[ledger.Spent]) -> Child:
    model, tools, depth = node["model"], node["tools"], node["depth"]
    assert isinstance(model, dict)
    assert isinstance(tools, list)
    assert isinstance(depth, int)
    named = f"{model['provider']}:{model['model']}"
    return Child(
        path=path,
        parent=path.rpartition("/tool.")[0].rpartition("/")[0],
        persona=str(node["persona"]),
        depth=depth,
        task=str(node["task"]),
        model=spent[-1].model if spent else named,
        tools=tuple(map(str, tools)),
        reason=reason,
        requests=len(spent),
        input_tokens=sum(one.input_tokens for one in spent),
        output_tokens=sum(one.output_tokens for one in spent),
        usd_nanos=sum(one.usd_nanos for one in spent),
    )
