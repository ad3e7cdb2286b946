"""The `personae` command with a scripted model: `python scripted_personae.py ARGUMENTS…`.

Each request leaves a line in `asked.txt` of the working folder, waits while `allowed.txt` says that no more may be
answered, and leaves one in `answered.txt`. So a test kills a process exactly where it wants to. An answer is made of
what was asked alone; a reflection finds one thing worth remembering.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from importlib import import_module
from pathlib import Path

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo
from pydantic_ai.usage import RequestUsage

from personae.adopt.world import World
from personae.cli.app import main
from personae.testing import ScriptedModels

COMMANDS = ("run", "ask", "loop", "goal", "chat")
MODULES = ("conducting", "ask", "loop", "goal", "chat", "bench")
"""Of `personae.cli`, which ask who answers."""
REFLECTING = "<happened>"
ASKED, ANSWERED, ALLOWED = Path("asked.txt"), Path("answered.txt"), Path("allowed.txt")


def may_answer() -> bool:
    allowed = ALLOWED.read_text().strip() if ALLOWED.exists() else ""
    answered = len(ANSWERED.read_text().splitlines()) if ANSWERED.exists() else 0
    return not allowed or answered < int(allowed)


def leave(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


async def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    asked = str(messages[0].parts[-1].content)  # type: ignore[union-attr]
    turn = sum(isinstance(message, ModelResponse) for message in messages) + 1
    line = f"{line_of(asked)}: {turn}"
    leave(ASKED, line)
    while not may_answer():
        await asyncio.sleep(0.02)
    leave(ANSWERED, line)
    usage = RequestUsage(input_tokens=10, output_tokens=2)
    if turn == 1 and info.function_tools and "look" in asked.lower():
        call = ToolCallPart("read", {"path": "note.md"}, tool_call_id="look")
        return ModelResponse(parts=[call], usage=usage)
    answer = digest_of(asked)
    if REFLECTING in asked:
        answer = json.dumps({"entries": [{"text": f"There was {answer}.", "importance": 3}]})
    return ModelResponse(parts=[TextPart(answer)], usage=usage)


def line_of(asked: str) -> str:
    """Return what was asked in one line; a text of many is told apart by its digest."""
    if REFLECTING in asked:
        return f"reflection {digest_of(asked)}"
    lines = asked.splitlines()
    if asked.endswith("</task>"):
        return lines[-2]
    return asked if len(lines) == 1 else f"{lines[0]} {digest_of(asked)}"


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def scripted(world: World) -> ScriptedModels:
    return ScriptedModels(world.project, reply)


if __name__ == "__main__":
    for module in MODULES:
        vars(import_module(f"personae.cli.{module}"))["answerer_of"] = scripted
    main([*sys.argv[1:], "--model", "embedded:smollm2-135m"] if sys.argv[1] in COMMANDS else sys.argv[1:])
