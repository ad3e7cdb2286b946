"""The world outside, for `torture.py`: a process that nobody kills. It answers for the model, does effects, and kills.

Workers ask it over a Unix socket, a line of JSON each way. It keeps what really happened: each request that a provider
would bill, each effect that was done. As long as it has kills left it kills who asks, at a moment that it draws: before
the thing is done, after it is done and before it is told, or just after it is told.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOMENTS = ("before", "during", "after")


@dataclass
class World:
    draw: random.Random
    kills_left: int = 0
    chance: float = 0.0
    workers: set[int] = field(default_factory=set)
    log: list[dict[str, Any]] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)
    """Idempotency key to what was given."""

    def note(self, what: str, **more: Any) -> None:
        self.log.append({"what": what, "at": time.time(), **more})

    def moment(self, pid: int) -> str:
        """Draw when to kill `pid`; empty for not now."""
        if self.kills_left <= 0 or pid not in self.workers or self.draw.random() >= self.chance:
            return ""
        return self.draw.choice(MOMENTS)

    def kill(self, pid: int, moment: str) -> bool:
        """Kill it, where that is still wanted; return whether it is dead."""
        if pid not in self.workers or self.kills_left <= 0:
            return False
        self.workers.discard(pid)
        self.kills_left -= 1
        self.kills[moment] = self.kills.get(moment, 0) + 1
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True

    def apply(self, asked: dict[str, Any]) -> str:
        """Do it; return what it gives."""
        kind, key, text = asked["kind"], asked["key"], asked["text"]
        if kind == "idempotent" and key in self.done:
            self.note("asked again", kind=kind, key=key)
            return self.done[key]
        self.note("done", kind=kind, key=key, text=text, tokens=asked.get("tokens", 0))
        given = f"{kind} {text}"
        if kind == "idempotent":
            self.done[key] = given
        return given


async def serve(place: Path, seed: int) -> None:
    world = World(draw=random.Random(seed))
    over = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                asked = json.loads(line)
                answer = await answered(asked)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
                if asked.get("moment") == "after":
                    await asyncio.sleep(world.draw.random() * 0.01)
                    world.kill(asked["pid"], "after")
        writer.close()

    async def answered(asked: dict[str, Any]) -> Any:
        match asked["what"]:
            case "set":
                world.kills_left, world.chance = asked["kills"], asked["chance"]
                world.workers = set(asked["workers"])
                return world.kills
            case "count":
                return {"kills": world.kills, "left": world.kills_left}
            case "log":
                return world.log
            case "end":
                over.set()
                return None
            case "was done":
                return sum(1 for one in world.log if one["what"] == "done" and one["text"] == asked["text"])
        asked["moment"] = world.moment(asked["pid"])
        await asyncio.sleep(world.draw.random() * asked["seconds"])
        if asked["moment"] == "before" and world.kill(asked["pid"], "before"):
            return ""
        given = world.apply(asked)
        await asyncio.sleep(world.draw.random() * asked["seconds"])
        if asked["moment"] == "during":
            world.kill(asked["pid"], "during")
        return given

    server = await asyncio.start_unix_server(talk, path=place, limit=2**26)
    async with server:
        await over.wait()


class Line:
    """One connection to it, for the driver."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, **asked: Any) -> Any:
        self.writer.write(json.dumps(asked).encode() + b"\n")
        await self.writer.drain()
        line = await self.reader.readline()
        return json.loads(line)


async def line_to(place: Path) -> Line:
    return Line(*await asyncio.open_unix_connection(str(place), limit=2**26))


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
