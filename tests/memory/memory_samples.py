"""Drafts and a memory to try things on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from personae.memory.book import Book, parse_book
from personae.memory.entry import REFLECTION, Draft

NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)


def draft(text: str, *, days_ago: float = 0, run: str | None = "r-1", importance: int = 3, replaces: str = "") -> Draft:
    date = NOW - timedelta(days=days_ago)
    return Draft(text=text, date=date, source=REFLECTION, run=run, importance=importance, replaces=replaces or None)


def book(text: str) -> Book:
    return parse_book(text.encode(), path=Path("memory.md"))
