"""What the text promises or orders, against what the tools allow. Only wordings that leave no doubt count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from personae.check.context import Context
from personae.check.rules.abilities import EDIT, SHELL, WEB, allowed_tools, certain, possible
from personae.check.rules.prose import (
    Line,
    Prose,
    holds_any,
    is_negated,
    is_prose,
    lines_holding,
    lines_with,
    lowered,
    prose_of,
    say,
)
from personae.check.subject import PERSONA, Subject
from personae.errors import Diagnostic
from personae.persona.patterns import lazy

__all__ = ["claim_against_tools", "task_without_tool"]

_NEVER = r"(?:never|do not|don't|does not|doesn't|must not|must never|cannot|can't|may not|will not|will never)"
_WHO = r"(?:you |it |this (?:agent|persona|reviewer|role) )?(?:also |must |should |can |may |only )*"
# What may stand before a promise in its sentence: nothing but bullets, emphasis and the one it is about.
_BEGIN = rf"(?:^[\W\d]*|[.;!?] +[*_]*|\*\*[:.]? *(?:[-:] +)?|\byou )(?:always |also )?{_WHO}"
_END = (
    r"(?=[*_`\"')]*(?:\s*$|[.;!]|\s+[-(]|\s+and (?:never|do|you|only|run|report)\b|,? (?:only|just)\b|\s+yourself[.;]))"
)
_FILES = r"(?:(?:any|the|a|these|existing) )*(?:files?|anything|codebase|repository|repo|working tree|workspace)"
_CHANGE = r"(?:edit|modify|change|write|write to|create|delete|touch|alter)s?"
_ROLE = (
    r"(?:agent|reviewer|analyst|auditor|advisor|adviser|assistant|researcher|investigator|observer|critic|inspector|"
    r"explorer|planner|role|persona|mode|specialist|helper|guide)"
)


class _Promise(NamedTuple):
    """One way of promising to leave something alone."""

    ability: str
    says: str
    """How the message retells it: "it edits nothing"."""
    words: tuple[str, ...]
    """One of these must be in the text before it is searched in earnest."""
    pattern: re.Pattern[str]
    also: tuple[str, ...] = ("",)
    """And one of these."""

    def may_be_in(self, text: str) -> bool:
        """Whether it is worth searching `text`, in lower case."""
        return holds_any(text, self.words) and holds_any(text, self.also)


_READ_ONLY = lazy(
    r"(?:(?:^[\W\d]*|[.;] +[*_]*)(?:stay|remain|work|operate|this (?:agent|persona|role|reviewer) is)"
    r"|\byou(?:'re| are| remain| stay| work| operate| must remain| must stay)) (?:in )?(?:an? )?"
    r"(?:strictly |always |purely |fully |completely |entirely )*[*_`]*read[- ]only[*_`]*"
    rf"(?:\s*$|[.;!,)]|\s+[-(]|\s+and\b|\s+(?:[\w-]+ )?{_ROLE}\b)"
)
_READ_ONLY_ALONE = lazy(r"^[\W\d]*read-only[*_`]*(?:\s*$|[.;!]|\s+- )")
_CHANGES_NO_FILES = lazy(rf"{_BEGIN}{_NEVER} (?:{_CHANGE}(?:,? (?:or |and |nor )?(?={_CHANGE}))?)+ {_FILES}{_END}")
_EDITS_NOTHING = lazy(
    rf"{_BEGIN}(?:(?:edit|change|modify|write)s?(?: (?:and|or) (?:run|delete|execute|write|change)s?)? "
    rf"(?:nothing|no files)|makes? no (?:changes|edits)(?: to (?:{_FILES}|the code|any code))?){_END}"
)
_RUNS_NOTHING = lazy(
    rf"{_BEGIN}(?:{_NEVER} (?:run|execute|use) (?:(?:any|the|shell|terminal) )*"
    r"(?:commands?|shell|terminal|anything)|(?:(?:edit|change|write)s? (?:and|or) )?"
    rf"(?:runs? nothing|executes? nothing)|(?:you )?have no shell){_END}"
)
_STAYS_OFFLINE = lazy(
    rf"{_BEGIN}(?:{_NEVER} (?:use|access|go to|touch|call|open|browse|search|query) (?:the )?(?:network|internet|web)"
    r"|have no (?:network|internet|web)(?: access)?"
    rf"|(?:you )?(?:work|are|run|operate) (?:strictly |fully |entirely )?offline){_END}"
)
_FILE_WORDS = ("file", "anything", "codebase", "repo", "working tree", "workspace")
_SHELL_WORDS = ("command", "runs nothing", "run nothing", "shell", "run anything", "execute anything")
_PROMISES = (
    _Promise(EDIT, "it is read-only", ("read-only", "read only"), _READ_ONLY),
    _Promise(EDIT, "it is read-only", ("read-only",), _READ_ONLY_ALONE),
    _Promise(EDIT, "it changes no files", _FILE_WORDS, _CHANGES_NO_FILES, also=("never ", "not ", "n't ")),
    _Promise(EDIT, "it edits nothing", ("nothing", "no changes", "no edits", "no files"), _EDITS_NOTHING),
    _Promise(SHELL, "it runs nothing", _SHELL_WORDS, _RUNS_NOTHING),
    _Promise(WEB, "it stays off the network", ("network", "internet", "the web", "offline"), _STAYS_OFFLINE),
)
# What a line must hold to be looked at at all: a part of every pattern above. Few, for each is sought in every stance.
_CUES = ("read-only", "read only", "never ", " no", "cannot ", "n't ", "offline")
_READ_ONLY_ROLE = lazy(rf"(?:an? )?read-only (?:(?!or |vs |and )[\w-]+ ){{0,2}}{_ROLE}\b")

# A promise with an exception is none that tools could keep.
_EXCEPTION = lazy(
    r"\b(?:if|when|while|except|unless|until|other than|apart from|besides|outside|by default|first|directly|before|"
    r"in production|during|without (?:asking|approval|permission|being|explicit))\b"
)
_PERMISSION = lazy(
    r"(?:^|[.;:!?]\s|[-*]\s|\d[.)]\s|\byou (?:may|can|should|must)? ?|\bthen |\band |\bonly )"
    r"(?:only )?(?:may |can )?(?:write|save|append|record|store|create|update|put|land)s? "
    r"(?:(?:it|them|the|your|a|an|one|all|each|its|this|new|final|full|short|to|in|into|only)\s+|\w+\s+){0,4}"
    r"(?:(?:in|into|to|at|as|under)\s+)?(?:`[^`\n]*[/.][^`\n]*`|/\w|\w+/\w|file\b|\w+\.md\b)",
    re.MULTILINE,
)


def claim_against_tools(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each promise in the stance or description that the listed tools break."""
    tools = allowed_tools(subject, context)
    if tools is None and not _is_unlimited(subject):
        return
    abilities = certain(tools) if tools is not None else {EDIT: "", SHELL: "", WEB: ""}
    if not abilities.keys() & {EDIT, SHELL, WEB}:
        return
    prose = prose_of(subject)
    told: set[str] = set()
    for promise, text, place in _promises(subject, prose, [item for item in _PROMISES if item.ability in abilities]):
        if promise.ability not in told:
            told.add(promise.ability)
            yield _broken_promise(subject, promise, abilities[promise.ability], text, place)


_UNSET_IS_ALL = frozenset(["claude", "copilot"])
"""Hosts whose agents get every tool where the file lists none, and that have few other ways of limiting one."""


def _is_unlimited(subject: Subject) -> bool:
    """Whether the file gets every tool there is; elsewhere other keys may limit them, so nobody can tell."""
    if subject.dialect == PERSONA:
        return subject.persona is not None
    agent = subject.agent
    if agent is None or subject.dialect not in _UNSET_IS_ALL:
        return False
    return agent.tools is None and not agent.denied_tools and agent.extra.get("permissionMode") is None


def _promises(
    subject: Subject, prose: Prose | None, promises: Sequence[_Promise]
) -> Iterator[tuple[_Promise, str, tuple[int, int]]]:
    """Yield each of `promises` that the file makes, with its words and its place."""
    description = lowered(say(subject))
    if description:
        for promise in promises:
            if promise.may_be_in(description):
                found = promise.pattern.search(description) or _read_only_role(description, promise)
                if found and not _EXCEPTION.search(_sentence(description, found)):
                    yield promise, found.group(), subject.place("description")
    if prose is None:
        return
    for line in lines_holding(prose, *_CUES):
        for promise in promises:
            if promise.may_be_in(line.text):
                found = promise.pattern.search(line.text)
                if found and is_prose(prose, line) and not _is_qualified(line, found, prose, promise):
                    yield promise, found.group(), prose.place(line.start + found.start() + _leading(found.group()))


def _read_only_role(description: str, promise: _Promise) -> re.Match[str] | None:
    return _READ_ONLY_ROLE.match(description) if "read-only" in promise.words else None


def _is_qualified(line: Line, found: re.Match[str], prose: Prose, promise: _Promise) -> bool:
    if _EXCEPTION.search(_sentence(line.text, found)):
        return True
    return promise.ability == EDIT and _PERMISSION.search(prose.low) is not None


def _sentence(text: str, found: re.Match[str]) -> str:
    """Return the sentence in which the last character of `found` stands."""
    inside = max(found.end() - 2, found.start())
    end = text.find(". ", inside)
    return text[max(text.rfind(". ", 0, inside), 0) : end if end >= 0 else len(text)]


def _leading(text: str) -> int:
    return len(text) - len(text.lstrip(" \t\n-*_.;,!?0123456789"))


def _broken_promise(subject: Subject, promise: _Promise, tool: str, text: str, place: tuple[int, int]) -> Diagnostic:
    said = " ".join(text.strip(" \t-*_.;,!()").removesuffix(" and").split())
    if tool:
        message = f'"{said}" says that {promise.says}, and its tools list {tool}'
        help = f"Take {tool} out of tools, or take the promise back."
    else:
        message = f'"{said}" says that {promise.says}, and nothing limits its tools'
        help = "List the tools that it needs; a sentence in the stance is a request, and only the list is a limit."
    line, column = place
    return Diagnostic(
        rule="claim-against-tools",
        severity="warning" if tool else "note",
        message=message,
        file=subject.file,
        line=line,
        column=column,
        field="" if place != subject.place("description") else "description",
        found=said,
        help=help,
    )


class _Order(NamedTuple):
    """One way of ordering something that needs a tool."""

    ability: str
    needs: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]


_PROGRAMS = (
    r"(?:npm|npx|pnpm|yarn|pytest|git|make|cargo|go|python3?|pip|uv|docker|kubectl|terraform|bash|sh|curl|mvn|gradle|"
    r"dotnet|ruff|eslint|tsc|mypy|node|just|psql|helm|aws|gh)"
)
_AT = r"^[\s*_-]*(?:\d+[.)]\s+)?(?:\[ \] )?[*_]*(?:then |always |first,? |next,? |finally,? )?"
_ORDERS = (
    _Order(
        SHELL,
        "runs a command",
        ("run ", "execute "),
        lazy(
            rf"{_AT}(?:run|execute) (?:`(?:\./)?{_PROGRAMS} [^`\n]+`|the (?:full |whole |unit |existing |project's )*"
            r"(?:test suite|tests|linter|build|formatter|type checker))(?=[\s.,;]|$)"
        ),
    ),
    _Order(
        EDIT,
        "writes a file",
        ("write ", "save ", "append ", "create ", "edit "),
        lazy(
            rf"{_AT}(?:(?:write|save|append) (?:the |your |a |an |all |it |them )*(?:\w+ ){{0,2}}(?:to|into|in|as) "
            r"(?:`[\w./<>{}-]*/[\w./<>{}-]*`|/[\w./-]+)|(?:create|edit) (?:the |a )?(?:new )?file `[^`\n]+`)"
        ),
    ),
    _Order(
        WEB,
        "searches the web",
        ("the web", "the internet", "web search"),
        lazy(rf"{_AT}(?:search|browse) the (?:web|internet)\b|{_AT}use web search\b"),
    ),
)
_SOMEONE_ELSE = lazy(r"\b(?:ask|tell|propose|suggest|recommend|remind|invite|user|human|memory|if you (?:can|have))\b")


def task_without_tool(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each order in the stance that none of the listed tools can carry out."""
    tools = allowed_tools(subject, context)
    if tools is None:
        return
    abilities = possible(tools)
    if abilities is None or SHELL in abilities:
        return
    prose = prose_of(subject)
    if prose is None or _composes(subject):
        return
    for order in _ORDERS:
        if order.ability in abilities:
            continue
        for line in lines_with(prose, *order.words):
            found = order.pattern.search(line.text)
            if found and not is_negated(line.text) and not _SOMEONE_ELSE.search(line.text):
                yield _impossible(subject, order, found, prose.place(line.start + _leading(found.group())), tools)
                break


def _composes(subject: Subject) -> bool:
    """Whether more tools may come with what it composes: capabilities bring theirs, skills their scripts."""
    persona = subject.persona
    return persona is not None and bool(persona.skills or (persona.enhances and persona.tools is None))


def _impossible(
    subject: Subject, order: _Order, found: re.Match[str], place: tuple[int, int], tools: tuple[str, ...]
) -> Diagnostic:
    line, column = place
    said = " ".join(found.group().strip(" \t-*_.0123456789)").split())
    listed = ", ".join(tools) or "none"
    return Diagnostic(
        rule="task-without-tool",
        severity="warning",
        message=f'"{said}" {order.needs}, and no tool of it can (tools: {listed})',
        file=subject.file,
        line=line,
        column=column,
        found=said,
        help=f"Add a tool that {order.needs}, or leave the step to a persona that has one.",
    )
