from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from output_samples import CRON, KEY, SAMPLES, TWIN

from personae.check import baseline
from personae.errors import Diagnostic, StorageError, UsageError

_FINDINGS = st.lists(
    st.builds(
        Diagnostic,
        rule=st.sampled_from(["invalid-cron", "unknown-key"]),
        message=st.text(max_size=4),
        file=st.sampled_from(["a.md", "b.md"]),
        line=st.integers(1, 3),
        field=st.sampled_from(["", "model"]),
    ),
    max_size=8,
)


def test_what_was_written_leaves_nothing_of_the_same_findings(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    baseline.write(path, SAMPLES)
    remaining = baseline.subtract(SAMPLES, baseline.read(path))

    assert (remaining.findings, remaining.known, remaining.gone) == ((), 3, ())


def test_a_finding_is_known_wherever_its_line_went() -> None:
    moved = replace(CRON, line=90, column=1, help="")
    assert baseline.subtract([moved], baseline.of([CRON])).findings == ()


def test_a_line_number_in_the_message_does_not_count() -> None:
    twice = Diagnostic(rule="duplicate-key", message="the key is given twice, first on line 3", file="a.md")
    moved = replace(twice, message="the key is given twice, first on line 12")
    assert baseline.subtract([moved], baseline.of([twice])).findings == ()


@pytest.mark.parametrize(
    "other", [replace(CRON, file="b.md"), replace(CRON, field="x"), replace(CRON, rule="x"), replace(CRON, message="x")]
)
def test_another_file_field_rule_or_message_is_new(other: Diagnostic) -> None:
    assert baseline.subtract([other], baseline.of([CRON])).findings == (other,)


def test_a_second_finding_of_the_same_kind_is_new() -> None:
    assert baseline.subtract([CRON, CRON], baseline.of([CRON])).findings == (CRON,)


def test_what_was_fixed_is_reported_as_gone() -> None:
    remaining = baseline.subtract([CRON], baseline.of([CRON, KEY]))
    assert [(known.rule, known.file) for known in remaining.gone] == [("unknown-key", KEY.file)]


def test_the_file_has_a_line_per_finding_in_a_fixed_order_and_quotes_nothing(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    baseline.write(one, SAMPLES)
    baseline.write(other, [TWIN, KEY, CRON])

    assert one.read_bytes() == other.read_bytes()
    lines = one.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3 + len(SAMPLES) + 2
    assert lines[3].startswith('    {"file": ".agents/scout/persona.md", "rule": "invalid-cron", "field": "heartb')
    assert "0 9 * *" not in one.read_text(encoding="utf-8")
    assert len(baseline.read(one)) == 3


def test_an_empty_baseline_is_a_baseline(tmp_path: Path) -> None:
    baseline.write(tmp_path / "known.json", [])
    assert len(baseline.read(tmp_path / "known.json")) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        "\ud800",
        '{"version": 1, "findings": [{"file": 3}]}',
        '{"version": 1, "findings": [{"file": "a"}]}',
        '{"version": 1, "findings": 7}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_no_baseline_says_how_to_write_one(text: str, tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UsageError, match=r"known\.json is not a baseline of personae check") as caught:
        baseline.read(path)
    assert caught.value.help == "Write it anew: personae check --write-baseline FILE."


def test_a_baseline_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    path.write_text(json.dumps({"version": 2, "findings": []}), encoding="utf-8")
    with pytest.raises(UsageError, match="is a baseline of version 2, this personae reads 1"):
        baseline.read(path)


def test_a_baseline_that_is_missing_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        baseline.read(tmp_path / "known.json")


@given(_FINDINGS, _FINDINGS)
def test_every_finding_is_either_known_or_new(old: list[Diagnostic], now: list[Diagnostic]) -> None:
    remaining = baseline.subtract(now, baseline.of(old))

    assert remaining.known + len(remaining.findings) == len(now)
    assert remaining.known + len(remaining.gone) == len(old)
    assert baseline.subtract(now, baseline.of(now)).findings == ()
