"""What an installation writes beside the personas: for Claude Code `/wear`, `/release` and recall at session start.

Its own files are artifacts like any other. The hook stands in a file that belongs to the user, so it is not one: it is
merged into what stands there, and taken out again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

from personae.errors import UsageError
from personae.hosts.artifact import Artifact
from personae.hosts.draft import STAMP, Scope
from personae.hosts.texts import Data, as_markdown

__all__ = ["companions", "hook_file", "with_hook", "without_hook"]

_COMMENT = f"{STAMP} for all personas of this project: personae install writes it, uninstall removes it."
_SCRIPT = PurePosixPath(".claude/hooks/personae.sh")
_SETTINGS = PurePosixPath(".claude/settings.json")
_COMMANDS: Mapping[Scope, str] = {
    "project": f'"$CLAUDE_PROJECT_DIR"/{_SCRIPT} recall',
    "user": f'"$HOME"/{_SCRIPT} recall',
}
_RUN: Mapping[Scope, str] = {"project": str(_SCRIPT), "user": f"~/{_SCRIPT}"}

# The name that is worn lies beside the rest of our state; nothing but a slug gets to the command line.
_TEXT = f"""#!/bin/sh
# {_COMMENT}
# Usage: personae.sh wear NAME | release | recall
set -eu
worn=.personae/worn

is_slug() {{
    case $1 in '' | [!a-z0-9]* | *[!a-z0-9_-]*) return 1 ;; esac
}}

case ${{1-}} in
wear)
    if ! is_slug "${{2-}}"; then
        echo "Usage: /wear NAME; personae list shows the names." >&2
        exit 2
    fi
    personae show "$2" --mode interactive
    mkdir -p .personae
    printf '%s\\n' "$2" >"$worn"
    ;;
release)
    rm -f "$worn"
    ;;
recall)
    # A session must start whatever is wrong here.
    name=$(cat "$worn" 2>/dev/null || true)
    if is_slug "$name"; then
        personae show "$name" --mode interactive 2>/dev/null || true
    else
        personae memory brain --recall "" 2>/dev/null || true
    fi
    ;;
*)
    echo "Usage: personae.sh wear NAME | release | recall" >&2
    exit 2
    ;;
esac
"""


def companions(host: str, *, scope: Scope = "project") -> tuple[Artifact, ...]:
    """Return the files of `host` that serve all personas; none where the host has no commands of that kind."""
    if host != "claude":
        return ()
    run = _RUN[scope]
    wear: dict[str, Data] = {"description": "Put on a persona for this session", "argument-hint": "NAME"}
    release: dict[str, Data] = {"description": "Take the persona off that is worn in this session"}
    body_wear = (
        f"!`{run} wear $ARGUMENTS`\n\nThe text above is the persona to be from now on, until /release or another "
        "/wear. If it is an error, say so and go on as before."
    )
    body_release = f"!`{run} release`\n\nTake off the persona that was put on by /wear: go on without a stance."
    return (
        _command("wear", wear | _only(run, "wear"), body_wear),
        _command("release", release | _only(run, "release"), body_release),
        Artifact(path=_SCRIPT, text=_TEXT, executable=True, owner_slug=""),
    )


def hook_file(host: str) -> PurePosixPath | None:
    """Return the settings that `with_hook` changes, relative to the root of the scope; None without hooks there."""
    return _SETTINGS if host == "claude" else None


def with_hook(settings: str | None, *, scope: Scope = "project") -> str:
    """Return `settings` (None: no file yet) with our hook at session start; unchanged where it has it.

    Raises `UsageError` where the file is not what Claude Code takes.
    """
    data = _read(settings)
    starts = _starts(data)
    if any(_is_ours(entry) for entry in starts) and settings is not None:
        return settings
    starts.append({"hooks": [{"type": "command", "command": _COMMANDS[scope]}]})
    data.setdefault("hooks", {})["SessionStart"] = starts
    return _text(data)


def without_hook(settings: str) -> str | None:
    """Return `settings` without our hook; None where nothing else is left of the file. Raises `UsageError`."""
    data = _read(settings)
    starts = _starts(data)
    rest = [entry for entry in starts if not _is_ours(entry)]
    if len(rest) == len(starts):
        return settings
    if rest:
        data["hooks"]["SessionStart"] = rest
    else:
        del data["hooks"]["SessionStart"]
    if not data["hooks"]:
        del data["hooks"]
    return _text(data) if data else None


def _command(name: Literal["wear", "release"], keys: Mapping[str, Data], body: str) -> Artifact:
    text = as_markdown(keys, body, comments=[_COMMENT])
    return Artifact(path=PurePosixPath(f".claude/commands/{name}.md"), text=text, owner_slug="")


def _only(run: str, verb: str) -> dict[str, Data]:
    """Return the keys that let the command run that one script, and let no model call the command."""
    return {"allowed-tools": f"Bash({run} {verb}:*)", "disable-model-invocation": True}


def _read(settings: str | None) -> dict[str, Any]:
    try:
        data = json.loads(settings) if settings and settings.strip() else {}
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{_SETTINGS} is not JSON: {error}", help="Repair it first; nothing was written.") from error
    if not isinstance(data, dict) or not isinstance(data.get("hooks", {}), dict):
        raise UsageError(f"{_SETTINGS} holds no settings", help="Repair it first; nothing was written.")
    return data


def _starts(data: Mapping[str, Any]) -> list[Any]:
    found = data.get("hooks", {}).get("SessionStart", [])
    if not isinstance(found, list):
        raise UsageError(f"{_SETTINGS}: hooks.SessionStart is no list", help="Repair it first; nothing was written.")
    return list(found)


def _is_ours(entry: object) -> bool:
    hooks = entry.get("hooks") if isinstance(entry, dict) else None
    return isinstance(hooks, list) and any(
        isinstance(hook, dict) and hook.get("command") in _COMMANDS.values() for hook in hooks
    )


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
