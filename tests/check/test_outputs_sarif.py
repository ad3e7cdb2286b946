"""SARIF against its JSON Schema, where an npm package that carries it is installed, and against what readers need.

`.ci/run` installs `@microsoft/jest-sarif` (its schema is of 2.1.0-rtm.5) beside the hosts; `pysarif` holds classes
made from the same schema and is always there.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pysarif
import pytest
from jsonschema import Draft4Validator
from output_samples import CRON, KEY, SAMPLES, SCOUT, TWIN, sources

from personae import __version__
from personae.check import rulebook
from personae.check.outputs import render
from personae.errors import Diagnostic

_MODULES = Path(os.environ.get("PERSONAE_HOSTS", "/opt/hosts")) / "node_modules"
_SCHEMA = _MODULES / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"


def run_of(*findings: Diagnostic) -> dict[str, Any]:
    log = json.loads(render("sarif", findings, sources=sources))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    run = log["runs"][0]
    assert isinstance(run, dict)
    return run


def lost(given: object, back: object, path: str = "") -> list[str]:
    """Return what of `given` is not in `back`, which holds every property that the schema knows and no other."""
    if isinstance(given, dict) and isinstance(back, dict):
        return [gone for key, value in given.items() for gone in lost(value, back.get(key), f"{path}.{key}")]
    if isinstance(given, list) and isinstance(back, (list, tuple)) and len(given) == len(back):
        return [gone for index, value in enumerate(given) for gone in lost(value, back[index], f"{path}[{index}]")]
    return [] if given == back else [path]


@pytest.mark.skipif(not _SCHEMA.is_file(), reason="the package with the schema is not installed")
@pytest.mark.parametrize("findings", [SAMPLES, [CRON], []], ids=["samples", "one", "none"])
def test_the_log_is_valid_by_the_official_schema(findings: list[Diagnostic]) -> None:
    validator = Draft4Validator(json.loads(_SCHEMA.read_text("utf-8-sig")))
    log = json.loads(render("sarif", findings, sources=sources))

    assert [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(log)] == []


def test_the_classes_made_from_the_schema_know_every_property() -> None:
    text = render("sarif", SAMPLES, sources=sources)
    back = pysarif.save_to_dict(pysarif.load_from_json(text))

    # A tag is in a property bag, which may hold anything; `$schema` is no name for an attribute.
    assert {re.sub(r"\[\d+\]", "", path) for path in lost(json.loads(text), back)} <= {
        ".$schema",
        ".runs.tool.driver.rules.properties.tags",
    }


def test_the_driver_says_who_it_is_and_describes_each_rule_once() -> None:
    driver = run_of(*SAMPLES, CRON)["tool"]["driver"]

    assert (driver["name"], driver["version"]) == ("personae", __version__)
    assert [rule["id"] for rule in driver["rules"]] == ["invalid-cron", "unknown-key", "duplicate-slug"]
    cron = driver["rules"][0]
    assert cron["shortDescription"] == {"text": rulebook.get("invalid-cron").summary}
    assert cron["defaultConfiguration"] == {"level": "error"}
    assert cron["help"]["markdown"].startswith("# invalid-cron\n")


def test_each_result_points_at_its_rule_and_its_place() -> None:
    run = run_of(*SAMPLES)

    assert run["columnKind"] == "unicodeCodePoints"
    for result, item in zip(run["results"], SAMPLES, strict=True):
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == item.rule
        assert result["level"] == item.severity
        location = result["locations"][0]["physicalLocation"]
        assert unquote(location["artifactLocation"]["uri"]) == item.file
        assert location["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        assert (location["region"]["startLine"], location["region"]["startColumn"]) == (item.line, item.column)


def test_a_message_has_the_field_and_the_way_out() -> None:
    (result,) = run_of(KEY)["results"]
    assert result["message"] == {"text": "can_dispatch: unknown key 'can_dispatch'. It is spelled canDispatch."}


def test_a_repair_replaces_its_whole_line() -> None:
    (result,) = run_of(KEY)["results"]
    (change,) = result["fixes"][0]["artifactChanges"]

    assert change["artifactLocation"]["uri"] == SCOUT
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 5, "startColumn": 1, "endLine": 5, "endColumn": 19},
            "insertedContent": {"text": "canDispatch: true"},
        }
    ]


def test_another_file_is_a_related_location() -> None:
    (result,) = run_of(TWIN)["results"]
    (related,) = result["relatedLocations"]

    assert related["physicalLocation"]["artifactLocation"]["uri"] == "personas/scout.md"
    assert related["message"] == {"text": "the first one"}


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("/home/me/.config/personae/personas/x y.md", "file:///home/me/.config/personae/personas/x%20y.md"),
        ("C:/work/personas/x.md", "file:///C:/work/personas/x.md"),
    ],
)
def test_a_file_outside_the_folder_is_named_in_full(file: str, uri: str) -> None:
    (result,) = run_of(Diagnostic(rule="r", message="m", file=file))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_the_fingerprint_stays_when_the_line_moves() -> None:
    moved = Diagnostic(rule=CRON.rule, message=CRON.message, file=CRON.file, field=CRON.field, line=99)
    (first,), (second,) = run_of(CRON)["results"], run_of(moved)["results"]

    assert first["partialFingerprints"] == second["partialFingerprints"]


def test_no_findings_are_a_run_without_results() -> None:
    assert run_of()["results"] == []
