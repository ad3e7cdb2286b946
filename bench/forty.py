"""The forty personas that hosts and converters are compared on: the sixteen built-in ones, and two dozen more.

The others are small, and differ in what limits them: between them they set every field that a persona has.
"""

from __future__ import annotations

from decimal import Decimal

from personae.library.library import load_built_in
from personae.persona.model import Budget, Heartbeat, Memory, Persona

__all__ = ["forty"]

_READS = ["list", "read", "glob", "grep"]
_WRITES = [*_READS, "write", "edit"]
_WORKS = [*_WRITES, "shell"]


def forty() -> list[Persona]:
    """Return them, built-in ones first."""
    return [*sorted(load_built_in().personas, key=lambda persona: persona.name), *_more()]


def _more() -> list[Persona]:
    def one(name: str, description: str, stance: str, /, **fields: object) -> Persona:
        return Persona(name=name, description=description, system_prompt=stance, **fields)  # type: ignore[arg-type]

    sub: list[str] = ["sub-agent"]
    return [
        one("api-critic", "Judges the shape of an interface.", "You judge interfaces.", tools=_READS, tier="T2"),
        one(
            "archivist",
            "Keeps old decisions findable.",
            "You keep the archive.",
            tools=_WRITES,
            memory=Memory(path="archive.md"),
        ),
        one(
            "bug-hunter", "Finds what breaks.", "You hunt bugs.", tools=_WORKS, modes=sub, max_steps=40, effort="xhigh"
        ),
        one(
            "changelog-writer",
            "Writes what changed.",
            "You write changelogs.",
            tools=["read", "grep", "edit"],
            modes=sub,
        ),
        one(
            "chief",
            "Gives work out.",
            "You give work out.",
            type="lead",
            tools=["read", "agent(scout, scribe)"],
            modes=sub,
        ),
        one(
            "cost-watcher",
            "Watches what runs cost.",
            "You watch costs.",
            tools=["read"],
            budget=Budget(per_run_max_cost_usd=Decimal(2)),
            modes=sub,
        ),
        one(
            "daily-digest",
            "Sums up the day.",
            "You sum up.",
            tools=["read", "fetch"],
            heartbeats=[Heartbeat(cron="0 18 * * *", prompt="Sum up.")],
        ),
        one(
            "data-cleaner",
            "Cleans tables.",
            "You clean tables.",
            tools=_WORKS,
            budget=Budget(per_run_max_tokens=200_000),
        ),
        one(
            "dependency-scout",
            "Looks into foreign code.",
            "You look into it.",
            tools=[*_READS, "shell"],
            needs_temp_workspace=True,
            modes=sub,
        ),
        one(
            "doc-linter",
            "Finds stale sentences.",
            "You find stale text.",
            tools=_READS,
            modes=sub,
            max_steps=6,
            tier="T0",
        ),
        one(
            "explainer",
            "Explains code to newcomers.",
            "You explain.",
            modes=["interactive"],
            tools=_READS,
            emoji="🧭",
            order=3,
        ),
        one("free-hand", "Does whatever is asked.", "You help.", effort="low"),
        one(
            "gatekeeper",
            "Says whether a release may go.",
            "You say yes or no.",
            tools=_READS,
            modes=sub,
            opinions=["good"],
            triggers=["release", "may it ship"],
        ),
        one("inbox-clerk", "Sorts mail that is pasted.", "You sort mail.", tools=[], modes=sub),
        one(
            "linguist",
            "Checks wording in five languages.",
            "You check wording.",
            tools=["read"],
            model="claude-opus-5",
            modes=sub,
        ),
        one(
            "migrator",
            "Moves a schema forward.",
            "You migrate.",
            tools=_WORKS,
            modes=sub,
            color="#3b82f6",
            max_steps=60,
        ),
        one("mentor", "Talks a plan through.", "You ask questions.", modes=["interactive"], can_dispatch=False),
        one("net-reader", "Reads pages and quotes them.", "You read pages.", tools=["fetch", "web_search"], modes=sub),
        one("night-watch", "Runs the checks at night.", "You run checks.", tools=[*_READS, "shell"], modes=["loop"]),
        one(
            "own-folder",
            "Works on its own notes.",
            "You keep notes.",
            tools=["read", "write"],
            visibility="folder",
            modes=sub,
        ),
        one(
            "scout", "Finds the place of a thing.", "You find places.", tools=_READS, modes=sub, max_steps=10, tier="T0"
        ),
        one("scribe", "Writes minutes.", "You write minutes.", tools=["read", "write"], modes=sub, skills=["minutes"]),
        one(
            "sketcher",
            "Draws a first design.",
            "You sketch.",
            role="Sketcher",
            display_name="The Sketcher",
            tools=_READS,
            effort="medium",
        ),
        one(
            "test-author",
            "Writes failing tests.",
            "You write tests.",
            tools=_WORKS,
            modes=sub,
            model="gpt-6-sol",
            enhances=["coverage"],
        ),
    ]
