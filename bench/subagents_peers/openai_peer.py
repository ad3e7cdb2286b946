# mypy: ignore-errors
"""OpenAI Agents SDK: a child is an agent as a tool."""

from __future__ import annotations

import asyncio
import json
import sys

from agents import Agent, FunctionTool, Model, ModelResponse, RunConfig, Runner, Usage, set_tracing_disabled
from common import Waiting, cancelled, described, many, overhead, tell
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

set_tracing_disabled(True)
QUIET = RunConfig(tracing_disabled=True)


def message(text: str) -> ModelResponse:
    part = ResponseOutputText(text=text, type="output_text", annotations=[])
    out = ResponseOutputMessage(id="m", role="assistant", status="completed", type="message", content=[part])
    return ModelResponse(output=[out], usage=Usage(), response_id=None)


class Fake(Model):
    def __init__(self, answer) -> None:
        self.answer = answer

    async def get_response(self, system_instructions, input, model_settings, tools, output_schema, handoffs, *a, **k):
        return await self.answer(system_instructions, input, tools)

    def stream_response(self, *a, **k):
        raise NotImplementedError


def child(name: str, answer) -> Agent:
    async def reply(system, input, tools):
        await answer()
        return message("Red.")

    return Agent(name=name, instructions=f"You are {name}.", model=Fake(reply))


def parent_of(tool, name: str, count: int) -> Agent:
    async def reply(system, input, tools):
        if not isinstance(input, str) and len(input) > 1:
            return message("Done.")
        calls = [
            ResponseFunctionToolCall(
                arguments=json.dumps({"input": f"Part {at}."}), call_id=f"c{at}", name=name, type="function_call"
            )
            for at in range(count)
        ]
        return ModelResponse(output=calls, usage=Usage(), response_id=None)

    return Agent(name="boss", instructions="You are the boss.", model=Fake(reply), tools=[tool])


def as_tool(agent: Agent, name: str, description: str = "Looks."):
    return agent.as_tool(tool_name=name, tool_description=description)


async def nothing() -> None:
    return


async def second() -> None:
    await asyncio.sleep(1)


async def start(waiting: Waiting, number: int) -> None:
    chief = parent_of(as_tool(child("scout", waiting.wait), "scout"), "scout", 4)
    root = parent_of(as_tool(chief, "chief"), "chief", 4)
    await Runner.run(root, "Look.", run_config=QUIET)


def characters(count: int) -> int:
    seen = []

    async def reply(system, input, tools):
        texts = [
            json.dumps({"name": t.name, "description": t.description, "parameters": t.params_json_schema})
            for t in tools
        ]
        seen.append(len(system or "") + sum(map(len, texts)))
        return message("Done.")

    tools = []
    for at in range(count):
        name, line = described(at)
        tools.append(as_tool(child(name, nothing), name.replace("-", "_"), line))
    for name in ("list_files", "read", "grep"):
        tools.append(
            FunctionTool(
                name=name,
                description="Works on the files of the project, as the tools of the others do.",
                params_json_schema={"type": "object", "properties": {"task": {"type": "string"}}},
                on_invoke_tool=nothing,
            )
        )
    agent = Agent(name="boss", instructions="You are the boss.", model=Fake(reply), tools=tools)
    asyncio.run(Runner.run(agent, "Look.", run_config=QUIET))
    return seen[0]


def main() -> None:
    one = parent_of(as_tool(child("scout", nothing), "scout"), "scout", 1)
    thousand = parent_of(as_tool(child("scout", second), "scout"), "scout", 1_000)
    found = {"overhead_ms": asyncio.run(overhead(lambda n: Runner.run(one, "Look.", run_config=QUIET), 10))}
    found["thousand"] = asyncio.run(many(lambda: Runner.run(thousand, "Look.", run_config=QUIET)))
    found["cancel"] = asyncio.run(cancelled(start, int(sys.argv[1]), 16))
    found["characters"] = {count: characters(count) for count in (0, 10, 100, 300)}
    tell(found)


main()
