"""`personae explain`: one rule of the check, in full."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from personae.check import rulebook
from personae.cli import out

__all__ = ["command"]


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(rule.id, help=rule.summary)
        for rule in rulebook.all_rules()
        if rule.id.startswith(incomplete) and not rule.id.startswith("HOST-")
    ]


@click.command("explain")
@click.argument("rule", required=False, shell_complete=_complete)
@out.json_option
def command(rule: str | None, as_json: bool) -> None:
    """Explain RULE: what it does, why, an example, what to write instead, and its limits. Without RULE, list all."""
    if rule is None:
        _list(as_json=as_json)
        return
    found = rulebook.get(rule)
    if as_json:
        out.as_json(_object(found))
    else:
        out.data(found.as_markdown().rstrip("\n"))


def _list(*, as_json: bool) -> None:
    rules = rulebook.all_rules()
    if as_json:
        out.as_json([_object(rule) for rule in rules])
        return
    out.data(
        out.table([[rule.id, rule.severity, rule.summary] for rule in rules], header=["RULE", "SEVERITY", "SUMMARY"])
    )
    out.note("HOST stands for a tool's name, as in claude-unknown-key. In full: personae explain RULE.")


def _object(rule: rulebook.Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "severity": rule.severity,
        "chapter": rule.chapter,
        "summary": rule.summary,
        "sections": dict(rule.sections),
    }
