from __future__ import annotations

import json
from dataclasses import replace

from output_samples import CRON, KEY, SAMPLES, sources

from personae.check.outputs import render
from personae.errors import Diagnostic


def test_concise_is_one_line_per_finding() -> None:
    assert render("concise", SAMPLES, sources=sources).splitlines() == [
        '.agents/scout/persona.md:7:11: error[invalid-cron] heartbeats[0].cron: invalid cron expression "0 9 * *"',
        ".agents/scout/persona.md:5:1: warning[unknown-key] can_dispatch: unknown key 'can_dispatch'",
        "personas/old scout.md:1:1: note[duplicate-slug] the slug 'scout' is also that of personas/scout.md",
    ]
    assert render("concise", [], sources=sources) == ""


def test_json_has_eight_keys_always_and_others_where_they_are_known() -> None:
    cron, key, twin = json.loads(render("json", SAMPLES, sources=sources))

    assert list(twin)[:8] == ["file", "line", "column", "rule", "severity", "field", "message", "help"]
    assert cron == {
        "file": ".agents/scout/persona.md",
        "line": 7,
        "column": 11,
        "rule": "invalid-cron",
        "severity": "error",
        "field": "heartbeats[0].cron",
        "message": 'invalid cron expression "0 9 * *"',
        "help": CRON.help,
        "found": "0 9 * *",
        "expected": "five fields: minute hour day month weekday",
    }
    assert key["fix"] == {"file": ".agents/scout/persona.md", "line": 5, "text": "canDispatch: true"}
    assert twin["related"] == [{"file": "personas/scout.md", "line": 2, "column": 3, "message": "the first one"}]
    assert render("json", [], sources=sources) == "[]"


def test_github_gets_a_command_per_finding_with_every_separator_escaped() -> None:
    item = replace(KEY, file="a,b:c%d.md", message="50 % of\nit", field="", help="Do: this, that.")

    assert render("github", [CRON, item], sources=sources).splitlines() == [
        "::error file=.agents/scout/persona.md,line=7,col=11,endLine=7,endColumn=20,title=invalid-cron"
        f'::heartbeats[0].cron: invalid cron expression "0 9 * *". {CRON.help}',
        "::warning file=a%2Cb%3Ac%25d.md,line=5,col=1,title=unknown-key::50 %25 of<U+000A>it. Do: this, that.",
    ]


def test_a_note_is_a_notice_at_github() -> None:
    note = Diagnostic(rule="other-kind", message="skipped", severity="note", file="personas/x.md")
    assert render("github", [note], sources=sources) == (
        "::notice file=personas/x.md,line=1,col=1,title=other-kind::skipped"
    )
