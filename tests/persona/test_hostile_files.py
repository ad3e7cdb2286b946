"""Files that no editor writes on a good day: each gives diagnostics, at once, and never an exception."""

from __future__ import annotations

import pytest

from hang import a_hang_fails
from personae.persona.model import Home
from personae.persona.parse import Parsed, parse
from personae.persona.source import MAX_FILE_BYTES, MAX_FRONTMATTER_CHARACTERS

FILE = ".agents/gtm-lead/persona.md"
HEAD = "name: GTM Lead\nrole: Launch strategy\ntype: lead\n"
GOOD = f"---\n{HEAD}---\nYou are the GTM Lead.\n"


guarded = pytest.fixture(autouse=True)(a_hang_fails)


def read(data: bytes | str, *, home: Home = Home.AGENTS) -> Parsed:
    content = data.encode() if isinstance(data, str) else data
    return parse(content, file=FILE, home=home, slug="gtm-lead")


def only(parsed: Parsed) -> str:
    (item,) = parsed.diagnostics
    return f"{item.rule} {item}"


def with_keys(frontmatter: str) -> str:
    return f"---\n{HEAD}{frontmatter}---\nYou are the GTM Lead.\n"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-16", "UTF-16"), ("utf-16-be", "UTF-16"), ("utf-32", "UTF-32"), ("utf-32-be", "UTF-32")],
)
def test_another_encoding_is_named(encoding: str, name: str) -> None:
    mark = "" if encoding in ("utf-16", "utf-32") else "\ufeff"
    assert only(read((mark + GOOD).encode(encoding))) == (
        f"invalid-encoding Error: {FILE}:1:1\n"
        f"  the file is {name}, not UTF-8\n"
        "  Save the file as UTF-8 without a byte-order mark."
    )


def test_utf_16_without_a_mark_is_no_text() -> None:
    assert "there is a NUL byte: this is not a text file" in only(read(GOOD.encode("utf-16-le")))


def test_a_latin_1_byte_is_named_with_its_place() -> None:
    assert only(read(GOOD.replace("Launch", "Straßen").encode("latin-1"))) == (
        f"invalid-encoding Error: {FILE}:3:11\n"
        "  byte 0xdf is not UTF-8\n"
        "  Save the file as UTF-8 without a byte-order mark."
    )


def test_a_byte_cut_off_at_the_end_is_found() -> None:
    assert f"{FILE}:6:22\n  byte 0xf0 is not UTF-8" in only(read(GOOD.rstrip().encode() + "🎯".encode()[:2]))


def test_a_nul_byte_is_named_with_its_place() -> None:
    assert f"{FILE}:6:5\n  there is a NUL byte" in only(read(GOOD.replace("You are", "You \0are")))


def test_a_byte_order_mark_is_a_warning_and_the_persona_loads() -> None:
    parsed = read(b"\xef\xbb\xbf" + GOOD.encode())
    assert parsed.persona == read(GOOD).persona
    assert only(parsed) == (
        f"byte-order-mark Warning: {FILE}:1:1\n"
        "  the file begins with a byte-order mark, and other tools will not see its frontmatter\n"
        "  Save the file as UTF-8 without a byte-order mark."
    )


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_other_line_ends_make_the_same_persona(line_end: str) -> None:
    text = with_keys("description: |\n  One.\n  Two.\nbogus: 1\n")
    theirs, ours = read(text.replace("\n", line_end)), read(text)
    assert theirs.diagnostics == ours.diagnostics
    assert theirs.diagnostics[0].line == 8
    assert read(GOOD.replace("\n", line_end)).persona == read(GOOD).persona


def test_line_ends_may_be_mixed() -> None:
    assert read(GOOD.replace("\n", "\r\n", 2)).persona == read(GOOD).persona


def test_a_file_of_ten_megabytes_is_refused() -> None:
    data = GOOD.encode().ljust(10_000_000, b"x")
    assert only(read(data)) == (
        f"file-too-large Error: {FILE}:1:1\n"
        "  the file has 10,000,000 bytes, at most 1,048,576 are read\n"
        "  Move long material into a file the agent can read."
    )


def test_a_file_of_the_largest_size_is_read() -> None:
    data = GOOD.encode()
    parsed = read(data + b"x" * (MAX_FILE_BYTES - len(data)))
    assert parsed.persona is not None
    assert not parsed.diagnostics


def test_frontmatter_of_100_kilobytes_is_refused() -> None:
    assert only(read(with_keys(f"description: {'x' * 100_000}\n"))) == (
        f"frontmatter-too-large Error: {FILE}:1:1\n"
        "  the frontmatter has 100,062 characters, at most 65,536 are read\n"
        "  Long text belongs below the closing fence."
    )


def test_frontmatter_of_the_largest_size_is_read() -> None:
    room = MAX_FRONTMATTER_CHARACTERS - len(HEAD) - len("description: \n")
    parsed = read(with_keys(f"description: {'x' * room}\n"))
    assert parsed.persona is not None
    assert parsed.persona.description == "x" * room


def test_bytes_that_are_no_text_at_all() -> None:
    for data in (bytes(range(256)), b"\x89PNG\r\n\x1a\n", b"\xff" * 1000, b"---\n\xff\n---\n"):
        assert "invalid-encoding" in only(read(data))


DEEP = {
    "30,000 lists on one line": "skills: \n" + "- " * 30_000 + "x\n",
    "30,000 keys on one line": "? " * 30_000 + "x\n",
    "brackets": "skills: " + "[" * 30_000 + "\n",
    "braces": "budget: " + "{a: " * 15_000 + "\n",
    "brackets that are closed": "skills: " + "[" * 30_000 + "]" * 30_000 + "\n",
    "steps of indentation": "budget:\n" + "".join(f"{' ' * depth}a:\n" for depth in range(1, 330)),
}


@pytest.mark.parametrize("keys", DEEP.values(), ids=DEEP.keys())
def test_depth_without_end_is_refused_before_a_tree_is_made(keys: str) -> None:
    said = only(read(with_keys(keys)))
    assert said.startswith("yaml-too-deep")
    assert said.endswith("lists and maps are nested more than 32 deep\n  No field needs more than three.")


def test_depth_of_thirty_two_is_read() -> None:
    # The map of the file is the first level.
    assert "unknown-key" in only(read(with_keys("x: " + "[" * 31 + "]" * 31 + "\n")))
    assert "yaml-too-deep" in only(read(with_keys("x: " + "[" * 70 + "]" * 70 + "\n")))


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_line_breaks_that_only_yaml_1_1_knows_are_refused(character: str) -> None:
    # libyaml ends a line at them: unrefused they hide depth from the check, and shift all lines after them.
    said = only(read(with_keys(f"x:{character}" + "- " * 30_000 + "x\n")))
    assert f"{FILE}:5:3\n  invalid YAML: there is a line separator (U+{ord(character):04X})\n" in said
    assert said.endswith("  Replace it by a space or a line break.")


def test_such_line_breaks_may_stand_in_the_body() -> None:
    parsed = read(GOOD + "a\x85b\u2028c\u2029d")
    assert parsed.persona is not None
    assert parsed.persona.system_prompt == "You are the GTM Lead.\na\x85b\u2028c\u2029d"


@pytest.mark.parametrize("character", ["\x07", "\x1b", "\x7f", "\x9b", "\ufffe"])
def test_a_raw_control_character_in_the_frontmatter_is_found(character: str) -> None:
    assert only(read(with_keys(f"color: bl{character}ue\n"))) == (
        f"invalid-yaml Error: {FILE}:5:10\n"
        f"  invalid YAML: there is a control character (U+{ord(character):04X})\n"
        "  Remove it; only tabs and line breaks are allowed."
    )


def test_aliases_that_multiply_are_refused() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    parsed = read(with_keys(bomb))
    assert {item.rule for item in parsed.diagnostics} == {"yaml-anchor", "yaml-alias"}
    assert parsed.persona is None


@pytest.mark.parametrize(
    "keys",
    [
        "a: &x [*x]\n",
        '{"a":&x b, "c":*x}\n',
        "x: {?&x a : b}\n",
        "x: {a: [b,&x c,*x]}\n",
        "- &x\n",
        "? &x a\n: *x\n",
        "x:\t&x b\n",
    ],
)
def test_an_anchor_is_found_wherever_a_value_may_begin(keys: str) -> None:
    assert read(f"---\n{keys}---\nText.\n").diagnostics[0].rule == "yaml-anchor"


@pytest.mark.parametrize("keys", ["x: !a b\n", "x: !!int 5\n", "x: [!,a]\n", '{"x":!a b}\n', "x: ! a\n", "!a x: b\n"])
def test_a_tag_is_found_wherever_a_value_may_begin(keys: str) -> None:
    assert read(f"---\n{keys}---\nText.\n").diagnostics[0].rule == "yaml-tag"


MANY = {
    "fences that are none": "---\n" + "---x\n" * 200_000,
    "fences that are none, with text before": "---\na: b\n" + "--- x\n" * 160_000,
    "blank lines": with_keys("\n" * 60_000),
    "blank lines of spaces": with_keys((" " * 60 + "\n") * 1_000),
    "spaces": with_keys(" " * 60_000 + "\n"),
    "comments": with_keys("#\n" * 30_000),
    "unknown keys": with_keys("".join(f"key{number}: 1\n" for number in range(5_000))),
    "one key again and again": with_keys("name: b\n" * 7_000),
    "entries that are no names": with_keys(
        f"requires: [{','.join('/' * 15_000)}]\nskills: [{','.join('1' * 15_000)}]\n"
    ),
    "needs both hard and soft": with_keys(
        "".join(f"{key}: [{','.join(f'a{n}' for n in range(4_500))}]\n" for key in ("requires", "enhances"))
    ),
    "modes that are none": with_keys(f"modes: [{','.join(f'loo{number}' for number in range(7_000))}]\n"),
    "tools again and again": with_keys(f"tools: [{','.join('a' * 30_000)}]\n"),
    "beats without keys": with_keys(f"heartbeats: [{'{},' * 20_000}]\n"),
    "beats that never fire": with_keys(
        "heartbeats:\n" + "".join(f'- {{cron: "{n % 60} {n // 60} 31 2,4,6 */2", prompt: p}}\n' for n in range(1_300))
    ),
    "a cron expression of 50,000 terms": with_keys(f'heartbeats: [{{cron: "{"1," * 25_000}1 * * * *", prompt: p}}]\n'),
    "a step of 5,000 digits": with_keys(f'heartbeats: [{{cron: "*/{"9" * 5_000} * * * *", prompt: p}}]\n'),
    "a number of 60,000 digits": with_keys(f"order: {'9' * 60_000}\n"),
    "an amount of 60,000 digits": with_keys(f"budget: {{daily: {{maxCostUsd: 1.{'9' * 60_000}}}}}\n"),
    "a key of 60,000 characters": with_keys(f"? {'k' * 60_000}\n: 1\n"),
    "quotes that are never closed": with_keys('x: "' + "\\\n" * 30_000),
    "dashes and tabs": with_keys("skills:\n" + "-\t" * 30_000 + "x\n"),
    "a body of blank lines": f"---\n{HEAD}---\n" + " \n" * 500_000,
    "a body of blank lines and a word": f"---\n{HEAD}---\n" + " \n" * 500_000 + "x",
}


@pytest.mark.parametrize("text", MANY.values(), ids=MANY.keys())
def test_much_of_one_thing_is_no_hang(text: str) -> None:
    parsed = read(text)
    assert (parsed.persona is None) == any(item.severity == "error" for item in parsed.diagnostics)


def test_what_a_file_holds_cannot_command_a_terminal_or_fill_the_screen() -> None:
    text = with_keys(f'heartbeats: [{{cron: "\\e[2J\\nError: x\\r{"y" * 9_000}", prompt: p}}]\n')
    printed = str(read(text).diagnostics[0])
    assert [line[:71] for line in printed.split("\n")] == [
        f"Error: {FILE}:5:21",
        r'  heartbeats[0].cron: invalid cron expression "\x1b[2J\nError: x\ryyyyy',
        '  It has 4 fields, not 5. Use five fields, such as "0 9 * * 1" for Mond',
    ]
    assert len(printed) < 1_000
