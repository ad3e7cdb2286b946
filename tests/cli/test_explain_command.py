from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from personae.check import rulebook
from personae.cli.app import COMMANDS
from personae.cli.explain import command
from personae.errors import UnknownNameError


def test_a_rule_is_explained_in_full() -> None:
    ran = CliRunner().invoke(command, ["invalid-cron"])

    assert ran.exit_code == 0
    assert ran.output == rulebook.get("invalid-cron").as_markdown()


def test_json_has_its_sections() -> None:
    found = json.loads(CliRunner().invoke(command, ["invalid-cron", "--json"]).output)

    assert (found["id"], found["severity"]) == ("invalid-cron", "error")
    assert tuple(found["sections"]) == rulebook.HEADINGS


def test_without_a_rule_all_are_listed() -> None:
    ran = CliRunner().invoke(command, [])

    for rule in rulebook.all_rules():
        assert f"\n{rule.id} " in ran.output
    assert len(json.loads(CliRunner().invoke(command, ["--json"]).output)) == len(rulebook.all_rules())


def test_a_rule_that_does_not_exist_names_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="unknown rule 'invalid-corn'") as caught:
        CliRunner().invoke(command, ["invalid-corn"], catch_exceptions=False)
    assert caught.value.help.startswith("Did you mean 'invalid-cron'")


def test_ids_of_rules_are_completed() -> None:
    (argument,) = [parameter for parameter in command.params if parameter.name == "rule"]
    completed = argument.shell_complete(command.make_context("explain", []), "invalid-c")
    assert [item.value for item in completed] == ["invalid-choice", "invalid-cron", "invalid-color"]


def test_both_commands_are_listed() -> None:
    assert {"explain", "lsp"} <= set(COMMANDS)
