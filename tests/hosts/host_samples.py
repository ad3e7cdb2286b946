"""Personas for the tests of the hosts (built-in, the corpus, made-up), and a file read back as its host would."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from personae.hosts.artifact import Artifact
from personae.hosts.compile import Compilation
from personae.hosts.imports.batch import Options, Source, import_all
from personae.hosts.outfit import Outfit, outfit
from personae.hosts.prove.permissions import allowed_by_rules
from personae.library.library import load_built_in
from personae.persona.dialects import HOSTS, ReadAgent, read_as
from personae.persona.model import EFFORTS, MODES, TIERS, VISIBILITIES, Budget, Persona

__all__ = ["CORPUS", "PERSONAS", "agent_files", "allowed_names", "built_in", "corpus", "read_back"]

CORPUS = Path(os.environ.get("PERSONAE_CORPUS", "/work/shared/corpus"))
"""Public persona files, not part of the repository: some have no licence that allows it."""

_AWKWARD = [
    *("a: b", "a #b", "- a", "[a]", "{a: b}", "*", "&a", "%a", "@a", "`a`", "---", "yes", "off", "1.0", "null", "~"),
    *(
        'say "x"',
        '"""',
        "it's",
        "back\\slash",
        "\\",
        "a\nb",
        "a\n\n  b",
        "tab\there",
        "nel\x85x",
        "ls\u2028x",
        "\ufeffx",
    ),
    *("日本語", "👩🏽‍🚀", "\x7fdel", "${NAME}", "$HOME", "`rm`", "$(rm)", "END_OF_TEXT", "<b>", "{{x}}", "'''"),
]
_TEXTS = st.sampled_from(_AWKWARD) | st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=40
)
_STANCES = st.lists(_TEXTS, min_size=1, max_size=4).map("\n".join).filter(str.strip)
_TOOLS = st.sampled_from(
    [
        *("list", "read", "glob", "grep", "write", "edit", "shell", "fetch", "web_search", "todo", "agent"),
        *("agent(scout)", "delegate", "team_status", "mcp__board", "nonsense"),
    ]
)
PERSONAS = st.builds(
    Persona,
    name=st.sampled_from(["scout", "plan", "explore", "a_b", "x"]),
    role=st.none() | _TEXTS.filter(str.strip).map(lambda text: " ".join(text.split())),
    description=st.none() | _TEXTS,
    system_prompt=_STANCES,
    model=st.none() | st.sampled_from(["claude-opus-5", "gpt-6-sol", "ollama/llama3.3:70b", "opus", "inherit"]),
    effort=st.none() | st.sampled_from(EFFORTS),
    tier=st.none() | st.sampled_from(TIERS),
    tools=st.none() | st.lists(_TOOLS, max_size=6, unique=True),
    modes=st.lists(st.sampled_from(MODES), min_size=1, max_size=4),
    triggers=st.lists(_TEXTS.filter(str.strip).map(lambda text: " ".join(text.split())).filter(bool), max_size=2),
    max_steps=st.sampled_from([20, 8, 100]),
    needs_temp_workspace=st.booleans(),
    visibility=st.sampled_from(VISIBILITIES),
    budget=st.sampled_from([Budget(), Budget(per_run_max_tokens=9)]),
    color=st.none() | st.sampled_from(["#3b82f6", "#FFF", "blue", "no"]),
)
"""Texts that some YAML, TOML or shell takes for something else, in every combination of limits."""


@cache
def built_in() -> dict[str, Outfit]:
    """Return the 16 personas of the package, ready for hosts."""
    return {persona.name: outfit(persona) for persona in load_built_in().personas}


@cache
def corpus() -> dict[str, list[Outfit]]:
    """Return the personas that the corpus makes, by collection; empty where there is no corpus."""
    found: dict[str, list[Outfit]] = {}
    for folder in sorted(path for path in CORPUS.glob("*") if path.is_dir()):
        files = sorted(path for path in folder.rglob("*") if path.suffix in (".md", ".toml", ".yaml"))
        sources = [Source(path=path.relative_to(folder), file=path.name, data=path.read_bytes()) for path in files]
        imported = import_all(sources, Options())
        found[folder.name] = [outfit(item.persona) for item in imported if item.persona is not None and not item.reason]
    return found


def agent_files(made: Compilation) -> Iterator[Artifact]:
    """Yield the files that the host reads as agents, without launchers, overlays and styles."""
    if made.host in HOSTS:
        folder = HOSTS[made.host].folders[0]
        yield from (item for item in made.artifacts if item.path.as_posix().startswith(f"{folder}/"))


def read_back(made: Compilation, artifact: Artifact) -> ReadAgent:
    """Return what our emulation of the host's loader makes of a file."""
    return read_as(artifact.text.encode(), file=artifact.path.as_posix(), host=made.host)


def allowed_names(made: Compilation, read: ReadAgent) -> tuple[str, ...] | None:
    """Return the tools that the host would give by the file that was read; None is all that there are."""
    assert read.agent is not None
    if made.host != "opencode":
        return read.agent.tools
    permission = read.agent.extra["permission"]
    assert isinstance(permission, Mapping)
    rules = [{"permission": "*", "pattern": "*", "action": "allow"}]
    for name, value in permission.items():
        patterns = value if isinstance(value, Mapping) else {"*": value}
        rules += [{"permission": name, "pattern": pattern, "action": str(word)} for pattern, word in patterns.items()]
    return allowed_by_rules(rules)
