"""A process that does many runs at once, all of them charged to one day of one persona.

python spend_at_once.py ROOT NAME COUNT [URL]
"""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo
from pydantic_ai.usage import RequestUsage
from standing_world import OFFER

from personae.adopt.world_store import open_world
from personae.library.tiers import ModelBinding
from personae.persona.model import Budget
from personae.run.durable import Seam
from personae.run.node import Node
from personae.run.perform import Performer
from personae.run.prices import Cost
from personae.run.record.ledger import Account, caps_of
from personae.run.record.opening import open_database
from personae.run.record.record import Record
from personae.testing import ScriptedModels

CAP_USD = Decimal(1)
TRIES = 3
MOMENT = datetime(2026, 11, 30, 9, tzinfo=UTC)
MODEL = ModelBinding(provider="anthropic", model="claude-x", effort="low", because="a test says so")


def price(provider: str, model: str) -> Cost:
    return lambda usage: 100_000 * usage.input_tokens + 100 * usage.output_tokens


async def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    await asyncio.sleep(random.uniform(0, 0.05))  # so that many are reserved and not settled at a time
    most = (info.model_settings or {}).get("max_tokens", 100)
    tokens = min(most, random.randrange(20, 120))
    return ModelResponse(parts=[TextPart("Seen.")], usage=RequestUsage(input_tokens=40, output_tokens=tokens))


async def spend(root: Path, name: str, count: int, url: str) -> list[str]:
    record = Record(database=open_database(root, url), now=lambda: MOMENT)
    world = open_world(root, models=lambda project, wish: OFFER)
    performer = Performer(
        world=world, models=ScriptedModels(world.project, answer), seam=Seam(record=record, prices=price)
    )

    def node(number: int) -> Node:
        run = f"{name}-{number}"
        caps = caps_of("lead", Budget(daily_max_cost_usd=CAP_USD), node=run)
        return Node(
            run=run, path="ask", persona="lead", system="You lead.", user="Look.", model=MODEL,
            account=Account(caps=caps),
        )  # fmt: skip

    async def run(number: int) -> str:
        """One run, gone on with a few times: what it was refused may be free when others have settled."""
        for _ in range(TRIES):
            outcome = await performer.perform(node(number))
            if outcome.done:
                break
            await asyncio.sleep(random.uniform(0, 2))
        return outcome.reason

    reasons = await asyncio.gather(*(run(number) for number in range(count)))
    record.database.close()
    return list(reasons)


if __name__ == "__main__":
    print("\n".join(asyncio.run(spend(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), "".join(sys.argv[4:])))))
