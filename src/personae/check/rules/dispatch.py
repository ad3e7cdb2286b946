"""Who hands work to whom: somebody who exists, by somebody who may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from personae.adopt.spawning import listed_targets, spawn_cycle
from personae.check.context import Context
from personae.check.rules.at import at_field
from personae.check.rules.prose import is_negated, lines_with, prose_of
from personae.check.subject import Subject
from personae.errors import Diagnostic, close_matches
from personae.persona import slug as slugs
from personae.persona.patterns import lazy
from personae.persona.rules import spawn_targets

__all__ = ["dispatching_specialist", "spawns_itself", "unknown_persona", "unknown_step_persona", "unknown_teammate"]

_PROPOSALS = ("launch_task", "schedule_job")


def unknown_persona(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each name in `agent(…)` or `delegate(…)` that no persona here has."""
    persona = subject.persona
    if persona is None:
        return
    for index, tool in enumerate(persona.tools or ()):
        if "(" not in tool:
            continue
        spawn = spawn_targets(tool)
        for target in (spawn[1] if spawn else None) or ():
            if target not in context.slugs and target not in context.personas:
                field = f"tools[{index}]"
                message = f"there is no persona {target!r}, which {tool!r} names"
                help = _near(target, context)
                yield at_field(subject, field, "unknown-persona", message, found=target, help=help)


def spawns_itself(subjects: Sequence[Subject], context: Context) -> Iterator[Diagnostic]:
    """Yield each persona whose lists of whom it may start lead back to it."""
    # As a plain mapping: a snapshot raises for a name that nobody has, which is another rule's to say.
    known = dict(context.personas) | {subject.persona.name: subject.persona for subject in subjects if subject.persona}

    def targets(slug: str) -> Sequence[str]:
        persona = known.get(slug)
        return listed_targets(persona.tools) if persona else ()

    for subject in subjects:
        persona = subject.persona
        cycle = spawn_cycle(persona.name, targets) if persona else ()
        if persona is None or not cycle or (len(cycle) > 2 and context.project.limits.depth is not None):
            continue
        first, alone = cycle[1], len(cycle) == 2
        index = next(at for at, tool in enumerate(persona.tools or ()) if first in listed_targets([tool]))
        message = "it may start itself" if alone else f"it may come to start itself: {' → '.join(cycle)}"
        help = f"Take {first!r} off the list" + ("." if alone else ", or bound the circle: [limits] depth = 3.")
        yield at_field(subject, f"tools[{index}]", "spawns-itself", message, found=first, help=help)


def unknown_step_persona(subjects: Sequence[Subject], context: Context) -> Iterator[Diagnostic]:
    """Yield each `[workflow.STEP]` of the project file that names nobody."""
    project = context.project
    for step, name in project.workflow.items():
        if project.file is None or name in context.slugs or name in context.personas:
            continue
        where = project.origins.get(f"workflow.{step}.persona", "")
        line = where.rpartition(":")[2]
        yield Diagnostic(
            rule="unknown-persona",
            message=f"there is no persona {name!r}, which the step {step!r} would wear",
            file=project.file,
            line=int(line) if line.isdigit() else 1,
            field=f"workflow.{step}.persona",
            found=name,
            help=_near(name, context),
        )


def _near(name: str, context: Context) -> str:
    known = sorted({*context.slugs, *context.personas})
    near = close_matches(name, known)
    return f"Did you mean {near[0]!r}?" if near else "Known here: personae list."


# "LAUNCH_TASK to Research Lead with the question", "SCHEDULE_JOB to `linkedin-operator` (weekly)".
_PROPOSED = lazy(
    r"\b(?:LAUNCH_TASK|SCHEDULE_JOB) (?:to|for) (?:the )?"
    r"(?:`(?P<slug>[^`\n]+)`|\*\*(?P<bold>[^*\n]+)\*\*|@(?P<at>[a-z0-9][\w-]*)|(?P<name>[A-Z]\w*(?:[ -][A-Z]\w*)*))"
)
# "Delegate the search to `researcher`"; a word in quotes that could be a slug, and nothing that could be a file.
_DELEGATED = lazy(
    r"\b(?:(?:[Dd]elegate|[Dd]ispatch|[Hh]and (?:off|over|it)) (?:\w+ ){0,4}to|[Ss]pawn) (?:the )?"
    r"`(?P<slug>[a-z0-9][a-z0-9-]*)`"
)
_WORDS = (*_PROPOSALS, "delegate ", "dispatch ", "hand off ", "hand over ", "hand it ", "spawn ")


def unknown_teammate(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield each addressee of `LAUNCH_TASK`, `SCHEDULE_JOB` or a delegation in the stance that no persona is called."""
    prose = prose_of(subject) if subject.persona is not None else None
    if prose is None:
        return
    names: frozenset[str] | None = None
    told: set[str] = set()
    for line in lines_with(prose, *_WORDS):
        end = line.start + len(line.text)
        found = (*_PROPOSED.finditer(prose.text, line.start, end), *_DELEGATED.finditer(prose.text, line.start, end))
        for match in found:
            name = next(filter(None, match.groups()))
            # Only now: few stances hand work on, and putting the names together takes as long as there are personas.
            names = names if names is not None else _names(context)
            if _folded(name) in names or name in told or _is_placeholder(name):
                continue
            told.add(name)
            place = prose.place(match.start(match.lastgroup or 0))
            message = f"the stance hands work to {name!r}, and no persona here is called that"
            near = close_matches(slugs.suggest(name), context.slugs)
            help = f"Did you mean {near[0]!r}?" if near else "Write the slug or the name of a persona: personae list."
            yield at_field(
                subject, "", "unknown-teammate", message, severity="warning", found=name, help=help, place=place
            )


def _names(context: Context) -> frozenset[str]:
    """Return all that a persona may be called: slug, display name, role."""
    names = {_folded(slug) for slug in context.slugs}
    for persona in context.personas.values():
        names.update(_folded(name) for name in (persona.name, persona.display_name, persona.role) if name)
    return frozenset(names)


def _folded(name: str) -> str:
    return slugs.suggest(name).replace("_", "-")


def _is_placeholder(name: str) -> bool:
    return any(mark in name for mark in "<{[$") or name.isupper()


def dispatching_specialist(subject: Subject, context: Context) -> Iterator[Diagnostic]:
    """Yield a diagnostic for a specialist that may dispatch, or that is told to and may not."""
    persona = subject.persona
    if persona is None or persona.type != "specialist":
        return
    if persona.can_dispatch:
        message = "a specialist that dispatches is a lead"
        help = "Write type: lead, or remove canDispatch and let a lead hand out the work."
        yield at_field(
            subject, "canDispatch", "dispatching-specialist", message, severity="warning", found="true", help=help
        )
        return
    prose = prose_of(subject)
    if prose is None:
        return
    for line in lines_with(prose, *_PROPOSALS):
        index = min(found for word in _PROPOSALS if (found := line.text.find(word)) >= 0)
        if is_negated(line.text):
            continue
        word = prose.text[line.start + index :].split()[0].strip("`*.,:;()")
        message = f"the stance uses {word}, and a specialist may not dispatch"
        help = "Write type: lead, or say which lead it should ask."
        place = prose.place(line.start + index)
        yield at_field(
            subject, "", "dispatching-specialist", message, severity="warning", found=word, help=help, place=place
        )
        return
