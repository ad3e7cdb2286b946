"""Temporary workspaces: fresh, apart, always deleted, and never under the feet of a process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo
from tree_samples import perform, played, returned, root_node, spawns, world_of, write_persona

from personae.adopt.world import World
from personae.errors import StorageError
from personae.run import scratch
from personae.run.scratch import in_use, sweep, temporary
from personae.testing import record_in, said, scripted_performer

pytestmark = pytest.mark.skipif(os.name == "nt", reason="rights and locks of POSIX")


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / f"personae-{os.getuid()}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    root = tmp_path / "yard"
    world_of(root, boss="[agent(miner), list]")
    write_persona(root, "miner", tools="[list, write, read]", more="needsTempWorkspace: true\n")
    (root / "secret.txt").write_text("The key is under the mat.\n")
    return world_of(root)


def left(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


def test_a_child_works_in_an_empty_folder_apart_from_its_parents_and_it_is_gone_after(
    world: World, tmp_path: Path, own_place: Path
) -> None:
    seen: list[list[str]] = []

    def miner(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("list", {}), ToolCallPart("read", {"path": "/secret.txt"})])
        if len(messages) == 3:
            return ModelResponse(parts=[ToolCallPart("write", {"path": "note.txt", "text": "Dug."})])
        seen.append(returned(messages))
        return said("I left note.txt.")

    reply = played(boss=spawns(("miner", "Dig.")), miner=miner)
    outcome = perform(scripted_performer(world, reply, record_in(tmp_path)), root_node(world, "boss"))
    assert outcome.done
    ((listed, read, wrote),) = seen
    assert "secret" not in listed
    assert "mat" not in read
    assert "Dug" not in listed
    assert "note.txt" in wrote
    assert left(own_place) == []
    assert not (tmp_path / "yard" / "note.txt").exists()


def test_the_folder_is_gone_also_when_the_child_is_cancelled(world: World, tmp_path: Path, own_place: Path) -> None:
    begun = asyncio.Event()

    async def miner(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        assert len(left(own_place)) == 2
        begun.set()
        await asyncio.sleep(60)
        raise AssertionError

    async def cancelled() -> None:
        reply = played(boss=spawns(("miner", "Dig.")), miner=miner)
        performer = scripted_performer(world, reply, record_in(tmp_path))
        task = asyncio.create_task(performer.perform(root_node(world, "boss")))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert left(own_place) == []


def test_what_lies_in_it_is_deleted_whatever_its_rights_and_links_are_not_followed(
    tmp_path: Path, own_place: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("stays")

    async def work() -> None:
        async with temporary() as workspace:
            deep = workspace.root / "a" / "b"
            deep.mkdir(parents=True)
            (deep / "file").write_text("goes")
            (workspace.root / "link").symlink_to(kept)
            deep.chmod(0)
            (workspace.root / "a").chmod(0o500)

    asyncio.run(work())
    assert left(own_place) == []
    assert (kept / "file").read_text() == "stays"


_DIES = """
    import asyncio, os, sys, tempfile
    tempfile.tempdir = sys.argv[1]
    from personae.run.scratch import temporary
    async def work():
        async with temporary() as workspace:
            (workspace.root / "left.txt").write_text("x")
            print(workspace.root, flush=True)
            if sys.argv[2] == "die":
                os._exit(9)
            await asyncio.sleep(60)
    asyncio.run(work())
"""


def test_a_folder_whose_process_died_is_swept_at_the_next_start_and_that_of_a_living_one_is_not(
    tmp_path: Path, own_place: Path
) -> None:
    code = textwrap.dedent(_DIES)
    dead = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), "die"], capture_output=True, text=True, check=False
    )
    folder = Path(dead.stdout.strip())
    assert (folder / "left.txt").exists()
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), "live"], stdout=subprocess.PIPE, text=True
    ) as living:
        assert living.stdout is not None
        held = Path(living.stdout.readline().strip())
        try:
            assert not folder.exists()  # its start swept
            assert sweep() == 0
            assert (held / "left.txt").exists()
        finally:
            living.kill()
            living.wait()
    assert sweep() == 1
    assert left(own_place) == []


def test_a_folder_that_a_process_stands_in_is_left_for_a_later_sweep(
    own_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "_WAIT_S", 0.0)
    standing: list[subprocess.Popen[bytes]] = []

    async def work() -> None:
        async with temporary() as workspace:
            standing.append(subprocess.Popen(["sleep", "60"], cwd=workspace.root))

    asyncio.run(work())
    (folder,) = [path for path in own_place.iterdir() if path.is_dir()]
    assert in_use(folder)
    assert sweep() == 0
    assert folder.exists()
    standing[0].kill()
    standing[0].wait()
    assert sweep() == 1
    assert left(own_place) == []


def test_a_place_that_others_may_write_to_is_refused(own_place: Path) -> None:
    own_place.mkdir()
    own_place.chmod(0o777)

    async def work() -> None:
        async with temporary():
            raise AssertionError

    with pytest.raises(StorageError) as caught:
        asyncio.run(work())
    assert caught.value.reason == "it is not a folder of yours alone"


def test_after_a_kill_a_child_whose_folder_is_gone_begins_anew_in_a_fresh_one(world: World, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    record = record_in(tmp_path)
    requests: list[int] = []
    lives = [False]

    def miner(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        requests.append(len(messages))
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("write", {"path": "note.txt", "text": "Dug."})])
        if not lives[0]:
            raise Killed
        if len(messages) == 3:
            return ModelResponse(parts=[ToolCallPart("read", {"path": "note.txt"})])
        return said(returned(messages)[-1])

    reply = played(boss=spawns(("miner", "Dig.")), miner=miner)
    with pytest.raises(Killed):
        perform(scripted_performer(world, reply, record), root_node(world, "boss"))
    lives[0] = True
    outcome = perform(scripted_performer(world, reply, record), root_node(world, "boss"))
    assert requests == [1, 3, 1, 3, 5]
    assert "Dug." in outcome.text
