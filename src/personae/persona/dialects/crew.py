"""CrewAI's `agents.yaml`: one file, many agents, each a map of role, goal and backstory."""

from __future__ import annotations

from dataclasses import replace

from personae.persona.dialects.agent import ForeignAgent, ReadAgent
from personae.persona.dialects.assemble import Naming, agent_from, places_of
from personae.persona.dialects.cuts import decode
from personae.persona.dialects.keys import check_keys
from personae.persona.dialects.report import Report
from personae.persona.dialects.table import HostTable
from personae.persona.dialects.trees import read_tree
from personae.persona.dialects.values import Value, from_node
from personae.persona.source import MAX_FILE_BYTES
from personae.persona.yamltree import MappingNode, ScalarNode

__all__ = ["read_crew"]


def read_crew(data: bytes, *, file: str, table: HostTable, naming: Naming) -> ReadAgent:
    """Read the agents in `data` as CrewAI would."""
    report = Report(file, table)
    text = decode(data).text
    if len(data) > MAX_FILE_BYTES:
        message = f"the file has {len(data):,} bytes, at most {MAX_FILE_BYTES:,} are read"
        report.add("file-too-large", message, severity="warning", help="Split it into crews.")
        return ReadAgent(agent=None, diagnostics=tuple(report.diagnostics))
    tree = read_tree(text, table.flavor, file=file, first_line=1)
    if tree.problem is not None:
        problem = tree.problem
        report.breaks("broken-frontmatter", problem.message, at=(problem.line, problem.column), help=problem.help)
    elif tree.root is not None and not isinstance(tree.root, MappingNode):
        report.breaks("broken-frontmatter", "the file is no map of agents", help="Write one agent: per top-level key.")
    if not isinstance(tree.root, MappingNode):
        return ReadAgent(agent=None, fate=report.fate, diagnostics=tuple(report.diagnostics), text=text)
    return _read_all(tree.root, text, report)


def _read_all(root: MappingNode, text: str, report: Report) -> ReadAgent:
    agents: list[ForeignAgent] = []
    places: dict[str, tuple[int, int]] = {}
    for key, node in root.value:
        if isinstance(key, ScalarNode):
            value = from_node(node, report.table.flavor, first_line=1)
            name = str(key.value)
            places[name] = value.at
            places.update(places_of(dict(value.pairs), f"{name}."))
            if agent := _agent(name, value, report.table, report):
                agents.append(agent)
    return ReadAgent(
        agent=agents[0] if agents else None,
        agents=tuple(agents),
        fate=report.fate,
        diagnostics=tuple(report.diagnostics),
        places=places,
        text=text,
    )


def _agent(name: str, value: Value, table: HostTable, report: Report) -> ForeignAgent | None:
    if value.sort != "map":
        message = f"a map of role, goal and backstory is expected, found {value.text[:40]!r}"
        report.breaks("wrong-type", message, at=value.at, path=name)
        return None
    inner = Report(report.file, table)
    values = dict(value.pairs)
    check_keys(values, table, inner)
    for item in inner.diagnostics:
        line, column = value.at if (item.line, item.column) == (1, 1) else (item.line, item.column)
        report.diagnostics.append(replace(item, field=f"{name}.{item.field}", line=line, column=column))
    report.worsen(inner.fate)
    parts = [values[part].text.strip() for part in ("role", "goal", "backstory") if part in values]
    agent = agent_from(values, table, prompt="\n\n".join(parts), name=name)
    return replace(agent, description=parts[0] if parts else "")
