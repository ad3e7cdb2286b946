"""Where memories live, and that none leaves its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from personae.errors import StorageError
from personae.memory.place import index_path, memory_path
from personae.persona.model import Home, Memory, Persona, Source


def persona(*, home: Home | None = None, layer: str = "project", path: str = "memory.md") -> Persona:
    source = None if home is None else Source(file="x", home=home, layer=layer)  # type: ignore[arg-type]
    return Persona(name="scout", system_prompt="You scout.", memory=Memory(path=path), source=source)


def test_a_persona_in_agents_keeps_its_memory_beside_its_file(tmp_path: Path) -> None:
    assert memory_path(persona(home=Home.AGENTS), tmp_path) == tmp_path.resolve() / ".agents/scout/memory.md"


@pytest.mark.parametrize(
    ("home", "layer"), [(Home.PERSONAS, "project"), (Home.PERSONAS, "built-in"), (Home.AGENTS, "user"), (None, "")]
)
def test_every_other_persona_keeps_it_in_the_state_of_the_project(
    tmp_path: Path, home: Home | None, layer: str
) -> None:
    path = memory_path(persona(home=home, layer=layer, path="notes/log.md"), tmp_path)
    assert path == tmp_path.resolve() / ".personae/memory/scout/notes/log.md"


def test_the_brain_has_a_memory_that_no_persona_can_share(tmp_path: Path) -> None:
    assert memory_path(None, tmp_path) == tmp_path.resolve() / ".personae/memory/brain/memory.md"
    assert index_path(None, tmp_path) == tmp_path.resolve() / ".personae/memory/.brain.index"


def test_a_link_inside_the_folder_may_be_followed(tmp_path: Path) -> None:
    folder = tmp_path / ".agents/scout"
    folder.mkdir(parents=True)
    (folder / "old.md").write_text("- kept\n")
    (folder / "memory.md").symlink_to("old.md")
    assert memory_path(persona(home=Home.AGENTS), tmp_path) == (folder / "old.md").resolve()


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ".agents/scout"
    folder.mkdir(parents=True)
    (folder / "memory.md").symlink_to(tmp_path / "elsewhere.md")
    with pytest.raises(StorageError) as caught:
        memory_path(persona(home=Home.AGENTS), tmp_path)
    assert str(caught.value) == ("cannot keep memory in .agents/scout/memory.md: it leaves the persona's own folder")
    assert (
        caught.value.help == "Name a file of its own below the folder in memory.path, and let no link lead out of it."
    )


def test_a_link_on_the_way_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".agents/scout").mkdir(parents=True)
    (tmp_path / ".agents/scout/notes").symlink_to(tmp_path)
    with pytest.raises(StorageError, match="it leaves the persona's own folder"):
        memory_path(persona(home=Home.AGENTS, path="notes/memory.md"), tmp_path)


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".agents/other").mkdir(parents=True)
    (tmp_path / ".agents/scout").symlink_to("other")
    with pytest.raises(StorageError, match=r"\.agents/scout/memory\.md: its folder is a link to another"):
        memory_path(persona(home=Home.AGENTS), tmp_path)


def test_the_personas_own_file_is_no_memory(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="that is the persona's own file"):
        memory_path(persona(home=Home.AGENTS, path="Persona.md"), tmp_path)


def test_a_project_that_is_reached_by_a_link_is_fine(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    path = memory_path(persona(home=Home.AGENTS), tmp_path / "link")
    assert path == tmp_path.resolve() / "real/.agents/scout/memory.md"
