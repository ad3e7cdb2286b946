"""The JSON Schema: valid itself, and of one mind with `parse` about shapes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from personae.persona.fields import KEYS
from personae.persona.model import Home
from personae.persona.parse import parse
from personae.persona.schema import persona_schema

LEAD = """\
name: GTM Lead
emoji: "🎯"
role: Launch strategy
type: lead
model: claude-opus-4-7
effort: high
canDispatch: true
visibility: cabinet
heartbeats:
  - {cron: "0 9 * * 1", label: Monday standup, prompt: Report.}
  - {cron: "0 17 * * 5", label: Friday wrap, model: claude-sonnet-4-6, prompt: Write the checklist.}
skills: [competitor-brief, launch-checklist]
budget: {daily: {maxCostUsd: 10}}
"""
MINIMAL = "name: A\nrole: r\ntype: lead\n"
LEGAL = [
    LEAD,
    MINIMAL,
    MINIMAL + "memory: notes.md\n",
    MINIMAL + "memory: {path: notes.md, maxLines: 5}\n",
    MINIMAL + "tools:\n",
    MINIMAL + "tools: none\n",
    MINIMAL + "tools: [read]\n",
    MINIMAL + "budget: {perRun: {maxCostUsd: 0.5, maxTokens: 1}}\n",
    MINIMAL + "order: -1\nmodes: [loop]\nalways_load: false\n",
]
BROKEN = [
    "role: r\ntype: lead\n",
    "name: 5\nrole: r\ntype: lead\n",
    MINIMAL + "efort: high\n",
    MINIMAL + "effort: highest\n",
    MINIMAL + "tier: T5\n",
    MINIMAL + "modes: [nightly]\n",
    MINIMAL + "tools: read\n",
    MINIMAL + "skills: [5]\n",
    MINIMAL + "maxSteps: 0\n",
    MINIMAL + "always_load: true\n",
    MINIMAL + "maxSteps: 1.5\n",
    MINIMAL + "canDispatch: 'true'\n",
    MINIMAL + "memory: [notes.md]\n",
    MINIMAL + "memory: {maxLines: 0}\n",
    MINIMAL + "budget: {daily: 10}\n",
    MINIMAL + "budget: {daily: {maxCostUsd: -1}}\n",
    MINIMAL + "budget: {daily: {maxTokens: 5}}\n",
    MINIMAL + "heartbeats: [{cron: '0 9 * * 1'}]\n",
    MINIMAL + "heartbeats: [{cron: '0 9 * * 1', prompt: Report., enabled: 1}]\n",
    MINIMAL + "heartbeats: {cron: '0 9 * * 1', prompt: Report.}\n",
]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = persona_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def parses(frontmatter: str) -> bool:
    text = f"---\n{frontmatter}---\nYou are.\n"
    return parse(text.encode(), file="x", home=Home.AGENTS, slug="a").persona is not None


@pytest.mark.parametrize("frontmatter", LEGAL)
def test_what_parses_is_legal_in_an_editor(validator: Draft202012Validator, frontmatter: str) -> None:
    assert [error.message for error in validator.iter_errors(yaml.safe_load(frontmatter))] == []
    assert parses(frontmatter)


@pytest.mark.parametrize("frontmatter", BROKEN)
def test_what_an_editor_underlines_does_not_parse(validator: Draft202012Validator, frontmatter: str) -> None:
    assert not validator.is_valid(yaml.safe_load(frontmatter))
    assert not parses(frontmatter)


def test_every_key_is_in_it_with_its_meaning() -> None:
    schema: dict[str, Any] = persona_schema()
    assert list(schema["properties"]) == list(KEYS)
    assert all(item["description"] for item in schema["properties"].values())
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False
