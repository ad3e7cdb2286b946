"""Kills workers with SIGKILL at random moments, over plans with parallel branches, effects, sub-agents and approvals.

    python bench/torture.py [--on sqlite] [--on postgres] [--kills 300] [--workers 3] [--seed 1]

On SQLite the workers are local engines in processes beside each other on one file, on PostgreSQL a fleet on DBOS. The
model and the effects are in a process of their own (`outside.py`) that notes what really happened and does part of the
killing: before a thing is done, while it is done, just after. Afterwards everything must have finished, as it does
undisturbed: the same record, no finished step done again, no effect twice, nothing spent past a cap.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outside import Line, line_to
from torture_yard import NANOS_A_TOKEN, account_of, write_project

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from personae.run.record import inbox, journal, ledger, runs
from personae.run.record.database import Transaction
from personae.run.record.inbox import Decision
from personae.run.record.opening import open_database
from personae.run.record.record import Record
from personae.run.record.runs import Run
from postgres_server import postgres_server

HERE = Path(__file__).parent
WIDE, TIGHT = 10**12, 60_000_000
"""Caps of a run, in nanodollars: one that is never met, and one that a few lost requests use up."""
AT_ONCE = 4
"""Runs on the way."""


@dataclass
class Shop:
    """The workers of one round."""

    record: Record
    outside: Line
    nursery: subprocess.Popen[str]
    pids: list[int] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)

    def spawn(self) -> None:
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write("one\n")
        self.nursery.stdin.flush()
        self.pids.append(int(self.nursery.stdout.readline()))

    def kill(self, pid: int) -> None:
        self.pids.remove(pid)
        self.kills["timer"] += 1
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def replace_the_dead(self) -> None:
        for pid in list(self.pids):
            if not Path(f"/proc/{pid}").exists():
                self.pids.remove(pid)
                self.spawn()

    async def submit(self, number: int) -> None:
        run = Run(
            id=f"t{number:04}", kind="run", title="torture", persona="", created=self.record.at,
            spec={"cap_nanos": TIGHT if number % 5 == 4 else WIDE},
        )  # fmt: skip
        await self.record.do(lambda transaction: runs.open_run(transaction, run))

    async def decide(self) -> int:
        """Be the person: allow the gate; look outside whether a call was done, and say so. Return how many."""
        items = await self.record.do(inbox.waiting)
        for item in items:
            verdict, body = "approved", {}
            if item.kind == "unknown-outcome":
                await asyncio.sleep(0.2)  # what is on its way arrives
                text = item.body["args"]["text"]
                if await self.outside.ask(what="was done", text=text):
                    verdict, body = "edited", {"result": f"once {text}"}
            decision = Decision(item=item.id, verdict=verdict, body=body, who="the bench", at=self.record.at)  # type: ignore[arg-type]
            await self.record.do(lambda transaction, decision=decision: inbox.decide(transaction, decision))  # type: ignore[misc]
        return sum(item.kind == "unknown-outcome" for item in items)

    async def standing(self) -> str:
        """Say where the runs stand that did not end."""

        def read(transaction: Transaction) -> list[str]:
            found = [run for run in runs.list_runs(transaction) if run.ended is None]
            return [
                f"{run.id} {run.status} of {run.owner or 'nobody'}, last "
                + ", ".join(entry.key for entry in journal.entries(transaction, run.id)[-3:])
                for run in found
            ]

        lines = await self.record.do(read)
        waits = await self.record.do(inbox.waiting)
        lives = [pid for pid in self.pids if Path(f"/proc/{pid}").exists()]
        return "; ".join([*lines, f"{len(waits)} items wait", f"alive: {lives}"])

    async def ended(self) -> int:
        def count(transaction: Transaction) -> int:
            return int(transaction.execute("SELECT COUNT(*) FROM runs WHERE ended IS NOT NULL")[0][0])

        return await self.record.do(count)


async def work(shop: Shop, *, kills: int, workers: int, draw: random.Random, patience_s: float) -> tuple[int, int]:
    """Submit runs until there were `kills`, then let all end. Return how many runs there were and how many asked."""
    for _ in range(workers):
        shop.spawn()
    submitted = asked = 0
    next_kill, last = time.monotonic() + 4.0, time.monotonic()
    ended = 0
    while True:
        outside = await shop.outside.ask(what="count")
        total = sum(outside["kills"].values()) + shop.kills["timer"]
        is_over = total >= kills
        await shop.outside.ask(what="set", kills=max(0, kills - total), chance=0.06, workers=shop.pids)
        if not is_over and time.monotonic() > next_kill and shop.pids:
            shop.kill(draw.choice(shop.pids))
            next_kill = time.monotonic() + draw.uniform(0.3, 2.0)
        shop.replace_the_dead()
        while len(shop.pids) < workers:
            shop.spawn()
        asked += await shop.decide()
        now_ended = await shop.ended()
        if now_ended != ended:
            ended, last = now_ended, time.monotonic()
        if not is_over or not submitted:
            while submitted - ended < AT_ONCE:
                await shop.submit(submitted)
                submitted += 1
        elif ended == submitted:
            return submitted, asked
        if time.monotonic() - last > patience_s:
            raise TimeoutError(f"{submitted - ended} runs stand still: {await shop.standing()}")
        await asyncio.sleep(0.05)


@contextmanager
def outside_process(place: Path, seed: int) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, str(HERE / "outside.py"), str(place), str(seed)])
    try:
        while not place.exists():
            time.sleep(0.02)
        yield
    finally:
        process.kill()
        process.wait()


async def round_of(url: str, *, kills: int, workers: int, seed: int, patience_s: float) -> tuple[dict[str, Any], Seen]:
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="torture-")))
        write_project(root)
        place = root / "outside.sock"
        stack.enter_context(outside_process(place, seed))
        record = Record(database=open_database(root, url))
        stack.callback(record.database.close)
        nursery = subprocess.Popen(
            [sys.executable, str(HERE / "torture_worker.py"), str(root), str(place), *([url] if url else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root,
        )  # fmt: skip
        stack.callback(nursery.kill)
        line = await line_to(place)
        shop = Shop(record=record, outside=line, nursery=nursery)
        stack.callback(shop.end)
        began = time.monotonic()
        submitted, asked = await work(
            shop, kills=kills, workers=workers, draw=random.Random(seed), patience_s=patience_s
        )
        told = await line.ask(what="count")
        seen = Seen(log=await line.ask(what="log"), record=record)
        told = dict(told["kills"]) | {"timer": shop.kills["timer"]}
        report = {
            "runs": submitted,
            "kills": sum(told.values()),
            "kills by moment": told,
            "calls that asked a person": asked,
            "seconds": round(time.monotonic() - began, 1),
        }
        report |= seen.read()
        return report, seen


@dataclass
class Seen:
    """What happened, outside and in the record, read when all is over."""

    log: list[dict[str, Any]]
    record: Record
    texts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Run to key to what was recorded, without what differs between two runs of the same."""
    faults: Counter[str] = field(default_factory=Counter)

    def read(self) -> dict[str, Any]:
        everything = self.record.database.run(lambda transaction: runs.list_runs(transaction, most=10**6))
        done = Counter((one["kind"], one["text"]) for one in self.log if one["what"] == "done")
        self.faults["once-effects done twice"] = sum(n - 1 for (kind, _), n in done.items() if kind == "once")
        self.faults["idempotent effects done twice"] = sum(
            n - 1 for (kind, _), n in done.items() if kind == "idempotent"
        )
        stopped = 0
        for run in everything:
            entries = self.record.database.run(lambda transaction, run=run: journal.entries(transaction, run.id))  # type: ignore[misc]
            self._repeated(entries)
            self._money(run, entries)
            if run.status == "done" and run.spec["cap_nanos"] == TIGHT:
                continue  # a sub-agent out of money is told so to its parent, which may then be done in its way
            if run.status == "done":
                self.texts[run.id] = {e.key: plain(e.body) for e in entries if e.kind in ("response", "result", "end")}
            elif run.status == "stopped" and run.spec["cap_nanos"] == TIGHT and "left" in run.reason:
                stopped += 1
            else:
                self.faults[f"{run.status}: {run.reason}"] += 1
        counted = Counter(kind for kind, _ in done)
        repeats = {kind: sum(n - 1 for (k, _), n in done.items() if k == kind) for kind in ("model", "none")}
        return {"stopped by their cap": stopped, "done outside": dict(counted), "in flight and done again": repeats}

    def _repeated(self, entries: Any) -> None:
        """Nothing may be asked for after its result stands in the record."""
        recorded = {}
        tasks = {e.key.removesuffix("/start"): e.body["user"].splitlines()[-1] for e in entries if e.kind == "start"}
        for entry in entries:
            path, _, last = entry.key.rpartition("/")
            if entry.kind == "response":
                recorded[f"{tasks[path]}|{last}"] = entry.at
            elif entry.kind == "result" and last.startswith("tool."):
                owner, _, turn = path.rpartition("/")
                recorded[f"{tasks[owner]}.{turn}.{last.removeprefix('tool.')}"] = entry.at
        late = [one for one in self.log if one.get("text") in recorded and one["at"] > recorded[one["text"]] + 0.001]
        self.faults["finished steps done again"] += len(late)

    def _money(self, run: Run, entries: Any) -> None:
        """What a provider would bill fits what was counted, and that the cap."""
        billed = sum(
            one["tokens"] for one in self.log if one.get("kind") == "model" and one["text"].startswith(f"{run.id}/")
        )
        cap = account_of(run.id, run.spec["cap_nanos"]).caps[1]
        held = self.record.database.run(lambda transaction: ledger.balance(transaction, cap, self.record.day))
        if billed * NANOS_A_TOKEN > held.committed.usd_nanos:
            self.faults["billed and not counted"] += 1
        if held.committed.usd_nanos > run.spec["cap_nanos"]:
            self.faults["runs over their cap"] += 1
        if run.status == "done" and run.spec["cap_nanos"] == WIDE and held.reserved.usd_nanos:
            self.faults["reserved and never settled"] += 1

    def against(self, undisturbed: Mapping[str, Any]) -> None:
        """Compare every record with that of the first run of a quiet round."""
        model = json.dumps(undisturbed, sort_keys=True)
        for run, texts in self.texts.items():
            expected = json.loads(model.replace("t0000/", f"{run}/"))
            if texts != expected:
                self.faults["wrong results"] += 1
                wrong = [key for key in {*texts, *expected} if texts.get(key) != expected.get(key)]
                for key in sorted(wrong):
                    print(f"{run} {key}: {texts.get(key)}\n  not {expected.get(key)}", file=sys.stderr)


def plain(body: Any) -> Any:
    """Leave out times, ids of the library, and who gave a result."""
    if isinstance(body, Mapping):
        return {key: plain(value) for key, value in body.items() if key not in _OWN}
    return [plain(value) for value in body] if isinstance(body, list) else body


_OWN = {"timestamp", "given_by", "run_id", "conversation_id", "usd_nanos", "question", "asked", "digest"}


async def torture(
    url: str, quiet_url: str, *, kills: int, workers: int, seed: int, patience_s: float
) -> dict[str, Any]:
    _, quiet = await round_of(quiet_url, kills=0, workers=1, seed=seed, patience_s=patience_s)
    report, seen = await round_of(url, kills=kills, workers=workers, seed=seed, patience_s=patience_s)
    seen.against(quiet.texts["t0000"])
    faults = {what: n for what, n in (quiet.faults + seen.faults).items() if n}
    return report | {"faults": faults}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--on", action="append", choices=("sqlite", "postgres"))
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=120, help="seconds without any run that ends")
    parser.add_argument("--url", help="an empty database; else a PostgreSQL of its own is started")
    given = parser.parse_args()
    bad = False
    for on in given.on or ("sqlite", "postgres"):
        with ExitStack() as stack:
            urls = ("", "")
            if on == "postgres":
                server = stack.enter_context(postgres_server())
                urls = (server.new_database(), server.new_database())
            report = asyncio.run(
                torture(*urls, kills=given.kills, workers=given.workers, seed=given.seed, patience_s=given.patience)
            )
        print(json.dumps({"on": on, **report}, indent=2), flush=True)
        bad |= bool(report["faults"])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
