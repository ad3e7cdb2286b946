"""The project file `personae.toml` as a value. Every key is optional; without the file every default holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

from personae.errors import Diagnostic
from personae.library.roots import FILE_NAME
from personae.library.tomltree import compose_toml
from personae.persona.fields import BUDGET
from personae.persona.model import Budget
from personae.persona.parse import budget_of
from personae.persona.shapes import (
    Anything,
    Field,
    Flag,
    Json,
    ListOf,
    MapOf,
    Money,
    Named,
    Number,
    Reading,
    Shape,
    Text,
)
from personae.persona.source import decode

__all__ = ["FILE_NAME", "Defaults", "Project", "TreeLimits", "parse_project", "project_schema"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})

_TEXTS = ListOf(Text())
_TIER = MapOf(
    {
        "model": Field(shape=Text(), doc="the concrete model of this rung"),
        "effort": Field(shape=Text(choices=("low", "medium", "high", "xhigh", "max")), doc="its effort"),
    }
)
_CAPABILITY = MapOf(
    {
        "tools": Field(shape=_TEXTS, doc="tools that it brings"),
        "package": Field(shape=Text(), doc="the Python package that provides it"),
        "command": Field(shape=Text(), doc="the program on the PATH that provides it"),
        "server": Field(shape=Text(), doc="the server under [mcp] that provides it"),
        "version": Field(shape=Text(), doc='versions of the package that fit, such as ">=1.4,<2"'),
        "install": Field(shape=Text(), doc="the command that brings the provider"),
    }
)
_AUTO = MapOf(
    {
        "kind": Field(shape=Text(choices=("LAUNCH_TASK", "SCHEDULE_JOB")), required=True, doc="what it approves"),
        "from": Field(shape=_TEXTS, required=True, doc="slugs of who may propose it"),
        "to": Field(shape=_TEXTS, required=True, doc="slugs of who would do it"),
        "maxCostUsd": Field(shape=Money(), required=True, doc="cap of each run that it lets begin, in US dollars"),
        "perDay": Field(shape=Number(1), required=True, doc="how many it approves a day"),
    }
)
_SERVER = MapOf(
    {
        "command": Field(shape=_TEXTS, doc="the server as a program and its arguments, over standard input and output"),
        "env": Field(shape=_TEXTS, doc="names of environment variables that it is given"),
        "url": Field(shape=Text(), doc="the address of a server over HTTP, instead of a command"),
        "token": Field(shape=Text(), doc="name of the environment variable with the token for the address"),
        "seconds": Field(shape=Number(minimum=1), default=60, doc="how long one call may take"),
        "private": Field(shape=Flag(), default=False, doc="whether it reads what is not public"),
        "untrusted": Field(
            shape=Text(choices=("no", "some", "yes")), default="yes", doc="whether others write what it returns"
        ),
        "wayOut": Field(
            shape=Text(choices=("none", "trusted", "open")),
            default="open",
            doc="whether data leaves through it: to nobody, to somebody vouched for, to anybody",
        ),
    }
)
_QUEUE = MapOf(
    {
        "atOnce": Field(shape=Number(minimum=1), doc="how many at once, over all workers"),
        "perMinute": Field(shape=Number(minimum=1), doc="how many may begin in a minute, over all workers"),
    }
)
_TABLES: dict[str, Field] = {
    "project": Field(
        shape=MapOf(
            {
                "timezone": Field(shape=Text(), default="UTC", doc="IANA name; days turn and heartbeats fire in it"),
                "roots": Field(shape=_TEXTS, doc="other projects that visibility: all may read"),
                "budget": Field(shape=BUDGET, doc="caps over everything that runs in the project"),
            }
        ),
        doc="the project itself",
    ),
    "defaults": Field(
        shape=MapOf(
            {
                "model": Field(shape=Text(), doc="model of personas that name none"),
                "tools": Field(shape=_TEXTS, doc="tools of personas that list none"),
                "budget": Field(shape=BUDGET, doc="caps of personas that set none"),
                "substitute": Field(shape=Text(), doc="model to use where a concrete one is not configured"),
            }
        ),
        doc="what personas inherit",
    ),
    "tiers": Field(
        shape=MapOf({f"T{rung}": Field(shape=_TIER, doc=f"rung {rung}") for rung in range(5)}),
        doc="overrides of the model-and-effort ladder",
    ),
    "substrate": Field(
        shape=MapOf(
            {
                "paths": Field(shape=_TEXTS, doc="folders whose scripts requires may name"),
                "names": Field(shape=_TEXTS, doc="further names that requires may use"),
            }
        ),
        doc="what personas may hard-depend on",
    ),
    "capabilities": Field(shape=Named(_CAPABILITY), doc="what may be installed here that personas compose"),
    "pools": Field(
        shape=MapOf(
            {
                "parent": Field(shape=_TEXTS, doc="tools a parent may call"),
                "subagents": Field(shape=_TEXTS, doc="tools only sub-agents may call"),
            }
        ),
        doc="the two pools of tools",
    ),
    "workflow": Field(
        shape=Named(MapOf({"persona": Field(shape=Text(), required=True, doc="who wears this step")})),
        doc="the persona of each workflow step",
    ),
    "prices": Field(
        shape=Named(
            MapOf(
                {
                    "input": Field(shape=Money(), required=True, doc="US dollars for a million tokens"),
                    "output": Field(shape=Money(), required=True, doc="US dollars for a million tokens"),
                }
            )
        ),
        doc='models whose price is not known, each under "provider:model"',
    ),
    "standing": Field(
        shape=MapOf(
            {
                "enabled": Field(shape=Flag(), default=True, doc="false keeps every heartbeat and fires none"),
                "missed": Field(
                    shape=Text(choices=("skip", "once")),
                    default="skip",
                    doc="beats that came due while nobody served: leave them out, or run the newest of each once",
                ),
                "windowMinutes": Field(shape=Number(1), default=60, doc="how late a missed beat may still be run"),
                "atOnce": Field(shape=Number(1), default=4, doc="beats and tasks that run at once, at most"),
            }
        ),
        doc="heartbeats and what serves them",
    ),
    "limits": Field(
        shape=MapOf(
            {
                "depth": Field(shape=Number(minimum=0), default=3, doc="how deep sub-agents may nest; 0 is none"),
                "spawns": Field(shape=Number(minimum=0), default=100, doc="sub-agents of one run, all levels together"),
                "atOnce": Field(shape=Number(minimum=1), default=8, doc="sub-agents of one run that work at a time"),
                "seconds": Field(shape=Number(minimum=1), doc="wall time of one task with all its sub-agents"),
                "exhausted": Field(
                    shape=Text(choices=("stop", "answer")),
                    default="stop",
                    doc="out of rounds: stop, or give one closing answer without tools",
                ),
            }
        ),
        doc="what the sub-agents of one run may take together",
    ),
    "mcp": Field(shape=Named(_SERVER), doc="MCP servers; the tools of [mcp.maps] are called maps.…"),
    "trust": Field(
        shape=MapOf({"allow": Field(shape=_TEXTS, doc="personas that may bring all three legs together unguarded")}),
        doc="allow rules of the trifecta: personae trust NAME",
    ),
    "queues": Field(
        shape=MapOf(
            {
                "worker": Field(shape=Number(minimum=1), default=16, doc="nodes that one worker does at once"),
                "providers": Field(shape=Named(_QUEUE), doc="limits of nodes by the provider of their model"),
                "personas": Field(shape=Named(_QUEUE), doc="limits of nodes by their persona"),
            }
        ),
        doc="what a fleet of workers may do at once",
    ),
    # The tables below are read whole; each is given its shape by the room that honors it.
    "approve": Field(
        shape=MapOf(
            {
                "allow": Field(shape=Anything(), doc="what tools may do without a question"),
                "auto": Field(shape=Named(_AUTO), doc="proposals that need no person, each rule under its name"),
                "departments": Field(
                    shape=Named(_TEXTS), doc="slugs by department; a lead proposes work within its own"
                ),
                "across": Field(shape=_TEXTS, doc='departments that may propose to others, as "sales -> research"'),
                "expireHours": Field(shape=Number(1), default=72, doc="how long a proposal waits for a person"),
                "depth": Field(shape=Number(1), default=3, doc="how long a chain of proposals may be"),
            }
        ),
        doc="what needs no person, and what a lead may propose",
    ),
    "check": Field(shape=Anything(), doc="rules of the gate and suppressions with reasons"),
}
_PROJECT = MapOf(_TABLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What personas inherit."""

    model: str | None = None
    tools: tuple[str, ...] | None = None
    """None is every tool there is for the persona's visibility."""
    budget: Budget = field(default_factory=Budget)
    substitute: str | None = None
    """A model that may answer where a concrete wish cannot be met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLimits:
    """What a task may take with all its sub-agents; tokens and dollars are capped by budgets."""

    depth: int | None = None
    """How deep sub-agents may nest; None where the project does not say, and `most_depth` holds."""
    spawns: int = 100
    """Sub-agents of one run, on all levels together."""
    at_once: int = 8
    """Sub-agents of one run that work at a time; one that waits for its own does not count."""
    seconds: int | None = None
    """Wall time of one task with all its sub-agents, in one process."""
    exhausted: Literal["stop", "answer"] = "stop"
    """What happens to who is out of rounds: it is stopped, or gives one closing answer without tools."""

    @property
    def most_depth(self) -> int:
        """The depth that holds."""
        return 3 if self.depth is None else self.depth


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project: its root and what its file says."""

    root: Path
    file: str | None = None
    """The project file as diagnostics name it; None when there is none."""
    timezone: str = "UTC"
    roots: tuple[str, ...] = ()
    budget: Budget = field(default_factory=Budget)
    """Over all personas together; `daily` is a day of the whole project."""
    defaults: Defaults = field(default_factory=Defaults)
    tiers: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: _NOTHING)
    substrate_paths: tuple[str, ...] = ()
    substrate_names: tuple[str, ...] = ()
    parent_pool: tuple[str, ...] | None = None
    subagent_pool: tuple[str, ...] | None = None
    limits: TreeLimits = field(default_factory=TreeLimits)
    workflow: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Workflow step to the slug of its persona."""
    tables: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """The whole file as plain data, for rooms that read their own table."""
    origins: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Dotted key to `file:line`, for `personae config`."""


def parse_project(data: bytes, *, root: Path, file: str) -> tuple[Project | None, list[Diagnostic]]:
    """Read a project file; None beside errors. Total, as `persona.parse` is."""
    text, found = decode(data, file=file)
    if text is None:
        return None, found
    tree, broken = compose_toml(text, file=file)
    if tree is None:
        return None, [*found, *broken]
    reading = Reading(file=file, first_line=1, diagnostics=found)
    values = cast("dict[str, Any]", _PROJECT.read(tree, "", reading))
    _check_timezone(values, reading)
    for name in ("limits", "standing", "approve", "mcp"):
        _check_bounds(_TABLES[name].shape, values.get(name, {}), name, reading)
    for name, server in values.get("mcp", {}).items():
        _check_server(f"mcp.{name}", server, reading)
    _check_queues(values.get("queues", {}), reading)
    if any(item.severity == "error" for item in reading.diagnostics):
        return None, reading.diagnostics
    return _project(values, reading, root), reading.diagnostics


def project_schema() -> dict[str, Json]:
    """Return the JSON Schema (draft 2020-12) of the project file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "personae project file, personae.toml",
        **_PROJECT.schema(),
    }


def _project(values: dict[str, Any], reading: Reading, root: Path) -> Project:
    defaults, pools, substrate = (values.get(name, {}) for name in ("defaults", "pools", "substrate"))
    return Project(
        root=root,
        file=reading.file,
        timezone=values.get("project", {}).get("timezone", "UTC"),
        roots=tuple(values.get("project", {}).get("roots", ())),
        budget=budget_of(values.get("project", {}).get("budget", {})),
        defaults=Defaults(
            model=defaults.get("model"),
            tools=_tuple(defaults.get("tools")),
            budget=budget_of(defaults.get("budget", {})),
            substitute=defaults.get("substitute"),
        ),
        tiers=MappingProxyType(values.get("tiers", {})),
        substrate_paths=tuple(substrate.get("paths", ())),
        substrate_names=tuple(substrate.get("names", ())),
        parent_pool=_tuple(pools.get("parent")),
        subagent_pool=_tuple(pools.get("subagents")),
        limits=_limits(values.get("limits", {})),
        workflow=MappingProxyType({step: table["persona"] for step, table in values.get("workflow", {}).items()}),
        tables=MappingProxyType(values),
        origins=MappingProxyType(
            {key: f"{reading.file}:{node.start_mark.line + reading.first_line}" for key, node in reading.nodes.items()}
        ),
    )


def _limits(table: Mapping[str, Any]) -> TreeLimits:
    keys = {"atOnce": "at_once"}
    return TreeLimits(**{keys.get(key, key): value for key, value in table.items()})


def _check_bounds(shape: Shape, value: Any, path: str, reading: Reading) -> None:
    """Report numbers below their least and words that are none of the choices; a shape itself checks only kinds."""
    if isinstance(shape, MapOf):
        for key, item in value.items():
            _check_bounds(shape.fields[key].shape, item, f"{path}.{key}", reading)
    elif isinstance(shape, Named):
        for name, item in value.items():
            _check_bounds(shape.item, item, f"{path}.{name}", reading)
    elif isinstance(shape, Number) and shape.minimum is not None and value < shape.minimum:
        reading.report("too-small", reading.nodes[path], path, f"{value} is less than {shape.minimum}")
    elif isinstance(shape, Text) and shape.choices and value not in shape.choices:
        help = f"Write {', '.join(shape.choices[:-1])} or {shape.choices[-1]}."
        reading.report("invalid-choice", reading.nodes[path], path, f"unknown value {value!r}", help=help)


def _check_server(path: str, server: Mapping[str, Any], reading: Reading) -> None:
    if bool(server.get("command")) == bool(server.get("url")):
        help = "Write the program that is the server, or the address of one."
        reading.report("invalid-server", reading.nodes[path], path, "it needs a command or a url", help=help)


def _check_queues(table: Mapping[str, Any], reading: Reading) -> None:
    numbers = {"worker": table.get("worker")}
    for kind in ("providers", "personas"):
        for name, limit in table.get(kind, {}).items():
            numbers |= {f"{kind}.{name}.{key}": value for key, value in limit.items()}
    for key, value in numbers.items():
        path = f"queues.{key}"
        if isinstance(value, int) and value < 1:
            reading.report("too-small", reading.nodes[path], path, f"{value} is less than 1")


def _tuple(items: list[str] | None) -> tuple[str, ...] | None:
    return None if items is None else tuple(items)


def _check_timezone(values: dict[str, Any], reading: Reading) -> None:
    name = values.get("project", {}).get("timezone")
    if not isinstance(name, str):
        return
    from zoneinfo import ZoneInfo  # noqa: PLC0415  it reads how Python was built, and most projects name no zone

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # which one depends on the name: unknown, malformed, or a folder of zones
        message, help = f"unknown time zone {name!r}", "Write an IANA name, such as Europe/Berlin or UTC."
        reading.report("unknown-timezone", reading.nodes["project.timezone"], "project.timezone", message, help=help)
