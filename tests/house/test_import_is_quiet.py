"""Importing is silent and offline: shown in a fresh interpreter, by what it did rather than by how long it took."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "src"
HEAVY = [
    "pydantic_ai",
    "pydantic",
    "dbos",
    "xllamacpp",
    "httpx",
    "rich",
    "asyncio",
    "socket",
    "ssl",
    "sqlite3",
    "numpy",
]
IMPORTS = ["personae", "personae.persona.parse", "personae.persona.render", "personae.persona.edit", "personae.cli.app"]

# Listens to the interpreter's own audit events; they cannot be switched off, so nothing hides behind a wrapper.
PROBE = """
import _thread, json, os, sys, threading, warnings
seen = {"opened": [], "network": [], "environment": [], "threads": [], "filters": 0, "modules": []}
listening = False

def listen(event, arguments):
    if not listening:
        return
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        seen["opened"].append([os.fsdecode(arguments[0]), str(arguments[1])])
    elif event.startswith(("socket.", "urllib.", "subprocess.", "os.system", "os.fork", "os.putenv", "signal.")):
        seen["network"].append(event)

class Environment(type(os.environ)):
    def __getitem__(self, key):
        if listening:
            caller = sys._getframe(1)
            own = (__name__, "os", "collections.abc", "_collections_abc")
            while caller and caller.f_globals.get("__name__") in own:
                caller = caller.f_back
            name = caller.f_globals.get("__name__", "") if caller else ""
            if name.split(".")[0] == "personae":
                seen["environment"].append([name, str(key)])
        return super().__getitem__(key)

def start(*arguments, start_new_thread=_thread.start_new_thread):  # there is an audit event from Python 3.12 on
    seen["threads"] += ["started"] * listening
    return start_new_thread(*arguments)

_thread.start_new_thread = threading._start_new_thread = start
os.environ.__class__ = Environment
sys.addaudithook(listen)
filters = list(warnings.filters)
listening = True
__import__(sys.argv[1])
listening = False
seen["filters"] = len([item for item in warnings.filters if item not in filters])
seen["threads"] += [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
seen["modules"] = sorted(sys.modules)
print(json.dumps(seen))
"""


def probe(module: str, folder: Path = SOURCE) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", "-c", PROBE, module],
        env={"PYTHONPATH": str(folder), "PATH": "", "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.fixture(scope="module", params=IMPORTS)
def seen(request: pytest.FixtureRequest) -> dict[str, Any]:
    return probe(request.param)


NOISY = """
import os, socket, threading, warnings
from pathlib import Path
warnings.simplefilter("ignore")
os.environ.get("PERSONAE_HOME")
"PERSONAE_KEY" in os.environ or os.getenv("PERSONAE_KEY")
open(__file__ + ".txt", "w").close()
socket.socket().close()
thread = threading.Thread(target=len, args=("",))
thread.start()
thread.join()
"""


def test_the_probe_sees_what_it_looks_for(tmp_path: Path) -> None:
    (tmp_path / "personae.py").write_text(NOISY)
    seen = probe("personae", tmp_path)
    assert [name for name, _ in seen["opened"] if name.endswith(".txt")] == [str(tmp_path / "personae.py.txt")]
    assert {key for _, key in seen["environment"]} == {"PERSONAE_HOME", "PERSONAE_KEY"}
    assert "socket.__new__" in seen["network"]
    assert seen["threads"] == ["started"]
    assert seen["filters"] == 1
    assert "socket" in seen["modules"]


def test_importing_opens_nothing_but_modules(seen: dict[str, Any]) -> None:
    code = (".py", ".pyc", ".so", ".pyd", ".dll")
    assert [name for name, _ in seen["opened"] if not name.endswith(code) and ".pyc." not in name] == []


def test_importing_starts_no_thread_and_no_process_and_opens_no_socket(seen: dict[str, Any]) -> None:
    assert seen["threads"] == []
    assert seen["network"] == []


def test_importing_reads_no_environment_variable_of_its_own(seen: dict[str, Any]) -> None:
    assert seen["environment"] == []


def test_importing_adds_no_warning_filter(seen: dict[str, Any]) -> None:
    assert seen["filters"] == 0


def test_importing_loads_nothing_heavy(seen: dict[str, Any]) -> None:
    assert [name for name in HEAVY if name in seen["modules"]] == []


def test_the_package_alone_loads_none_of_its_rooms() -> None:
    modules = probe("personae")["modules"]
    assert [name for name in modules if name.startswith("personae")] == ["personae"]


def test_a_file_is_parsed_without_a_calendar_or_a_diff() -> None:
    """What most files do not need is not loaded for them; `cronsim` comes with the first heartbeat."""
    assert not {"cronsim", "jsonschema", "tomllib"} & set(probe("personae.persona.parse")["modules"])
