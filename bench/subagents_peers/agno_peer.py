# mypy: ignore-errors
"""agno: a team whose members are agents, and the tool its leader gives them work with."""

from __future__ import annotations

import asyncio
import json
import os
import sys

os.environ["AGNO_TELEMETRY"] = "false"

from agno.agent import Agent
from agno.models.base import Model
from agno.models.response import ModelResponse
from agno.team import Team
from common import Waiting, cancelled, described, many, overhead, tell


class Fake(Model):
    def __init__(self, answer) -> None:
        super().__init__(id="fake", name="fake", provider="fake")
        self.answer = answer

    def invoke(self, *a, **k):
        raise NotImplementedError

    def invoke_stream(self, *a, **k):
        raise NotImplementedError

    def ainvoke_stream(self, *a, **k):
        raise NotImplementedError

    async def ainvoke(self, messages, assistant_message=None, tools=None, **k):
        return await self.answer(messages, tools or [])

    def _parse_provider_response(self, response, **k):
        return response

    def _parse_provider_response_delta(self, response):
        return response


def child(name: str, answer, role: str = "Looks.") -> Agent:
    async def reply(messages, tools):
        await answer()
        return ModelResponse(role="assistant", content="Red.")

    return Agent(name=name, role=role, model=Fake(reply), telemetry=False)


def team_of(members, count: int, reply=None, tools=None, name: str = "boss") -> Team:
    async def delegating(messages, tools):
        if any(message.role == "tool" for message in messages):
            return ModelResponse(role="assistant", content="Done.")
        function = next(t["function"] for t in tools if "delegate" in t["function"]["name"])
        given = {key: "scout" if "member" in key else "Look." for key in function["parameters"]["properties"]}
        calls = [
            {
                "id": f"c{at}",
                "type": "function",
                "function": {"name": function["name"], "arguments": json.dumps({**given, "task": f"Part {at}."})},
            }
            for at in range(count)
        ]
        return ModelResponse(role="assistant", tool_calls=calls)

    model = Fake(reply or delegating)
    return Team(name=name, members=members, model=model, tools=tools or [], telemetry=False)


async def nothing() -> None:
    return


async def second() -> None:
    await asyncio.sleep(1)


async def start(waiting: Waiting, number: int) -> None:
    # Four children, not four times four: a team's members do not start others by themselves.
    await team_of([child("scout", waiting.wait)], 4).arun("Look.")


def characters(count: int) -> int:
    seen = []

    async def reply(messages, tools):
        seen.append(sum(len(str(m.content)) for m in messages if m.role == "system") + len(json.dumps(tools)))
        return ModelResponse(role="assistant", content="Done.")

    def read(task: str) -> str:
        """Works on the files of the project, as the tools of the others do."""
        return task

    def grep(task: str) -> str:
        """Works on the files of the project, as the tools of the others do."""
        return task

    def list_files(task: str) -> str:
        """Works on the files of the project, as the tools of the others do."""
        return task

    pairs = [described(at) for at in range(count)]
    members = [child(name, nothing, line) for name, line in pairs]
    asyncio.run(team_of(members, 1, reply, [read, grep, list_files]).arun("Look."))
    return seen[0]


def main() -> None:
    one = team_of([child("scout", nothing)], 1)
    thousand = team_of([child("scout", second)], 1_000)
    found = {"overhead_ms": asyncio.run(overhead(lambda n: one.arun("Look."), 10))}
    found["thousand"] = asyncio.run(many(lambda: thousand.arun("Look.")))
    found["cancel"] = asyncio.run(cancelled(start, int(sys.argv[1]), 4))
    found["characters"] = {count: characters(count) for count in (0, 10, 100, 300)}
    tell(found)


main()
