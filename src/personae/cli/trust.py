"""`personae trust`: what a persona and all it may start could carry where, and what servers say of their tools."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import click

from personae.cli import out
from personae.cli.here import complete_slug
from personae.cli.servers import met
from personae.cli.wearing import wear
from personae.cli.world import world_here
from personae.errors import UnknownNameError, UsageError
from personae.library.project import Project
from personae.persona.model import MODES
from personae.run.trifecta import digest_of, drawn
from personae.run.trust import Trust, agree, trust_of
from personae.tools.mcp_servers import McpServers, changed_tools
from personae.tools.pins import Pin, read_pins, write_pins

__all__ = ["command"]


@click.command("trust")
@click.argument("name", required=False, shell_complete=complete_slug)
@click.option("--allow", is_flag=True, help="Say yes to this very tree; any change of it makes the yes void.")
@click.option("--accept", metavar="SERVER.TOOL", help="Approve how a server describes a tool now.")
@click.option("--model", "override", hidden=True)
@out.json_option
def command(name: str | None, allow: bool, accept: str | None, override: str | None, as_json: bool) -> None:
    """Show what persona NAME could carry where: its tools, those of all it may start, and the verdict on them together.

    silent: a leg is missing. soft: all three come together with something between them. loud: nothing is between them;
    then each call that carries data out waits for a person, until you allow the tree or [trust] allow names it.

    \b
    personae trust researcher
    personae trust researcher --allow
    personae trust --accept maps.find
    """
    if (name is None) == (accept is None):
        raise UsageError("give a persona, or --accept SERVER.TOOL", help="personae trust NAME.")
    world = world_here(override=override)
    if accept is not None:
        asyncio.run(_accept(accept, world.project))
        return
    assert name is not None
    world = met(world, name)
    head = world.shelf.head(name).head
    # A persona is shown as it would be, whether or not a model can answer here.
    adoption = wear(name, head.modes[0] if head else MODES[0], world=world, runs=False)
    trust = trust_of(adoption, world)
    if allow and trust.guarded:
        agree(trust, world.project)
        trust = trust_of(adoption, world)
    _show(trust, as_json=as_json)


def _show(trust: Trust, *, as_json: bool) -> None:
    verdict = trust.verdict
    if as_json:
        out.as_json(
            {
                "persona": trust.slug,
                "level": verdict.level,
                "path": verdict.path,
                "private": verdict.private,
                "untrusted": verdict.untrusted,
                "way_out": verdict.way_out,
                "agreed": trust.agreed,
                "guarded": trust.guarded,
                "digest": digest_of(trust.tree),
                "tree": trust.tree,
            }
        )
        return
    out.data("\n".join(drawn(trust.tree)))
    out.data(f"\n{verdict.sentence}")
    if trust.agreed:
        out.note(f"agreed: {trust.agreed}")
    elif trust.guarded:
        out.note("guarded: each call that carries data out waits for a person")
        out.note(
            f'  personae trust {trust.slug} --allow says yes to this tree; [trust] allow = ["{trust.slug}"] to any.'
        )


async def _accept(name: str, project: Project) -> None:
    server, _, tool = name.partition(".")
    servers = McpServers.of(project)
    if server not in servers.names:
        raise UnknownNameError("MCP server", server, servers.names)
    known = read_pins(project.root)
    try:
        now = await servers.meet(server)
    finally:
        await servers.close()
    changed = changed_tools(known.get(server, {}), now) if server in known else {}
    if tool not in changed:
        if tool not in now:
            raise UnknownNameError(f"tool of {server}", tool, now)
        out.note(f"{name} is described as it was approved")
        return
    before, after = changed[tool]
    out.note(_both(before, after))
    pins: dict[str, Pin] = dict(known[server])
    if after is None:
        pins.pop(tool)
    else:
        pins[tool] = after
    write_pins(project.root, {**known, server: pins})
    out.note(f"approved: {name}")


def _both(before: Pin | None, after: Pin | None) -> str:
    """Return what a server said and says; each of its lines begins with a bar, since it is not ours."""
    parts: Mapping[str, Pin | None] = {"before": before, "now": after}
    lines: list[str] = []
    for when, pin in parts.items():
        lines.append(f"{when}:" if pin else f"{when}: no such tool")
        if pin:
            text = f"{pin.description}\n{pin.schema}\neffect: {pin.effect}"
            lines += [f"  │ {line}" for line in text.splitlines()]
    return "\n".join(lines)
