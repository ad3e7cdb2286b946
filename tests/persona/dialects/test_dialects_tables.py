"""The tables themselves: dated, without doubles, and sound enough for `compile` to write by them."""

from __future__ import annotations

import re
from datetime import date

import pytest

from personae.persona.dialects import HOSTS, HostTable

_TABLES = pytest.mark.parametrize("table", HOSTS.values(), ids=HOSTS)
_CAPABILITIES = {"read", "find", "search", "edit", "shell", "fetch", "web", "delegate", "todo"}


@_TABLES
def test_a_table_says_which_version_when_and_from_where(table: HostTable) -> None:
    assert table.version
    assert date(2026, 1, 1) <= table.verified <= date(2026, 11, 20)
    assert table.source
    assert table.fault_says
    assert not table.fault_says.endswith(".")


@_TABLES
def test_no_key_stands_twice(table: HostTable) -> None:
    names = [key.name for key in table.keys]
    assert len(names) == len(set(names))


@_TABLES
def test_the_keys_that_the_table_names_are_keys(table: HostTable) -> None:
    names = {key.name for key in table.keys}
    for key in (table.denied_key, table.effort_key):
        assert not key or key in names
    assert {key.name for key in table.keys if key.kind in ("word", "color") and not key.values} == set()
    for known in table.keys:
        re.compile(known.pattern)
        assert bool(known.pattern) == bool(known.pattern_says)


@_TABLES
def test_what_a_capability_maps_to_is_a_tool_of_the_host(table: HostTable) -> None:
    assert set(table.tools.by_capability) <= _CAPABILITIES
    for names in table.tools.by_capability.values():
        assert names
        for name in names:
            assert not table.tools.known or name in table.tools.known


@_TABLES
def test_efforts_are_words_of_ours(table: HostTable) -> None:
    assert set(table.efforts) <= {"low", "medium", "high", "xhigh", "max"}


@_TABLES
def test_a_table_says_what_silence_means(table: HostTable) -> None:
    assert table.unset
