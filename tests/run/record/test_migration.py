"""An older record is brought up to date when it is opened, and keeps what it holds; on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from record_samples import Place, place

from personae.errors import StorageError
from personae.run.record import journal, schema
from personae.run.record.database import Transaction
from personae.run.record.journal import Entry

__all__ = ["place"]

pytest_plugins = ["postgres_fixtures"]
KEYS = ["step/1", "step/10", "step/1/tool.0", "step-2/1", "Step/1", "stepü/1", "step"]


def as_of(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_VERSIONS", schema._VERSIONS[:version])
    monkeypatch.setattr(schema, "VERSION", version)


def write(transaction: Transaction) -> None:
    for key in KEYS:
        journal.add(transaction, Entry(run="run-1", key=key, kind="note", body={"of": key}, at=1.0))


def version_of(transaction: Transaction) -> object:
    return transaction.execute("SELECT version FROM personae_schema")


def beneath(place: Place, prefix: str) -> list[str]:
    database = place.open()
    found = database.run(lambda transaction: journal.entries(transaction, "run-1", beneath=prefix))
    database.close()
    return [entry.key for entry in found]


@pytest.mark.parametrize("version", range(1, schema.VERSION + 1))
def test_a_record_of_any_version_is_brought_up_to_date_with_all_it_holds(
    place: Place, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        as_of(version, before)
        old = place.open()
        old.run(write)
        old.close()
    new = place.open()
    assert new.run(version_of) == [(schema.VERSION,)]
    assert [entry.key for entry in new.run(lambda transaction: journal.entries(transaction, "run-1"))] == KEYS
    new.close()
    assert beneath(place, "step/") == ["step/1", "step/10", "step/1/tool.0"]
    assert beneath(place, "step/1") == ["step/1", "step/10", "step/1/tool.0"]
    assert beneath(place, "stepü") == ["stepü/1"]
    assert beneath(place, "none/") == []


def test_who_has_not_been_updated_is_told_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = schema.VERSION
    place.open().close()
    as_of(newest - 1, monkeypatch)
    with pytest.raises(StorageError, match=f"it has version {newest}, and this personae knows {newest - 1}") as caught:
        place.open()
    assert caught.value.help == "Update personae."
