"""The sentences of the error tree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personae import errors
from personae.errors import (
    Diagnostic,
    DuplicateNameError,
    InvalidFileError,
    PersonaeError,
    PromptTooLargeError,
    StorageError,
    UnknownNameError,
    close_matches,
)


def test_a_diagnostic_is_two_or_three_lines() -> None:
    item = Diagnostic(rule="x-y", message="it is wrong", file="a.md", line=3, column=5, field="role", help="Mend it.")
    assert str(item) == "Error: a.md:3:5\n  role: it is wrong\n  Mend it."
    assert (
        str(Diagnostic(rule="x-y", message="it is odd", file="a.md", severity="note")) == "Note: a.md:1:1\n  it is odd"
    )


@settings(deadline=None)
@given(st.text(), st.text(), st.text(), st.text())
def test_a_diagnostic_keeps_its_lines_whatever_it_quotes(message: str, file: str, field: str, help: str) -> None:
    printed = str(Diagnostic(rule="x-y", message=message, file=file, field=field, help=help))
    assert len(printed.split("\n")) == 2 + bool(help)
    assert all(line.isprintable() for line in printed.split("\n"))
    assert len(printed) < 20_000
    printed.encode()


def test_an_unknown_name_comes_with_what_was_meant() -> None:
    error = UnknownNameError("persona", "reviwer", ["writer", "reviewer", "coder"])
    assert (str(error), error.help) == ("unknown persona 'reviwer'", "Did you mean 'reviewer'?")
    assert error.matches == ("reviewer",)
    assert error.known == ("coder", "reviewer", "writer")


def test_an_unknown_name_without_a_match_comes_with_all_names() -> None:
    assert UnknownNameError("persona", "zzz", ["writer", "coder"]).help == "Known here: coder, writer."
    assert UnknownNameError("persona", "zzz", []).help == "There is no persona here yet."


def test_two_or_three_matches_read_as_a_sentence() -> None:
    assert UnknownNameError("mode", "loo", ["loop", "look"]).help == "Did you mean 'loop' or 'look'?"
    assert UnknownNameError("x", "abc", ["abcd", "abce", "abcf"]).help.endswith("or 'abcd'?")


def test_case_and_separators_do_not_count_in_a_match() -> None:
    assert close_matches("can_dispatch", ["canDispatch", "visibility"]) == ("canDispatch",)


def test_a_name_in_two_places_names_both() -> None:
    error = DuplicateNameError("persona", "reviewer", "personas/reviewer.md", ".agents/reviewer/persona.md")
    assert str(error) == ("two personas are called 'reviewer': personas/reviewer.md and .agents/reviewer/persona.md")
    assert error.help == "Rename one of them: personae rename reviewer NEW-NAME."


def test_an_invalid_file_tells_all_its_diagnostics() -> None:
    items = [Diagnostic(rule="a-b", message=text, file="a.md") for text in ("one", "two")]
    error = InvalidFileError(items)
    assert str(error) == "Error: a.md:1:1\n  one\nError: a.md:1:1\n  two"
    assert error.diagnostics == tuple(items)


def test_sentences_hold_their_parts() -> None:
    assert str(StorageError("read", "a.md", "permission denied")) == "cannot read a.md: permission denied"
    assert (
        str(PromptTooLargeError("tiny", tokens=12345, limit=2048))
        == "the request has 12,345 tokens and tiny takes 2,048"
    )


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name.endswith("Error")])
def test_every_error_is_of_the_tree_and_drawn_in_it(name: str) -> None:
    assert issubclass(getattr(errors, name), PersonaeError)
    assert f"{name} " in f"{errors.__doc__} ".replace("\n", " ")
