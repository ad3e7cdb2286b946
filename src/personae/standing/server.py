"""The process that keeps personas standing: one timer, one table, and what comes due done at most so many at once.

`turn` does all there is to do at a moment and returns; `serve` takes turns until it is told to stop. Any number of
processes may serve one project: each beat and each task is begun under an id of its own, once.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from personae.errors import Diagnostic, InvalidFileError, PersonaeError, StorageError
from personae.run.record.database import Transaction
from personae.run.record.record import Record
from personae.run.record.runs import Run, find_run
from personae.run.record.warnings import NearCap
from personae.standing import table
from personae.standing.approvals import Dispatch, task_run
from personae.standing.attendant import Attendant, task_work
from personae.standing.beat import Ending, beat_work, do_work, write_ending
from personae.standing.events import Event, Tell, silent
from personae.standing.folder import Folder
from personae.standing.heartbeats import Recurring, recurring_of
from personae.standing.left import Conduct, LeftRuns
from personae.standing.proposals import rules_of
from personae.standing.settings import Standing, standing_of
from personae.standing.station import Station, boot_faults
from personae.standing.table import Beat, Seen
from personae.standing.timer import LATE_S, Held, Timer, claim, follow

__all__ = ["ENDED_BEFORE", "POLL_S", "MakeStation", "Server"]

POLL_S = 1.0
"""How often the folder is looked at while nothing is due."""
_RECOVER_EVERY_S = 2.0
_BETWEEN_TURNS_S = 0.1
ENDED_BEFORE = "the process that took it ended before it began"

_Key: TypeAlias = tuple[str, str]
MakeStation: TypeAlias = Callable[[Folder], Station]


@dataclass(slots=True, kw_only=True)
class Server:
    """One process that serves `folder`. `boot` first."""

    folder: Folder
    record: Record
    make_station: MakeStation
    tell: Tell = silent
    conduct: Conduct | None = None
    """Goes on with runs of plans that were left; None leaves them to others."""
    _station: Station = field(init=False)
    _standing: Standing = field(init=False)
    _recurring: Mapping[_Key, Recurring] = field(default_factory=dict, init=False)
    _seen: dict[_Key, Seen] = field(default_factory=dict, init=False)
    _held: Held = field(default_factory=Held, init=False)
    _switched: bool = field(default=True, init=False)
    _errors: tuple[Diagnostic, ...] = field(default=(), init=False)
    _timer: Timer = field(default_factory=Timer, init=False)
    _slots: asyncio.Semaphore = field(init=False)
    _turns_of: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock), init=False)
    _attendant: Attendant = field(init=False)
    _left: LeftRuns | None = field(default=None, init=False)
    _working: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _looked_at: float = field(default=-1e9, init=False)
    _recovered_at: float = field(default=-1e9, init=False)

    async def boot(self) -> None:
        """Take the table up. Raises `InvalidFileError` for what would keep a persona from being put on."""
        self._station = self._made()
        faults = boot_faults(self._station)
        if faults:
            raise InvalidFileError(faults)
        self._standing = standing_of(self.folder.project)
        self._slots = asyncio.Semaphore(self._standing.at_once)
        self._attendant = Attendant(record=self.record, tell=self.tell)
        if self.conduct is not None:
            self._left = LeftRuns(record=self.record, conduct=self.conduct)
        await self._attend()
        await self._follow()

    @property
    def count(self) -> int:
        """How many heartbeats there are, those that are off among them."""
        return len(self._recurring)

    @property
    def next_due(self) -> int | None:
        """The next moment at which anything is due, in seconds since the epoch."""
        return self._timer.next

    async def serve(self, stop: asyncio.Event) -> None:
        """Take turns until `stop` is set; then let go of what is being done, which goes on at the next start."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                try:
                    await self.turn()
                except StorageError as error:
                    self.tell(Event(kind="note", text=f"{error.message}; trying again"))
                    await asyncio.wait({stopping}, timeout=POLL_S)
                await self._rest(stopping)
        finally:
            stopping.cancel()
            await self.close()

    async def turn(self) -> None:
        """Do all there is to do now: read what was edited, begin what is due, go on with what the dead left."""
        now = int(self.record.at)
        due = self._timer.next
        if (due is not None and due <= now) or time.monotonic() - self._looked_at >= POLL_S:
            await self._look()
        if await self._attend():
            await self._follow()
        await self._begin_due(now)
        for task in await self._attendant.ready(self._working, self._held.paused, now=now):
            self._start(task_run(task.item), self._task(task))
        if time.monotonic() - self._recovered_at >= _RECOVER_EVERY_S:
            self._recovered_at = time.monotonic()
            await self._recover(now)

    async def settled(self) -> None:
        """Wait until nothing is being done."""
        while self._working:
            await asyncio.gather(*self._working.values(), return_exceptions=True)

    async def close(self) -> None:
        """Stop what is being done; each run is left so that it can be gone on with."""
        for task in self._working.values():
            task.cancel()
        await asyncio.gather(*self._working.values(), return_exceptions=True)

    async def _look(self) -> None:
        """Read the folder and the pauses; what is new in either counts from this moment."""
        self._looked_at = time.monotonic()
        if self.folder.look():
            try:
                self._station = self._made()
            except PersonaeError:
                # The project file is broken: what it said before holds.
                self._station = replace(self._station, personas=self.folder.personas)
            self._standing = standing_of(self.folder.project)
            await self._follow()
        if self.folder.errors != self._errors:
            self._errors = self.folder.errors
            text = "\n".join(map(str, self._errors)) or "all files are sound again"
            self.tell(Event(kind="files", text=text, status="broken" if self._errors else "sound"))

    def _made(self) -> Station:
        def near(cap: NearCap) -> None:
            self.tell(Event(kind="budget", text=cap.text))

        return replace(self.make_station(self.folder), on_near_cap=near)

    async def _follow(self) -> None:
        now, standing = int(self.record.at), self._standing
        recurring = recurring_of(self.folder.personas.values(), self._attendant.jobs)
        held = await self._holds()
        self._seen = await self.record.do(lambda transaction: follow(transaction, recurring, held, standing, now))
        self._recurring, self._switched = recurring, True
        self._timer.keep(recurring)
        for key in recurring:
            self._schedule(key)

    async def _attend(self) -> bool:
        rules = rules_of(self.folder.project)
        return await self._attendant.attend(self.folder.personas, rules, self._standing.zone)

    def _schedule(self, key: _Key) -> None:
        after = datetime.fromtimestamp(self._seen[key].until, UTC)
        moment = self._recurring[key].next_after(after, self._standing.zone)
        self._timer.set(key, None if moment is None else int(moment.timestamp()))

    async def _holds(self) -> Held:
        paused = await self.record.do(table.paused)
        return Held(project=not self._standing.enabled, paused=paused)

    async def _begin_due(self, now: int) -> None:
        held = await self._holds()
        # Only after something was switched: there may be ten thousand of them, and a turn every second.
        look_at_all = self._switched or held != self._held
        self._switched, self._held = False, held
        each = self._seen.items() if look_at_all else ()
        turned = [key for key, seen in each if seen.held != held.why(self._recurring[key])]
        keys = list(dict.fromkeys([*self._timer.pop(now), *turned]))
        if not keys:
            return
        try:
            claims = await self.record.do(lambda transaction: self._claim(transaction, keys, held, now))
        except BaseException:
            self._switched = True
            for key in keys:
                self._schedule(key)
            raise
        for key, seen, beat in claims:
            self._seen[key] = seen
            self._schedule(key)
            if beat is not None:
                self._start(beat.run, self._beat(beat, self._recurring[key]))

    def _claim(
        self, transaction: Transaction, keys: Iterable[_Key], held: Held, now: int
    ) -> list[tuple[_Key, Seen, Beat | None]]:
        claims: list[tuple[_Key, Seen, Beat | None]] = []
        for key in keys:
            recurring = self._recurring[key]
            after, beat = claim(
                transaction,
                recurring,
                self._seen[key],
                held.why(recurring),
                self._standing,
                now=now,
                owner=self._station.owner,
            )
            # Another process was faster: up to where it is accounted for now is what it wrote.
            claims.append((key, after or table.seen(transaction, key).get(key, self._seen[key]), beat))
        return claims

    def _start(self, run: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=run)
        self._working[run] = task
        task.add_done_callback(lambda done: self._working.pop(run, None))

    async def _beat(self, beat: Beat, recurring: Recurring, *, begun: bool = False) -> None:
        """Do one beat. Those of one persona wait for each other: it has one memory and one folder."""
        async with self._turns_of[beat.persona], self._slots:
            ending = None if begun else await self._off(beat)
            if ending is None:
                self.tell(Event(kind="begun", text=beat.label, persona=beat.persona, run=beat.run))
                ending = await do_work(beat_work(recurring, beat.run, beat.due), self._station, now=self.record.now())
            await self.record.do(lambda transaction: write_ending(transaction, beat.run, ending, at=self.record.at))
            self._tell_ending(beat.persona, beat.label, beat.run, ending)

    async def _task(self, task: Dispatch) -> None:
        """Do a task that was approved."""
        proposal = task.proposal
        async with self._turns_of[proposal.to], self._slots:
            work = task_work(task)
            self.tell(Event(kind="begun", text=work.title, persona=work.persona, run=work.run))
            ending = await do_work(work, self._station, now=self.record.now())
            await self._attendant.ended(task, ending)
            self._tell_ending(work.persona, work.title, work.run, ending)

    async def _plan(self, left: LeftRuns, run: Run) -> None:
        """Go on with the run of a plan. Its steps take their turns among each other, and it is one of what is done."""
        async with self._slots:
            self.tell(Event(kind="begun", text=run.title, persona=run.persona, run=run.id))
            ending = await left.go_on(run, self._station.world, owner=self._station.owner)
            if ending is not None:
                self._tell_ending(run.persona, run.title, run.id, ending)

    def _tell_ending(self, persona: str, title: str, run: str, ending: Ending) -> None:
        text = f"{title}: {ending.reason}" if ending.reason else title
        self.tell(Event(kind="ended", text=text, persona=persona, status=ending.status, run=run))

    async def _off(self, beat: Beat) -> Ending | None:
        """Look once more, right before it begins: it may have been switched off while it waited for its turn."""
        await self._look()
        now_as = self._recurring.get((beat.persona, beat.label))
        if now_as is None:
            return Ending(status="skipped", reason="disabled: it is gone from the file")
        reason = (await self._holds()).why(now_as)
        return Ending(status="skipped", reason=reason) if reason else None

    async def _recover(self, now: int) -> None:
        """Go on with what a process left that is gone, and with what waited for a person."""
        if self._left is not None:
            for run in await self._left.ready(self._working, owner=self._station.owner):
                self._start(run.id, self._plan(self._left, run))
        for beat in await self.record.do(table.running_beats):
            if beat.run in self._working:
                continue
            if beat.owner != self._station.owner and self.record.database.lives(beat.owner):
                continue
            await self._go_on(beat, now)

    async def _go_on(self, beat: Beat, now: int) -> None:
        if not await self.record.do(lambda transaction: self._take(transaction, beat, now)):
            return
        run = await self.record.do(lambda transaction: find_run(transaction, beat.run))
        self._start(beat.run, self._beat(beat, self._as_begun(beat, run), begun=run is not None))

    def _take(self, transaction: Transaction, beat: Beat, now: int) -> bool:
        if find_run(transaction, beat.run) is None and beat.owner != self._station.owner:
            most = self._standing.window_s if self._standing.missed == "once" else LATE_S
            if now - beat.due > most:
                table.end_beat(transaction, beat.run, status="missed", reason=ENDED_BEFORE, at=self.record.at)
                return False
        return table.take_beat(transaction, beat.run, owner=self._station.owner, instead_of=beat.owner)

    def _as_begun(self, beat: Beat, run: Run | None) -> Recurring:
        """Return the heartbeat as it was when the beat began; what was never begun is done as it is now."""
        if run is None:
            return self._recurring.get((beat.persona, beat.label)) or Recurring(
                persona=beat.persona, label=beat.label, cron="", prompt=""
            )
        spec = run.spec
        return Recurring(
            persona=beat.persona,
            label=beat.label,
            cron="",
            prompt=spec["prompt"],
            model=spec["model"],
            effort=spec["effort"],
            cap_usd=spec.get("cap_usd"),
            line=tuple(spec.get("line", ())),
        )

    async def _rest(self, stopping: asyncio.Task[Any]) -> None:
        """Wait until something is due, somebody wrote into the record, the folder is to be looked at, or the end."""
        until_due = max(0.0, self._timer.next - self.record.at) if self._timer.next is not None else POLL_S
        changed = asyncio.create_task(self.record.database.changed(timeout_s=min(POLL_S, until_due)))
        await asyncio.wait({changed, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if changed.done() and changed.result():
            # What a run writes wakes this process too, and there is no need to look at each of its lines.
            await asyncio.wait({stopping}, timeout=min(_BETWEEN_TURNS_S, until_due))
        changed.cancel()
        with suppress(asyncio.CancelledError):
            await changed
