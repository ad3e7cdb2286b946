"""`personae compile`: personas as the agent files of other tools, with what each of those keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from personae.adopt.world import World
from personae.adopt.world_store import open_world
from personae.cli import out
from personae.cli.failures import DONE, FAILED, INVALID_FILE
from personae.cli.here import complete_slug, here
from personae.errors import UsageError
from personae.hosts.batch import artifacts_of, compile_all, make_ready, pick_hosts
from personae.hosts.compile import COMPILERS, Compilation, table_of
from personae.hosts.ledger import LIMITS
from personae.hosts.outfit import Outfit
from personae.hosts.prove.programs import PROVABLE, find_program
from personae.hosts.store import refuse_foreign, write_artifacts
from personae.library.catalogue import estimate_tokens
from personae.library.store import list_home
from personae.library.tiers import ModelOffer

if TYPE_CHECKING:
    from personae.hosts.prove.proof import Proof

__all__ = ["command"]


@click.command("compile")
@click.argument("names", nargs=-1, shell_complete=complete_slug)
@click.option("--host", "hosts", required=True, metavar="HOST[,HOST]", help=f"{', '.join(COMPILERS)}; or all.")
@click.option("--out", "folder", type=click.Path(path_type=Path), help="Write below this folder, such as . here.")
@click.option("--yes", is_flag=True, help="With --out: overwrite files that personae did not make.")
@click.option("--all", "every", is_flag=True, help="Every persona known here, the built-in ones too.")
@click.option(
    "--allow-widening", "allow", multiple=True, metavar="FIELD", help="Write although the host loses this limit."
)
@click.option("--prove", "wants_proof", is_flag=True, help="Let the host's own loader read it, where it is installed.")
@click.option("--url", default="", help="Where the personas answer, for a2a.")
@out.json_option
def command(
    names: tuple[str, ...],
    hosts: str,
    folder: Path | None,
    yes: bool,
    every: bool,
    allow: tuple[str, ...],
    wants_proof: bool,
    url: str,
    as_json: bool,
) -> None:
    """Compile the personas of this project, or NAMES, for other agent tools.

    Without --out nothing is written: the files are printed, and the ledger of what each host keeps of each field.
    A limit that a host would lose is an error, and nothing of that persona is written for that host.

    \b
    personae compile --host claude reviewer        look at it
    personae compile --host all --out .            write it for every tool
    personae compile --host cursor writer --allow-widening tools
    personae compile --host opencode --prove       ask OpenCode what it makes of it

    \b
    Exit code 0: done    1: refused, for some persona on some host; or not proved
              2: wrong use    6: a persona's file is broken
    """
    for name in allow:
        if name not in LIMITS:
            raise UsageError(f"{name!r} is no limit", help=f"Limits are: {', '.join(sorted(LIMITS))}.")
    picked = pick_hosts(hosts, COMPILERS)
    world = open_world(here(), models=lambda project, wish: ModelOffer())
    ready = make_ready(_slugs(names, world, every=every), world)
    compilations = compile_all(ready.outfits, picked, allow=allow, url=url)
    artifacts = artifacts_of(compilations)
    proofs = _proofs(ready.outfits, compilations) if wants_proof else []
    if folder is not None:
        if not yes:
            refuse_foreign(artifacts, folder)
        write_artifacts(artifacts, folder)
    if as_json:
        out.as_json({"compiled": [_entry(item) for item in compilations], "proofs": proofs})
    else:
        _show(compilations, written=folder)
        _show_proofs(proofs)
    _note_routing(ready.outfits, compilations)
    out.diagnostics(ready.diagnostics)
    failed = any(item.is_refused for item in compilations) or any(proof.findings for proof in proofs)
    if wants_proof and not proofs:
        out.warn(f"Error: nothing was proved: no loader is installed here of {', '.join(PROVABLE)}")
        failed = True
    raise click.exceptions.Exit(INVALID_FILE if ready.diagnostics else FAILED if failed else DONE)


def _note_routing(outfits: Sequence[Outfit], compilations: Sequence[Compilation]) -> None:
    """Say where all descriptions together are more than a host wants to read in every session."""
    sizes = {one.slug: estimate_tokens(one.description) for one in outfits}
    for host in dict.fromkeys(item.host for item in compilations):
        table = table_of(host)
        tokens = sum(sizes[item.persona] for item in compilations if item.host == host and item.artifacts)
        if table.routing_most is not None and tokens > table.routing_most:
            most = f"it warns above {table.routing_most:,}"
            out.warn(f"the descriptions have about {tokens:,} tokens, all read by {table.title} at its start; {most}")


def _proofs(outfits: Sequence[Outfit], compilations: Sequence[Compilation]) -> list[Proof]:
    """Ask each installed loader about the files of its host."""
    # Asking programs costs imports that nobody needs who only compiles.
    from personae.hosts.prove.proof import prove  # noqa: PLC0415

    ready = {one.slug: one for one in outfits}
    proofs = []
    for host in dict.fromkeys(item.host for item in compilations):
        program = find_program(host) if host in PROVABLE else None
        if program is not None:
            pairs = [(ready[item.persona], item) for item in compilations if item.host == host]
            proofs.append(prove(pairs, program))
    return proofs


def _show_proofs(proofs: Sequence[Proof]) -> None:
    for proof in proofs:
        title = table_of(proof.host).title
        out.note(f"{title} {proof.version} loaded {len(proof.proved)} as their personas say")
        for finding in proof.findings:
            out.warn(f"Error: {title} differs in {finding.what} of {finding.persona}: {finding.found[:200]}")
            out.note(f"  The persona says: {finding.expected[:200]}")


def _slugs(names: Sequence[str], world: World, *, every: bool) -> list[str]:
    """Return the names as given, or all, or those of the project's own personas."""
    if names:
        return list(dict.fromkeys(names))
    if every:
        return sorted(slug for slug in world.shelf.names if not world.shelf.head(slug).left_alone)
    own = [file.slug for file in list_home(world.project.root)]
    slugs = [slug for slug in dict.fromkeys(own) if not world.shelf.head(slug).left_alone]
    if not slugs:
        raise UsageError("this project has no personas", help="Name some, such as reviewer, or give --all.")
    return slugs


def _show(compilations: Sequence[Compilation], *, written: Path | None) -> None:
    if len(compilations) == 1:
        _show_one(compilations[0], written=written)
    else:
        for item in compilations:
            for artifact in item.artifacts:
                out.data(str(written / artifact.path) if written else artifact.path.as_posix())
        rows = [[item.host, item.persona, _verdict(item), _counts(item)] for item in compilations]
        out.note(out.table(rows, header=["HOST", "PERSONA", "", "FIELDS"]))
    _show_refusals(compilations)


def _show_one(item: Compilation, *, written: Path | None) -> None:
    for artifact in item.artifacts:
        if written:
            out.data(str(written / artifact.path))
        else:
            out.note(f"{artifact.path}:")
            out.data(artifact.text)
    rows = [[entry.field, entry.outcome, entry.reason] for entry in item.ledger.entries]
    out.note(out.table(rows, header=["FIELD", "OUTCOME", f"ON {table_of(item.host).title.upper()}"]))


def _verdict(item: Compilation) -> str:
    if item.is_refused:
        return "refused"
    return "compiled" if item.artifacts else "nothing to write"


def _counts(item: Compilation) -> str:
    counts = Counter(entry.outcome for entry in item.ledger.entries)
    return ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common())


def _show_refusals(compilations: Sequence[Compilation]) -> None:
    """Say each thing once per host, with all personas that it keeps back."""
    said: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for item in compilations:
        title = table_of(item.host).title
        for fault in item.faults:
            said.setdefault((title, "", fault), []).append((item.persona, fault))
        for entry in item.refused:
            said.setdefault((title, entry.field, entry.reason), []).append((item.persona, entry.reason))
    for (title, field, _), found in said.items():
        who, reason = ", ".join(persona for persona, _ in found), found[0][1]
        if field:
            out.warn(f"Error: {title} would not keep {field} of {who}: {reason}")
            out.note(f"  To write it all the same: --allow-widening {field}.")
        else:
            out.warn(f"Error: {who} cannot be written for {title}: {reason}")


def _entry(item: Compilation) -> dict[str, object]:
    return {
        "host": item.host,
        "persona": item.persona,
        "refused": item.is_refused,
        "artifacts": [
            {"path": artifact.path.as_posix(), "executable": artifact.executable, "text": artifact.text}
            for artifact in item.artifacts
        ],
        "ledger": [{"field": one.field, "outcome": one.outcome, "reason": one.reason} for one in item.ledger.entries],
        "limits_lost": [one.field for one in item.refused],
        "faults": item.faults,
    }
