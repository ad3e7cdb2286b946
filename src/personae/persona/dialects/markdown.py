"""A markdown agent of another tool: bytes to agent, diagnostics and fate, by that tool's table. Total."""

from __future__ import annotations

from dataclasses import dataclass, field

from personae.errors import Diagnostic
from personae.persona.dialects.agent import ForeignAgent, ReadAgent
from personae.persona.dialects.assemble import Naming, agent_from, name_of, places_of
from personae.persona.dialects.cuts import Cut, Decoded, cut, decode
from personae.persona.dialects.keys import check_keys
from personae.persona.dialects.report import Report
from personae.persona.dialects.table import HostTable
from personae.persona.dialects.tolerance import REPAIRS
from personae.persona.dialects.trees import Tree, read_tree
from personae.persona.dialects.values import Value, from_node
from personae.persona.dialects.whole import check_whole
from personae.persona.source import MAX_FILE_BYTES
from personae.persona.yamltree import MappingNode, ScalarNode, SequenceNode

__all__ = ["read_markdown"]

_YAML_LANGUAGES = frozenset(["", "yaml", "yml", "json"])
_CODE_LANGUAGES = frozenset(["js", "javascript"])


@dataclass(slots=True)
class _Reading:
    """One file on its way through one host's loader."""

    table: HostTable
    report: Report
    naming: Naming
    decoded: Decoded
    cut: Cut
    values: dict[str, Value] = field(default_factory=dict)


def read_markdown(data: bytes, *, file: str, table: HostTable, naming: Naming) -> ReadAgent:
    """Read the agent in `data` as the host of `table` would."""
    report = Report(file, table)
    if len(data) > MAX_FILE_BYTES:
        message = f"the file has {len(data):,} bytes, at most {MAX_FILE_BYTES:,} are read"
        report.add("file-too-large", message, severity="warning", help="No model here takes a prompt of that size.")
        return ReadAgent(agent=None, diagnostics=tuple(report.diagnostics))
    decoded = decode(data)
    reading = _Reading(table, report, naming, decoded, cut(decoded.text, table.id))
    if not _encoding_is_fine(reading):
        return _finished(reading, None)
    return _finished(reading, _read(reading))


def _finished(reading: _Reading, agent: ForeignAgent | None) -> ReadAgent:
    report, seen = reading.report, reading.cut
    if not reading.naming.is_read and agent is not None:
        message = f"{reading.table.title} does not read files at this place"
        report.add("not-read-here", message, severity="warning", help=f"Move it into {reading.table.folders[0]}.")
        report.worsen("skipped")
    return ReadAgent(
        agent=agent,
        agents=(agent,) if agent else (),
        fate=report.fate,
        diagnostics=tuple(report.diagnostics),
        places=places_of(reading.values),
        text=reading.decoded.text,
        body=seen.body,
        body_line=seen.body_line,
    )


def _encoding_is_fine(reading: _Reading) -> bool:
    decoded, host, report = reading.decoded, reading.table.id, reading.report
    if decoded.bom and host != "opencode":
        message, help = "the file begins with a byte-order mark", "Save the file as UTF-8 without a byte-order mark."
        if host in ("gemini", "grok"):
            report.breaks("byte-order-mark", f"{message}, so no frontmatter is seen", help=help)
            return False
        report.add(
            "byte-order-mark", f"{message}, and some tools see no frontmatter then", severity="warning", help=help
        )
    if decoded.broken_at is not None:
        before = decoded.text.find("\ufffd")
        line = decoded.text.count("\n", 0, before) + 1
        message, help = "a byte here is not UTF-8", "Save the file as UTF-8."
        if host == "grok":
            report.breaks("not-utf-8", message, at=(line, 1), help=help)
            return False
        report.add("not-utf-8", f"{message}; it is read as U+FFFD", severity="warning", at=(line, 1), help=help)
    return True


def _read(reading: _Reading) -> ForeignAgent | None:
    if reading.cut.frontmatter is None:
        return _without_frontmatter(reading)
    if reading.table.id == "opencode" and (special := _language(reading)):
        return special
    tree = read_tree(
        reading.cut.frontmatter,
        reading.table.flavor,
        file=reading.report.file,
        first_line=reading.cut.first_line,
    )
    if tree.problem is not None:
        repaired = _repaired(reading, tree.problem)
        if repaired is None:
            return _broken(reading, tree.problem)
        tree = repaired
    if not isinstance(tree.root, MappingNode):
        return _no_map(reading, tree)
    _collect(reading, tree.root)
    return _checked(reading)


def _checked(reading: _Reading) -> ForeignAgent | None:
    table, report, values = reading.table, reading.report, reading.values
    known = table.by_name
    if table.fault == "skipped" and not any(name.lower() in known or name in known for name in values):
        report.worsen("skipped")  # a document with a frontmatter of its own; nobody meant an agent
        return None
    check_keys(values, table, report)
    check_whole(values, reading.cut, reading.naming, report)
    name = name_of(values, table, reading.naming)
    return agent_from(values, table, prompt=reading.cut.body.strip(), name=name)


def _collect(reading: _Reading, root: MappingNode) -> None:
    """Read the root map; of a key that stands twice the last counts, and serde stops at one it knows."""
    table, known = reading.table, reading.table.by_name
    seen: dict[str, Value] = {}
    for key, node in root.value:
        name = key.value if isinstance(key, ScalarNode) else ""
        value = from_node(node, table.flavor, first_line=reading.cut.first_line)
        if not isinstance(key, ScalarNode) and table.flavor == "serde":
            report = reading.report
            report.breaks("broken-frontmatter", "a key is no text", at=value.at, help="Write key: value.")
        elif name in seen and name in known and table.flavor in ("serde", "loose"):
            _twice(name, value, reading)
        seen[str(name)] = value
    reading.values = seen


def _twice(name: str, value: Value, reading: _Reading) -> None:
    message = f"the key {name!r} stands twice"
    if reading.table.flavor == "serde":
        reading.report.breaks("duplicate-key", message, path=name, help="Keep one of them.", at=value.at)
    else:
        message = f"{message}; which one counts is up to the loader"
        reading.report.add(
            "duplicate-key", message, severity="warning", path=name, help="Keep one of them.", at=value.at
        )


def _without_frontmatter(reading: _Reading) -> ForeignAgent | None:
    table, report, seen = reading.table, reading.report, reading.cut
    if table.id == "opencode":
        return _opencode_without_frontmatter(reading)
    if seen.unclosed or (seen.language and table.id == "grok"):
        what = 'the frontmatter is opened by "---" and never closed' if seen.unclosed else "text stands behind ---"
        report.breaks("broken-frontmatter", what, help='Put a line "---" after the last key.')
    elif table.fault == "rejected":
        message = 'the file does not begin with a line "---"'
        help = f"Begin it with frontmatter, or move it out of {table.folders[0]}."
        report.breaks("no-frontmatter", message, help=help)
    else:
        report.worsen("skipped")  # a document beside agents, such as a README
    return None


def _opencode_without_frontmatter(reading: _Reading) -> ForeignAgent:
    name = reading.naming.below
    message = f"without frontmatter OpenCode makes it an agent {name!r} that may do everything"
    help = "Begin it with frontmatter, or move it out of the folder if it is no agent."
    reading.report.add("no-frontmatter", message, severity="warning", help=help)
    return ForeignAgent(host="opencode", name=name, prompt=reading.decoded.text.strip())


def _language(reading: _Reading) -> ForeignAgent | None:
    """Return the agent that OpenCode makes of frontmatter in another language than YAML."""
    language = reading.cut.language.lower()
    if language in _YAML_LANGUAGES:
        return None
    if language in _CODE_LANGUAGES:
        message = "OpenCode runs this frontmatter as a program, with all rights of its user, when it starts"
        reading.report.add("runs-code", message, help="Write the frontmatter in YAML, and do not start OpenCode here.")
        return ForeignAgent(host="opencode", name=reading.naming.below, prompt=reading.cut.body.strip())
    return _lost(reading, 1, f"OpenCode reads no frontmatter in {language[:20]!r}")


def _repaired(reading: _Reading, problem: Diagnostic) -> Tree | None:
    """Return the tree that a tolerant loader gets after its repair, or None."""
    table, frontmatter = reading.table, reading.cut.frontmatter or ""
    repair = REPAIRS.get(table.id)
    if repair is None or not _is_repairable(reading):
        return None
    text = repair(frontmatter)
    if text == frontmatter:
        return None
    tree = read_tree(text, table.flavor, file=reading.report.file, first_line=reading.cut.first_line)
    if tree.problem is not None or (table.id == "claude" and not isinstance(tree.root, MappingNode)):
        return None
    reading.report.worsen("loads-tolerantly")
    reading.report.add(
        "tolerant-frontmatter",
        f"{problem.message}; {table.title} repairs this, and other tools skip the file or stop",
        severity="warning",
        at=(problem.line, problem.column),
        help=problem.help,
    )
    return tree


def _is_repairable(reading: _Reading) -> bool:
    """Whether the host's repair finds the frontmatter at all; it looks for other fences than its reader."""
    if reading.table.id == "claude":
        return not reading.decoded.crlf  # anthropics/claude-code 80890
    return not reading.cut.unclosed and reading.decoded.text.startswith("---\n")


def _broken(reading: _Reading, problem: Diagnostic) -> ForeignAgent | None:
    table, report = reading.table, reading.report
    at = (problem.line, problem.column)
    if table.id != "opencode":
        report.breaks("broken-frontmatter", problem.message, help=problem.help, at=at)
        return None
    # Its repair also drops the carriage returns, and a text that it changed and still cannot read it leaves out.
    is_changed = reading.decoded.crlf or REPAIRS["opencode"](reading.cut.frontmatter or "") != reading.cut.frontmatter
    if not (is_changed and _is_repairable(reading)):
        return _lost(reading, problem.line, problem.message, help=problem.help)
    message = f"{problem.message}; OpenCode drops this agent silently"
    report.add("broken-frontmatter", message, help=problem.help, at=at)
    report.worsen("skipped")
    return None


def _lost(reading: _Reading, line: int, message: str, help: str = "") -> ForeignAgent:
    """OpenCode's second try finds the first one's empty result, and takes the file as it stands for the prompt."""
    report, name = reading.report, reading.naming.below
    message = f"{message}; OpenCode drops the frontmatter and loads {name!r} without any limit"
    report.add("lost-frontmatter", message, at=(line, 1), help=help)
    report.worsen("loads-tolerantly")
    return ForeignAgent(host="opencode", name=name, prompt=reading.decoded.text.strip())


def _no_map(reading: _Reading, tree: Tree) -> ForeignAgent | None:
    table, report = reading.table, reading.report
    if table.id == "opencode":
        return _opencode_without_frontmatter(reading)
    if table.fault == "skipped" and tree.root is None:
        report.worsen("skipped")
        return None
    if table.id == "gemini" and isinstance(tree.root, SequenceNode):
        return _remote_agents(reading, tree.root)
    message = "the frontmatter is no map of keys and values"
    report.breaks("broken-frontmatter", message, at=(reading.cut.first_line, 1), help="Write one key: value per line.")
    return None


def _remote_agents(reading: _Reading, root: SequenceNode) -> ForeignAgent | None:
    """Read what Gemini CLI takes beside a map: a list of remote agents. The first stands for all."""
    first: ForeignAgent | None = None
    for node in root.value:
        value = from_node(node, reading.table.flavor, first_line=reading.cut.first_line)
        if value.sort != "map":
            message = "a list of remote agents is expected"
            reading.report.breaks("broken-frontmatter", message, at=value.at, help="Write one map per agent.")
            continue
        values = {"kind": Value("text", value.line, value.column, "remote")} | dict(value.pairs)
        check_keys(values, reading.table, reading.report)
        name = values["name"].text if "name" in values else ""
        first = first or agent_from(values, reading.table, prompt="", name=name)
    if first is None:
        reading.report.worsen("skipped")
    return first
