"""docs/hosts.md is what bench/hosts_page.py makes of the tables and the two records."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    spec = importlib.util.spec_from_file_location("hosts_page", ROOT / "bench" / "hosts_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("forty", None)


def test_the_page_is_current(maker: ModuleType) -> None:
    page = (ROOT / "docs" / "hosts.md").read_text(encoding="utf-8")
    assert maker.page() == page, "python bench/hosts_page.py > docs/hosts.md"


def test_the_forty_are_forty_and_set_every_field_of_the_matrix(maker: ModuleType) -> None:
    assert len({persona.name for persona in maker.forty()}) == 40
    rows = [line for line in maker.page().split("\n") if line.startswith("| `") and line.count("|") == 18]
    assert len(rows) == 26
    assert all(any(sign in row for sign in "=<>~·") for row in rows)
