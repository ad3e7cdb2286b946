"""Everything that can go wrong, as one tree.

    PersonaeError
    ├── UsageError                  the caller asked for something that cannot be (exit 2)
    │   ├── UnknownNameError            a name nobody here has; carries the close matches
    │   └── DuplicateNameError          one name, two places
    ├── InvalidError                something written or built breaks its rules; carries its diagnostics
    │   ├── InvalidFileError            a persona, plan or project file (exit 6)
    │   └── InvalidPersonaError         a persona built in Python
    ├── ToolServerError             a server of tools cannot be reached, or has not what it had; carries its name
    │   └── ToolChangedError            a tool is described in another way than was approved
    ├── HostError                   the program of another agent tool cannot be asked, or refuses what we wrote
    ├── StorageError                a file cannot be read or written; carries path and reason
    │   └── RecordError                 the record of runs cannot be used: nothing in it goes on
    ├── ToolFailedError             an action of a plan failed; what it says of itself is untrusted
    ├── ModelError
    │   ├── ModelUnavailableError       no such model can answer here
    │   ├── WeightsError                the embedded model's file cannot be had or does not match its hash
    │   ├── PromptTooLargeError         the request does not fit the model's context
    │   └── ModelAnswerError            the model answered, and the answer is of no use
    └── StoppedError                the run stopped at a limit, or by a person; carries the stop reason
        ├── OverBudgetError             a cap would be passed; carries whose, wanted and left
        └── BlockedError                a person has to decide; carries the item of the inbox

What is wrong *in a user's file* is not raised but returned, as a `Diagnostic`; `InvalidFileError` carries such
values where a verb cannot go on. Errors hold their parts as attributes and build their sentence from them.
`help` is the way out, one sentence, possibly empty.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal, get_args

__all__ = [
    "STOP_REASONS",
    "BlockedError",
    "BudgetKind",
    "Diagnostic",
    "DuplicateNameError",
    "Fix",
    "HostError",
    "InvalidError",
    "InvalidFileError",
    "InvalidPersonaError",
    "ModelAnswerError",
    "ModelError",
    "ModelUnavailableError",
    "OverBudgetError",
    "PersonaeError",
    "Place",
    "PromptTooLargeError",
    "RecordError",
    "Severity",
    "StopReason",
    "StoppedError",
    "StorageError",
    "ToolChangedError",
    "ToolFailedError",
    "ToolServerError",
    "UnknownNameError",
    "UsageError",
    "WeightsError",
    "close_matches",
]

Severity = Literal["error", "warning", "note"]
StopReason = Literal["done", "steps", "tokens", "cost", "time", "cancelled", "blocked", "error", "empty"]
"""How the work of one persona ends. Only `done` is success; empty text is not."""
STOP_REASONS: tuple[StopReason, ...] = get_args(StopReason)
BudgetKind = Literal["cost", "tokens", "spawns"]

_LONGEST_LINE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Another place that a diagnostic speaks of, such as the first of two equal names."""

    file: str
    line: int = 1
    column: int = 1
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A safe repair: one line of one file becomes another."""

    file: str
    line: int
    """From 1."""
    text: str | None
    """The line as it should be, without its line break; None removes the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One thing that is wrong in a file a person wrote."""

    rule: str
    """Stable word-id of the rule, such as `invalid-cron`."""
    message: str
    """What is wrong, terse; it must still make sense alone."""
    severity: Severity = "error"
    file: str = ""
    """As the user named it; `/` between parts on every system."""
    line: int = 1
    """From 1, in the file (not in its frontmatter)."""
    column: int = 1
    """From 1, in characters."""
    field: str = ""
    """Path of the field, such as `heartbeats[1].cron`; empty when the file as a whole is meant."""
    found: str = ""
    expected: str = ""
    help: str = ""
    """The way out, one line."""
    end_line: int = 0
    """Where it ends; 0 is unknown."""
    end_column: int = 0
    """From 1, the first character that is fine again; 0 is unknown."""
    related: tuple[Place, ...] = ()
    fix: Fix | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        subject = f"{self.field}: {self.message}" if self.field else self.message
        lines = [f"{self.severity.capitalize()}: {place}", f"  {subject}", f"  {self.help}" if self.help else ""]
        return "\n".join(_one_line(line) for line in lines if line)


class PersonaeError(Exception):
    """Root of all errors raised on purpose. `str()` is the sentence; `help` is the way out."""

    def __init__(self, message: str, *, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class UsageError(PersonaeError):
    """The caller asked for something that cannot be."""


class UnknownNameError(UsageError):
    """A name that nothing of its kind has here."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        self.matches = close_matches(name, self.known)
        if self.matches:
            way_out = f"Did you mean {_either(self.matches)}?"
        elif self.known:
            way_out = f"Known here: {', '.join(self.known)}."
        else:
            way_out = f"There is no {kind} here yet."
        super().__init__(f"unknown {kind} {name!r}", help=way_out)


class DuplicateNameError(UsageError):
    """One name in two places of the same rank, so that neither can win."""

    def __init__(self, kind: str, name: str, first: str, second: str) -> None:
        self.kind, self.name, self.first, self.second = kind, name, first, second
        super().__init__(
            f"two {kind}s are called {name!r}: {first} and {second}",
            help=f"Rename one of them: personae rename {name} NEW-NAME.",
        )


class InvalidError(PersonaeError):
    """Something breaks its rules. `diagnostics` says where and how, all of it in one go."""

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic], *, help: str = "") -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(message, help=help)


class InvalidFileError(InvalidError):
    """A file that a verb needs is wrong."""

    def __init__(self, diagnostics: Sequence[Diagnostic], *, help: str = "") -> None:
        super().__init__("\n".join(str(item) for item in diagnostics), diagnostics, help=help)


class InvalidPersonaError(InvalidError):
    """A persona built in Python breaks the rules that a file has to keep too."""

    def __init__(self, name: object, diagnostics: Sequence[Diagnostic]) -> None:
        self.name = name
        lines = [_one_line(f"{item.field}: {item.message}" if item.field else item.message) for item in diagnostics]
        help = next((item.help for item in diagnostics if item.help), "")
        super().__init__(f"persona {name!r} is not valid: " + "; ".join(lines), diagnostics, help=help)


class StorageError(PersonaeError):
    """A file cannot be read or written, for a reason outside the file."""

    def __init__(self, action: str, path: str, reason: str, *, help: str = "") -> None:
        self.action, self.path, self.reason = action, path, reason
        super().__init__(f"cannot {action} {path}: {reason}", help=help)


class ToolServerError(PersonaeError):
    """A server that tools come from cannot be reached, or does not have what it had."""

    def __init__(self, server: str, reason: str, *, help: str = "") -> None:
        self.server, self.reason = server, reason
        way_out = help or f"Look at [mcp.{server}] in personae.toml, and whether its program or address is there."
        super().__init__(f"the MCP server {server} cannot be used: {reason}", help=way_out)


class ToolChangedError(ToolServerError):
    """A server describes a tool in another way than it did when that was approved: a person has to look at it."""

    def __init__(self, tool: str, *, new: bool = False) -> None:
        self.tool = tool
        reason = f"{tool} is new since it was approved" if new else f"it describes {tool} in another way than before"
        help = f"Look at what it says now, and approve it: personae trust --accept {tool}."
        super().__init__(tool.partition(".")[0], reason, help=help)


class RecordError(StorageError):
    """The record of runs cannot be used. It ends whatever runs, and is never told to a model as a tool's failure."""


class ToolFailedError(PersonaeError):
    """A tool raised. Its sentence is partly the tool's own."""


class HostError(PersonaeError):
    """The program of another agent tool cannot be asked, or stops at what it is given."""

    def __init__(self, host: str, reason: str) -> None:
        self.host, self.reason = host, reason
        super().__init__(f"{host} says: {_one_line(reason)}")


class ModelError(PersonaeError):
    """A language model cannot be had or cannot be used."""


class ModelUnavailableError(ModelError):
    """The wished model's provider is not configured here, and no substitute is allowed."""

    def __init__(self, wish: str, reason: str, *, help: str) -> None:
        self.wish, self.reason = wish, reason
        super().__init__(f"model {wish!r} is not available: {reason}", help=help)


class WeightsError(ModelError):
    """The embedded model's weights cannot be fetched, or are not the pinned bytes."""


class PromptTooLargeError(ModelError):
    """A request that does not fit the model's context, refused before it is sent."""

    def __init__(self, model: str, *, tokens: int, limit: int) -> None:
        self.model, self.tokens, self.limit = model, tokens, limit
        super().__init__(
            f"the request has {tokens:,} tokens and {model} takes {limit:,}",
            help="Give it less text (--with), a shorter stance, or a model with a larger context (--model).",
        )


class ModelAnswerError(ModelError):
    """The model answered with nothing, or with something that fails its schema after the allowed retries."""


class StoppedError(PersonaeError):
    """The run stopped at a limit, waits for a person, or was stopped by one. `reason` is the word for it."""

    def __init__(self, message: str, *, reason: StopReason = "steps", help: str = "") -> None:
        self.reason = reason
        super().__init__(message, help=help)


class OverBudgetError(StoppedError):
    """What is asked for does not fit what is left of a cap; it was refused before it was spent."""

    def __init__(self, kind: BudgetKind, *, whose: str, wanted: Decimal | int, left: Decimal | int) -> None:
        self.kind, self.whose, self.wanted, self.left = kind, whose, wanted, left
        reason: StopReason = "cost" if kind == "cost" else "tokens" if kind == "tokens" else "steps"
        super().__init__(
            f"this may take {_amount(kind, wanted)} and {whose} has {_amount(kind, max(left, left * 0))} left",
            reason=reason,
            help=_MORE[kind],
        )


class BlockedError(StoppedError):
    """It cannot go on without a person. `item` is what waits in the inbox."""

    def __init__(self, message: str, *, item: str, help: str = "") -> None:
        self.item = item
        way_out = help or f"Look at it with personae inbox, then: personae approve {item}, or personae reject {item}."
        super().__init__(message, reason="blocked", help=way_out)


def close_matches(name: str, known: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """Return the names in `known` that `name` may have been meant for, best first; case and `_`/`-` do not count."""
    return _close_matches(name, tuple(known), most)


@lru_cache(maxsize=1024)
def _close_matches(name: str, known: tuple[str, ...], most: int) -> tuple[str, ...]:
    # Cached: a folder written for another tool has the same foreign keys in every file, and difflib is slow.
    folded = {_fold(item): item for item in known}
    return tuple(folded[item] for item in difflib.get_close_matches(_fold(name), list(folded), n=most, cutoff=0.6))


_MORE: Mapping[BudgetKind, str] = {
    "cost": "Raise the cap (budget.daily.maxCostUsd, budget.perRun.maxCostUsd), or use a cheaper model.",
    "tokens": "Raise budget.perRun.maxTokens, or give it less text.",
    "spawns": "Raise [limits] spawns in personae.toml, or give each sub-agent more to do.",
}


def _amount(kind: BudgetKind, amount: Decimal | int) -> str:
    if kind == "cost":
        return f"${amount:.6f}".rstrip("0").rstrip(".") if amount else "$0"
    return f"{amount:,} {'tokens' if kind == 'tokens' else 'sub-agents'}"


def _fold(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")


def _one_line(text: str) -> str:
    """Return `text`, which may quote a user's file, so that it keeps to its line and commands no terminal."""
    if len(text) > _LONGEST_LINE:
        text = f"{text[: _LONGEST_LINE - 80]} … {text[-80:]}"
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def _either(names: Sequence[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
