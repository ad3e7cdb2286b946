"""The JSON Schema of `report`: one for all answers, of which one part is filled and the others are null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from personae.team.plans import Stage
from personae.team.readiness import HeldCode
from personae.team.report import QUESTIONS, SCHEMA_ID, Json
from personae.team.standup import WorkerState

__all__ = ["json_schema"]

_TEXT: Json = {"type": "string"}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}
_FLAG: Json = {"type": "boolean"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_CYCLES: Json = {"type": "array", "items": {"type": "array", "minItems": 1, "items": _TEXT}}


def json_schema() -> dict[str, Json]:
    """Return the schema (draft 2020-12)."""
    parts: dict[str, Json] = {
        "plans": _or_null(_list(_PLAN)),
        "standup": _or_null(_list(_WORKER)),
        "ready": _or_null(_READY),
        "merge_order": _or_null(_MERGE_ORDER),
        "graph": _or_null(_GRAPH),
    }
    head: dict[str, Json] = {
        "schema": {"const": SCHEMA_ID},
        "answer": {"enum": list(QUESTIONS)},
        "now": _TEXT,
        "timezone": _TEXT,
        "folder": _TEXT,
        "git": _object({"repository": _TEXT_OR_NULL, "base": _TEXT_OR_NULL, "problem": _TEXT_OR_NULL}),
    }
    tail: dict[str, Json] = {"errors": _TEXTS, "diagnostics": _list(_DIAGNOSTIC)}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_object({**head, **parts, **tail})}


def _object(properties: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _or_null(part: Json) -> Json:
    return {"anyOf": [{"type": "null"}, part]}


def _one_of(words: Sequence[str]) -> Json:
    return {"enum": list(words)}


_TASKS = _object({"done": _COUNT, "total": _COUNT})
_STAGE = _one_of([stage.value for stage in Stage])
_PLAN = _object(
    {
        "slug": _TEXT,
        "files": _TEXTS,
        "stage": _STAGE,
        "title": _TEXT_OR_NULL,
        "status": _TEXT_OR_NULL,
        "tasks": _TASKS,
        "depends_on": _TEXTS,
        "touches": _or_null(_TEXTS),
        "readable": _FLAG,
        "finished": _FLAG,
        "in_progress": _FLAG,
        "landed": _FLAG,
        "last_touched": _TEXT_OR_NULL,
        "last_entry": _TEXT_OR_NULL,
        "branch": _TEXT_OR_NULL,
        "worktree": _TEXT_OR_NULL,
    }
)
_WORKER = _object(
    {
        "slug": _TEXT,
        "state": _one_of(get_args(WorkerState)),
        "tasks": _TASKS,
        "last_touched": _TEXT_OR_NULL,
        "evidence": _TEXTS,
    }
)
_HELD = _object({"slug": _TEXT, "code": _one_of(get_args(HeldCode)), "by": _TEXTS, "reason": _TEXT})
_READY = _object(
    {
        "ready": _TEXTS,
        "safe_together": _TEXTS,
        "safe_together_if": _TEXTS,
        "unverified_against": _TEXTS,
        "held_back": _list(_HELD),
        "largest_proved": _FLAG,
        "warnings": _TEXTS,
    }
)
_STEP = _object(
    {
        "slug": _TEXT,
        "changed_lines": {"type": ["integer", "null"], "minimum": 0},
        "size_from": _one_of(["git", "no-git", "no-branch", "git-failed"]),
        "after": _TEXTS,
        "reason": _TEXT,
    }
)
_MERGE_ORDER = _object(
    {
        "steps": _list(_STEP),
        "blocked": _list(_object({"slug": _TEXT, "by": _TEXTS, "reason": _TEXT})),
        "merged": _TEXTS,
        "cycles": _CYCLES,
        "fallback": _TEXT_OR_NULL,
    }
)
_ARROW = {"plan": _TEXT, "needs": _TEXT}
_GRAPH = _object(
    {
        "nodes": _list(_object({"slug": _TEXT, "stage": _STAGE, "finished": _FLAG})),
        "edges": _list(_object({**_ARROW, "done": _FLAG})),
        "unknown": _list(_object(_ARROW)),
        "cycles": _CYCLES,
    }
)
_DIAGNOSTIC = _object(
    {
        "rule": _TEXT,
        "severity": _one_of(["error", "warning", "note"]),
        "file": _TEXT,
        "line": {"type": "integer", "minimum": 1},
        "column": {"type": "integer", "minimum": 1},
        "field": _TEXT_OR_NULL,
        "message": _TEXT,
        "help": _TEXT_OR_NULL,
    }
)
