"""One rich persona on every host, as text: `python tests/hosts/golden_files.py` writes tests/hosts/golden anew."""

from __future__ import annotations

from pathlib import Path

from personae.hosts.compile import COMPILERS, Compilation, compile_persona
from personae.persona.model import Persona

__all__ = ["FREE", "GOLDEN", "HELD", "shown"]

GOLDEN = Path(__file__).parent / "golden"
HELD = Persona(
    name="auditor",
    role="Release auditor",
    description='Reads a release: what it says and what it does. Use when "done" is claimed.',
    system_prompt="You are the auditor.\n\nRead, and run nothing: ${HOME} stays `as it is`.",
    tier="T2",
    tools=["list", "read", "glob", "grep", "fetch", "agent(scout)"],
    modes=["sub-agent"],
    triggers=["audit the release"],
    color="blue",
)
"""Held back by a list of tools."""
FREE = Persona(name="helper", description="Helps with anything.", system_prompt="You help.", effort="xhigh")
"""Held back by nothing."""


def shown(host: str) -> str:
    """Return all files of both personas, and their ledgers."""
    parts = [_shown(compile_persona(persona, host, url="https://agents.example")) for persona in (HELD, FREE)]
    return "\n".join(parts)


def _shown(made: Compilation) -> str:
    lines = [f"##### {made.persona}{' (refused)' if made.is_refused else ''}"]
    for artifact in made.artifacts:
        lines += [f"##### {artifact.path}{' *' if artifact.executable else ''}", artifact.text]
    lines += [f"# {entry.field}: {entry.outcome}: {entry.reason}" for entry in made.ledger.entries]
    lines += [f"# fault: {fault}" for fault in made.faults]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name in COMPILERS:
        (GOLDEN / f"{name}.txt").write_text(shown(name), encoding="utf-8")
