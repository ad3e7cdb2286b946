"""The shape of a host's table: plain, dated data that the readers here and `compile` share. It checks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

__all__ = ["Capability", "Evidence", "Flavor", "HostTable", "Key", "Kind", "Layout", "Tools", "frozen", "names"]

Kind = Literal[
    "text",  # a string; where the host reads YAML loosely, any scalar
    "word",  # one of `values`
    "true-false",
    "integer",
    "number",
    "list",
    "text-list",
    "names",  # a list of names, or one string with commas
    "map",
    "text-map",  # a map of names to texts
    "switches",  # a map of names to true or false
    "permission",  # OpenCode's word, or map of words, or map of maps
    "servers",  # MCP servers: names, or maps
    "color",  # #rrggbb or one of `values`
    "any",
]
Layout = Literal["markdown", "toml", "yaml"]
Flavor = Literal["js-yaml-3", "js-yaml-4", "serde", "loose"]
"""Whose YAML it is. `loose` stands for loaders that nobody could run here: it takes what any of the others takes."""
Evidence = Literal["measured", "documented", "source", "third-party"]
Capability = Literal["read", "find", "search", "edit", "shell", "fetch", "web", "delegate", "todo"]
"""The words of our own tools, to the host's names of the same."""


def frozen(**items: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return `items` as a map that cannot change."""
    return MappingProxyType(items)


def names(text: str) -> frozenset[str]:
    """Return the words of `text`."""
    return frozenset(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a host's file."""

    name: str
    kind: Kind
    required: bool = False
    values: tuple[str, ...] = ()
    pattern: str = ""
    """What a text has to match in full; empty is anything."""
    pattern_says: str = ""
    """The pattern in words."""
    least: int | None = None
    blank: bool = True
    """Whether an empty or blank text is allowed."""
    null: bool | None = None
    """Whether a key without value counts as absent; None asks the table."""
    breaks: bool = True
    """Whether a wrong value costs the file what `HostTable.fault` says; else the host drops this key only."""
    folded: bool = False
    """Whether case, hyphens and underscores do not count."""
    cosmetic: bool = False
    """Whether only looks are at stake."""
    inert: str = ""
    """Why the host takes this limit and does not keep it; empty where it works."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tools:
    """How a host names tools. Each is one of a kind, and may be the key of a cache."""

    known: frozenset[str] = frozenset()
    pattern: str = ""
    """What else is a tool's name there, such as those of MCP servers."""
    exact_case: bool = True
    closed: bool = False
    """Whether a name outside `known` and `pattern` breaks the file."""
    by_capability: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Capability to the host's names. A capability that is missing cannot be named there."""
    by_word: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Tool of ours to the host's names, where these tell apart what one capability holds (list, glob; write, edit)."""
    server: str = ""
    """How all tools of the MCP server `{}` are named; empty where they cannot be."""
    empty: Literal["none", "all", "refused"] = "all"
    """What an empty list means: no tool, the same as no list, or an agent that the host does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTable:
    """One host at one version: where it reads, what it takes, and what a fault there does."""

    id: str
    title: str
    version: str
    verified: date
    evidence: Evidence
    source: str
    """Where the facts come from."""
    layout: Layout = "markdown"
    flavor: Flavor = "loose"
    folders: tuple[str, ...]
    """Project folders, relative to the root, the one to write to first."""
    user_folders: tuple[str, ...] = ()
    suffix: str = ".md"
    nested: bool = True
    """Whether folders below are read too."""
    skips_prefix: str = ""
    """File names that begin with it are not read."""
    keys: tuple[Key, ...]
    unknown: Literal["ignored", "breaks", "provider"] = "ignored"
    """What becomes of a key that is not listed; `provider` passes it on to the model's provider."""
    null_is_unset: bool = True
    fault: Literal["skipped", "rejected", "stops-host"] = "skipped"
    fault_says: str
    """The end of a sentence about a fault: what it does there."""
    frontmatter_required: bool = True
    name_from: Literal["name", "stem", "path"] = "name"
    tools: Tools = field(default_factory=Tools)
    tools_key: str = "tools"
    denied_key: str = ""
    model_key: str = "model"
    effort_key: str = ""
    efforts: tuple[str, ...] = ()
    """What `effort_key` takes, in rising order; ours of the same word map to it."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Size (small, medium, large, inherit) to the host's word; dated like the rest of the table."""
    providers: Mapping[str, str] = field(default_factory=dict)
    """Provider to how a model of it is spelled (`{model}`); a model of another provider cannot be named."""
    turns_key: str = ""
    """The key that limits an agent's rounds."""
    unset: Mapping[str, str] = field(default_factory=dict)
    """What the host does where the file is silent, of `tools` and other limits."""
    read_by: tuple[str, ...] = ()
    """Other hosts that read these folders, by their own rules."""
    reserved: frozenset[str] = frozenset()
    """Names of its own agents: a file of such a name would change or hide that one."""
    routing_most: int | None = None
    """Tokens of all descriptions together, past which the host complains."""
    body_most: int | None = None
    """Characters of the prompt."""
    by_name: Mapping[str, Key] = field(init=False, repr=False, compare=False)
    """The same as `keys`."""
    required: tuple[Key, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", MappingProxyType({key.name: key for key in self.keys}))
        object.__setattr__(self, "required", tuple(key for key in self.keys if key.required))
