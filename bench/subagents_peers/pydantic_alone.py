"""Pydantic AI alone: a child is a tool that runs another agent; nothing is kept."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from common import Waiting, cancelled, described, many, overhead, tell
from pydantic_ai import Agent, Tool
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel


def done() -> ModelResponse:
    return ModelResponse(parts=[TextPart("Red.")])


def child_tool(name: str, description: str, model: FunctionModel) -> Tool[Any]:
    agent: Agent[None, str] = Agent(model, instructions=f"You are {name}.")

    async def ask(task: str) -> str:
        return (await agent.run(task)).output

    return Tool(ask, name=name.replace("-", "_"), description=description)


def parent_of(tool: Tool[Any], count: int) -> Agent[None, str]:
    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) > 1:
            return done()
        return ModelResponse(parts=[ToolCallPart(tool.name, {"task": f"Part {at}."}) for at in range(count)])

    return Agent(FunctionModel(reply), instructions="You are the boss.", tools=[tool])


def answering(answer: Any) -> FunctionModel:
    async def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        await answer()
        return done()

    return FunctionModel(reply)


async def nothing() -> None:
    return


async def second() -> None:
    await asyncio.sleep(1)


async def start(waiting: Waiting, number: int) -> None:
    scout = child_tool("scout", "Looks.", answering(waiting.wait))
    chief = parent_of(scout, 4)

    async def ask(task: str) -> str:
        return (await chief.run(task)).output

    await parent_of(Tool(ask, name="chief", description="Leads."), 4).run("Look.")


def characters(count: int) -> int:
    seen: list[int] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        tools = [
            json.dumps({"name": tool.name, "description": tool.description, "parameters": tool.parameters_json_schema})
            for tool in info.function_tools
        ]
        seen.append(len(info.instructions or "") + sum(map(len, tools)))
        return done()

    model = answering(nothing)
    tools = [child_tool(*described(at), model) for at in range(count)]
    for name in ("list_files", "read", "grep"):
        tools.append(child_tool(name, "Works on the files of the project, as the tools of the others do.", model))
    asyncio.run(Agent(FunctionModel(reply), instructions="You are the boss.", tools=tools).run("Look."))
    return seen[0]


def main() -> None:
    one = parent_of(child_tool("scout", "Looks.", answering(nothing)), 1)
    thousand = parent_of(child_tool("scout", "Looks.", answering(second)), 1_000)
    found: dict[str, Any] = {"overhead_ms": asyncio.run(overhead(lambda number: one.run("Look."), 10))}
    found["thousand"] = asyncio.run(many(lambda: thousand.run("Look.")))
    found["cancel"] = asyncio.run(cancelled(start, int(sys.argv[1]), 16))
    found["characters"] = {count: characters(count) for count in (0, 10, 100, 300)}
    tell(found)


if __name__ == "__main__":
    main()
