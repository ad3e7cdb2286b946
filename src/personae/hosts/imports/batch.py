"""Many files at once: each to its persona, and no two personas to one slug. Pure: bytes in, values out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from personae.errors import Diagnostic
from personae.hosts.imports.account import Account, Imported
from personae.hosts.imports.cabinet import CABINET
from personae.hosts.imports.cabinet_fields import CABINET_STEPS
from personae.hosts.imports.convert import build, draft_of, slug_for
from personae.hosts.imports.ours import take_over
from personae.hosts.imports.reading import OURS, dialect_of, read_foreign, stem_of
from personae.hosts.imports.spawns import settled
from personae.library.substrate import SHIPPED
from personae.persona import slug as slugs
from personae.persona.dialects import ForeignAgent
from personae.persona.model import Home, Persona
from personae.persona.parse import home_of, parse
from personae.persona.render import render

__all__ = ["Options", "Source", "import_all", "import_one"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file to import."""

    path: PurePath
    """Its place, which also tells whose it is and what it is called."""
    file: str
    """As the report names it."""
    data: bytes
    problem: str = ""
    """Why it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is known beside the files."""

    host: str | None = None
    """Read every file as this dialect; None looks at path and text."""
    home: Home | None = None
    """Where the personas go; None is `.agents/` for Cabinet's and `personas/` for all others."""
    substrate: Collection[str] = SHIPPED
    known: Collection[str] = ()
    """Personas that are here already, whom imported ones may call."""


def import_all(sources: Iterable[Source], options: Options) -> list[Imported]:
    """Return what becomes of each agent in `sources`, in their order; of several with one slug the first gets it."""
    taken: dict[str, Imported] = {}
    done: list[Imported] = []
    for source in sources:
        for item in import_one(source, options):
            first = taken.get(item.slug) if item.status == "imported" else None
            if first is not None:
                done.append(_refused_as_second(item, first))
                continue
            if item.status == "imported":
                taken[item.slug] = item
            done.append(item)
    return settled(done, options.known)


def import_one(source: Source, options: Options) -> Iterator[Imported]:
    """Yield what becomes of each agent in one file."""
    if source.problem:
        yield Imported(file=source.file, dialect="", status="refused", reason=source.problem)
        return
    host = options.host or dialect_of(source.path, source.data)
    if host is None:
        help = "If it is an agent, say whose: --from HOST."
        yield Imported(
            file=source.file, dialect="", status="left-alone", reason="it is nobody's agent that is known", help=help
        )
    elif host == OURS:
        yield _ours(source, options)
    else:
        yield from _foreign(source, host, options)


def _ours(source: Source, options: Options) -> Imported:
    account = Account()
    persona, reason, alone = take_over(source.data, path=source.path, substrate=options.substrate, account=account)
    item = Imported(file=source.file, dialect=OURS, status="left-alone" if alone else "refused", reason=reason)
    if persona is None:
        return item
    place = home_of(source.path)
    return _finished(replace(item, slug=persona.name), persona, options.home or (place[0] if place else None), account)


def _foreign(source: Source, host: str, options: Options) -> Iterator[Imported]:
    read = read_foreign(source.data, path=source.path, host=host)
    item = Imported(file=source.file, dialect=host, status="refused", reason=read.reason, help=read.help)
    if not read.agents:
        yield replace(item, status="left-alone" if read.left_alone else "refused")
    for agent in read.agents:
        account = Account()
        for what in read.repairs:
            account.add("", "repaired", because=what)
        yield _one(item, agent, source, options, account)


def _one(item: Imported, agent: ForeignAgent, source: Source, options: Options, account: Account) -> Imported:
    is_cabinet = agent.host == CABINET.id
    stem = stem_of(source.path, agent.host)
    slug = slugs.suggest(stem) if is_cabinet else slug_for(agent, stem)
    draft = draft_of(agent, slug=slug, account=account, steps=CABINET_STEPS if is_cabinet else ())
    home = options.home or (Home.AGENTS if is_cabinet else Home.PERSONAS)
    persona = build(draft)
    if persona is None:
        return replace(item, slug=slug, reason=draft.reason, changes=tuple(account.changes))
    return _finished(replace(item, slug=slug), persona, home, account)


def _finished(item: Imported, persona: Persona, home: Home | None, account: Account) -> Imported:
    """Render the persona and read it back: what would not pass as a file is refused here."""
    home = home or Home.PERSONAS
    if home is Home.AGENTS and persona.role is None:
        shown = persona.display_name or persona.name.replace("-", " ").replace("_", " ").title()
        persona = replace(persona, role=shown, display_name=shown)
        account.add("role", "mapped", "absent", shown, "files in .agents/ need one; the name stands in")
    text = render(persona, home=home)
    parsed = parse(text.encode(), file=item.file, home=home, slug=persona.name)
    changes = tuple(account.changes)
    if parsed.persona != persona:
        return replace(item, status="refused", changes=changes, reason=_why(parsed.diagnostics))
    return replace(item, status="imported", persona=persona, text=text, home=home, changes=changes, reason="", help="")


def _why(diagnostics: Iterable[Diagnostic]) -> str:
    first = next(iter(diagnostics), None)
    return first.message if first else "it would not read back as the same persona"


def _refused_as_second(item: Imported, first: Imported) -> Imported:
    same = " and says the same" if item.text == first.text else ""
    return replace(
        item,
        status="refused",
        reason=f"{item.slug} comes from {first.file} already{same}",
        help="" if same else "Rename one of them and import it by itself.",
    )
