"""Makes docs/hosts.md: what each host keeps, and who else was measured.  python bench/hosts_page.py > docs/hosts.md

Everything but the two records (bench/hosts.json, tests/hosts/proved.json) is computed anew; a test holds the page
current.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from forty import forty

from personae.hosts.compile import COMPILERS, Compilation, compile_outfit, table_of
from personae.hosts.ledger import Outcome
from personae.hosts.outfit import outfit
from personae.persona.dialects.table import HostTable

__all__ = ["page"]

_ROOT = Path(__file__).parents[1]
_SIGNS: Mapping[Outcome, str] = {"exact": "=", "narrowed": "<", "dropped": "·", "advisory": "~", "widened": ">"}
_FIELDS = (
    *("tools", "maxSteps", "budget.perRun", "needsTempWorkspace", "visibility", "modes", "canDispatch"),
    *("stance", "description", "triggers", "name", "model", "tier", "effort"),
    *("opinions", "skills", "requires", "enhances", "memory", "heartbeats"),
    *("role", "displayName", "type", "emoji", "color", "order"),
)
_FAULTS = {
    "skipped": "skips the file silently",
    "rejected": "rejects the file and says so",
    "stops-host": "does not start at all",
}
_EVIDENCE = {
    "measured": "measured with the real program",
    "documented": "its documentation",
    "source": "its source",
    "third-party": "third parties",
}


def page() -> str:
    """Return the whole page."""
    ready = [outfit(persona) for persona in forty()]
    made = {host: [compile_outfit(one, host, url="https://agents.example") for one in ready] for host in COMPILERS}
    record = json.loads((_ROOT / "bench" / "hosts.json").read_bytes())
    proved = json.loads((_ROOT / "tests" / "hosts" / "proved.json").read_bytes())
    parts = [_INTRODUCTION, *_hosts(made), *_matrix(made), *_proved(proved), *_peers(record["compared"])]
    return "\n".join([*parts, *_speed(record["speed"])]) + "\n"


_INTRODUCTION = """# Hosts: what each keeps of a persona

`personae compile --host HOST` writes a persona in the format of another agent tool, and never lets it do more there
than here. This page is made by `python bench/hosts_page.py > docs/hosts.md`, from the tables that `compile` and `check`
share.

A limit that a host would not keep is an error: nothing of that persona is written for that host, unless
`--allow-widening FIELD` says so, and then the file says it too. Where a tool of a host does more than the persona may
(GitHub Copilot's `web` fetches *and* searches), it is left out. Where only the command line can hold a limit, a
launcher is written in the place of an agent file: for Claude Code in `.claude/personae/`, for Codex in
`.codex/personae/`.
"""


def _hosts(made: Mapping[str, list[Compilation]]) -> Iterator[str]:
    yield "## The hosts\n"
    header = ["`--host`", "version", "facts from", "of", "tools, if a file is silent", "at a fault in a file it"]
    yield _row([*header, "of the 40: written / refused"])
    yield _row(["---"] * 7)
    for host, items in made.items():
        table = table_of(host)
        written, refused = sum(bool(item.artifacts) for item in items), sum(item.is_refused for item in items)
        cells = [f"`{host}`", f"{table.title} {_version(table)}", _EVIDENCE[table.evidence], table.verified.isoformat()]
        silent = next(
            (table.unset[key] for key in (table.tools_key, "permission", "readonly") if key in table.unset), "-"
        )
        fault = _FAULTS[table.fault] if table.keys else "-"
        yield _row([*cells, silent, fault, f"{written} / {refused}"])
    yield "\nThe rest has no mode of the host: loops and goals, on some hosts conversations, stay with personae.\n"


def _version(table: HostTable) -> str:
    return table.version if table.version not in table.title else ""


def _matrix(made: Mapping[str, list[Compilation]]) -> Iterator[str]:
    yield "## Fields on hosts\n"
    yield "How many of the forty personas that set a field get which outcome:\n"
    yield "- `=` exact: the host does the same"
    yield "- `<` narrowed: it allows or does less"
    yield "- `>` widened: it would allow more, so nothing is written"
    yield "- `~` advisory: it stands in prose; for a limit that is an error too"
    yield "- `·` dropped: it has nothing of the kind, and nobody may do more for it\n"
    yield _row(["field", *(f"`{host}`" for host in made)])
    yield _row(["---"] * (len(made) + 1))
    for field in _FIELDS:
        yield _row([f"`{field}`", *(_cell(field, items) for items in made.values())])
    yield ""


def _cell(field: str, items: list[Compilation]) -> str:
    counts = Counter(entry.outcome for item in items for entry in item.ledger.entries if entry.field == field)
    return " ".join(f"{sign}{counts[outcome]}" for outcome, sign in _SIGNS.items() if counts[outcome]) or " "


def _proved(proved: Mapping[str, Any]) -> Iterator[str]:
    yield "## Proved by the hosts' own loaders\n"
    yield (
        "`personae compile --prove` lets the installed program read the files in a folder that is then deleted, and "
        "compares what it says it loaded (stance, description, rounds, effective permissions, as far as it tells) "
        "with the persona. Recorded for the built-in personas and for 1,077 public agent files, imported and compiled; "
        "`tests/hosts/test_prove.py` repeats it where the programs are installed.\n"
    )
    yield _row(["host", "version", "on", "built-in written and proved", "of the corpus written", "proved"])
    yield _row(["---"] * 6)
    for host, item in proved.items():
        written = sum(one["written"] for one in item["corpus"].values())
        number = sum(one["proved"] for one in item["corpus"].values())
        yield _row(
            [
                table_of(host).title,
                item["version"],
                item["on"],
                str(len(item["built-in"])),
                f"{written:,}",
                f"{number:,}",
            ]
        )
    yield ""


def _peers(compared: Mapping[str, Any]) -> Iterator[str]:
    tools = [name for name, value in compared.items() if isinstance(value, dict)]
    yield "## Beside rulesync and apm\n"
    yield (
        f"`bench/hosts.py` on {compared['on']}: {compared['personas']} of the forty personas (those with a file in "
        f"Claude Code's format, which both read), {compared['limited']} with a list of tools. Each file is read "
        "back by the emulated loader of its host. *wider*: it gives tools that the persona may not use.\n"
    )
    yield _row(
        ["host", "by", "files", "load there", "tools exact", "narrower", "**wider**", "rounds kept", "effort kept"]
    )
    yield _row(["---"] * 9)
    for host in sorted({host for tool in tools for host in compared[tool]}):
        for tool in tools:
            item = compared[tool].get(host)
            if item is None:
                continue
            yield _row([table_of(host).title, tool, *_numbers(item)])
    yield ""
    warned = [f"{tool} {_warnings(compared[tool])}" for tool in tools if tool != "personae"]
    yield (
        "Where `personae` writes fewer files, the others were refused with the limit that would be lost, or are "
        f"launchers. Warnings printed over all of this: {', '.join(warned)}.\n"
    )


def _warnings(hosts: Mapping[str, Mapping[str, int]]) -> str:
    where = [f"{table_of(host).title} {item['warnings']}" for host, item in hosts.items() if item.get("warnings")]
    return ", ".join(where) if where else "none"


def _numbers(item: Mapping[str, int]) -> Iterator[str]:
    files = str(item.get("written", 0))
    extra = [f"{item[name]} {name}" for name in ("refused", "launchers", "stops the host") if item.get(name)]
    yield f"{files} ({', '.join(extra)})" if extra else files
    yield str(item.get("loads", 0))
    yield str(item.get("tools exact", 0))
    yield str(item.get("tools narrower", 0))
    wider = item.get("tools wider", 0)
    yield f"**{wider}**" if wider else "0"
    for name in ("rounds", "effort"):
        kept, lost = item.get(f"{name} kept", 0), item.get(f"{name} lost", 0)
        yield f"{kept} of {kept + lost}" if kept + lost else "-"


def _speed(speed: Mapping[str, Any]) -> Iterator[str]:
    yield "## Speed\n"
    steps = ", ".join(f"{name} {speed[f'{key}_s']} s" for name, key in _STEPS)
    yield (
        f"{speed['personas']:,} personas for {speed['hosts']} hosts, {speed['files']:,} files, in one process, in "
        f"seconds of a processor: {steps} (`bench/hosts.py --speed {speed['personas']}`, {speed['on']})."
    )


_STEPS = (("reading", "read"), ("parsing", "parse"), ("resolving", "resolve"), ("compiling", "compile"))


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
