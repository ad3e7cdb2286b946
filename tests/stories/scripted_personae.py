"""The `personae` command with a scripted model: `python scripted_personae.py ARGUMENTS…`.

Each request leaves a line in `asked.txt` of the working folder, waits while `allowed.txt` says that no more may be
answered, and leaves one in `answered.txt`. So a test kills a process exactly where it wants to. A step's answer is
made of its task alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from pathlib import Path

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo
from pydantic_ai.usage import RequestUsage

import personae.cli.bench
import personae.cli.conducting
from personae.adopt.world import World
from personae.cli.app import main
from personae.testing import ScriptedModels

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
    line = f"{asked.splitlines()[-2] if asked.endswith('</task>') else asked}: {turn}"
    leave(ASKED, line)
    while not may_answer():
        await asyncio.sleep(0.02)
    leave(ANSWERED, line)
    usage = RequestUsage(input_tokens=10, output_tokens=2)
    if turn == 1 and info.function_tools and "look" in asked.lower():
        call = ToolCallPart("read", {"path": "note.md"}, tool_call_id="look")
        return ModelResponse(parts=[call], usage=usage)
    return ModelResponse(parts=[TextPart(hashlib.sha256(asked.encode()).hexdigest()[:12])], usage=usage)


def scripted(world: World) -> ScriptedModels:
    return ScriptedModels(world.project, reply)


if __name__ == "__main__":
    for module in (personae.cli.conducting, personae.cli.bench):
        setattr(module, "answerer_of", scripted)  # noqa: B010 - a name it imports, not its own
    main([*sys.argv[1:], "--model", "embedded:smollm2-135m"] if sys.argv[1] == "run" else sys.argv[1:])
