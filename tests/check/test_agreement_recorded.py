"""Our emulation against what the real loaders were recorded to do; runs everywhere."""

from __future__ import annotations

import pytest
from agreement_data import differences, explained, probes, recorded
from host_oracles import HOSTS

from personae.persona.dialects import HOSTS as TABLES


@pytest.mark.parametrize("host", HOSTS)
def test_every_probe_has_a_recorded_verdict(host: str) -> None:
    assert set(recorded(host).verdicts) == set(probes(host))


@pytest.mark.parametrize("host", HOSTS)
def test_our_emulation_differs_from_the_record_only_where_that_is_explained(host: str) -> None:
    files = probes(host)
    found = differences(host, files, recorded(host).verdicts)
    assert found == [name for name in files if name in explained(host)]


@pytest.mark.parametrize("host", HOSTS)
def test_a_table_says_which_version_it_was_measured_with(host: str) -> None:
    assert TABLES[host].version == recorded(host).version
    assert TABLES[host].evidence == "measured"


@pytest.mark.parametrize("host", HOSTS)
def test_every_explanation_is_a_sentence(host: str) -> None:
    for because in explained(host).values():
        assert because.endswith(".")
        assert len(because) > 40
