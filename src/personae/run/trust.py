"""Trust in a tree of agents: what it is made of, whether a person has agreed to it, and what happens where nobody has.

A loud tree that nobody agreed to still works, guarded: each call that would carry data out, a person sees before it
is made. Without a person there is no such call.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

from personae.adopt.adoption import Adoption
from personae.adopt.agents import spawnable, targets_of
from personae.adopt.toolbox import resolve_tools
from personae.adopt.world import World
from personae.errors import StorageError
from personae.library.project import Project
from personae.persona.model import Persona
from personae.persona.rules import SPAWNING_TOOLS
from personae.persona.store import write_bytes
from personae.run.record.database import Transaction
from personae.run.record.inbox import Item, decision_on, item_id, post
from personae.run.record.record import Record
from personae.run.trifecta import Agent, Verdict, digest_of, drawn, judge
from personae.tools.approve import Approve, Question
from personae.tools.declared import DECLARED, Declared, Legs, WayOut
from personae.tools.mcp_servers import legs_of

__all__ = ["TRUST_FILE", "Trust", "agree", "guarded_call", "tree_of", "trust_of", "trusted"]

TRUST_FILE = Path(".personae", "trust.json")
_UNKNOWN = Legs(private=True, untrusted="yes", way_out=WayOut(reviewed=False, trusted=False))
"""Of a tool that says nothing of itself."""
_IN_SCRATCH = ("list", "read", "glob", "grep", "write", "edit", "shell")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A tree, the verdict on it, and who agreed to it."""

    slug: str
    tree: Agent
    verdict: Verdict
    agreed: str = ""
    """By what: an allow rule, or a yes to this very tree; empty where nobody has."""

    @property
    def guarded(self) -> bool:
        """Whether a person has to see what leaves."""
        return self.verdict.level == "loud" and not self.agreed


def trust_of(adoption: Adoption, world: World, *, live: Mapping[str, Declared | None] | None = None) -> Trust:
    """Return how far `adoption` and all that it may start are trusted. `live` are tools of the host program.

    Raises `StorageError` for a file of agreements that cannot be read.
    """
    tree = tree_of(adoption, world, live=live)
    verdict = judge(tree)
    agreed = ""
    if verdict.level == "loud":
        if adoption.slug in world.project.tables.get("trust", {}).get("allow", ()):
            agreed = "[trust] allow"
        elif _read(world.project).get(adoption.slug) == digest_of(tree):
            agreed = "a person said yes to this tree"
    return Trust(slug=adoption.slug, tree=tree, verdict=verdict, agreed=agreed)


def agree(trust: Trust, project: Project) -> None:
    """Keep that a person agreed to this tree; any change of it makes that void. Raises `StorageError`."""
    agreed = {**_read(project), trust.slug: digest_of(trust.tree)}
    write_bytes(project.root / TRUST_FILE, f"{json.dumps(agreed, indent=1, sort_keys=True)}\n".encode())


async def trusted(trust: Trust, project: Project, record: Record, approve: Approve | None) -> Trust:
    """Ask a person where nobody has agreed yet: on the terminal, or else in the inbox, once for each tree."""
    if not trust.guarded:
        return trust
    detail = "\n".join([trust.verdict.sentence, *drawn(trust.tree)])
    if approve is not None:
        what = "work with private data, what others wrote, and a way out that nobody looks at"
        yes = await approve(Question(who=trust.slug, what=what, detail=detail))
    else:
        yes = await record.do(lambda transaction: _in_the_inbox(transaction, trust, detail, at=record.at))
    if not yes:
        return trust
    agree(trust, project)
    return replace(trust, agreed="a person said yes to this tree")


def tree_of(adoption: Adoption, world: World, *, live: Mapping[str, Declared | None] | None = None) -> Agent:
    """Return the tree of agents beneath `adoption`, as deep as the project lets it be."""
    legs = _legs_here(world, live or {})
    return _agent(adoption.persona, adoption.slug, adoption.tools.granted, world, legs, ())


def guarded_call(name: str, call: Callable[..., Any], approve: Approve, who: Callable[[], str]) -> Callable[..., Any]:
    """Return `call` so that a person sees each time what it would carry out, and says whether it may."""

    @wraps(call)
    async def asking(*given: Any, **arguments: Any) -> Any:
        shown = arguments or inspect.signature(call).bind(*given).arguments
        detail = json.dumps(shown, ensure_ascii=False, default=str)
        what = f"call {name}, which carries out what it is given"
        if not await approve(Question(who=who(), what=what, detail=detail)):
            return f"{name} was not called: nobody said yes to what it would carry out."
        if inspect.iscoroutinefunction(call):
            return await call(*given, **arguments)
        return await asyncio.to_thread(call, *given, **arguments)

    return asking


def _agent(
    persona: Persona | None,
    slug: str,
    specs: Iterable[str],
    world: World,
    legs: Callable[[str], Legs | None],
    line: tuple[str, ...],
) -> Agent:
    specs = list(specs)
    found = {name: leg for name in (spec.partition("(")[0] for spec in specs) if (leg := legs(name)) is not None}
    if persona is not None and persona.needs_temp_workspace:
        # Nothing of the project is in that folder; what is, came from outside.
        found = {
            name: replace(leg, private=False, untrusted="yes") if name in _IN_SCRATCH and leg.private else leg
            for name, leg in found.items()
        }
    children: list[Agent] = []
    if len(line) < world.project.limits.most_depth:
        for child in _children(slug, specs, world, (*line, slug)):
            granted = resolve_tools(
                child.tools, project=world.project, mode="sub-agent", offered=sorted(world.tools)
            ).granted
            children.append(_agent(child, child.name, granted, world, legs, (*line, slug)))
    return Agent(label=slug, tools=found, children=tuple(children))


def _children(slug: str, specs: list[str], world: World, line: tuple[str, ...]) -> Iterable[Persona]:
    names: dict[str, None] = {}
    for tool in SPAWNING_TOOLS:
        may, targets = targets_of(specs, tool)
        if may:
            names.update(dict.fromkeys(head.slug for head in spawnable(targets, world.shelf, but=slug).heads))
    # One that is above already brings no leg that is not in the tree.
    for name in names:
        persona = world.shelf.wake(name).persona if name not in line else None
        if persona is not None:
            yield persona


def _legs_here(world: World, live: Mapping[str, Declared | None]) -> Callable[[str], Legs | None]:
    servers: Mapping[str, Mapping[str, Any]] = world.project.tables.get("mcp", {})

    def legs(name: str) -> Legs | None:
        if name in SPAWNING_TOOLS:
            return None
        if name in live:
            declared = live[name]
            return declared.legs if declared else _UNKNOWN
        if name in DECLARED:
            return DECLARED[name].legs
        server = name.partition(".")[0]
        return legs_of(servers[server]) if server in servers else _UNKNOWN

    return legs


def _in_the_inbox(transaction: Transaction, trust: Trust, detail: str, *, at: float) -> bool:
    key = f"trust/{trust.slug}/{digest_of(trust.tree)}"
    item = Item(
        id=item_id("", key),
        run="",
        key=key,
        kind="trust",
        persona=trust.slug,
        title=f"{trust.slug} brings together private data, what others wrote, and a way out",
        body={"verdict": trust.verdict.sentence, "tree": detail},
        created=at,
    )
    post(transaction, item)
    decision = decision_on(transaction, item.id)
    return decision is not None and decision.verdict == "approved"


def _read(project: Project) -> Mapping[str, str]:
    path = project.root / TRUST_FILE
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        help = "Remove it; personae trust NAME --allow says yes again."
        raise StorageError("read", path.as_posix(), str(error), help=help) from error
    return found if isinstance(found, dict) else {}
