"""`inbox`, `approve`, `reject` and `edit-item` about proposals: what is shown, checked, refused, and done in bulk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from personae.cli.app import personae as app
from personae.run.record import inbox
from personae.run.record.inbox import Decision, Item
from personae.run.record.record import Record
from personae.run.record.sqlite import open_sqlite
from personae.standing.proposals import Proposal

LEAD = "---\nname: Lead\nrole: Launch lead\ntype: lead\n---\nYou lead launches.\n"
SCOUT = "---\nname: Scout\nrole: Price research\ntype: specialist\n---\nYou look up prices.\n"
HOUR = 3_600.0


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    (tmp_path / "personae.toml").write_text("", "utf-8")
    for slug, text in (("gtm-lead", LEAD), ("scout", SCOUT), ("clerk", SCOUT)):
        path = tmp_path / ".agents" / slug / "persona.md"
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return Record(database=open_sqlite(tmp_path / ".personae" / "record.db"))


def proposed(record: Record, id: str, *, expires_in_s: float = 72 * HOUR, **changes: Any) -> Item:
    wish = {
        "kind": "LAUNCH_TASK",
        "sender": "gtm-lead",
        "to": "scout",
        "title": "Rival prices",
        "prompt": "What are they?",
    }
    proposal = Proposal(**{**wish, "line": ("gtm-lead",), **changes})
    item = Item(
        id=id,
        run=f"beat-{id}",
        key="beat/1/tool.0",
        kind="proposal",
        persona=proposal.sender,
        title=f"{proposal.kind} {proposal.sender} -> {proposal.to}: {proposal.title}",
        body=proposal.as_json(),
        created=record.at,
        expires=record.at + expires_in_s,
    )
    return record.database.run(lambda transaction: inbox.post(transaction, item))


def asked(record: Record, id: str) -> Item:
    item = Item(
        id=id, run="r", key="k", kind="tool", persona="scout", title="scout wants it", body={}, created=record.at
    )
    return record.database.run(lambda transaction: inbox.post(transaction, item))


def personae(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.stderr
    return done


def decision(record: Record, id: str) -> Decision | None:
    return record.database.run(lambda transaction: inbox.decision_on(transaction, id))


def test_the_inbox_shows_from_whom_to_whom_at_what_cost_and_until_when(record: Record) -> None:
    item = proposed(record, "aaaa1111", kind="SCHEDULE_JOB", schedule="0 7 * * 2", estimate_usd="0.0310")
    until = datetime.fromtimestamp(item.expires or 0, UTC)
    assert personae("inbox").stdout == (
        "aaaa1111  SCHEDULE_JOB gtm-lead -> scout: Rival prices\n"
        "  proposal of gtm-lead in run beat-aaaa1111 (beat/1/tool.0)\n"
        "  from gtm-lead to scout, about $0.0310 each time\n"
        "  title:\n    │ Rival prices\n"
        "  prompt:\n    │ What are they?\n"
        "  schedule:\n    │ 0 7 * * 2\n"
        f"  expires {until:%a %Y-%m-%d %H:%M}\n"
        "  personae approve aaaa1111 · reject aaaa1111 · edit-item aaaa1111\n"
    )


def test_the_inbox_says_which_model_has_no_price_who_led_to_it_and_what_is_over(record: Record) -> None:
    proposed(record, "aaaa1111", expires_in_s=-1, line=("ceo", "gtm-lead"))
    shown = personae("inbox").stdout
    assert "  from gtm-lead to scout, at a cost nobody knows: its model has no price here\n" in shown
    assert "  after proposals of ceo\n" in shown
    assert shown.endswith(": it can be decided no more\n")


def test_a_proposal_is_changed_in_the_named_parts_and_approved_so(record: Record) -> None:
    item = proposed(record, "aaaa1111", model="anthropic:claude-opus-4-1", effort="high")
    changes = ("--to", "clerk", "--title", "Prices", "--prompt", "Two.", "--model", "", "--effort", "low")
    assert personae("edit-item", "aaaa", *changes).stderr == f"edited: {item.title}\n"
    made = decision(record, "aaaa1111")
    assert made is not None
    assert made.verdict == "edited"
    changed = {"to": "clerk", "title": "Prices", "prompt": "Two.", "model": None, "effort": "low"}
    assert made.body == {**item.body, "line": ["gtm-lead"], **changed}


@pytest.mark.parametrize(
    ("changes", "message", "help"),
    [
        (["--to", "scuot"], "unknown persona 'scuot'. Did you mean 'scout'?", "Change it with personae edit-item"),
        (["--to", "gtm-lead"], "gtm-lead cannot propose work to itself", "Change it with personae edit-item"),
        (["--schedule", "0 7 * * 2"], "a task has no schedule", "Change it with personae edit-item"),
        (["--effort", "huge"], "effort 'huge' is none of", "Change it with personae edit-item"),
        (["--task", "x"], "a proposal cannot be changed so", "It takes --to, --title, --prompt, --model, --effort"),
        ([], "give --task, --args, or --result alone; of a proposal --to,", "personae inbox shows what it holds now."),
    ],
)
def test_a_change_that_breaks_a_rule_is_refused_and_nothing_is_decided(
    record: Record, changes: list[str], message: str, help: str
) -> None:
    proposed(record, "aaaa1111")
    with pytest.raises(Exception, match=r".") as caught:
        personae("edit-item", "aaaa1111", *changes)
    assert caught.value.message.startswith(message)  # type: ignore[attr-defined]
    assert caught.value.help.startswith(help)  # type: ignore[attr-defined]
    assert decision(record, "aaaa1111") is None


def test_parts_of_a_proposal_are_of_no_other_item(record: Record) -> None:
    asked(record, "aaaa1111")
    with pytest.raises(Exception, match="a tool cannot be changed so"):
        personae("edit-item", "aaaa1111", "--title", "x")
    assert decision(record, "aaaa1111") is None


def test_several_are_approved_at_once_with_a_line_each(record: Record) -> None:
    items = [proposed(record, "aaaa1111"), proposed(record, "bbbb1111")]
    assert personae("approve", "aaaa", "bbbb").stderr == "".join(f"approved: {item.title}\n" for item in items)
    assert [decision(record, item.id).verdict for item in items] == ["approved", "approved"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("chosen", "decided"),
    [
        (["--kind", "proposal"], ["aaaa1111", "bbbb1111"]),
        (["--kind", "SCHEDULE_JOB"], ["bbbb1111"]),
        (["--kind", "tool"], ["cccc1111"]),
        (["--from", "gtm-lead"], ["aaaa1111", "bbbb1111"]),
        (["--from", "gtm-lead", "--kind", "LAUNCH_TASK"], ["aaaa1111"]),
        ([], ["aaaa1111", "bbbb1111", "cccc1111"]),
    ],
)
def test_all_of_a_kind_or_from_somebody_are_rejected_with_one_command(
    record: Record, chosen: list[str], decided: list[str]
) -> None:
    proposed(record, "aaaa1111")
    proposed(record, "bbbb1111", kind="SCHEDULE_JOB", schedule="0 7 * * 2")
    asked(record, "cccc1111")
    personae("reject", "--all", *chosen, "--reason", "Not now.")
    made = {id: decision(record, id) for id in ("aaaa1111", "bbbb1111", "cccc1111")}
    assert [id for id, one in made.items() if one is not None] == decided
    assert {json.dumps(one.body) for one in made.values() if one is not None} == {'{"reason": "Not now."}'}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["approve"], "name items, or give --all"),
        (["approve", "aaaa1111", "--all"], "name items, or give --all"),
        (["approve", "aaaa1111", "--from", "gtm-lead"], "--kind and --from choose of --all"),
        (["approve", "--all", "--from", "nobody"], "nothing such waits for you"),
    ],
)
def test_a_choice_that_is_none_decides_nothing(record: Record, arguments: list[str], message: str) -> None:
    proposed(record, "aaaa1111")
    with pytest.raises(Exception, match=message):
        personae(*arguments)
    assert decision(record, "aaaa1111") is None


@pytest.mark.parametrize("command", [["approve"], ["reject"], ["edit-item", "--title", "x"]])
def test_what_is_over_its_time_is_refused_with_the_reason(record: Record, command: list[str]) -> None:
    proposed(record, "aaaa1111", expires_in_s=-1)
    with pytest.raises(Exception, match="aaaa1111 expired: nobody decided in time"):
        personae(*command, "aaaa1111")
    assert decision(record, "aaaa1111") is None


def test_one_that_is_refused_keeps_no_other_from_its_decision(record: Record) -> None:
    over, sound = proposed(record, "aaaa1111", expires_in_s=-1), proposed(record, "bbbb1111")
    gone = proposed(record, "cccc1111", to="sales")
    done = CliRunner().invoke(app, ["approve", "--all", "--kind", "proposal"])
    approved, expired, unknown = sorted(done.stderr.splitlines())
    assert approved == f"approved: {sound.title}"
    assert expired == "not approved: aaaa1111: aaaa1111 expired: nobody decided in time"
    assert unknown.startswith("not approved: cccc1111: unknown persona 'sales'. Known here: ")
    assert str(done.exception) == "2 of 3 not approved"
    assert [decision(record, item.id) is None for item in (over, sound, gone)] == [True, False, True]


def test_a_machine_reads_what_became_of_each(record: Record) -> None:
    sound = proposed(record, "aaaa1111")
    proposed(record, "bbbb1111", expires_in_s=-1)
    done = CliRunner().invoke(app, ["approve", "aaaa", "bbbb1111", "--json"])
    assert json.loads(done.stdout) == [
        {
            "id": "aaaa1111",
            "verdict": "approved",
            "title": sound.title,
            "run": "beat-aaaa1111",
            "resume": False,
            "error": "",
        },
        {
            "id": "bbbb1111",
            "verdict": "",
            "title": "",
            "run": "",
            "resume": False,
            "error": "bbbb1111 expired: nobody decided in time",
        },
    ]
    assert done.exit_code != 0
