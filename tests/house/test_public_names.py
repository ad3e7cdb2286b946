"""Every module says what is public: `__all__` is sorted, complete, and holds nothing that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
MODULES = {
    path.relative_to(SOURCE).as_posix(): path
    for path in sorted((SOURCE / "personae").rglob("*.py"))
    if path.name != "__main__.py"
}


def isort_order(name: str) -> tuple[int, list[tuple[int, int, str]]]:
    """As ruff's RUF022 sorts: CONSTANTS, then Classes, then the rest, each in natural order."""
    kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    pieces = [piece for piece in re.split(r"(\d+)", name) if piece]
    return kind, [(0, int(piece), "") if piece.isdigit() else (1, 0, piece) for piece in pieces]


def bound_names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Names bound at the top of a module: functions and classes, and all others."""
    made: set[str] = set()
    others: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            made.add(node.name)
        elif isinstance(node, ast.Assign):
            others |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            others.add(node.target.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            others |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.If, ast.Try)):
            for inner in ast.walk(node):
                if isinstance(inner, (ast.Import, ast.ImportFrom)):
                    others |= {(alias.asname or alias.name).split(".")[0] for alias in inner.names}
    return made, others


def declared(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            value = ast.literal_eval(node.value)
            assert isinstance(value, list)
            return [str(item) for item in value]
    return None


@pytest.mark.parametrize("path", MODULES)
def test_all_is_sorted_and_complete(path: str) -> None:
    tree = ast.parse(MODULES[path].read_text(encoding="utf-8"))
    made, others = bound_names(tree)
    names = declared(tree)
    if names is None:
        assert not {name for name in made if not name.startswith("_")}, f"{path} has public names and no __all__"
        return
    assert names == sorted(names, key=isort_order), f"{path}: __all__ is not sorted"
    assert len(names) == len(set(names))
    assert {name for name in made if not name.startswith("_")} <= set(names), f"{path}: __all__ misses a public name"
    assert set(names) <= made | others, f"{path}: __all__ names what is not there"
    assert all(not name.startswith("_") or name == "__version__" for name in names)


@pytest.mark.parametrize("path", MODULES)
def test_every_module_says_what_it_knows(path: str) -> None:
    tree = ast.parse(MODULES[path].read_text(encoding="utf-8"))
    assert (ast.get_docstring(tree) or "").strip(), f"{path} has no docstring"


def test_the_packages_names_are_there() -> None:
    import personae

    for name in personae.__all__:
        assert getattr(personae, name) is not None
    assert dir(personae) == sorted(personae.__all__)
