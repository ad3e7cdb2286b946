"""Every key of a persona file: one table, from which parsing, the JSON Schema, rendering and the docs are made."""

from __future__ import annotations

from personae.persona.shapes import Field, Flag, ListOf, MapOf, Money, Number, Text

__all__ = ["BUDGET", "KEYS", "PERSONA", "REQUIRED_IN_AGENTS"]

_EFFORT = Text(choices=("low", "medium", "high", "xhigh", "max"))
_NAMES = ListOf(Text())

_HEARTBEAT = MapOf(
    {
        "cron": Field(shape=Text(), required=True, doc='when: five cron fields, such as "0 9 * * 1"'),
        "prompt": Field(shape=Text(), required=True, doc="what the agent is asked when the beat fires"),
        "label": Field(shape=Text(), doc="shown in the schedule; derived from cron if absent"),
        "model": Field(shape=Text(), doc="overrides the persona's model for this beat"),
        "effort": Field(shape=_EFFORT, doc="overrides the persona's effort for this beat"),
        "enabled": Field(shape=Flag(), default=True, doc="false keeps the beat and never fires it"),
    }
)
_MEMORY = MapOf(
    {
        "path": Field(
            shape=Text(), default="memory.md", doc="file of long-term notes, relative to the persona's folder"
        ),
        "maxLines": Field(shape=Number(1), default=2000, doc="past this a compaction is proposed"),
    },
    or_text="path",
)
BUDGET = MapOf(
    {
        "daily": Field(
            shape=MapOf({"maxCostUsd": Field(shape=Money(), doc="hard cap per day, in US dollars")}),
            doc="caps for a day in the project's time zone",
        ),
        "perRun": Field(
            shape=MapOf(
                {
                    "maxCostUsd": Field(shape=Money(), doc="hard cap per run, in US dollars"),
                    "maxTokens": Field(shape=Number(1), doc="hard cap per run, in tokens of input and output"),
                }
            ),
            doc="caps for one run",
        ),
    }
)

KEYS: dict[str, Field] = {
    "kind": Field(shape=Text(), doc="persona; required in personas/"),
    "name": Field(shape=Text(), required=True, doc="display name; in personas/ the slug, equal to the file's stem"),
    "displayName": Field(shape=Text(), doc="display name, in personas/ only"),
    "role": Field(shape=Text(), doc="one-line subtitle"),
    "type": Field(shape=Text(choices=("lead", "specialist")), doc="lead or specialist; leads may dispatch"),
    "description": Field(shape=Text(), doc="what it does and when to use it, for whoever must choose"),
    "goal": Field(shape=Text(), doc="what it optimizes for; with role, instead of a body"),
    "backstory": Field(shape=Text(), doc="who it is; with role, instead of a body"),
    "model": Field(shape=Text(), doc="a concrete model, such as claude-opus-5 or ollama/llama3.3; absent inherits"),
    "effort": Field(shape=_EFFORT, default="medium", doc="how hard it thinks; beats what tier says"),
    "tier": Field(shape=Text(choices=("T0", "T1", "T2", "T3", "T4")), doc="rung of the model-and-effort ladder"),
    "tools": Field(
        shape=ListOf(Text(), or_word="none", nullable=True), doc="allow-list; absent is the project's defaults"
    ),
    "skills": Field(shape=_NAMES, doc="slugs of Agent Skills, loaded on demand"),
    "requires": Field(shape=_NAMES, doc="hard needs, inside the substrate"),
    "enhances": Field(shape=_NAMES, doc="soft needs; an absent one degrades"),
    "opinions": Field(shape=_NAMES, doc="standards folded in at adoption"),
    "modes": Field(
        shape=ListOf(Text(choices=("interactive", "sub-agent", "loop", "goal"))),
        doc="how it may be worn; absent is all",
    ),
    "triggers": Field(shape=_NAMES, doc="workflow-step names and cues for routing to sub-agents"),
    "always_load": Field(shape=Flag(never_true=True), doc="never true: a persona is dormant until adopted"),
    "maxSteps": Field(shape=Number(1), default=20, doc="rounds of one task"),
    "needsTempWorkspace": Field(shape=Flag(), default=False, doc="give each task a fresh folder, always deleted"),
    "canDispatch": Field(shape=Flag(), doc="may propose work to others; absent is true for leads"),
    "visibility": Field(
        shape=Text(choices=("folder", "cabinet", "all")), default="cabinet", doc="how far it may read and write"
    ),
    "heartbeats": Field(shape=ListOf(_HEARTBEAT), doc="recurring beats"),
    "memory": Field(shape=_MEMORY, doc="where long-term notes are kept"),
    "budget": Field(shape=BUDGET, doc="hard caps; absent inherits the project's"),
    "emoji": Field(shape=Text(), default="🤖", doc="avatar in compact lists"),
    "color": Field(shape=Text(), doc="hex or a color name; derived if absent"),
    "order": Field(shape=Number(), doc="lower sorts first"),
}

PERSONA = MapOf(KEYS)

REQUIRED_IN_AGENTS = ("role", "type")
"""Beside `name`, which both homes require."""
