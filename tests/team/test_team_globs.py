"""Whether two globs can meet, against a matcher of this file's own that knows nothing of automata."""

from __future__ import annotations

import itertools
import re
import time
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from personae.team.globs import parse_glob
from personae.team.overlap import Files, find_overlaps, shared_path

MEET = [
    ("src/*.py", "src/a*"),
    ("src/a", "src/a/**"),
    ("src/api/", "src/api/x.py"),
    ("src/api", "src/api/x.py"),
    ("./src/x", "src/x"),
    ("/src/x", "src//x"),
    ("src/./lib/../x", "src/x"),
    ("{a,b}.py", "a.py"),
    ("a/*/c", "a/b/*"),
    ("x.py", "**/x.py"),
    ("**/*.py", "src/**"),
    ("**", "anything/at/all"),
    (".", "anything"),
    ("src/**/test_*.py", "src/test_a.py"),
    ("src/**.py", "src/a/b.py"),
    ("a**b**c", "axb/yc"),
    ("src/[a-c]x", "src/[c-e]x"),
    ("src/[!a]", "src/b"),
    ("src/[^a]", "src/b"),
    ("src/?", "src/b"),
    ("{src/{a,b},lib}/x", "src/b/x"),
    ("v{1..3}/x", "v2/x"),
    ("v{01..10}/x", "v07/x"),
    ("{a}", "{a}"),
    ("{a}", "a"),
    ("src\\api\\x.py", "src/api/x.py"),
    ("src\\*.py", "src/a.py"),
    ("a\\*b", "a\\*b"),
    (".github/*", "*/workflow.yml"),
    ("[[:alpha:]]", "a"),
    ("[a", "[a"),
    ("cafe\u0301", "caf\u00e9"),
    ("日本/*", "日本/本.md"),
    ("*a*b*c*", "abc"),
    ("src/*/", "src/x/y/z"),
    ("a/**/b/**/c", "a/x/b/b/c"),
    ("src/pkg.foo", "src/pkg.foo/**"),
    ("**/pkg.foo", "src/pkg.foo/x"),
    ("conf.d", "**/*.py"),
    ("docs/v1.2", "**/*.md"),
]
MISS = [
    ("src/*", "src/sub/x.py"),
    ("src/*.py", "src/sub/x.py"),
    ("src/*.py", "src/*.ts"),
    ("src/a*", "src/b*"),
    ("src/api", "src/api2"),
    ("src/api/**", "src/apis/x"),
    ("{a,b}.py", "c.py"),
    ("v{1..3}/x", "v4/x"),
    ("[ab]", "[cd]"),
    ("[!a]", "a"),
    ("?", "ab"),
    ("a/*/c", "a/b/d"),
    ("**/x.py", "**/y.py"),
    ("a/**/b.c", "a/**/c.c"),
    ("src/x.py", "**/test_*.py"),
    ("Makefile", "**/*.py"),
    ("*.md", "docs/**"),
    ("a\\*b", "axb"),
    ("!src", "src"),
    ("Src/x", "src/x"),
]


@pytest.mark.parametrize(("one", "other"), MEET)
def test_globs_that_can_match_one_path_meet(one: str, other: str) -> None:
    assert shared_path(one, other) is not None
    assert shared_path(other, one) is not None


@pytest.mark.parametrize(("one", "other"), MISS)
def test_globs_that_can_match_no_common_path_do_not_meet(one: str, other: str) -> None:
    if one == "a\\*b":  # the reading as a Windows separator is a/*b, which axb is not
        assert shared_path(one, "a/xb") is not None
    assert shared_path(one, other) is None
    assert shared_path(other, one) is None


def test_the_example_is_a_path_that_both_match() -> None:
    assert shared_path("src/*.py", "src/a*") == "src/a.py"
    assert shared_path("a/*/c", "a/b/*") == "a/b/c"
    assert shared_path("**/*.py", "src/**") == "src/.py"


@pytest.mark.parametrize("text", ["{a,b}" * 20, "x" * 5000, "{1..999999999}", "a**b" * 30])
def test_a_glob_of_too_many_readings_is_read_as_everything(text: str) -> None:
    assert shared_path(text, "some/other/path") is not None
    assert "read as everything" in parse_glob(text).problem


@pytest.mark.parametrize("unit", ["*", "*a", "?", "{", "[", "**/", "**/a/", "*ab?", "{a", "[!a]", "**a", "a/../"])
def test_long_globs_are_decided_quickly(unit: str) -> None:
    text = (unit * 1024)[:1000]
    start = time.process_time()
    assert shared_path(text + "x", text + "x") is not None
    assert time.process_time() - start < 5


# The oracle: expand braces, translate to a regular expression, and try every short path.

ALPHABET = "ab"
NAMES = ["".join(letters) for length in (1, 2) for letters in itertools.product(ALPHABET, repeat=length)]
PATHS = ["/".join(names) for depth in (1, 2, 3) for names in itertools.product(NAMES, repeat=depth)]


@cache
def matched(glob: str) -> frozenset[str]:
    patterns = [re.compile(translate(text)) for text in braces(glob)]
    return frozenset(path for path in PATHS if any(pattern.fullmatch(path) for pattern in patterns))


def braces(glob: str) -> list[str]:
    found = re.search(r"\{([^{}]*)\}", glob)
    if found is None:
        return [glob]
    return [
        text for choice in found[1].split(",") for text in braces(glob[: found.start()] + choice + glob[found.end() :])
    ]


def translate(glob: str) -> str:
    folder = glob.endswith(("/", "/."))
    names = [name for name in glob.split("/") if name not in ("", ".")]
    names = [name for at, name in enumerate(names) if name != "**" or names[at - 1 : at] != ["**"]]
    if not names:
        return ".*"
    text = ""
    for at, name in enumerate(names):
        last = at == len(names) - 1
        if name == "**":
            text = text.removesuffix("/") + ("(?:/.*)?" if text else ".*") if last else text + "(?:[^/]+/)*"
        else:
            text += re.sub(r"\*|\?|\[.*?\]|.", lambda item: CHARACTERS.get(item[0], item[0]), name)
            text += "" if last else "/"
    literal = not re.search(r"[*?]|\[ab\]", names[-1])  # may be a folder; so may a[b], which is one name
    return text + ("(?:/.*)?" if literal or (folder and names[-1] != "**") else "")


CHARACTERS = {"*": "[^/]*", "?": "[^/]"}

names_with_wildcards = st.one_of(
    st.just("**"),
    st.text(alphabet="ab*?", min_size=1, max_size=3).filter(lambda text: "**" not in text),
    st.sampled_from(["[ab]", "a[b]", "[a]*", "{a,b}", "{a,b*}", "{aa,b}?", "{a/b,b}", "{a,**}", "."]),
)
globs = st.builds(
    lambda names, end: "/".join(names) + end,
    st.lists(names_with_wildcards, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
)


@settings(max_examples=600, deadline=None)
@given(globs, globs)
@example("a/**", "a")
@example("**/a", "a/**/a")
def test_no_common_path_is_missed_and_none_is_invented(one: str, other: str) -> None:
    common = matched(one) & matched(other)
    path = shared_path(one, other)
    if path is None:
        assert not common
    elif path in set(PATHS):
        assert path in common


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(globs, max_size=3), min_size=2, max_size=5))
def test_overlaps_of_many_plans_are_those_of_each_pair(touches: list[list[str]]) -> None:
    files = {str(number): Files(globs=tuple(globs)) for number, globs in enumerate(touches)}
    expected = {
        (one, other)
        for one, other in itertools.permutations(files, 2)
        if any(shared_path(mine, theirs) for mine in files[one].globs for theirs in files[other].globs)
    }
    assert {(one, other) for one, met in find_overlaps(files).items() for other in met} == expected


def test_a_changed_path_is_no_pattern() -> None:
    files = {"running": Files(paths=("src/[a].py",)), "a": Files(globs=("src/a.py",)), "b": Files(globs=("src/*",))}
    found = find_overlaps(files)
    assert found["b"] == {"running": "src/[a].py", "a": "src/a.py"}
    assert "running" not in found["a"]


def test_very_many_changed_paths_count_as_their_top_folders() -> None:
    files = {"running": Files(paths=tuple(f"src/{n}.py" for n in range(2000))), "a": Files(globs=("src/new.py",))}
    assert "running" in find_overlaps(files)["a"]
