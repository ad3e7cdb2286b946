"""What a tool lets its owner do, by the names that tools have in all dialects. Unknown names may do anything."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from personae.check.context import Context
from personae.check.subject import PERSONA, Subject

__all__ = ["EDIT", "SHELL", "SPAWN", "WEB", "ability_of", "allowed_tools", "certain", "possible"]

EDIT, SHELL, WEB, SPAWN, READ = "edit", "shell", "web", "spawn", "read"

# From the tool tables of the hosts (docs of November 2026) and our own; spelled without case, `_`, `-` and spaces.
_ABILITIES: dict[str, str] = {
    **dict.fromkeys(
        (
            *("edit", "write", "multiedit", "notebookedit", "replace", "writefile", "editfile", "editfiles"),
            *("searchreplace", "writetofile", "replacefilecontent", "multireplacefilecontent", "createfile"),
            *("createdirectory", "editnotebook", "applypatch", "strreplace", "fswrite", "delete", "deletefile"),
        ),
        EDIT,
    ),
    **dict.fromkeys(
        (
            *("bash", "shell", "execute", "powershell", "runshellcommand", "runcommand", "runterminalcommand"),
            *("runcommands", "runinterminal", "command", "executebash", "exec", "terminal", "localshell"),
        ),
        SHELL,
    ),
    **dict.fromkeys(
        (
            *("webfetch", "websearch", "fetch", "googlewebsearch", "searchweb", "readurlcontent", "fetchurl"),
            *("browse", "browser", "web"),
        ),
        WEB,
    ),
    **dict.fromkeys(("agent", "task", "delegate", "runsubagent", "invokesubagent", "subagent", "customagent"), SPAWN),
    **dict.fromkeys(
        (
            *("read", "list", "ls", "glob", "grep", "search", "readfile", "readmanyfiles", "listdirectory", "listdir"),
            *("grepsearch", "viewfile", "findbyname", "codebase", "usages", "problems", "changes", "searchresults"),
            *("filesearch", "textsearch", "notebookread", "todo", "todos", "todowrite", "todoread", "writetodos"),
            *("askuserquestion", "question", "teamstatus", "teamstandup", "teamready", "teammergeorder", "teamgraph"),
        ),
        READ,
    ),
}


@lru_cache(maxsize=4096)
def ability_of(tool: str) -> str | None:
    """Return what `tool` lets do, or None when its name is not known: `Bash(git *)` and `edit/editFiles` are."""
    name = tool.partition("(")[0].rpartition("/")[2]
    return _ABILITIES.get(name.replace("_", "").replace("-", "").strip().casefold())


def certain(tools: Iterable[str]) -> dict[str, str]:
    """Return what `tools` surely let do, each with the first tool that does."""
    found: dict[str, str] = {}
    for tool in tools:
        ability = ability_of(tool)
        # A specifier in parentheses may take back what the name gives: Bash(git diff *).
        if ability is not None and (ability == SPAWN or "(" not in tool):
            found.setdefault(ability, tool)
    return found


def possible(tools: Iterable[str]) -> frozenset[str] | None:
    """Return all that `tools` may let do; None when one of them is not known, or can hand work to others."""
    abilities = {ability_of(tool) for tool in tools}
    if None in abilities or SPAWN in abilities:
        return None
    return frozenset(ability for ability in abilities if ability is not None)


def allowed_tools(subject: Subject, context: Context) -> tuple[str, ...] | None:
    """Return the tools that the file or its project lists; None where nothing limits them, or nobody can tell."""
    if subject.dialect == PERSONA:
        persona = subject.persona
        if persona is None:
            return None
        tools = context.project.defaults.tools if persona.tools is None else persona.tools
        return None if tools is None else tuple(tools)
    agent = subject.agent
    if agent is None or agent.tools is None:
        return None
    denied = {ability_of(tool) for tool in agent.denied_tools if "(" not in tool}
    return tuple(tool for tool in agent.tools if ability_of(tool) is None or ability_of(tool) not in denied)
