"""Codex: a role where nothing limits the persona; else a launcher, since a role runs under its parent's settings.

What a role says of sandbox and approvals has no effect since CLI 0.149 (openai/codex 39299, 40130, 45482).
"""

from __future__ import annotations

from collections.abc import Mapping

from personae.hosts.draft import Draft
from personae.hosts.fields import effort, model, note_launched, note_modes, note_rest, text_of
from personae.hosts.outfit import Grant
from personae.hosts.texts import as_script, as_toml
from personae.hosts.words import WORDS, bare, reach

__all__ = ["compile_codex"]

_LAUNCHERS = (".codex/personae", "~/.codex/personae")

_READS = frozenset(["list", "glob", "read", "grep"])
_SANDBOXES: Mapping[str, frozenset[str]] = {
    "workspace-write": _READS | {"write", "edit", "shell"},
    "read-only": _READS,
}
"""What an agent can do in each sandbox, the wider first: it works by commands, which have no network in either."""


def compile_codex(draft: Draft) -> None:
    """Write a role or a launcher."""
    outfit = draft.outfit
    if not outfit.declares("sub-agent"):
        note_modes(draft, [])
        return
    note_modes(draft, ["sub-agent"])
    grant = draft.grant("sub-agent")
    limited = grant.limited and not draft.allows("tools")
    alone = outfit.persona.needs_temp_workspace and not draft.allows("needsTempWorkspace")
    if limited or alone:
        _launcher(draft, grant)
    else:
        _role(draft, grant)


def _role(draft: Draft, grant: Grant) -> None:
    outfit = draft.outfit
    if grant.limited:
        draft.note("tools", "widened", "a role has what its parent has, whatever its file says")
    else:
        draft.note("tools", "exact", "nobody limits them, and a role has what its parent has")
    keys = {"name": draft.name, "description": outfit.description}
    options = (("model", model(draft)), ("model_reasoning_effort", effort(draft)))
    keys |= {name: word for name, word in options if word}
    keys["developer_instructions"] = text_of(draft)
    note_rest(draft)
    draft.add(draft.place(f"{draft.name}.toml"), as_toml(keys, comments=draft.comments))


def _launcher(draft: Draft, grant: Grant) -> None:
    """A script that runs the persona as a session of its own, without what settings and rules would add to it."""
    outfit = draft.outfit
    searches = "web_search" in grant.words or not grant.limited
    settings = {
        "sandbox_mode": _sandbox(draft, grant),
        "sandbox_workspace_write.network_access": "false",
        "approval_policy": "never",
        "web_search": "live" if searches else "disabled",
        "model": model(draft),
        "model_reasoning_effort": effort(draft),
    }
    command = ["codex", "exec", "--ignore-user-config", "--ignore-rules"]
    folder = outfit.persona.needs_temp_workspace
    if folder:
        draft.note("needsTempWorkspace", "exact", "the launcher makes an empty folder and deletes it")
        command.append("--skip-git-repo-check")
    command += [word for name, value in settings.items() if value for word in ("-c", f"{name}={value}")]
    command += ["-c", "$instructions"]
    instructions = as_toml({"developer_instructions": text_of(draft)}).rstrip("\n").replace(" = ", "=", 1)
    note_launched(draft)
    note_rest(draft, held=("needsTempWorkspace",))
    text = as_script(command, {"instructions": instructions}, comments=draft.comments, in_new_folder=folder)
    draft.add(draft.place(f"{draft.name}.sh", folders=_LAUNCHERS), text, executable=True)


def _sandbox(draft: Draft, grant: Grant) -> str:
    """Return the widest sandbox in which the persona can do no more than it may, and note what that costs."""
    if not grant.limited:
        draft.note("tools", "narrowed", "nobody limits them; commands run in a sandbox without network")
        return "workspace-write"
    reached = reach(grant.words)
    for sandbox, does in _SANDBOXES.items():
        if does <= reached:
            lost = [word for word in grant.words if bare(word) not in does and bare(word) != "web_search"]
            if lost:
                draft.note("tools", "narrowed", f"sandbox_mode {sandbox}; left out: {', '.join(lost)}")
            else:
                draft.note("tools", "exact", f"sandbox_mode {sandbox}: commands can do no more than it may")
            return sandbox
    more = [word for word in WORDS if word in _READS - reached]
    draft.note("tools", "widened", f"even sandbox_mode read-only can {', '.join(more)} all files, and it may not")
    return "read-only"
