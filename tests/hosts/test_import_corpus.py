"""The corpus as personas, and what compile writes for those, read back: nothing lost in silence, nothing wider."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

import pytest
from hosts_shell import HostsShell, open_shell

from personae.hosts.compile import COMPILERS, Compilation, compile_persona
from personae.hosts.imports.account import Imported
from personae.hosts.imports.batch import Options, Source, import_all, import_one
from personae.hosts.imports.reading import read_foreign
from personae.hosts.words import reach
from personae.persona.dialects import HOSTS, detect
from personae.persona.model import Home, Persona

CORPUS = Path(os.environ.get("PERSONAE_CORPUS", "/work/shared/corpus"))

ROUND_TRIP_HOSTS = [host for host in COMPILERS if host in HOSTS]

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")

# Imported, and refused: a second agent of one name in CrewAI's examples, and agentm's brain.
COUNTS = {
    "VoltAgent__awesome-claude-code-subagents": (158, 0),
    "VoltAgent__awesome-codex-subagents": (172, 0),
    "alexherrero__agentm": (10, 1),
    "bmad-code-org__BMAD-METHOD": (49, 0),
    "crewAIInc__crewAI-examples": (40, 8),
    "github__awesome-copilot": (223, 0),
    "hilash__cabinet": (42, 0),
    "msitarzewski__agency-agents": (184, 0),
    "wshobson__agents": (199, 0),
}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostsShell:
    return open_shell(tmp_path, monkeypatch)


@lru_cache(maxsize=16)
def collection(name: str) -> tuple[Imported, ...]:
    files = [path for path in sorted((CORPUS / name).rglob("*")) if path.is_file()]
    sources = [Source(path=path, file=path.relative_to(CORPUS).as_posix(), data=path.read_bytes()) for path in files]
    return tuple(import_all(sources, Options()))


def personas() -> list[Persona]:
    return [item.persona for name in COUNTS for item in collection(name) if item.persona is not None]


@pytest.mark.parametrize("name", COUNTS)
def test_a_collection_becomes_personas(name: str) -> None:
    statuses = [item.status for item in collection(name)]
    assert (statuses.count("imported"), statuses.count("refused")) == COUNTS[name]


@pytest.mark.parametrize("name", COUNTS)
def test_what_is_imported_passes_the_check_without_errors(name: str, shell: HostsShell) -> None:
    for item in collection(name):
        if item.status == "imported":
            place = f".agents/{item.slug}/persona.md" if item.home is Home.AGENTS else f"personas/{item.slug}.md"
            shell.write(place, item.text)
    ran = shell("check", "--no-cache")
    assert (ran.code, "error" in ran.err) == (0, False)


@pytest.mark.parametrize("name", COUNTS)
def test_every_key_of_a_file_is_in_its_report(name: str) -> None:
    for item in collection(name):
        path = CORPUS / item.file
        if item.status != "imported" or item.dialect in ("persona", "crewai"):
            continue
        (agent,) = read_foreign(path.read_bytes(), path=path, host=item.dialect).agents
        written = {key for key, value in agent.extra.items() if value is not None}
        assert written <= {change.field.partition(".")[0] for change in item.changes}, item.file


@dataclass(frozen=True)
class Trip:
    before: Persona
    once: Persona
    twice: Persona


def read_back(compilation: Compilation) -> Persona | None:
    for artifact in compilation.artifacts:
        path = PurePosixPath("/p", artifact.path)
        found = detect(path)
        if found is not None and compilation.host in found.hosts:
            source = Source(path=path, file=str(path), data=artifact.text.encode())
            (item,) = import_one(source, Options(host=compilation.host))
            assert item.persona is not None, item.reason
            return item.persona
    return None


def trips(host: str) -> list[Trip]:
    """Return the round trips of every fifth persona, beginning with another one for each host."""
    found = []
    for persona in personas()[ROUND_TRIP_HOSTS.index(host) % 5 :: 5]:
        once = read_back(compile_persona(persona, host))
        if once is None:
            continue
        twice = read_back(compile_persona(once, host))
        assert twice is not None, once.name
        found.append(Trip(persona, once, twice))
    return found


@pytest.mark.parametrize("host", ROUND_TRIP_HOSTS)
def test_import_after_compile_is_a_fixpoint_and_never_wider(host: str) -> None:
    made = trips(host)
    assert len(made) > 80
    for trip in made:
        assert trip.once == trip.twice
        # A host's own agents keep their names: `plan` becomes `plan-persona` there.
        assert trip.once.name in (trip.before.name, f"{trip.before.name}-persona")
        assert not {"loop", "goal"} & set(trip.once.modes)
        if trip.before.tools is not None and trip.once.tools is not None:
            # A list of to-dos reaches nothing, so compile gives it away where a host cannot keep it back.
            assert reach(trip.once.tools) - {"todo"} <= reach(trip.before.tools), trip.before.name
