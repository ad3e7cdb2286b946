"""Sub-agents on the terminal: a line of progress for each step of one, and all of them for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from personae.cli import out
from personae.run.durable import Step
from personae.run.family import children
from personae.run.record.ledger import usd
from personae.run.record.record import Record

__all__ = ["children_json", "tell_step"]


def tell_step(step: Step) -> None:
    """Say on standard error what a sub-agent did; what the root does, its own command shows."""
    depth = step.path.count("/tool.")
    if not depth or step.replayed or step.kind == "call":
        return
    did = f"answered, {step.detail}" if step.kind == "response" else f"used {step.detail}"
    out.progress(f"{'  ' * (depth - 1)}↳", f"{step.persona} {did}", dim=True)


def children_json(record: Record, run: str, *, beneath: str = "") -> Sequence[dict[str, object]]:
    """Return the sub-agents of `run` as plain JSON, each with what it took itself."""
    found = record.database.run(lambda transaction: children(transaction, run, beneath=beneath))
    return [{**asdict(child), "usd": float(usd(child.usd_nanos))} for child in found]
