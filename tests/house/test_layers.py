"""Imports point down the floors of the house; none hides in a function without a reason; none goes in a circle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((SOURCE / "personae").rglob("*.py"))
}

# From the ground up; rooms of one row know nothing of each other.
FLOORS = [
    {"errors"},
    {"persona"},
    {"library"},
    {"memory"},
    {"adopt"},
    {"hosts", "team"},
    {"check"},
    {"tools"},
    {"run"},
    {"workflow"},
    {"standing"},
    {"web"},
    {"cli"},
    {"testing", "__main__"},
]
RANK = {room: rank for rank, rooms in enumerate(FLOORS) for room in rooms}
# The package itself holds only its version, and names that are fetched on first use.
FROM_THE_ROOT = {"__version__"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    module: str
    """Absolute; of `from a import b` it is `a.b` when that is a module, else `a`."""
    name: str
    line: int
    for_types: bool
    in_function: bool


def imports_of(module: str) -> list[Import]:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    return list(_imports(tree, module, for_types=False, in_function=False))


def _imports(node: ast.AST, module: str, *, for_types: bool, in_function: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        types = for_types or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))
        function = in_function or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            for target, name in _targets(child, module):
                yield Import(module=target, name=name, line=child.lineno, for_types=types, in_function=function)
        else:
            yield from _imports(child, module, for_types=types, in_function=function)


def _targets(node: ast.Import | ast.ImportFrom, module: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, "") for alias in node.names)
        return
    assert node.level == 0, f"{module}:{node.lineno}: imports are absolute"
    for alias in node.names:
        submodule = f"{node.module}.{alias.name}"
        yield (submodule, "") if submodule in MODULES else (node.module or "", alias.name)


def room_of(module: str) -> str | None:
    """The room a module stands in; None for the package itself and for other packages."""
    parts = module.split(".")
    return parts[1] if parts[0] == "personae" and len(parts) > 1 else None


def test_every_room_has_its_floor() -> None:
    assert len(MODULES) > 15
    assert {room for module in MODULES if (room := room_of(module))} <= set(RANK)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    own = room_of(module)
    if own is None:
        return  # the package, which fetches its names lazily
    for item in imports_of(module):
        if item.module == "personae":
            assert item.name in FROM_THE_ROOT, f"{module}:{item.line} imports {item.name} from the package itself"
        room = room_of(item.module)
        if room is not None and room != own and not item.for_types:
            assert RANK[room] < RANK[own], f"{module}:{item.line} imports {item.module}, which is not below it"


@pytest.mark.parametrize("module", MODULES)
def test_no_import_in_a_function_without_a_reason(module: str) -> None:
    lines = MODULES[module].read_text(encoding="utf-8").split("\n")
    for item in imports_of(module):
        if not item.in_function:
            continue
        line, above = lines[item.line - 1], lines[item.line - 2].strip()
        assert "# noqa: PLC0415" in line, f"{module}:{item.line} hides an import in a function"
        reason = line.split("# noqa: PLC0415")[1].strip(" :-–,;")
        block = "\n".join(lines[max(item.line - 6, 0) : item.line])
        assert reason or above.startswith("#") or re.search(r"^\s*# ", block, re.MULTILINE), (
            f"{module}:{item.line} says no reason for the import in a function"
        )


def test_no_import_goes_in_a_circle() -> None:
    graph = {
        module: {item.module for item in imports_of(module) if item.module in MODULES and not item.for_types} - {module}
        for module in MODULES
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None


def test_one_room_stays_plain() -> None:
    """What reads or writes the world is in `store` alone; the rest of `persona/` is pure."""
    worldly = {"os", "subprocess", "socket", "tempfile", "shutil", "threading", "asyncio", "urllib", "logging"}
    for module in MODULES:
        if room_of(module) in ("errors", "persona") and not module.endswith(".store"):
            assert not worldly & {item.module.split(".")[0] for item in imports_of(module)}, module
