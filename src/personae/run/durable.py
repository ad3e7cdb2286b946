"""The durable seam: every request to a model and every call of a tool is looked up, paid for, done and written down.

It is a capability of Pydantic AI and holds for whoever runs an agent with it. Keys name what they are of, `node/turn`
and `node/turn/tool.i`, so a run that is begun again finds each finished step and does the first that is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic_ai import RunContext
from pydantic_ai.capabilities.abstract import (
    AbstractCapability,
    ValidatedToolArgs,
    WrapModelRequestHandler,
    WrapToolExecuteHandler,
)
from pydantic_ai.exceptions import ModelRetry, ToolRetryError
from pydantic_ai.messages import ModelRequest, ModelResponse, ToolCallPart, UserPromptPart
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from personae.errors import BlockedError, RecordError, StoppedError, ToolFailedError
from personae.run.deadline import standing_still
from personae.run.messages import Question, question_of, response_from, response_json, result_json
from personae.run.node import Node
from personae.run.paying import Paid, cost_for, pay, reserve_request
from personae.run.prices import PriceOf, price_of
from personae.run.record import journal, ledger
from personae.run.record.database import Transaction
from personae.run.record.journal import Body, Entry
from personae.run.record.ledger import Charge
from personae.run.record.record import Record
from personae.run.record.warnings import NearCap, newly_near
from personae.run.tracing import mark_replayed, tool_span
from personae.run.unknown import Begun, asked_key, blocked_by, call_key, look
from personae.tools.declared import Effect

__all__ = ["Calling", "Durable", "Seam", "Step", "calling", "idempotency_key"]

_T = TypeVar("_T")

_BEFORE = 0
"""The turn of what is done before the first request."""

_CLOSING = "You have no more tools. Answer now from what you have gathered, and say plainly what is missing."

idempotency_key: ContextVar[str] = ContextVar("idempotency_key")
"""While a tool runs: a name of this very call, the same when it is repeated. A tool whose effect is `idempotent` hands
it to whatever it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """A call of a tool while it runs."""

    node: Node
    """Who calls."""
    key: str
    """The call's key in the journal: the path of a node that it makes."""


calling: ContextVar[Calling] = ContextVar("calling")
"""While a tool runs: by whom it is called, and as which call. For our own tools that make further nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that was written down, for whoever shows progress."""

    run: str
    path: str
    persona: str
    kind: str
    """`response`, `call` or `result`."""
    detail: str
    """A tool's name, or the tokens of a request."""
    replayed: bool = False
    """Whether it was done before this process began."""
    input_tokens: int = 0
    """Of a request; 0 for a tool."""
    output_tokens: int = 0
    usd_nanos: int = 0


async def _go_on() -> None:
    """Nobody holds the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seam:
    """What the seam works with; one a run, shared by all its nodes."""

    record: Record
    prices: PriceOf = price_of
    gate: Callable[[], Awaitable[None]] = _go_on
    """Awaited before anything new is asked or done: a paused run waits in it."""
    on_step: Callable[[Step], None] = lambda step: None
    on_near_cap: Callable[[NearCap], None] = lambda near: None
    """Told once of each cap in dollars of which most is spent."""
    closing_answer: bool = False
    """Whether a node out of rounds gets one more request, without tools, instead of being stopped."""


@dataclass
class Durable(AbstractCapability[Any]):
    """The seam around one node. `effects` are those of its tools; a tool that says nothing is taken to have one."""

    node: Node = field(kw_only=True)
    seam: Seam = field(kw_only=True)
    effects: dict[str, Effect] = field(kw_only=True, default_factory=dict)
    spent_nanos: int = field(default=0, init=False)
    """What this process paid for the node."""
    _begun: dict[int, Mapping[str, Begun]] = field(default_factory=dict, init=False, repr=False)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    async def prepare_tools(self, ctx: RunContext[Any], tool_defs: list[ToolDefinition]) -> list[ToolDefinition]:
        """Take the tools away when only a closing answer is left."""
        return [] if ctx.run_step > self.node.max_steps else tool_defs

    async def wrap_model_request(
        self, ctx: RunContext[Any], *, request_context: ModelRequestContext, handler: WrapModelRequestHandler
    ) -> ModelResponse:
        """Give the recorded answer, or reserve, ask, and record the answer with what it took in one transaction.

        Raises `OverBudgetError` before a request that might pass a cap, `StoppedError` for one round too many, and for
        a model whose price nobody knows under a cap in dollars.
        """
        turn = ctx.run_step
        if turn > self.node.max_steps:
            request_context = self._closing(request_context)
        question = question_of(request_context.messages, request_context.model_request_parameters)
        key = self.node.key(turn)
        await self._gate()
        found = await self._do(lambda transaction: self._look_or_pay(transaction, key, question, request_context))
        if isinstance(found, Entry):
            response = response_from(found.body, question)
            mark_replayed()
            self._tell_response(response.usage, found.body["usd_nanos"], replayed=True)
            return response
        try:
            if found.settings is not request_context.model_settings:
                request_context = replace(request_context, model_settings=found.settings)
            response = await handler(request_context)
        except asyncio.CancelledError:
            # It may have been paid. Written in this task: a cancelled one is still run up to its next wait.
            await asyncio.shield(self._write_off(key))
            raise
        except Exception:
            await self._settle(found.charge, RequestUsage(), 0)
            raise
        return await self._answered(key, question, response, found)

    async def wrap_tool_execute(
        self,
        ctx: RunContext[Any],
        *,
        call: ToolCallPart,
        tool_def: ToolDefinition,
        args: ValidatedToolArgs,
        handler: WrapToolExecuteHandler,
    ) -> Any:
        """Give the recorded result, or do the call and record it. A tool that fails tells the model so.

        A `once` call is written down before it begins. One that was begun and has no result is never begun again by
        itself: raises `BlockedError`, before any other call of its turn begins.
        """
        turn = ctx.run_step
        key = self.node.key(turn, f"tool.{_index(ctx, call)}")
        try:
            return _given(await self._call(turn, key, call, args, handler))
        except (ModelRetry, ToolRetryError) as retry:  # the second is what Pydantic AI makes of the first
            return _given(await self._keep(key, call, {"retry": _asked_again(retry)}))
        except ToolFailedError as failure:
            return _given(await self._keep(key, call, {"value": failure.message, "failed": True}))

    async def act(self, call: ToolCallPart, args: ValidatedToolArgs, do: WrapToolExecuteHandler) -> Any:
        """Do the node's action, before its first request, as a call of a tool is done; return what it gave.

        A failure is recorded nowhere, so that it may be tried again. After one of a `once` action nobody knows what it
        did: it is as if its process had died. Raises `ToolFailedError` and `BlockedError`.
        """
        key = self.node.key(_BEFORE, "tool.0")
        try:
            with tool_span(call.tool_name):
                return _given(await self._call(_BEFORE, key, call, args, do))
        except (ModelRetry, ToolRetryError) as retry:
            raise ToolFailedError(f"{call.tool_name} refused: {_asked_again(retry)}") from retry
        except ToolFailedError:
            self._begun.clear()
            await self._unknown(_BEFORE, key)
            raise

    async def _call(
        self, turn: int, key: str, call: ToolCallPart, args: ValidatedToolArgs, handler: WrapToolExecuteHandler
    ) -> Body:
        """Return what stands in the record of the call, or do it and write that down. Raises `ToolFailedError`."""
        recorded = await self._find(key)
        if recorded is not None:
            mark_replayed()
            self._tell("result", call.tool_name, replayed=True)
            return recorded.body
        before = await self._unknown(turn, key)
        if before is not None and (decided := _decided(before, call)) is not None:
            return await self._keep(key, call, decided)
        await self._gate()
        attempt = call_key(key, before.attempt + 1 if before else 1)
        once = self.effects.get(call.tool_name, "once") == "once"
        if once and not await self._begin(attempt, call, args):
            return await self._done_elsewhere(turn, key)
        token = idempotency_key.set(f"{self.node.run}/{key}")
        called = calling.set(Calling(node=self.node, key=key))
        try:
            value = await handler(args)
        except BlockedError as blocked:
            if once:  # it asked before it acted, so it did nothing
                await self._note(attempt, blocked)
            raise
        except (StoppedError, RecordError, ModelRetry, ToolRetryError, asyncio.CancelledError):
            raise
        except Exception as error:
            # A tool of a plugin or of a server. What it says of itself is untrusted and may be long.
            raise ToolFailedError(f"{call.tool_name} failed: {type(error).__name__}: {error}"[:2_000]) from error
        finally:
            calling.reset(called)
            idempotency_key.reset(token)
        return await self._keep(key, call, {"value": result_json(value)})

    async def _gate(self) -> None:
        with standing_still():
            await self.seam.gate()

    async def _note(self, attempt: str, blocked: BlockedError) -> None:
        entry = self._entry(asked_key(attempt), "note", {"item": blocked.item, "error": blocked.message})
        await self._do(lambda transaction: journal.add(transaction, entry))

    def _closing(self, request: ModelRequestContext) -> ModelRequestContext:
        steps = self.node.max_steps
        if not self.seam.closing_answer or any(_CLOSING in str(message) for message in request.messages[-1:]):
            message = f"{self.node.persona} has used its {steps} round{'s' if steps != 1 else ''}"
            raise StoppedError(message, reason="steps", help="Raise maxSteps, or give it a smaller task.")
        closing = ModelRequest(parts=[UserPromptPart(content=_CLOSING)])
        return replace(request, messages=[*request.messages, closing])

    def _look_or_pay(
        self, transaction: Transaction, key: str, question: Question, request: ModelRequestContext
    ) -> Entry | Paid:
        """Return the recorded answer, else pay for the request."""
        node, record = self.node, self.seam.record
        entry = journal.find(transaction, node.run, key)
        if entry is not None:
            return entry
        cost = cost_for(node, self.seam.prices)
        charge = Charge(run=node.run, key=key, persona=node.persona, model=node.model.name, day=record.day)
        return reserve_request(
            transaction, node, question, charge, cost=cost, at=record.at, settings=request.model_settings
        )

    async def _find(self, key: str) -> Entry | None:
        return await self._do(lambda transaction: journal.find(transaction, self.node.run, key))

    async def _settle(self, charge: Charge, usage: RequestUsage, usd_nanos: int) -> None:
        await self._do(lambda transaction: pay(transaction, charge, usage, usd_nanos, at=self.seam.record.at))

    async def _write_off(self, key: str) -> None:
        record = self.seam.record
        await self._do(lambda transaction: ledger.write_off(transaction, self.node.run, key, at=record.at))

    async def _answered(self, key: str, question: Question, response: ModelResponse, paid: Paid) -> ModelResponse:
        """Record `response` and return it; or what stands, where another process was faster. Both were paid."""
        charge = paid.charge
        usd_nanos = paid.cost(response.usage) if paid.cost is not None else 0
        entry = self._entry(key, "response", {**response_json(response, question), "usd_nanos": usd_nanos})

        def record_and_settle(transaction: Transaction) -> tuple[Entry, Sequence[NearCap]]:
            standing = journal.add(transaction, entry)
            pay(transaction, charge, response.usage, usd_nanos, at=entry.at)
            near = newly_near(transaction, self.node.account, charge.day, at=entry.at) if usd_nanos else ()
            return standing, near

        standing, nears = await self._do(record_and_settle)
        for near in nears:
            self.seam.on_near_cap(near)
        self.spent_nanos += usd_nanos
        self._tell_response(response.usage, usd_nanos)
        return response if standing is entry else response_from(standing.body, question)

    async def _begin(self, key: str, call: ToolCallPart, args: ValidatedToolArgs) -> bool:
        """Write the call down before it begins; False where another process has begun the same one."""
        begun = self._entry(key, "call", {"tool": call.tool_name, "args": result_json(args)})
        if await self._do(lambda transaction: journal.add(transaction, begun)) is not begun:
            return False
        self._tell("call", call.tool_name)
        return True

    async def _done_elsewhere(self, turn: int, key: str) -> Body:
        """Return what came of a call that another process began: it has this node too, or had it.

        Raises `BlockedError` while nothing has come of it: nobody can tell from here how it ends.
        """
        recorded = await self._find(key)
        if recorded is None:
            self._begun.pop(turn, None)
            await self._unknown(turn, key)
            recorded = await self._find(key)
        if recorded is None:
            raise StoppedError(f"another process does {self.node.path}", reason="error", help="personae log shows it.")
        return recorded.body

    async def _keep(self, key: str, call: ToolCallPart, body: Body) -> Body:
        entry = self._entry(key, "result", {"tool": call.tool_name, **body})
        standing = await self._do(lambda transaction: journal.add(transaction, entry))
        self._tell("result", call.tool_name)
        return standing.body

    async def _unknown(self, turn: int, key: str) -> Begun | None:
        """Return what a dead process left of the call `key`. Raises `BlockedError` while one of `turn` is undecided."""
        async with self._looking:
            if turn not in self._begun:
                record = self.seam.record
                self._begun[turn] = await self._do(lambda transaction: look(transaction, self.node, turn, at=record.at))
        begun = self._begun[turn]
        undecided = [one for one in begun.values() if one.decision is None]
        if undecided:
            raise blocked_by(undecided[0])
        return begun.get(key)

    async def _do(self, work: Callable[[Transaction], _T]) -> _T:
        return await self.seam.record.do(work)

    def _entry(self, key: str, kind: journal.Kind, body: Body) -> Entry:
        return Entry(run=self.node.run, key=key, kind=kind, body=body, at=self.seam.record.at)

    def _tell_response(self, usage: RequestUsage, usd_nanos: int, *, replayed: bool = False) -> None:
        detail = f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens"
        step = self._step("response", detail, replayed=replayed)
        self.seam.on_step(
            replace(step, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, usd_nanos=usd_nanos)
        )

    def _tell(self, kind: str, detail: str, *, replayed: bool = False) -> None:
        self.seam.on_step(self._step(kind, detail, replayed=replayed))

    def _step(self, kind: str, detail: str, *, replayed: bool) -> Step:
        node = self.node
        return Step(run=node.run, path=node.path, persona=node.persona, kind=kind, detail=detail, replayed=replayed)


def _index(ctx: RunContext[Any], call: ToolCallPart) -> int:
    """Return which call of its turn this is. Two calls with one id (a model's mistake) share what came of the first."""
    last = next(message for message in reversed(ctx.messages) if isinstance(message, ModelResponse))
    ids = [part.tool_call_id for part in last.parts if isinstance(part, ToolCallPart)]
    return ids.index(call.tool_call_id)


def _decided(before: Begun, call: ToolCallPart) -> Body | None:
    """Return the result that a person gave; None where the call is to be done again."""
    decision = before.decision
    assert decision is not None
    if decision.verdict == "approved":
        return None
    if decision.verdict == "edited":
        return {"value": decision.body.get("result", ""), "given_by": decision.who}
    return {"value": f"{call.tool_name} was interrupted; whether it was done is unknown. Do not do it again."}


def _asked_again(retry: ModelRetry | ToolRetryError) -> str:
    """Return what a tool wants the model to do better."""
    if isinstance(retry, ModelRetry):
        return retry.message
    content = retry.tool_retry.content
    return content if isinstance(content, str) else str(retry)


def _given(body: Body) -> Any:
    if "retry" in body:
        raise ModelRetry(body["retry"])
    return body["value"]
