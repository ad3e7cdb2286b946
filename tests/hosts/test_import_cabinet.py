"""Cabinet's shipped files become the documented form: a beat with a prompt, no cap that nobody counts, plain words."""

from __future__ import annotations

import pytest
from import_samples import imported, said

from personae.hosts.imports.account import Imported
from personae.persona.model import Heartbeat, Home, Persona

SHIPPED = """\
---
name: Mail Keeper
slug: mail-keeper
emoji: "\\U0001F4E5"
type: lead
department: personal
role: Sorts the mail
provider: claude-code
heartbeat: "0 8,16 * * 1-5"
budget: 80
active: true
workdir: /data
workspace: /inbox
channels: [general, inbox]
goals:
  - metric: mails_sorted
    target: 50
    current: 7
    unit: mails
    period: weekly
focus: [email, drafting]
tags: [inbox]
recommendedSkills:
  - key: email-to-task
    source: github:someone/skills/email-to-task
canDispatch: true
---

You keep the mail of {{company_name}}. Your name is {{agent.name}} ({{agent.slug}}).

{{company_description}}

Aims: {{goals}}. {{unknown_thing}}
"""
PATH = ".agents/mail-keeper/persona.md"


def cabinet(**changes: str) -> Imported:
    text = SHIPPED
    for key, line in changes.items():
        (old,) = [each for each in SHIPPED.split("\n") if each.startswith(f"{key}:")]
        text = text.replace(f"{old}\n", line)
    return imported(PATH, text)


def persona(**changes: str) -> Persona:
    item = cabinet(**changes)
    assert item.persona is not None, item.reason
    return item.persona


def beat(**changes: str) -> Heartbeat:
    (only,) = persona(**changes).heartbeats
    return only


def test_the_documented_form_comes_out() -> None:
    item = cabinet()
    assert (item.dialect, item.home) == ("cabinet", Home.AGENTS)
    assert item.text.startswith(
        "---\nname: Mail Keeper\nrole: Sorts the mail\ntype: lead\ncanDispatch: true\nheartbeats:\n"
        '  - cron: "0 8,16 * * 1-5"\n    prompt: "This is your scheduled beat.'
    )
    assert item.text.split("---\n")[1].endswith('emoji: "📥"\n')


def test_a_heartbeat_becomes_a_beat_with_goals_and_focus_in_its_prompt() -> None:
    assert beat().enabled
    assert beat().prompt.endswith("\n\nYour goals: mails sorted: 50 mails weekly.\n\nYour focus: email, drafting.")


@pytest.mark.parametrize("line", ["heartbeat: ''\n", "heartbeat:\n", ""])
def test_an_empty_heartbeat_is_none_and_not_every_morning(line: str) -> None:
    item = cabinet(heartbeat=line)
    assert item.persona is not None
    assert item.persona.heartbeats == ()
    (change,) = said(item, "heartbeat")
    assert change.now == "none"


def test_a_schedule_that_is_none_is_dropped_with_the_reason() -> None:
    item = cabinet(heartbeat="heartbeat: every monday\n")
    assert item.persona is not None
    assert item.persona.heartbeats == ()
    (change,) = said(item, "heartbeat")
    assert change.because.startswith("it is no schedule: it has 2 fields, not 5")


def test_a_cap_on_beats_that_the_schedule_keeps_by_itself_is_dropped() -> None:
    (change,) = said(cabinet(), "budget")
    assert (change.fate, change.was) == ("dropped", "80")
    assert "the schedule has at most 46" in change.because


def test_a_cap_that_the_schedule_passes_switches_the_beat_off() -> None:
    assert not beat(budget="budget: 45\n").enabled
    (change,) = said(cabinet(budget="budget: 45\n"), "budget")
    assert change.fate == "narrowed"
    assert not beat(heartbeat="heartbeat: '*/5 * * * *'\n", budget="").enabled


@pytest.mark.parametrize("line", ["active: false\n", "heartbeatEnabled: false\nactive: true\n"])
def test_what_is_off_stays_off(line: str) -> None:
    assert not beat(active=line).enabled


def test_placeholders_become_plain_words_and_unknown_ones_are_pointed_out() -> None:
    stance = persona().system_prompt or ""
    assert stance.startswith("You keep the mail of this project. Your name is Mail Keeper (mail-keeper).\n")
    assert "its own files: read its README first." in stance
    assert "Aims: mails sorted: 50 mails weekly. {{unknown_thing}}" in stance
    unknown = [change for change in said(cabinet(), "prompt") if change.was == "{{unknown_thing}}"]
    assert [change.because for change in unknown] == ["nothing fills it in; replace it"]


def test_every_key_of_the_file_is_in_the_report() -> None:
    fields = {change.field for change in cabinet().changes}
    keys = {line.partition(":")[0] for line in SHIPPED.split("---")[1].split("\n") if line[:1].isalpha()}
    assert keys <= fields


def test_support_is_a_specialist_and_nobody_without_a_role_is_lost() -> None:
    assert persona(type="type: support\n").type == "specialist"
    assert persona(role="").role == "Mail Keeper"


def test_the_model_of_the_adapter_is_the_persona_s() -> None:
    made = persona(provider="adapterConfig: {model: claude-opus-5-5, effort: high, command: claude}\n")
    assert (made.model, made.effort) == ("claude-opus-5-5", "high")


def test_the_documented_form_is_left_as_it_is() -> None:
    text = '---\nname: A\nrole: R\ntype: lead\nheartbeats:\n  - {cron: "0 9 * * 1", prompt: Look.}\n---\nYou are A.\n'
    item = imported(".agents/a/persona.md", text)
    assert item.dialect == "persona"
    assert item.persona is not None
    assert item.persona.heartbeats == (Heartbeat(cron="0 9 * * 1", prompt="Look."),)
