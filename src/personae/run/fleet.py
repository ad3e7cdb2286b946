"""The engine of a fleet: DBOS Transact on PostgreSQL starts, queues, limits and recovers; the journal stays the truth.

Two workflows are registered, whatever a project holds: one does a node, one conducts a run. They have no steps of
DBOS in them: what is finished is known from the journal, under names, so an order of steps can never be mixed up.
Their arguments are names (a run, a path), their results a word. docs/decisions/0021-fleet.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, WorkflowSerializationFormat

from personae.errors import PersonaeError
from personae.run.awaited import Awaited
from personae.run.desk import CancelledByWish, Desk, Gate
from personae.run.lifetime import Lifetime, lived
from personae.run.node import Node, Outcome, node_from, outcome_from
from personae.run.queues import CONDUCTORS, NODES, Limit, Queues
from personae.run.record import journal, runs
from personae.run.record.database import Transaction, Value
from personae.run.record.holds import PostgresHold, is_held
from personae.run.record.journal import Entry
from personae.run.record.record import Record
from personae.run.record.runs import Run

__all__ = ["Crew", "FleetEngine"]

_T = TypeVar("_T")

_APPLICATION = "personae"
_VERSION = "personae-1"
"""Of what the two workflows are given and do. A worker of another number leaves them to those of this one."""
_MOST_THREADS = 16
_MOST_RECOVERIES = 100
"""After so many deaths of its worker a node is given up: it may be what kills them."""
_SUPERVISE_EVERY_S = 1.0
_STRIKES = 2
"""How often a worker is found dead before its work is taken."""
_GRACE_S = 10.0
"""After a break of the own connection: the others may be coming back too."""
_ASK_DBOS_EVERY_S = 10.0
_CANCEL_WITHIN_S = 20.0
_POLL_S = 0.1
_GIVEN_UP = ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """What a worker can do."""

    perform: Callable[[Node, Gate], Awaitable[Outcome]]
    """Does a node; the gate is awaited before anything new is begun."""
    conduct: Callable[[Lifetime, FleetEngine], Awaitable[None]]
    """Does a run by starting its nodes and waiting for them. Raises `BlockedError` to leave it waiting."""


class FleetEngine:
    """One worker's part of the fleet, in the event loop that launches it. One a process, as DBOS is."""

    def __init__(self, url: str, record: Record, *, queues: Queues, crew: Crew) -> None:
        self._url, self._record, self._queues, self._crew = url, record, queues, crew
        hold = record.database.hold()
        assert isinstance(hold, PostgresHold)
        self._hold = hold
        self._awaited = Awaited(record)
        self._desk = Desk(record=record, adopt=self._adopt)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="fleet")
        self._tasks: list[asyncio.Task[None]] = []
        self._started: dict[tuple[str, str], int] = {}

    @property
    def id(self) -> str:
        """The worker, as the record names the owner of a run."""
        return self._hold.id

    async def launch(self) -> None:
        """Join the fleet: from here on this process takes work."""
        DBOS(config=self._config())

        async def node(run: str, path: str, attempt: int, way: list[str]) -> str:
            return await self._node(run, path, attempt, way)

        async def conduct(run: str, attempt: int) -> str:
            return await self._conduct(run, attempt)

        DBOS.workflow(name="node", max_recovery_attempts=_MOST_RECOVERIES)(node)
        DBOS.workflow(name="conduct", max_recovery_attempts=_MOST_RECOVERIES)(conduct)
        DBOS.launch()
        self._client = DBOSClient(
            system_database_url=self._url,
            serializer=DBOSPortableJSONSerializer(),
            system_database_pool_size=2,
            application_name=_APPLICATION,
        )
        await self._register(CONDUCTORS, Limit(), worker=None)
        await self._register(NODES, Limit(), worker=self._queues.worker)
        for name, limit in self._queues.limits.items():
            await self._register(name, limit, worker=self._queues.worker)
        self._tasks = [asyncio.create_task(self._supervise()), asyncio.create_task(self._desk.watch())]

    async def leave(self) -> None:
        """Leave the fleet: what is done here stops where it is, and others go on with it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._desk.leave()
        await asyncio.to_thread(self._client.destroy)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        self._threads.shutdown(wait=False)
        self._hold.close()

    async def failed(self) -> None:
        """Return when this worker cannot go on; raises what stopped it."""
        await asyncio.gather(*self._tasks)

    async def idle(self) -> bool:
        """Return whether nothing waits in the fleet and nothing is done."""

        def count(transaction: Transaction) -> int:
            (dbos,) = transaction.execute(
                "SELECT COUNT(*) FROM dbos.workflow_status WHERE status IN ('ENQUEUED', 'PENDING', 'DELAYED')"
            )
            (fresh,) = transaction.execute("SELECT COUNT(*) FROM runs WHERE status = 'running' AND owner = ''")
            return int(dbos[0]) + int(fresh[0])

        return await self._record.do(count) == 0

    async def start(self, node: Node) -> None:
        """Put `node` in its queue, unless it is there or is done; one that ended undone is begun again."""

        def begin(transaction: Transaction) -> int | None:
            begun = Entry(run=node.run, key=node.key("start"), kind="start", body=node.as_json(), at=self._record.at)
            journal.add(transaction, begun)
            ends = journal.entries(transaction, node.run, beneath=node.key("ended."))
            is_done = any(end.body["reason"] == "done" for end in ends)
            return None if is_done else len(ends)

        attempt = await self._record.do(begin)
        self._started.pop((node.run, node.path), None)
        if attempt is not None:
            # Kept for `wait`: by the time that looks, this attempt may have ended.
            self._started[node.run, node.path] = attempt
            way = self._queues.way(persona=node.persona, provider=node.model.provider)
            await self._enqueue_node(node.run, node.path, attempt, way)

    async def wait(self, node: Node) -> Outcome:
        """Return how its last attempt ended, on whichever worker."""

        def last(transaction: Transaction) -> int:
            ends = journal.entries(transaction, node.run, beneath=node.key("ended."))
            return len(ends) - 1 if any(end.body["reason"] == "done" for end in ends) else len(ends)

        attempt = self._started.get((node.run, node.path))
        if attempt is None:
            attempt = await self._record.do(last)
        return outcome_from((await self._ended(node.run, node.path, attempt)).body)

    async def cancel(self, run: str) -> None:
        """Stop every node of `run` on every worker. It does nothing for a conductor that left or was replaced."""
        if self._desk.is_left():
            return
        await self._record.do(lambda transaction: runs.wish(transaction, run, "cancel"))
        # What has not begun is taken out by DBOS; what works sees the wish.
        waiting = await self._in_thread(self._ids, run, ["ENQUEUED", "DELAYED"])
        await self._in_thread(self._client.cancel_workflows, waiting)
        for _ in range(int(_CANCEL_WITHIN_S / _POLL_S)):
            if not await self._in_thread(self._ids, run, ["PENDING"]):
                return
            await asyncio.sleep(_POLL_S)
        await self._in_thread(self._client.cancel_workflows, await self._in_thread(self._ids, run, ["PENDING"]))

    async def orphans(self) -> Sequence[Run]:
        """Return the runs whose process is gone. Those of workers need nobody: the others take them."""
        open_runs = await self._record.do(
            lambda transaction: runs.list_runs(transaction, statuses=("running", "waiting", "paused"), most=10_000)
        )
        lives = self._record.database.lives
        return [run for run in open_runs if run.owner and not await self._in_thread(lives, run.owner)]

    async def _node(self, run: str, path: str, attempt: int, way: Sequence[str]) -> str:
        here = f"ended.{attempt}"
        if len(way) > 1:
            # It holds its place here while it stands in the next queue, and the order of queues is the same for all.
            await self._enqueue_node(run, path, attempt, way[1:])
            await self._desk.do(_id(run, path, attempt, way), lambda: self._ended(run, path, attempt))
            return "passed on"
        begun, ended = await self._record.do(
            lambda transaction: [journal.find(transaction, run, f"{path}/{part}") for part in ("start", here)]
        )
        # It may have ended without DBOS knowing: its worker died in between, and the next attempt may be on its way.
        if begun is None or ended is not None:
            return "nothing to do"
        node = node_from(begun.body)
        gate = self._desk.gate(run)
        try:
            outcome = await self._desk.do(_id(run, path, attempt, way), lambda: self._crew.perform(node, gate), run=run)
        except CancelledByWish:
            outcome = Outcome(reason="cancelled", error="a person cancelled it")
        await self._note(run, f"{path}/{here}", outcome.as_json())
        return outcome.reason

    async def _conduct(self, id: str, attempt: int) -> str:
        run, ended = await self._record.do(
            lambda transaction: (
                runs.find_run(transaction, id),
                journal.find(transaction, id, f"conducted.{attempt}"),
            )
        )
        if run is not None and not run.over and ended is None:
            await self._desk.do(f"{id}~{attempt}", partial(self._live, run))
        await self._note(id, f"conducted.{attempt}", {"by": self.id})
        return "conducted"

    async def _live(self, run: Run) -> None:
        try:
            mine = replace(run, owner=self.id)
            async with lived(mine, self._record, instead_of=run.owner, leaves=lambda: True) as life:
                await self._crew.conduct(life, self)
        except PersonaeError:
            pass  # the row says how it ended

    async def _adopt(self, run: str) -> None:
        """Queue the conductor of a run that somebody put in the record."""
        conducted = await self._record.do(lambda transaction: journal.entries(transaction, run, beneath="conducted."))
        attempt = len(conducted)
        await self._enqueue("conduct", CONDUCTORS, f"{run}~{attempt}", run, attempt)

    async def _enqueue_node(self, run: str, path: str, attempt: int, way: Sequence[str]) -> None:
        await self._enqueue("node", way[0], _id(run, path, attempt, way), run, path, attempt, list(way))

    async def _enqueue(self, workflow: str, queue: str, id: str, *arguments: object) -> None:
        """Queue a workflow under a fixed id: a second time changes nothing. Outside of DBOS's own context."""
        options: dict[str, Any] = {
            "workflow_name": workflow,
            "queue_name": queue,
            "workflow_id": id,
            "app_version": _VERSION,
            "application_name": _APPLICATION,
            "serialization_type": WorkflowSerializationFormat.PORTABLE,
        }
        await self._in_thread(self._client.enqueue, options, *arguments)

    async def _ended(self, run: str, path: str, attempt: int) -> Entry:
        key = f"{path}/ended.{attempt}"

        async def is_given_up() -> Entry | None:
            prefix = f"{run}/{path}#{attempt}"
            found = await self._in_thread(self._ids, prefix, _GIVEN_UP, end="")
            if not found:
                return None
            error = f"the fleet gave {path} up: {found[0]}"
            outcome = Outcome(reason="error", error=error, help="personae resume tries it again.")
            await self._note(run, key, outcome.as_json())
            return await self._record.do(lambda transaction: journal.find(transaction, run, key))

        return await self._awaited.entry(run, key, every_s=_ASK_DBOS_EVERY_S, meanwhile=is_given_up)

    def _ids(self, prefix: str, statuses: list[str], end: str = "/") -> list[str]:
        found = self._client.list_workflows(
            workflow_id_prefix=f"{prefix}{end}", status=statuses, load_input=False, load_output=False
        )
        return [one.workflow_id for one in found]

    async def _note(self, run: str, key: str, body: Mapping[str, Any]) -> None:
        entry = Entry(run=run, key=key, kind="note", body=body, at=self._record.at)
        await self._record.do(lambda transaction: journal.add(transaction, entry))

    async def _supervise(self) -> None:
        """Take the work of the dead, and drop what others have taken from this process."""
        strikes: Counter[str] = Counter()
        while True:
            await asyncio.sleep(_SUPERVISE_EVERY_S)
            lost = await self._record.do(self._lost)
            self._desk.drop(lost)
            if self._hold.steady_s < _GRACE_S:
                strikes.clear()
                continue
            dead = await self._record.do(self._dead)
            strikes = Counter({id: strikes[id] + 1 for id in dead})
            taken = [id for id, count in strikes.items() if count >= _STRIKES]
            if taken:
                await self._in_thread(DBOS._recover_pending_workflows, taken)

    def _dead(self, transaction: Transaction) -> list[str]:
        """Return the workers that have work and do not live. Their places in limited queues are taken until then."""
        rows = transaction.execute(
            """SELECT DISTINCT executor_id FROM dbos.workflow_status
            WHERE status = 'PENDING' AND application_version = :version AND executor_id <> :me""",
            {"version": _VERSION, "me": self.id},
        )
        return [id for (id,) in rows if not is_held(transaction, id)]

    def _lost(self, transaction: Transaction) -> list[str]:
        ids = self._desk.ids
        if not ids:
            return []
        values: dict[str, Value] = {f"i{number}": id for number, id in enumerate(ids)}
        rows = transaction.execute(
            f"""SELECT workflow_uuid FROM dbos.workflow_status
            WHERE workflow_uuid IN ({", ".join(f":{name}" for name in values)})
            AND (executor_id <> :me OR status <> 'PENDING')""",
            {**values, "me": self.id},
        )
        return [id for (id,) in rows]

    async def _register(self, name: str, limit: Limit, *, worker: int | None) -> None:
        rate: Any = None if limit.per_minute is None else {"limit": limit.per_minute, "period": 60.0}
        at_once = limit.at_once
        await DBOS.register_queue_async(
            name,
            worker_concurrency=worker if worker is None or at_once is None else min(worker, at_once),
            global_concurrency=at_once,
            limiter=rate,
            polling_interval_sec=_POLL_S,
            on_conflict="always_update",
        )

    async def _in_thread(self, call: Callable[..., _T], *arguments: Any, **named: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(call, *arguments, **named))

    def _config(self) -> DBOSConfig:
        # Its log is for its own developers; what users need to know is in the record.
        logging.getLogger("dbos").setLevel(logging.ERROR)
        return {
            "name": _APPLICATION,
            "system_database_url": self._url,
            "serializer": DBOSPortableJSONSerializer(),
            "application_version": _VERSION,
            "executor_id": self.id,
            "max_executor_threads": _MOST_THREADS,
            "sys_db_pool_size": 6,
            "log_level": "ERROR",
            "notification_listener_polling_interval_sec": 0.05,
            "scheduler_polling_interval_sec": 30.0,
            "enable_otlp": False,
        }


def _id(run: str, path: str, attempt: int, way: Sequence[str]) -> str:
    """Return the id of a node in a queue: the same for all who start it, another for each attempt and queue."""
    return f"{run}/{path}#{attempt}@{len(way)}"
