"""Capabilities: reasons, providers, versions, the way out; and what the project file and installed packages declare."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personae.library.capabilities import Capability, CapabilityOffer, resolve_capabilities
from personae.library.offers_store import read_capabilities
from personae.library.project import Project, parse_project
from personae.library.versions import is_range, satisfies


def offer(*capabilities: Capability) -> CapabilityOffer:
    names = {capability.name for capability in capabilities}
    return CapabilityOffer(providers={name: [item for item in capabilities if item.name == name] for name in names})


def board(**changes: object) -> Capability:
    return Capability(**{"name": "board-sync", "provider": "github-projects", **changes})  # type: ignore[arg-type]


def reasons(given: CapabilityOffer, *names: str) -> list[tuple[str, str, str]]:
    return [(item.reason, item.because, item.help) for item in resolve_capabilities(names, given)]


def test_each_reason_has_its_sentence_and_its_way_out() -> None:
    install = "pip install github-projects"
    assert reasons(offer(board(version="1.4")), "board-sync") == [("available", "github-projects 1.4 provides it", "")]
    assert reasons(offer(), "board-sync") == [("no-provider", "nobody here provides it", "")]
    assert reasons(offer(board(installed=False, install=install)), "board-sync") == [
        ("provider-not-installed", "github-projects provides it and is not installed", install)
    ]
    assert reasons(offer(board(version="2.0", wanted=">=1.4,<2", install=install)), "board-sync") == [
        ("version-mismatch", "github-projects is 2.0, and >=1.4,<2 is wanted", install)
    ]
    assert reasons(offer(board(wanted=">=1.4")), "board-sync") == [
        ("version-mismatch", "github-projects is of unknown version, and >=1.4 is wanted", "")
    ]
    assert reasons(offer(board(version="1", wanted="about 1")), "board-sync")[0][2] == (
        "'about 1' is no range; write such as >=1.4,<2"
    )
    assert reasons(offer(board(version="1", fault="ImportError while loading x:y")), "board-sync") == [
        (
            "provider-not-installed",
            "github-projects 1 provides it and cannot be used: ImportError while loading x:y",
            "",
        )
    ]


def test_a_providers_name_in_the_place_of_a_capability_is_pointed_out() -> None:
    assert reasons(offer(board()), "github-projects") == [
        (
            "no-provider",
            "nobody here provides it",
            "github-projects is a provider, not a capability; it provides board-sync: write that.",
        )
    ]
    assert reasons(offer(board()), "bord-sync")[0][2] == "Did you mean 'board-sync'?"


def test_of_several_providers_the_installed_and_fitting_one_wins_whatever_their_order() -> None:
    capabilities = [
        board(provider="c", version="1.5", wanted=">=1"),
        board(provider="b", version="0.5", wanted=">=1"),
        board(provider="a", installed=False),
    ]
    for given_order in (capabilities, capabilities[::-1]):
        assert [item.provider for item in resolve_capabilities(["board-sync"], offer(*given_order))] == ["c"]


def project(text: str) -> Project:
    found, wrong = parse_project(text.encode(), root=Path("x"), file="personae.toml")
    assert found is not None, [str(item) for item in wrong]
    return found


def test_the_project_file_declares_packages_commands_servers_and_its_own(tmp_path: Path) -> None:
    at = project(
        '[capabilities.own]\ntools = ["a"]\n'
        '[capabilities.parsing]\npackage = "PyYAML"\nversion = ">=6,<7"\n'
        '[capabilities.gone]\npackage = "no-such-package-here"\n'
        '[capabilities.shell]\ncommand = "no-such-command-here"\ninstall = "apt install it"\n'
        '[capabilities.served]\nserver = "github"\n'
        '[capabilities.unserved]\nserver = "gitlab"\n'
        '[mcp.github]\ncommand = ["gh", "mcp"]\n'
    )
    names = ("own", "parsing", "gone", "shell", "served", "unserved")
    found = resolve_capabilities(names, read_capabilities(at, names))
    assert {item.name: (item.reason, item.help) for item in found} == {
        "own": ("available", ""),
        "parsing": ("available", ""),
        "gone": ("provider-not-installed", "pip install 'no-such-package-here'"),
        "shell": ("provider-not-installed", "apt install it"),
        "served": ("available", ""),
        "unserved": ("provider-not-installed", "add [mcp.gitlab] to personae.toml"),
    }
    assert found[0].tools == ("a",)


def test_a_misspelled_key_of_a_capability_is_an_error() -> None:
    found, wrong = parse_project(b"[capabilities.x]\ntool = []\n", root=Path("x"), file="personae.toml")
    assert found is None
    assert [str(item) for item in wrong] == [
        "Error: personae.toml:2:1\n  capabilities.x.tool: unknown key 'tool'\n  Did you mean tools?"
    ]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package with three entry points, of which two are broken."""
    (tmp_path / "their_board.py").write_text('BOARD = {"tools": ["board_read"]}\nWRONG = {"tools": "board_read"}\n')
    (tmp_path / "their_fault.py").write_text("raise SystemError('no')\n")
    info = tmp_path / "their_board-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-board\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text(
        "[personae.capabilities]\nboard-sync = their_board:BOARD\nwrong = their_board:WRONG\nfault = their_fault:X\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in ("their_board", "their_fault"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("package")
def test_an_installed_package_declares_by_entry_point_and_one_bad_one_never_hides_the_others() -> None:
    names = ("fault", "wrong", "board-sync")
    found = resolve_capabilities(names, read_capabilities(project(""), names))
    assert [(item.reason, item.because) for item in found] == [
        (
            "provider-not-installed",
            "their-board 1.5 provides it and cannot be used: SystemError while loading their_fault:X",
        ),
        (
            "provider-not-installed",
            "their-board 1.5 provides it and cannot be used: their_board:WRONG is not a map with a list of tools",
        ),
        ("available", "their-board 1.5 provides it"),
    ]
    assert found[2].tools == ("board_read",)


@pytest.mark.usefixtures("package")
def test_a_package_is_loaded_only_for_what_the_persona_asks_for() -> None:
    read_capabilities(project(""), ("something-else",))
    assert "their_board" not in sys.modules


@pytest.mark.usefixtures("package")
def test_the_project_may_narrow_the_versions_of_an_installed_package() -> None:
    at = project('[capabilities.board-sync]\npackage = "their-board"\nversion = ">=2"\n')
    (found,) = resolve_capabilities(["board-sync"], read_capabilities(at, ["board-sync"]))
    assert (found.reason, found.help) == ("version-mismatch", "pip install 'their-board>=2'")


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        *(
            ("1.4", wanted, True)
            for wanted in (">=1.4,<2", "==1.4.0", "1.4", "~=1.2", "!=1.5", "==1.*", "^1.2", "<=1.4", ">=1.4.dev")
        ),
        *(("2.0rc1", wanted, True) for wanted in ("<2", ">=2.0a1", "!=2")),
        *(("1.4", wanted, False) for wanted in (">1.4", "<1.4", "~=1.4.1", "==2.*", "!=1.*", "^0.1", "")),
        ("0.3", "^0.2", False),
        ("0.2.9", "^0.2", True),
        ("1.2.9", "~=1.2.3", True),
        ("1.3.0", "~=1.2.3", False),
        ("v1.4+local", ">=1.4", True),
        ("1.4.1", "~=1.4rc1", True),
        ("1.5", "~=1.4.0rc1", False),
        ("1" * 5000, ">=0", False),
        ("unknown", ">=0", False),
    ],
)
def test_versions_and_ranges(version: str, wanted: str, fits: bool) -> None:
    assert satisfies(version, wanted) is fits


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_makes_a_range_raise(version: str, wanted: str) -> None:
    satisfies(version, wanted)
    is_range(wanted)
