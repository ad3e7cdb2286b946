"""What durability costs: plans of ten steps, a thousand runs at once, a yes from another process; beside peers.

    python bench/workflow.py [--runs 1000] [--rounds 20] [--peers] [--only steps|seam|at-once|approval]

Every request is answered by a scripted model in the process, so that what is measured is the machinery alone. `steps`
is a graph of ten steps (one, four, four, one): the CPU and wall time of a step, durable (SQLite in a file), with the
record in memory, and the same ten requests by Pydantic AI alone. `seam` is one request with and without the seam.
`at-once` is a thousand runs whose model takes a second, each way in a process of its own, with its peak memory.
`approval` is the time from a decision that another process writes to the beginning of the step that waited for it.

With `--peers` the ten steps are also run by LangGraph, agno and agent-framework with their own persistence, each in a
virtual environment made for it. Their steps are plain functions that call no model at all, which is in their favor.
All of it in one call, one after the other; medians of the rounds count, and the best is said beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from personae.adopt.world import World
from personae.library.project import Project
from personae.library.registry import Snapshot
from personae.library.roster import SnapshotShelf
from personae.library.tiers import ModelBinding, ModelOffer
from personae.persona.model import Persona
from personae.run.agent import Call, ask
from personae.run.durable import Durable, Seam
from personae.run.lifetime import lived
from personae.run.local import LocalEngine
from personae.run.node import Node, project_account
from personae.run.record import inbox, journal
from personae.run.record.inbox import Decision
from personae.run.record.record import Record
from personae.run.record.runs import Run
from personae.run.record.sqlite import open_sqlite
from personae.testing import Reply, scripted_performer
from personae.workflow.conduct import Work, conduct
from personae.workflow.nodes import Setting
from personae.workflow.plan import NO_VOICES, Plan, Step
from personae.workflow.spec import RunSpec

PERSONA = Persona(name="writer", system_prompt="You are a writer. " * 20, tools=[])
TASK = "Write one sentence about the pump at gate 4, and say what it costs."
LAYERS = (("a",), ("b1", "b2", "b3", "b4"), ("c1", "c2", "c3", "c4"), ("d",))
STEPS = sum(len(layer) for layer in LAYERS)
_IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def main() -> None:
    """Measure and print."""
    options = _options()
    if options.child:
        _child(options.child, options.runs, Path(options.folder))
        return
    parts: dict[str, Callable[[], None]] = {
        "steps": lambda: _print_steps(options.rounds, peers=options.peers),
        "seam": lambda: _print_seam(options.rounds),
        "at-once": lambda: _print_at_once(options.runs),
        "approval": lambda: _print_approval(options.rounds * 5),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            part()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only", choices=["steps", "seam", "at-once", "approval"])
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


# What is run ------------------------------------------------------------------------------------------------------


def _reply(delay_s: float = 0.0) -> Reply:
    async def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if delay_s:
            await asyncio.sleep(delay_s)
        return ModelResponse(parts=[TextPart("The pump at gate 4 costs EUR 310.")])

    return reply


def _graph() -> Plan:
    steps: list[Step] = []
    before: tuple[str, ...] = ()
    for layer in LAYERS:
        steps += [Step(id=id, persona="writer", task=TASK, depends_on=before) for id in layer]
        before = layer
    return Plan(goal="Measure.", steps=tuple(steps))


def _world(root: Path) -> World:
    offer = ModelOffer(embedded=True, embedded_model="smollm2-135m")
    return World(shelf=SnapshotShelf(Snapshot([PERSONA])), project=Project(root=root), models=lambda wish: offer)


async def _one_run(id: str, plan: Plan, record: Record, world: World, reply: Reply) -> None:
    """Run `plan` as `personae run` does: with a row of its own, watched, recorded and closed."""
    spec = RunSpec(goal=plan.goal, plan=plan)
    run = Run(id=id, kind="run", title="", persona="", spec=spec.as_json(), created=record.at, owner="bench")
    async with lived(run, record) as life:
        performer = scripted_performer(world, reply, record)
        account = spec.account(id, project_account(world.project))
        setting = Setting(run=id, world=world, account=account, voices=NO_VOICES)
        engine = LocalEngine(performer.perform, record)
        outcome = await conduct(
            Work(plan=plan, setting=setting, engine=engine, record=record, at_once=64, say=life.say)
        )
    assert outcome.done, outcome.error()


async def _alone(model: FunctionModel) -> None:
    """The same requests by Pydantic AI, without anything of ours."""
    for layer in LAYERS:
        await asyncio.gather(*(_one_request(model) for _ in layer))


async def _one_request(model: FunctionModel) -> None:
    agent = Agent(model, instructions=PERSONA.system_prompt)
    assert (await agent.run(TASK)).output


def _model(delay_s: float = 0.0) -> FunctionModel:
    return FunctionModel(_reply(delay_s), model_name="scripted")


# How it is measured -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Milliseconds for one step."""

    cpu: float
    wall: float


Way = Callable[[int], Awaitable[None]]


async def _measured(rounds: int, per: int, ways: Mapping[str, Way]) -> dict[str, list[Took]]:
    """Measure each way in each round, so that what else the machine does in a moment is the same for all."""
    took: dict[str, list[Took]] = {name: [] for name in ways}
    for number in range(-1, rounds):
        for name, work in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            await work(number)
            one = Took(
                cpu=(time.process_time() - cpu) * 1000 / per,
                wall=(time.perf_counter() - wall) * 1000 / per,
            )
            if number >= 0:  # what the first call builds is not counted
                took[name].append(one)
    return took


def _line(name: str, took: list[Took]) -> str:
    cpu, wall = [one.cpu for one in took], [one.wall for one in took]
    return (
        f"  {name:<34} CPU {statistics.median(cpu):7.3f} ms (best {min(cpu):.3f})   "
        f"wall {statistics.median(wall):7.3f} ms (best {min(wall):.3f})"
    )


def _print_steps(rounds: int, *, peers: bool) -> None:
    print(f"ten steps, per step, {rounds} rounds")
    for name, took in asyncio.run(_steps(rounds)).items():
        print(_line(name, took))
    if peers:
        for peer in PEERS:
            print(f"  {peer.name:<34} {_peer(peer, rounds)}")


async def _steps(rounds: int) -> dict[str, list[Took]]:
    plan, model = _graph(), _model()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir=_IN_MEMORY) as memory:
        world = _world(Path(folder))
        on_disk = Record(database=open_sqlite(Path(folder) / "record.db"))
        in_memory = Record(database=open_sqlite(Path(memory) / "record.db"))
        return await _measured(
            rounds,
            STEPS,
            {
                "Pydantic AI alone": lambda number: _alone(model),
                "personae, record in memory": lambda number: _one_run(f"m{number}", plan, in_memory, world, _reply()),
                "personae, durable": lambda number: _one_run(f"d{number}", plan, on_disk, world, _reply()),
            },
        )


def _print_seam(rounds: int) -> None:
    print(f"\none request, {rounds} rounds of 50")
    for took in asyncio.run(_seam(rounds)):
        for name, times in took.items():
            print(_line(name, times))
        theirs, ours = took.values()
        added = statistics.median(one.cpu - other.cpu for one, other in zip(ours, theirs, strict=True))
        ratio = statistics.median(one.cpu / other.cpu for one, other in zip(ours, theirs, strict=True))
        print(f"  durability adds {added:.3f} ms of CPU to a request: {ratio:.2f} times")


async def _seam(rounds: int) -> tuple[dict[str, list[Took]], dict[str, list[Took]]]:
    """One request of a node beside one of Pydantic AI; the ledger counts it in the scopes that every run has."""
    model = _model()
    binding = ModelBinding(provider="function", model="scripted", effort="medium", because="")
    with tempfile.TemporaryDirectory() as folder:
        seam = Seam(record=Record(database=open_sqlite(Path(folder) / "record.db")))
        account = RunSpec(goal="").account("run", project_account(Project(root=Path(folder))))

        async def plain(number: int) -> None:
            for _ in range(50):
                await ask(PERSONA.system_prompt or "", TASK, model)

        async def one(path: str) -> None:
            node = Node(
                run="run",
                path=path,
                persona="writer",
                system=PERSONA.system_prompt or "",
                user=TASK,
                model=binding,
                account=account,
            )
            call = Call(max_requests=None, capabilities=[Durable(node=node, seam=seam)])
            await ask(node.system, node.user, model, call)

        async def recorded(number: int) -> None:
            for index in range(50):
                await one(f"{number}.{index}")

        async def together(number: int) -> None:
            await asyncio.gather(*(one(f"together.{number}.{index}") for index in range(50)))

        async def plain_together(number: int) -> None:
            await asyncio.gather(*(ask(PERSONA.system_prompt or "", TASK, model) for _ in range(50)))

        alone = {"Pydantic AI alone": plain, "one after the other, durable": recorded}
        at_once = {"Pydantic AI alone, 50 at once": plain_together, "50 at once, durable": together}
        return await _measured(rounds, 50, alone), await _measured(rounds, 50, at_once)


# A thousand at once -----------------------------------------------------------------------------------------------


def _print_at_once(runs: int) -> None:
    print(f"\n{runs} runs of a one-second model at once, each way in a process of its own")
    took: dict[str, dict[str, float]] = {}
    for name, child in (("Pydantic AI alone", "alone"), ("personae, durable", "durable")):
        with tempfile.TemporaryDirectory() as folder:
            took[child] = _in_child(child, runs, folder)
        one = took[child]
        print(f"  {name:<34} CPU {one['cpu']:6.2f} s   wall {one['wall']:6.2f} s   peak {one['peak_mb']:,.0f} MB")
    print(f"  CPU {took['durable']['cpu'] / took['alone']['cpu']:.2f} times that of Pydantic AI alone")


def _in_child(child: str, runs: int, folder: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", child, "--runs", str(runs), "--folder", folder]
    done: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return done


def _child(what: str, runs: int, folder: Path) -> None:
    if what == "decide":
        _decide(folder, runs)
        return

    async def work() -> None:
        if what == "alone":
            model = _model(1.0)
            await asyncio.gather(*(_one_request(model) for _ in range(runs)))
            return
        record, world = Record(database=open_sqlite(folder / "record.db")), _world(folder)
        plan = Plan(goal="Measure.", steps=(Step(id="a", persona="writer", task=TASK),))
        await asyncio.gather(*(_one_run(f"r{number}", plan, record, world, _reply(1.0)) for number in range(runs)))

    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(work())
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "peak_mb": peak_kb / 1024}
    print(json.dumps(took))


# A yes from another process ---------------------------------------------------------------------------------------


def _print_approval(rounds: int) -> None:
    print(f"\nfrom a decision in another process to the beginning of the step, {rounds} steps one after the other")
    with tempfile.TemporaryDirectory() as folder:
        record, world = Record(database=open_sqlite(Path(folder) / "record.db")), _world(Path(folder))
        command = [sys.executable, __file__, "--child", "decide", "--runs", str(rounds), "--folder", folder]
        with subprocess.Popen(command) as other:
            plan = Plan(goal="Measure.", steps=(Step(id="a", persona="writer", task=TASK, needs_human=True),))

            async def work() -> None:
                for number in range(rounds):
                    await _one_run(f"r{number}", plan, record, world, _reply())

            asyncio.run(work())
            assert other.wait(60) == 0
        took = sorted(_latencies(record, rounds))
    print(f"  p50 {took[len(took) // 2]:.1f} ms   p99 {took[int(len(took) * 0.99)]:.1f} ms   worst {took[-1]:.1f} ms")


def _latencies(record: Record, rounds: int) -> list[float]:
    took = []
    for number in range(rounds):
        run = f"r{number}"
        start = record.database.run(lambda transaction, run=run: journal.find(transaction, run, "a/start"))  # type: ignore[misc]
        item = inbox.item_id(run, "a/human")
        decision = record.database.run(lambda transaction, item=item: inbox.decision_on(transaction, item))  # type: ignore[misc]
        assert start is not None
        assert decision is not None
        took.append((start.at - decision.at) * 1000)
    return took


def _decide(folder: Path, decisions: int) -> None:
    """Say yes to each item a moment after it is there, as a person at another terminal does."""
    record = Record(database=open_sqlite(folder / "record.db"))
    left = decisions
    while left:
        for item in record.database.run(inbox.waiting):
            time.sleep(0.02)
            decision = Decision(item=item.id, verdict="approved", body={}, who="bench", at=record.at)
            record.database.run(lambda transaction, decision=decision: inbox.decide(transaction, decision))  # type: ignore[misc]
            left -= 1
        time.sleep(0.02)


# Peers ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another engine: what to install, and a program that prints the CPU and wall of a step as JSON."""

    name: str
    packages: tuple[str, ...]
    program: str


_AROUND = """
import asyncio, json, statistics, sys, tempfile, time
rounds, folder = int(sys.argv[1]), tempfile.mkdtemp()
LAYERS = (("a",), ("b1", "b2", "b3", "b4"), ("c1", "c2", "c3", "c4"), ("d",))
{setup}
async def measure(once):
    took = []
    for number in range(-1, rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        await once(number)
        took.append(((time.process_time() - cpu) * 100, (time.perf_counter() - wall) * 100))
    cpu, wall = [one[0] for one in took[1:]], [one[1] for one in took[1:]]
    print(json.dumps([statistics.median(cpu), min(cpu), statistics.median(wall), min(wall)]))
async def main():
{begin}
asyncio.run(main())
"""

PEERS = (
    Peer(
        name="LangGraph, AsyncSqliteSaver",
        packages=("langgraph", "langgraph-checkpoint-sqlite"),
        program=_AROUND.format(
            setup="""
import operator
from typing import Annotated, TypedDict
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
class State(TypedDict):
    said: Annotated[list[str], operator.add]
async def step(state):
    return {"said": ["The pump at gate 4 costs EUR 310."]}
graph = StateGraph(State)
before = [START]
for layer in LAYERS:
    for name in layer:
        graph.add_node(name, step)
        if before == [START]: graph.add_edge(START, name)
        else: graph.add_edge(before, name)
    before = list(layer)
graph.add_edge("d", END)
""",
            begin="""
    async with AsyncSqliteSaver.from_conn_string(folder + "/graph.db") as saver:
        app = graph.compile(checkpointer=saver)
        async def once(number):
            state = await app.ainvoke({"said": []}, {"configurable": {"thread_id": str(number)}})
            assert len(state["said"]) == 10
        await measure(once)
""",
        ),
    ),
    Peer(
        name="agno, SqliteDb",
        packages=("agno", "sqlalchemy[asyncio]", "fastapi"),
        program=_AROUND.format(
            setup="""
from agno.db.sqlite import SqliteDb
from agno.workflow import Parallel, Step, StepInput, StepOutput, Workflow
async def work(given: StepInput) -> StepOutput:
    return StepOutput(content="The pump at gate 4 costs EUR 310.")
def layer_of(names):
    steps = [Step(name=name, executor=work) for name in names]
    return steps[0] if len(steps) == 1 else Parallel(*steps, name="-".join(names))
""",
            begin="""
    flow = Workflow(name="ten", db=SqliteDb(db_file=folder + "/agno.db"), steps=[layer_of(layer) for layer in LAYERS])
    async def once(number):
        done = await flow.arun(input="go", session_id=str(number))
        assert done.content
    await measure(once)
""",
        ),
    ),
    Peer(
        name="agent-framework, FileCheckpointStorage",
        packages=("agent-framework-core",),
        program=_AROUND.format(
            setup="""
from agent_framework import Executor, FileCheckpointStorage, WorkflowBuilder, WorkflowContext, handler
class One(Executor):
    @handler
    async def work(self, given: str, ctx: WorkflowContext[str]) -> None:
        await ctx.send_message("The pump at gate 4 costs EUR 310.")
class Join(Executor):
    @handler
    async def work(self, given: list[str], ctx: WorkflowContext[str]) -> None:
        await ctx.send_message("The pump at gate 4 costs EUR 310.")
class Last(Executor):
    @handler
    async def work(self, given: list[str], ctx: WorkflowContext[str, str]) -> None:
        await ctx.yield_output("The pump at gate 4 costs EUR 310.")
""",
            begin="""
    def build():
        first, last = One(id="a"), Last(id="d")
        bs, cs = [One(id=name) for name in LAYERS[1]], [Join(id=name) for name in LAYERS[2]]
        builder = WorkflowBuilder(start_executor=first, checkpoint_storage=FileCheckpointStorage(folder))
        builder.add_fan_out_edges(first, bs)
        for one in cs: builder.add_fan_in_edges(bs, one)
        builder.add_fan_in_edges(cs, last)
        return builder.build()
    async def once(number):
        done = await build().run("go")
        assert done.get_outputs()
    await measure(once)
""",
        ),
    ),
)


def _peer(peer: Peer, rounds: int) -> str:
    """Return the line of a peer, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        venv, program = Path(folder, "venv"), Path(folder, "program.py")
        program.write_text(peer.program)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        python = str(venv / "bin" / "python")
        try:
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *peer.packages]
            subprocess.run(pip, check=True, capture_output=True, text=True, timeout=900)
            ran = subprocess.run([python, str(program), str(rounds)], capture_output=True, text=True, timeout=600)
        except (subprocess.SubprocessError, OSError) as error:
            return f"not measured: {type(error).__name__}"
        if ran.returncode:
            return f"not measured: {ran.stderr.strip().splitlines()[-1][:160]}"
        cpu, best_cpu, wall, best_wall = json.loads(ran.stdout.splitlines()[-1])
    return f"CPU {cpu:7.3f} ms (best {best_cpu:.3f})   wall {wall:7.3f} ms (best {best_wall:.3f})"


if __name__ == "__main__":
    main()
