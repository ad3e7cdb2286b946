"""Edits through our own writer: the value is as set, and every line that does not belong to it stays to the byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personae.errors import InvalidFileError, UsageError
from personae.persona.edit import remove_field, set_field
from personae.persona.model import Home
from personae.persona.parse import parse
from personae.persona.render import scalar

FILE = "personas/gtm-lead.md"

Parts: TypeAlias = list[tuple[str, str]]
"""Pieces of a file, each with the path of the field it belongs to; `(memory)` is the line that opens a map."""

FORMS: dict[str, list[Parts]] = {
    "effort": [
        [("effort", "effort: high\n")],
        [("effort", "effort:    high   # because\n")],
        [("effort", '"effort": "high"\n')],
        [("effort", "'effort' : 'high'  \n")],
        [("effort", "effort:\n  high\n")],
        [("effort", "effort: >-\n  high\n")],
        [("effort", "effort: |   # why\n\n  high\n"), ("", "\n# after\n")],
        [("effort", "effort:\n")],
        [("effort", "effort:  # to be said\n")],
        [],
    ],
    "description": [
        [("description", "description: Leads the launch.\n")],
        [("description", "description: Leads\n  the launch\n\n  and more.  # so\n")],
        [("description", 'description: "Leads: \\"the\\"\n  launch"\n')],
        [("description", "description: 'It''s # no comment'\n")],
        [("description", "description: |2-\n    indented\n  less\n"), ("", "\n\n")],
        [("description", "description: 日本語 🎯 é  # ключ\n")],
        [],
    ],
    "skills": [
        [("skills", "skills: [a, b]\n")],
        [("skills", "skills: [ a,   # first\n  'b',\n]  # done\n")],
        [("skills", "skills: []\n")],
        [
            ("(skills)", "skills:  # ours\n"),
            ("skills[0]", "  - a\n"),
            ("skills[1]", "  - 'b'  # second\n"),
            ("", "  # end\n"),
        ],
        [("(skills)", "skills:\n"), ("skills[0]", "- a\n"), ("", "# between\n"), ("skills[1]", "-   b\n"), ("", "\n")],
        [],
    ],
    "memory": [
        [("memory", "memory: {path: notes.md, maxLines: 5}\n")],
        [("memory", 'memory: {"path":notes.md,"maxLines":5,}\n')],
        [("memory", "memory: {\n  path: notes.md,  # here, always\n  maxLines: 5,  # few\n}\n")],
        [("memory", "memory: {path: notes.md  # a, b\n  }\n")],
        [("memory", "memory: {}\n")],
        [
            ("(memory)", "memory:  # notes\n"),
            ("memory.path", "  path: notes.md\n"),
            ("memory.maxLines", "  maxLines: 5\n"),
        ],
        [
            ("(memory)", "memory:\n"),
            ("", "      # deep\n"),
            ("memory.path", "      path: 'notes.md'\n"),
            ("", "\n  # x\n\n"),
        ],
        [
            ("(memory)", "memory:\n"),
            ("memory.maxLines", "   maxLines: 5\n"),
            ("memory.path", "   path: >-\n    notes.md\n\n"),
        ],
        [],
    ],
    "heartbeats": [
        [
            ("(heartbeats)", "heartbeats:\n"),
            ("heartbeats[0].cron", '  - cron: "0 9 * * 1"\n'),
            ("", "    # what to say\n"),
            ("heartbeats[0].prompt", "    prompt: |\n      One.\n\n      Two.\n"),
            ("", "\n"),
            ("heartbeats[1].prompt", "  -   prompt: Wrap up.\n"),
            ("heartbeats[1].cron", "      cron:   0 17 * * 5   # Fridays\n"),
        ],
        [
            ("(heartbeats)", "heartbeats:\n"),
            ("heartbeats[0]", '- {cron: "0 9 * * 1", prompt: Report.}  # Mondays\n'),
            ("heartbeats[1]", "- {prompt: Wrap up., cron: 0 17 * * 5,}\n"),
        ],
        [("heartbeats", 'heartbeats: [{cron: "0 9 * * 1", prompt: Report.}, {cron: 0 17 * * 5, prompt: Wrap up.}]\n')],
    ],
    "budget": [
        [("budget", "budget: {daily: {maxCostUsd: 10}}\n")],
        [("budget", "budget: {daily: {maxCostUsd: 10}, perRun: {maxTokens: 5, maxCostUsd: 1}}\n")],
        [
            ("(budget)", "budget:\n"),
            ("(budget.daily)", "  daily:\n"),
            ("budget.daily.maxCostUsd", "    maxCostUsd: 10\n"),
            ("", "  # runs\n"),
            ("(budget.perRun)", "  perRun:\n"),
            ("budget.perRun.maxTokens", "    maxTokens: 5\n"),
            ("budget.perRun.maxCostUsd", "    maxCostUsd: 1 # dollar\n"),
        ],
        [],
    ],
}
HEAD = "kind: persona\nname: gtm-lead\n"
COMMENTS = st.sampled_from(["", "\n", "# a: b\n", " # indented\n", "# 'quote\n\n"])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    ["a: b", "#", "- x", "it's", "no", "{", "]", "|"]
)
VALUES = {
    "effort": TEXTS,
    "description": TEXTS,
    "color": TEXTS,
    "skills": st.lists(TEXTS, max_size=3),
    "skills[0]": TEXTS,
    "skills[1]": TEXTS,
    "memory": TEXTS,
    "memory.path": TEXTS,
    "memory.maxLines": st.integers(),
    "heartbeats": st.just([]),
    "heartbeats[0]": st.builds(lambda text: {"cron": text, "prompt": text}, TEXTS),
    "heartbeats[0].cron": TEXTS,
    "heartbeats[0].prompt": TEXTS,
    "heartbeats[1].prompt": TEXTS,
    "heartbeats[1].enabled": st.booleans(),
    "budget.daily.maxCostUsd": st.integers(0, 99),
    "budget.perRun.maxTokens": st.integers(0, 99),
    "budget": st.just({"daily": {"maxCostUsd": 1}}),
}


@dataclass(frozen=True, slots=True)
class Given:
    parts: Parts
    line_end: str
    mark: bytes

    def encode(self, parts: Parts | None = None) -> bytes:
        return (
            "".join(text for _, text in (self.parts if parts is None else parts)).replace("\n", self.line_end).encode()
        )

    @property
    def data(self) -> bytes:
        return self.mark + self.encode()


@st.composite
def files(draw: st.DrawFn) -> Given:
    parts: Parts = [("", f"---\n{HEAD}")]
    for name in draw(st.permutations(list(FORMS))):
        parts += [*draw(st.sampled_from(FORMS[name])), ("", draw(COMMENTS))]
    parts.append(("", "---\n\nYou lead.\u2028\n---\neffort: body\n"))
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return Given(parts, draw(st.sampled_from(["\n", "\r\n", "\r"])), mark)


def keys_of(data: bytes) -> object:
    text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    return yaml.safe_load(text.split("---\n")[1])


def at(value: object, path: str) -> object:
    for step in path.replace("[", ".[").split("."):
        if step.startswith("["):
            value = dict(enumerate(value)).get(int(step[1:-1])) if isinstance(value, list) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def without(value: object, path: str) -> object:
    """`value` with None at `path`, and with None for the maps on the way that hold nothing else."""
    first, _, rest = path.replace("[", ".[").partition(".")
    if isinstance(value, list) and first.startswith("["):
        index = int(first[1:-1])
        return [
            without(item, rest) if here == index and rest else item
            for here, item in enumerate(value)
            if rest or here != index
        ]
    if isinstance(value, dict):
        others = {key: item for key, item in value.items() if key != first}
        inner = without(value.get(first), rest) if rest else None
        return {**others, first: inner} if inner else others
    return None


def flow(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    assert isinstance(value, (str, int, bool))
    return scalar(value)


def belongs(owner: str, path: str) -> bool:
    opener = owner.strip("()")
    if not owner:
        return False
    if owner != opener:  # the opening line of a map goes only with the whole map
        return opener == path
    return owner == path or owner.startswith((f"{path}.", f"{path}[")) or path.startswith((f"{owner}.", f"{owner}["))


def assert_the_rest_is_untouched(given_file: Given, path: str, result: bytes) -> None:
    touched = [index for index, (owner, _) in enumerate(given_file.parts) if belongs(owner, path)]
    if touched:
        assert result.startswith(given_file.mark + given_file.encode(given_file.parts[: touched[0]]))
        assert result.endswith(given_file.encode(given_file.parts[touched[-1] + 1 :]))
        return
    before = given_file.data
    common = next((i for i, (a, b) in enumerate(zip(before, result, strict=False)) if a != b), len(before))
    assert result.endswith(before[common:]), "a key that was absent is one more line, and nothing else"


def assert_it_leads_nowhere(error: UsageError, before: object, path: str) -> None:
    parent = at(before, path.rpartition("." if path[-1] != "]" else "[")[0])
    if "is no map" in error.message:
        assert isinstance(parent, str)
    else:
        assert parent is None or (isinstance(parent, list) and at(before, path) is None)
        assert "no entry" in error.message or "no such list" in error.message


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files(), st.data())
def test_a_field_is_set_and_nothing_else_is_touched(given_file: Given, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(VALUES)))
    value = data.draw(VALUES[path])
    before = keys_of(given_file.data)
    try:
        result = set_field(given_file.data, path, flow(value), file=FILE)
    except UsageError as error:
        assert_it_leads_nowhere(error, before, path)
        return
    after = keys_of(result)
    assert at(after, path) == value
    assert without(after, path) == without(before, path)
    assert_the_rest_is_untouched(given_file, path, result)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files(), st.sampled_from(sorted(VALUES)))
def test_a_field_is_removed_and_nothing_else_is_touched(given_file: Given, path: str) -> None:
    before = keys_of(given_file.data)
    try:
        result = remove_field(given_file.data, path, file=FILE)
    except UsageError as error:
        if "shares its line" not in error.message:
            assert_it_leads_nowhere(error, before, path)
        return
    assert isinstance(before, dict)
    if at(before, path) is None and path not in before:
        assert result == given_file.data
        return
    after = keys_of(result)
    assert at(after, path) is None
    assert without(after, path) == without(before, path)
    while at(after, path.rpartition(".")[0]) is None and "." in path:
        path = path.rpartition(".")[0]  # it was all that the map held
    assert len(result) < len(given_file.data)
    if path in [owner.strip("()") for owner, _ in given_file.parts]:
        assert_the_rest_is_untouched(given_file, path, result)


TEXT = """\
---
kind: persona   # as the gate wants it
name: reviewer

effort: "high"  # it matters
budget: {daily: {maxCostUsd: 10}}  # dollars
heartbeats:
  # the week
  - cron: '0 9 * * 1'
    prompt: |
      Report.

      Then stop.

  - {cron: 0 17 * * 5, prompt: Wrap up.}
---
You review.
"""


def changed(path: str, value: str, text: str = TEXT) -> str:
    """The lines that are gone and the lines that are new, as a person would see them."""
    result = set_field(text.encode(), path, value, file=FILE).decode()
    old, new = text.split("\n"), result.split("\n")
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return "\n".join([*(f"-{line}" for line in old), *(f"+{line}" for line in new)])


@pytest.mark.parametrize(
    ("path", "value", "difference"),
    [
        ("effort", "low", '-effort: "high"  # it matters\n+effort: low  # it matters'),
        ("tier", "T2", "+tier: T2"),
        (
            "budget.daily.maxCostUsd",
            "2.5",
            "-budget: {daily: {maxCostUsd: 10}}  # dollars\n+budget: {daily: {maxCostUsd: 2.5}}  # dollars",
        ),
        (
            "budget.perRun.maxTokens",
            "5",
            "-budget: {daily: {maxCostUsd: 10}}  # dollars\n"
            "+budget: {daily: {maxCostUsd: 10}, perRun: {maxTokens: 5}}  # dollars",
        ),
        ("memory.maxLines", "5", "+memory:\n+  maxLines: 5"),
        ("heartbeats[0].enabled", "false", "+    enabled: false"),
        ("heartbeats[0].cron", '"0 8 * * 1"', "-  - cron: '0 9 * * 1'\n+  - cron: \"0 8 * * 1\""),
        (
            "heartbeats[0].prompt",
            "Report.",
            "-    prompt: |\n-      Report.\n-\n-      Then stop.\n+    prompt: Report.",
        ),
        (
            "heartbeats[1].enabled",
            "false",
            "-  - {cron: 0 17 * * 5, prompt: Wrap up.}\n+  - {cron: 0 17 * * 5, prompt: Wrap up., enabled: false}",
        ),
    ],
)
def test_a_change_is_the_one_a_person_would_make(path: str, value: str, difference: str) -> None:
    assert changed(path, value) == difference
    parsed = parse(set_field(TEXT.encode(), path, value, file=FILE), file=FILE, home=Home.PERSONAS, slug="reviewer")
    assert parsed.diagnostics == ()


def test_a_key_in_braces_without_a_colon_gets_one() -> None:
    assert changed("memory.maxLines", "5", "---\nmemory: {path: x, maxLines}\n---\n") == (
        "-memory: {path: x, maxLines}\n+memory: {path: x, maxLines: 5}"
    )


def test_a_frontmatter_without_any_key_gets_its_first() -> None:
    assert set_field(b"---\r\n# none yet\r\n---\r\nText.", "budget.daily.maxCostUsd", "5", file=FILE) == (
        b"---\r\n# none yet\r\nbudget:\r\n  daily:\r\n    maxCostUsd: 5\r\n---\r\nText."
    )


def test_a_map_left_empty_goes_with_its_last_key() -> None:
    text = TEXT.replace("budget: {daily: {maxCostUsd: 10}}  # dollars\n", "budget:\n  daily:\n    maxCostUsd: 10\n")
    assert remove_field(text.encode(), "budget.daily.maxCostUsd", file=FILE).decode() == text.replace(
        "budget:\n  daily:\n    maxCostUsd: 10\n", ""
    )


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert remove_field(TEXT.encode(), "memory.maxLines", file=FILE) == TEXT.encode()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("", "x", "'' is not a field"),
        ("a..b", "x", "'a..b' is not a field"),
        ("heartbeats[x]", "x", "'heartbeats[x]' is not a field"),
        ("heartbeats[2].cron", "x", "heartbeats[2].cron: there is no entry 2, the list has 2"),
        ("skills[0]", "x", "skills[0]: there is no such list to change"),
        ("effort.level", "x", "effort.level: level would stand in something that is no map"),
        ("effort", "a: b", "effort cannot be changed without changing more"),
        ("effort", "low\nrole: x", "effort cannot be changed without changing more"),
        ("effort", "[", "effort cannot be changed without changing more"),
        ("effort", "", "effort cannot be changed without changing more"),
    ],
)
def test_what_cannot_be_set_is_told_why(path: str, value: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        set_field(TEXT.encode(), path, value, file=FILE)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text", ["---\n? effort\n: - a\n---\n", "---\n? effort # x: y\n: high\n---\n", "---\n? effort\n---\n"]
)
def test_a_key_with_a_question_mark_is_left_to_a_person(text: str) -> None:
    with pytest.raises(UsageError, match="effort: the key effort is written with a question mark") as caught:
        set_field(text.encode(), "effort", "low", file=FILE)
    assert caught.value.help == "Change it by hand: personae edit SLUG."


def test_a_key_among_others_on_its_line_is_not_removed() -> None:
    with pytest.raises(UsageError, match=r"heartbeats\[1\]\.cron shares its line with something else"):
        remove_field(TEXT.encode(), "heartbeats[1].cron", file=FILE)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"# Notes", "no-frontmatter"),
        (b"---\na: [b\n---\n", "invalid-yaml"),
        (b"---\n", "unclosed-frontmatter"),
        (b"\xff", "invalid-encoding"),
    ],
)
def test_a_file_that_cannot_be_read_is_not_changed(data: bytes, rule: str) -> None:
    with pytest.raises(InvalidFileError) as caught:
        set_field(data, "effort", "low", file=FILE)
    assert [item.rule for item in caught.value.diagnostics] == [rule]
    assert str(caught.value).startswith(f"Error: {FILE}:1:1\n" if rule != "invalid-yaml" else f"Error: {FILE}:2:4\n")
    assert caught.value.help == "Mend the file first: personae check."
