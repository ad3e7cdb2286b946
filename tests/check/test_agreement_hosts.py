"""Our emulation against the real loaders where they are installed (scripts/install-hosts.sh), also on the corpus."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from agreement_data import corpus_files, differences, explained, probes, recorded
from host_oracles import HOSTS, ask, program, version

_EVERYTHING = bool(os.environ.get("PERSONAE_AGREEMENT_ALL"))
_OPENCODE_MOST = 60
"""OpenCode takes 0.1 s a file; all of them with PERSONAE_AGREEMENT_ALL=1."""


def _needs(host: str) -> None:
    if program(host) is None:
        pytest.skip(f"{host} is not installed here; scripts/install-hosts.sh DIR {host} does it")


def _some(host: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    if host != "opencode" or _EVERYTHING:
        return dict(files)
    step = max(len(files) // _OPENCODE_MOST, 1)
    return dict(list(files.items())[::step])


@pytest.mark.parametrize("host", HOSTS)
def test_the_installed_loader_agrees_with_us_on_every_probe(host: str, tmp_path: Path) -> None:
    _needs(host)
    files = _some(host, probes(host))
    found = differences(host, files, ask(host, files, tmp_path))
    assert found == [name for name in files if name in explained(host)], version(host)


@pytest.mark.parametrize("host", HOSTS)
def test_the_installed_loader_does_what_was_recorded(host: str, tmp_path: Path) -> None:
    _needs(host)
    record = recorded(host)
    if version(host) != record.version:
        pytest.skip(f"{host} {version(host)} is installed, {record.version} was recorded")
    files = dict(list(_some(host, probes(host)).items())[::2])
    theirs = ask(host, files, tmp_path)
    assert {name: theirs[name].loads for name in files} == {name: record.verdicts[name].loads for name in files}


@pytest.mark.parametrize("host", HOSTS)
def test_the_installed_loader_agrees_with_us_on_the_corpus(host: str, tmp_path: Path) -> None:
    _needs(host)
    files = _some(host, corpus_files(host))
    if not files:
        pytest.skip("there is no corpus here; PERSONAE_CORPUS names its folder")
    found = differences(host, files, ask(host, files, tmp_path))
    assert found == [name for name in files if name in explained(host)], version(host)
