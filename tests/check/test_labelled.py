from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import rule_driver

from personae.errors import Diagnostic

BENCH = Path(__file__).parents[2] / "bench" / "labelled.py"


def _bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_labelled", BENCH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench = _bench()
CASES = bench.load_cases()
DEFECTS = [case for case in CASES if case.label == "defect"]
LEGAL = [case for case in CASES if case.label == "legal"]


@pytest.fixture(autouse=True)
def _nobody_elses_personas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def _serious(root: Path) -> list[Diagnostic]:
    return [item for item in rule_driver.check(root) if item.severity != "note"]


@pytest.mark.parametrize("case", DEFECTS, ids=lambda case: case.file)
def test_a_planted_defect_is_found_and_its_repaired_twin_is_clean(case: object, tmp_path: Path) -> None:
    bench.lay(case, tmp_path / "defect")
    bench.lay(case, tmp_path / "twin", repaired=True)

    rules = {item.rule for item in _serious(tmp_path / "defect")}

    assert rules
    assert case.rule in rules or not case.rule  # type: ignore[attr-defined]
    assert [str(item) for item in _serious(tmp_path / "twin")] == []


@pytest.mark.parametrize("case", LEGAL, ids=lambda case: case.file)
def test_a_legal_file_is_left_in_peace(case: object, tmp_path: Path) -> None:
    bench.lay(case, tmp_path)

    assert [str(item) for item in _serious(tmp_path)] == []


def test_every_labelled_file_is_there_and_every_file_is_labelled() -> None:
    files = {file.name for file in bench.CASES.iterdir()} - {"labels.toml", ".gitattributes"}

    assert {case.file for case in CASES} == files
    assert len({case.file for case in CASES}) == len(CASES)
    assert all(case.repair for case in DEFECTS)
