"""Lays files out and runs the gate on them, or its rules on one agent of a host."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from personae.check import engine
from personae.check.context import Context
from personae.check.models import MODELS
from personae.check.report import Request
from personae.check.rules import FILE_RULES
from personae.check.subject import Subject
from personae.errors import Diagnostic
from personae.library.project import Project
from personae.persona.dialects import ForeignAgent

TODAY = date(2026, 11, 20)
_BLOCK = re.compile(
    r"^```(?P<kind>file|bytes|unicode|link) (?P<path>[^\n]+?)(?: x(?P<times>\d+))?(?: only=(?P<only>\d+))?\n"
    r"(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def Agent(  # noqa: N802  # reads as the value it makes
    *,
    name: str = "critic",
    description: str | None = None,
    prompt: str = "",
    tools: tuple[str, ...] | None = None,
    denied_tools: tuple[str, ...] = (),
    model: str | None = None,
    host: str = "claude",
) -> ForeignAgent:
    return ForeignAgent(
        host=host,
        name=name,
        description=description or "",
        prompt=prompt,
        tools=tools,
        denied_tools=denied_tools,
        model=model,
    )


def write_blocks(text: str, root: Path) -> None:
    """Write the file blocks of a rule's document below `root`."""
    for block in _BLOCK.finditer(text):
        path = root / block["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        if block["kind"] == "link":
            path.symlink_to(block["text"].strip())
        else:
            path.write_bytes(_content(block))


def _content(block: re.Match[str]) -> bytes:
    lines = block["text"].split("\n")[:-1]
    if block["times"]:
        repeated = int(block["only"]) - 1 if block["only"] else len(lines) - 1
        lines[repeated : repeated + 1] = [lines[repeated]] * int(block["times"])
    text = "\n".join(lines) + "\n"
    if block["kind"] == "file":
        return text.encode()
    unescaped = codecs.decode(text, "unicode_escape")
    return unescaped.encode("latin-1" if block["kind"] == "bytes" else "utf-8")


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def check(root: Path, *, today: date = TODAY) -> list[Diagnostic]:
    """Return everything that the gate says of the project at `root`."""
    return list(engine.check(Request(paths=[root], base=root, today=today), remember=False).diagnostics)


def check_agent(agent: ForeignAgent, text: str = "", *, root: Path = Path("/nowhere")) -> list[Diagnostic]:
    """Return what the rules of one file say about an agent of a host."""
    subject = agent_subject(agent, text, root=root)
    context = Context(project=Project(root=root), today=TODAY, models=MODELS)
    return [item for rule in FILE_RULES for item in rule(subject, context)]


def agent_subject(agent: ForeignAgent, text: str = "", *, root: Path = Path("/nowhere")) -> Subject:
    return Subject(
        file=f".claude/agents/{agent.name}.md",
        path=root / ".claude" / "agents" / f"{agent.name}.md",
        root=root,
        dialect=agent.host,
        text=f"---\nname: {agent.name}\n---\n{text or agent.prompt}",
        body=text or agent.prompt,
        body_line=4,
        agent=agent,
        places={"name": (2, 7)},
    )
