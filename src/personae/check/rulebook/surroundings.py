"""What a persona leans on: the substrate, other personas, models. Documents only; see `rulebook`."""

from __future__ import annotations

__all__ = [
    "absent_name",
    "depends_on_persona",
    "misspelled_tool",
    "not_in_substrate",
    "prompt_too_large",
    "retired_model",
    "spawns_itself",
    "unknown_model",
    "unknown_persona",
    "unknown_teammate",
]


def not_in_substrate() -> None:
    """An entry of requires is not in the substrate.

    Severity: error.

    ## What it does

    The substrate is what every installation has: the team answers, the built-in tools, and what `[substrate]` of
    the project names or holds as scripts.

    ## Why it is bad

    A persona must run in the bare project. What may be missing belongs into `enhances`, where its absence only
    degrades.

    ## Example

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    requires: [board-sync]
    ---
    Quote the board and name the one plan to start next.
    ```

    ## Instead

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    requires: [team_status]
    enhances: [board-sync]
    ---
    Quote the table of team_status and name the one plan to start next.
    ```

    ## Known limits

    Whether a script of the substrate works is not asked.
    """


def depends_on_persona() -> None:
    """Requires or enhances names a persona.

    Severity: error.

    ## What it does

    Reports entries that are the slug of a persona that can be reached here, also of the persona itself.

    ## Why it is bad

    A persona composes what lies below it and is depended on by nothing; two that lean on each other could not be
    worn alone.

    ## Example

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    enhances: [researcher]
    ---
    Name the one plan to start next.
    ```

    ## Instead

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    tools: [read, agent(researcher)]
    ---
    Name the one plan to start next. Give open questions to the researcher.
    ```

    ## Known limits

    A capability and a persona of one name are taken for the persona.
    """


def absent_name() -> None:
    """An opinion, capability or skill is not here.

    Severity: note.

    ## What it does

    Names entries of `opinions`, `enhances` and `skills` that lead nowhere on this machine.

    ## Why it is bad

    All three may live elsewhere, so nothing is wrong; the note helps to find a misspelled one.

    ## Example

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    opinions: [simpel]
    ---
    Name the one plan to start next.
    ```

    ```file opinions/simple.md
    ---
    kind: opinion
    name: simple
    ---
    Prefer the plain way.
    ```

    ## Instead

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    opinions: [simple]
    ---
    Name the one plan to start next.
    ```

    ```file opinions/simple.md
    ---
    kind: opinion
    name: simple
    ---
    Prefer the plain way.
    ```

    ## Known limits

    It looks at names, not at what they hold.
    """


def spawns_itself() -> None:
    """A persona could come to start itself.

    Severity: error.

    ## What it does

    Follows `agent(…)` and `delegate(…)` from each persona to those they name, and says the way back where there is one.
    With `[limits] depth` in the project file a circle of several is bounded, and only a persona that names itself is
    reported.

    ## Why it is bad

    Each one starts the next, and every one is paid. A request to be careful in a prompt does not stop it.

    ## Example

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    tools: [read, agent(scout)]
    ---
    Name the one plan to start next. Give open questions to the scout.
    ```

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    tools: [read, agent(lead)]
    ---
    Find the file that answers the question. Give the plans to the lead.
    ```

    ## Instead

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    tools: [read, agent(scout)]
    ---
    Name the one plan to start next. Give open questions to the scout.
    ```

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    tools: [read]
    ---
    Find the file that answers the question.
    ```

    ## Known limits

    A bare `agent` may reach anybody and is not followed; depth bounds it.
    """


def unknown_persona() -> None:
    """A persona is named that does not exist.

    Severity: error.

    ## What it does

    Checks `agent(…)` and `delegate(…)` in `tools`, and `[workflow.STEP] persona` in the project file.

    ## Why it is bad

    The call would fail at run time, after money was spent.

    ## Example

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    tools: [read, agent(resercher)]
    ---
    Name the one plan to start next. Give open questions to the researcher.
    ```

    ## Instead

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    tools: [read, agent(researcher)]
    ---
    Name the one plan to start next. Give open questions to the researcher.
    ```

    ## Known limits

    Personas registered in Python only are not known here; list `agent` alone for them.
    """


def unknown_teammate() -> None:
    """The stance hands work to somebody who does not exist.

    Severity: warning.

    ## What it does

    Reads whom `LAUNCH_TASK to …`, `SCHEDULE_JOB to …` and "delegate … to `slug`" name, and looks for a persona with
    that slug, name or role.

    ## Why it is bad

    The proposal would name nobody, and a person would have to guess who was meant.

    ## Example

    ```file .agents/lead/persona.md
    ---
    name: Launch Lead
    role: Launches
    type: lead
    ---
    Keep the launch room current. Research gaps: LAUNCH_TASK to Research Chief with the question.
    ```

    ## Instead

    ```file .agents/lead/persona.md
    ---
    name: Launch Lead
    role: Launches
    type: lead
    ---
    Keep the launch room current. Research gaps: LAUNCH_TASK to Researcher with the question.
    ```

    ## Known limits

    A name is read only right behind these words: capitalized, bold, in backticks or with an @.
    """


def misspelled_tool() -> None:
    """A tool is misspelled.

    Severity: warning.

    ## What it does

    Reports a name that no tool here has and that is one slip away from one that exists: a letter wrong, missing,
    too many or swapped. In agent files of other hosts it is their list of tools that counts.

    ## Why it is bad

    The entry grants nothing, and the agent misses a tool that everybody believes it has.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    tools: [raed, grep]
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    tools: [read, grep]
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Names of fewer than four letters, and all that are further away, may be a capability's or a plugin's and pass.
    """


def unknown_model() -> None:
    """The model is not known.

    Severity: warning.

    ## What it does

    Looks up `model` here and in heartbeats: its provider must be one that exists, and for Anthropic, OpenAI and
    Google the model must be in a dated table. In agents of Claude Code it is a slip in one of its short names.

    ## Why it is bad

    A misspelled model is found only when the persona runs.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    model: claude-opsu-5-5
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    model: claude-opus-5-5
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    The table is as old as this release; tuned models, previews and all other providers are taken at their word.
    """


def retired_model() -> None:
    """The model no longer answers.

    Severity: warning.

    ## What it does

    Compares today with the day its provider announced; within two months before that day it is a note.

    ## Why it is bad

    Every request would fail, and a heartbeat would fail at night.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    model: claude-3-opus-20240229
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    tier: T2
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Clouds that resell a model may keep it longer. In agent files of other hosts only those are judged that pass the
    id to its provider.
    """


def prompt_too_large() -> None:
    """The stance alone is larger than the model's context.

    Severity: error.

    ## What it does

    Counts words, and compares with the context of the model that the persona names, or the project's default.

    ## Why it is bad

    The first request would be refused, whatever the task.

    ## Example

    ```file personas/scout.md x3000 only=6
    ---
    kind: persona
    name: scout
    model: embedded:smollm2-135m
    ---
    Look for new releases of all our dependencies, one after the other.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    model: embedded:smollm2-135m
    ---
    Look for new releases of all our dependencies, one after the other.
    ```

    ## Known limits

    A word is at least one token, so a stance that is only a little too large passes. Tiers are not judged: they
    follow the machine.
    """
