"""Reads the listed files, asks every rule about them, and takes out what was suppressed. The heavy half of a check."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from personae.check.context import Context
from personae.check.jobs import can_share, shared
from personae.check.read import ReadFile, Target, outcome_of, read_target
from personae.check.repairs import repair
from personae.check.report import Outcome, Report, Request, sort_key
from personae.check.rules import FILE_RULES, TREE_RULES
from personae.check.settings import matches
from personae.check.shelf import Shelf
from personae.check.subject import Subject
from personae.check.suppress import apply_comments, apply_settings, find_comments
from personae.check.surroundings import ProjectFile, Surveyor
from personae.check.tally import Tally
from personae.check.targets import Names, rest_of_home, targets_by_root
from personae.check.walk import Listing
from personae.errors import Diagnostic
from personae.library.roots import FILE_NAME

__all__ = ["scan"]


_WORTH_SHARING = 300
"""Files. Copying this process takes as long as checking some ten of them."""


@dataclass(slots=True)
class _Run:
    """One check on its way."""

    request: Request
    listing: Listing
    surveyor: Surveyor
    tally: Tally = field(default_factory=Tally)


class _Group(NamedTuple):
    """Files of one root that are judged together."""

    root: str
    targets: list[Target]
    key: str = ""
    """What names it on the shelf; empty where it is not to be remembered."""


def scan(request: Request, listing: Listing, shelf: Shelf | None = None) -> tuple[Report, Mapping[str, str]]:
    """Return the report of `request`, and the stamps of what it depends on beside the files of `listing`.

    What `shelf` remembers of a group is taken instead of checking it, and all groups are remembered there.
    """
    run = _Run(request, listing, Surveyor(request.today, Names(request.base)))
    _problems(run)
    groups = _groups(targets_by_root(request, listing, run.surveyor), shelf)
    run.tally.watched = run.surveyor.watched
    tallies = _tallies(run, groups, shelf)
    for tally in tallies:
        run.tally.add(tally)
    _check_projects(run, groups)
    report = _report(run)
    return report, {**run.tally.watched, **run.surveyor.watched}


def _tallies(run: _Run, groups: Sequence[_Group], shelf: Shelf | None) -> list[Tally]:
    """Return what each group gives, remembered or found now."""
    known = shelf.recall(group.key for group in groups) if shelf else {}
    rest = [group for group in groups if group.key not in known]
    is_large = sum(len(group.targets) for group in rest) >= _WORTH_SHARING
    jobs = run.request.jobs if is_large and can_share() else 1
    answers = shared(partial(_check, run), rest, jobs=jobs, size=lambda group: len(group.targets))
    found = [answer for answers_of_one in answers for answer in answers_of_one]
    if shelf:
        shelf.keep({**known, **dict(found)})
    return [*known.values(), *(tally for _, tally in found)]


def _groups(by_root: Mapping[str, list[Target]], shelf: Shelf | None) -> list[_Group]:
    """Return what can be checked apart: each root with personas, and the agents of each host in the others."""
    groups: list[tuple[str, list[Target]]] = []
    for root, targets in sorted(by_root.items()):
        if any(target.home for target in targets):
            groups.append((root, targets))
            continue
        by_host: dict[str, list[Target]] = {}
        for target in targets:
            by_host.setdefault(target.dialect.id if target.dialect else "", []).append(target)
        groups += [(root, members) for members in by_host.values()]
    return [_Group(root, members, shelf.key(root, members) if shelf else "") for root, members in groups]


def _check(run: _Run, groups: Sequence[_Group]) -> list[tuple[str, Tally]]:
    """Check some groups; maybe in another process, so that all that is found goes into the answer."""
    answers = []
    for group in groups:
        own = _Run(run.request, run.listing, run.surveyor)
        run.surveyor.watched = own.tally.watched  # each group depends on what it looked at itself
        _check_root(own, group.root, own.surveyor.project_of(group.root), group.targets)
        answers.append((group.key, own.tally))
    return answers


def _check_projects(run: _Run, groups: Sequence[_Group]) -> None:
    files = {file.path: file for group in groups if (file := run.surveyor.project_of(group.root)).path}
    for path in run.listing.files:
        if path.endswith(FILE_NAME) and Path(path).name == FILE_NAME and path not in files:
            files[path] = run.surveyor.project_of(str(Path(path).parent))
    for file in files.values():
        _check_project(run, file)


def _problems(run: _Run) -> None:
    for problem in run.listing.problems:
        name = run.surveyor.name(problem.path)
        run.tally.outcomes[name] = False
        run.tally.places[name] = problem.path
        run.tally.found.append(
            Diagnostic(
                rule="unreadable",
                severity="error" if problem.severe else "warning",
                message=f"cannot be read: {problem.reason}" if problem.severe else problem.reason,
                file=name,
                help="Check its permissions, or where the link leads." if problem.severe else "It is not followed.",
            )
        )


def _check_root(run: _Run, root: str, file: ProjectFile, targets: list[Target]) -> None:
    """Check the files of one root, with its own personas around them."""
    kept = [target for target in targets if not _is_excluded(target, file)]
    # By path, so that of two that clash the same one is reported whoever was named.
    everyone = sorted([*kept, *rest_of_home(root, kept, run.surveyor)], key=lambda target: target.path)
    reads = [read_target(target, buffers=run.request.buffers) for target in everyone]
    context, found = run.surveyor.context(root, file.project, reads)
    by_file: dict[str, list[Diagnostic]] = {}
    for read in reads:
        by_file.setdefault(read.target.file, []).extend(read.diagnostics)
    subjects = [subject for read in reads for subject in read.subjects]
    selected = {read.target.file for read in reads if read.target.selected}
    for item in (*found, *_ask(subjects, selected, context)):
        by_file.setdefault(item.file, []).append(item)
    for read in reads:
        if read.target.selected:
            _settle(run, read, file, by_file.pop(read.target.file, []))
        else:
            by_file.pop(read.target.file, None)
    for name, items in by_file.items():  # the project file, opinions, skills
        _settle_other(run, name, file, items)


def _is_excluded(target: Target, file: ProjectFile) -> bool:
    if not file.settings.exclude:
        return False
    name = _from_root(target.path, file)
    return any(matches(name, pattern) for pattern in file.settings.exclude)


def _from_root(path: str, file: ProjectFile) -> str:
    return Path(os.path.relpath(path, file.project.root)).as_posix()


def _ask(subjects: Sequence[Subject], selected: set[str], context: Context) -> Iterable[Diagnostic]:
    for subject in subjects:
        if subject.file in selected:
            for rule in FILE_RULES:
                yield from rule(subject, context)
    for tree_rule in TREE_RULES:
        yield from tree_rule(subjects, context)


def _settle(run: _Run, read: ReadFile, file: ProjectFile, found: list[Diagnostic]) -> None:
    """Take out what is suppressed in one file and record the rest."""
    target = read.target
    if read.is_nobodys:
        if target.path in run.listing.named:
            run.tally.nobodys.add(target.file)
        return
    found = list(dict.fromkeys(found))  # agents of one file share its text
    if read.subjects and run.request.inline:
        comments = find_comments(read.subjects[0])
        if comments:
            found, count = apply_comments(found, read.subjects[0], comments)
            run.tally.suppressed += count
    kept, count = _by_settings(run, found, file, target.path)
    run.tally.suppressed += count
    run.tally.found += _with_repairs(kept, read.text)
    run.tally.outcomes[target.file] = read.left_alone
    run.tally.hosts[read.dialect] += not read.left_alone
    if kept:
        run.tally.places[target.file] = target.path


def _with_repairs(found: list[Diagnostic], text: str) -> Iterable[Diagnostic]:
    """Give each finding its repair, where it has one: machines get it with the finding."""
    lines = text.split("\n") if found else []
    for item in found:
        fix = repair(item, lines)
        yield item if fix is item.fix else replace(item, fix=fix)


def _settle_other(run: _Run, name: str, file: ProjectFile, found: list[Diagnostic]) -> None:
    path = str(run.request.base / name)
    kept, count = _by_settings(run, list(dict.fromkeys(found)), file, path)
    run.tally.suppressed += count
    run.tally.found += kept
    run.tally.places[name] = path


def _by_settings(run: _Run, found: list[Diagnostic], file: ProjectFile, path: str) -> tuple[list[Diagnostic], int]:
    settings = file.settings
    if not found or not (settings.ignores or settings.severities):
        return found, 0
    used = run.tally.used.setdefault(file.path, set())
    return apply_settings(found, settings, _from_root(path, file), used)


def _check_project(run: _Run, file: ProjectFile) -> None:
    """Report a project file: where it was listed, or where it is broken and so decides about the others."""
    is_listed = file.path in run.listing.files
    if not file.path or not (is_listed or any(item.severity == "error" for item in file.diagnostics)):
        return
    name = run.surveyor.name(file.path)
    found = list(file.diagnostics)
    if is_listed and file.project.root in run.request.paths:
        found += _unused(file, run.tally.used.get(file.path, set()))
    run.tally.found += found
    run.tally.places[name] = file.path
    run.tally.outcomes.setdefault(name, False)


def _unused(file: ProjectFile, used: set[int]) -> Iterable[Diagnostic]:
    for entry in file.settings.ignores:
        if entry.line not in used:
            yield Diagnostic(
                rule="unused-suppression",
                severity="warning",
                message=f"nothing of {entry.rule!r} is found where this entry looks",
                file=file.settings.file,
                line=entry.line,
                field="check.ignore",
                found=entry.rule,
                help="Remove it.",
            )


def _report(run: _Run) -> Report:
    found = sorted(dict.fromkeys(run.tally.found), key=sort_key)
    by_file: dict[str, list[Diagnostic]] = {}
    for item in found:
        by_file.setdefault(item.file, []).append(item)
    verdicts: dict[str, Outcome] = {
        file: outcome_of(by_file.get(file, []), left_alone=left_alone)
        for file, left_alone in run.tally.outcomes.items()
    }
    verdicts |= dict.fromkeys(run.tally.nobodys, "unknown")
    hosts = {host: count for host, count in sorted(run.tally.hosts.items()) if count}
    return Report(
        diagnostics=tuple(found),
        verdicts=MappingProxyType(verdicts),
        hosts=MappingProxyType(hosts),
        suppressed=run.tally.suppressed,
        baseline=_baseline(run),
        places=MappingProxyType(run.tally.places),
    )


def _baseline(run: _Run) -> str:
    """Return the baseline that the project of the base names."""
    file = run.surveyor.project_of(str(run.request.base))
    return str(file.project.root / file.settings.baseline) if file.settings.baseline else ""
