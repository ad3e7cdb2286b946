"""What an install would do to each file, from what is wanted, what is ours, and what is there."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personae.hosts.install.lock import Entry, Lock, digest
from personae.hosts.install.plan import NEEDS_YES, Found, Step, Wanted, diff_of, files_after, plan

PATH = ".claude/agents/a.md"


def lock_of(data: bytes) -> Lock:
    return Lock(files=MappingProxyType({PATH: Entry(hosts=("claude",), persona="a", sha256=digest(data))}))


def step(*, wanted: bytes | None, ours: bytes | None, there: bytes | None, pending: bytes | None = None) -> Step:
    want = {} if wanted is None else {PATH: Wanted(data=wanted, hosts=("claude",), persona="a")}
    lock = Lock() if ours is None else lock_of(ours)
    journal = {} if pending is None else {PATH: digest(pending)}
    (only,) = plan(want, lock, hosts=["claude"], look=lambda path: Found(data=there), pending=journal)
    return only


@pytest.mark.parametrize(
    ("wanted", "ours", "there", "state"),
    [
        (b"new", None, None, "new"),
        (b"new", b"old", None, "new"),
        (b"new", b"new", b"new", "same"),
        (b"new", None, b"new", "unlisted"),
        (b"new", b"old", b"new", "unlisted"),
        (b"new", b"old", b"old", "stale"),
        (b"new", b"old", b"by hand", "edited"),
        (b"new", None, b"of others", "foreign"),
        (None, b"old", b"old", "orphan"),
        (None, b"old", b"by hand", "edited-orphan"),
        (None, b"old", None, "gone"),
    ],
)
def test_a_file_is_judged_by_what_is_wanted_ours_and_there(
    wanted: bytes | None, ours: bytes | None, there: bytes | None, state: str
) -> None:
    assert step(wanted=wanted, ours=ours, there=there).state == state


def test_what_an_interrupted_install_wrote_is_ours() -> None:
    assert step(wanted=b"newer", ours=b"old", there=b"half way", pending=b"half way").state == "stale"
    assert step(wanted=None, ours=b"old", there=b"half way", pending=b"half way").state == "orphan"
    assert step(wanted=b"newer", ours=None, there=b"of others", pending=b"half way").state == "foreign"


BYTES = st.none() | st.sampled_from([b"a", b"b", b"c"])


@given(BYTES, BYTES, BYTES)
def test_bytes_that_nobody_listed_are_never_lost_without_a_yes(
    wanted: bytes | None, ours: bytes | None, there: bytes | None
) -> None:
    if wanted is None and ours is None:
        return
    found = step(wanted=wanted, ours=ours, there=there)
    loses = found.changes_disk and there is not None and there not in (ours, wanted)
    assert not loses or found.state in NEEDS_YES


def test_a_file_that_must_run_and_does_not_is_written_again() -> None:
    want = {PATH: Wanted(data=b"x", hosts=("claude",), persona="a", executable=True)}
    for executable, state in ((True, "same"), (False, "stale")):
        found = Found(data=b"x", executable=executable)
        (only,) = plan(want, lock_of(b"x"), hosts=["claude"], look=lambda path, found=found: found)  # type: ignore[misc]
        assert only.state == state


def test_a_file_that_another_host_reads_too_stays_and_only_the_lock_changes() -> None:
    lock = Lock(files=MappingProxyType({PATH: Entry(hosts=("claude", "grok"), persona="a", sha256=digest(b"x"))}))
    steps = plan({}, lock, hosts=["claude"], look=lambda path: Found(data=b"x"))
    assert [each.state for each in steps] == ["shared"]
    assert files_after(lock, steps, (), ["claude"])[PATH].hosts == ("grok",)


def test_files_of_hosts_that_are_not_meant_are_no_matter() -> None:
    assert plan({}, lock_of(b"x"), hosts=["codex"], look=lambda path: Found(data=b"x")) == ()


def test_the_lock_keeps_what_was_written_for_a_file_that_nobody_agreed_to_replace() -> None:
    edited = step(wanted=b"new", ours=b"old", there=b"by hand")
    assert files_after(lock_of(b"old"), [edited], (), ["claude"])[PATH].sha256 == digest(b"old")
    assert files_after(lock_of(b"old"), [edited], [PATH], ["claude"])[PATH].sha256 == digest(b"new")


def test_a_diff_is_unified_and_says_where_a_line_break_is_missing() -> None:
    assert diff_of(step(wanted=b"one\ntwo\n", ours=b"one\n", there=b"one\n2")) == (
        f"--- a/{PATH}\n+++ b/{PATH}\n@@ -1,2 +1,2 @@\n one\n-2\n\\ No newline at end of file\n+two\n"
    )
    assert diff_of(step(wanted=b"one\n", ours=None, there=None)).startswith("--- /dev/null\n")
    assert diff_of(step(wanted=b"one\n", ours=None, there=b"\xff")) == f"Binary file {PATH} differs\n"
