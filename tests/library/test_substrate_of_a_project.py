"""What `requires` may name: what ships, and the scripts and names of the project's `[substrate]`."""

from __future__ import annotations

from pathlib import Path

from personae.library.project import Project
from personae.library.substrate import SHIPPED, declared_substrate
from personae.library.substrate_store import read_substrate


def test_the_built_in_tools_and_the_team_answers_are_always_there() -> None:
    assert {"read", "shell", "delegate", "team_status", "team_graph"} < SHIPPED
    assert len(SHIPPED) == 15


def test_names_and_scripts_of_the_project_join_them(tmp_path: Path) -> None:
    scripts = tmp_path / "scripts"
    (scripts / "deep.sh").mkdir(parents=True)
    for name in ("deploy.sh", "report.py", "plain", "notes.md", ".hidden.py"):
        (scripts / name).touch()
    project = Project(root=tmp_path, substrate_names=("redis",), substrate_paths=("scripts",))
    assert read_substrate(project).names - SHIPPED == {"redis", "deploy", "report", "plain"}
    assert declared_substrate(project) - SHIPPED == {"redis"}


def test_a_folder_or_script_outside_the_project_gives_no_names(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "scripts").mkdir(parents=True)
    (tmp_path / "outside.sh").touch()
    (root / "scripts" / "linked.sh").symlink_to(tmp_path / "outside.sh")
    found = read_substrate(Project(root=root, substrate_paths=("scripts", "..", "none"), file="personae.toml"))
    assert found.names == SHIPPED
    assert [(item.field, item.message) for item in found.diagnostics] == [
        ("substrate.paths[1]", "'..' is not inside the project"),
        ("substrate.paths[2]", "there is no folder 'none'"),
    ]
