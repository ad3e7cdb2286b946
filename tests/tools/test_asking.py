"""A tool's question on the terminal: a yes is typed, anything else is a no, and without a terminal nobody is asked."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from personae.cli.asking import asker
from personae.tools.approve import Approve, Question

QUESTION = Question(who="scout", what="run a command without a sandbox", detail="ls")
pty = pytest.importorskip("pty")


async def answered(approve: Approve) -> bool:
    async with asyncio.timeout(5):
        return await approve(QUESTION)


def test_without_a_terminal_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert asker() is None


@pytest.mark.parametrize(
    ("typed", "answer"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("yeah\n", False)]
)
def test_only_a_clear_yes_is_one(
    typed: str, answer: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        ours, theirs = pty.openpty()
    except OSError:
        pytest.skip("this system has no terminal to give")
    with os.fdopen(theirs, "r") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        approve = asker()
        assert approve is not None
        os.write(ours, typed.encode())
        assert asyncio.run(answered(approve)) is answer
    os.close(ours)
    assert capsys.readouterr().err == (
        "\nscout wants to run a command without a sandbox:\n  │ ls\nAllow it once? [y/N] \n"
    )
