"""The `personae` command with a scripted model: `python scripted_personae.py DELAY_S ARGUMENTS…`.

Each request waits, then adds a line to `asked.txt` in the working folder, before it is answered: a process that is
killed leaves there what it had done. A step's answer is made of its task alone.
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

import personae.cli.conducting
import personae.cli.worker
from personae.adopt.world import World
from personae.cli.app import main
from personae.testing import ScriptedModels

DELAY_S = float(sys.argv[1])


async def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    asked = str(messages[0].parts[-1].content)  # type: ignore[union-attr]
    await asyncio.sleep(DELAY_S)
    turn = sum(isinstance(message, ModelResponse) for message in messages) + 1
    with Path("asked.txt").open("a") as file:
        file.write(f"{asked.splitlines()[-2] if asked.endswith('</task>') else asked}: {turn}\n")
        file.flush()
        os.fsync(file.fileno())
    usage = RequestUsage(input_tokens=10, output_tokens=2)
    if turn == 1 and info.function_tools and "look" in asked.lower():
        call = ToolCallPart("read", {"path": "note.md"}, tool_call_id="look")
        return ModelResponse(parts=[call], usage=usage)
    return ModelResponse(parts=[TextPart(hashlib.sha256(asked.encode()).hexdigest()[:12])], usage=usage)


def scripted(world: World) -> ScriptedModels:
    return ScriptedModels(world.project, reply)


if __name__ == "__main__":
    personae.cli.conducting.answerer_of = scripted
    personae.cli.worker.answerer_of = scripted  # type: ignore[attr-defined]
    main([*sys.argv[2:], "--model", "embedded:smollm2-135m"] if sys.argv[2] == "run" else sys.argv[2:])
