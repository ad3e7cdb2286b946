"""What the fields of a persona may hold. Documents only; see `rulebook`."""

from __future__ import annotations

__all__ = [
    "control_character",
    "duplicate_key",
    "empty_prompt",
    "empty_tools",
    "invalid_choice",
    "invalid_color",
    "invalid_cron",
    "invalid_emoji",
    "invalid_model",
    "invalid_name",
    "invalid_tool",
    "line_break",
    "missing_key",
    "no_modes",
    "path_leaves_folder",
    "requires_and_enhances",
    "too_small",
    "unknown_key",
    "wrong_type",
]


def unknown_key() -> None:
    """A key is not known here.

    Severity: error.

    ## What it does

    Reports keys that no field has, with the closest one that exists, and known keys in the wrong place.

    ## Why it is bad

    A misspelled limit limits nothing, and nobody would notice.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    can_dispatch: false
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    canDispatch: false
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Keys of other tools are unknown too; `personae import` reads their files.
    """


def duplicate_key() -> None:
    """A key is given twice in one map.

    Severity: error.

    ## What it does

    Reports the second of two equal keys.

    ## Why it is bad

    YAML readers disagree on which of them counts.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    effort: low
    effort: high
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    effort: high
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    In `[capabilities]`, `[mcp]`, `[trust]`, `[approve]` and `[check]` the TOML reader reports it.
    """


def missing_key() -> None:
    """A required key is missing.

    Severity: error.

    ## What it does

    Reports what every persona needs: `name`; under `.agents/` also `role` and `type`; in a heartbeat `cron` and
    `prompt`.

    ## Why it is bad

    Without it nobody can list, choose or start the persona.

    ## Example

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    ---
    Sort the letters in /inbox/ by urgency.
    ```

    ## Instead

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    ---
    Sort the letters in /inbox/ by urgency.
    ```

    ## Known limits

    None known.
    """


def wrong_type() -> None:
    """A value is of another type than its key takes.

    Severity: error.

    ## What it does

    Reports a text where a list belongs, a number in quotes, `yes` where text is meant, and so on.

    ## Why it is bad

    What YAML makes of a value is often not what was meant: `no` is false, `1:30` is ninety.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    tools: read, grep
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

    A list with one wrong entry is reported for that entry only.
    """


def invalid_choice() -> None:
    """A value is not one of the words its key takes.

    Severity: error.

    ## What it does

    Checks `type`, `effort`, `tier`, `modes` and `visibility`, also in heartbeats, with the closest word.

    ## Why it is bad

    Any other word would have to be guessed at, or ignored.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    effort: hgih
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    effort: high
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Capital letters count: `High` is not `high`.
    """


def no_modes() -> None:
    """The list of modes is empty.

    Severity: error.

    ## What it does

    Reports `modes: []`.

    ## Why it is bad

    A persona that may be worn in no mode can never run.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    modes: []
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    modes: [sub-agent]
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Without the key all modes are declared.
    """


def invalid_model() -> None:
    """The model is not a name.

    Severity: error.

    ## What it does

    Reports an empty model and one with spaces.

    ## Why it is bad

    No provider has such a model, so the persona could never answer.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    model: "Claude Opus"
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

    Whether a well-formed name exists is judged by unknown-model.
    """


def invalid_tool() -> None:
    """An entry of tools is not a tool.

    Severity: error.

    ## What it does

    Reports entries that are no names, `none` beside others, and names in parentheses after anything but `agent` and
    `delegate`.

    ## Why it is bad

    An entry that matches nothing looks like a grant and is none.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    tools: ["shell(git log)"]
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    tools: [shell]
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Whether a tool of that name exists depends on the machine and is not asked here.
    """


def empty_tools() -> None:
    """Under `.agents/` an empty list of tools means the defaults.

    Severity: warning.

    ## What it does

    Reports `tools: []` in a `persona.md`.

    ## Why it is bad

    There the schema reads it as "inherit", while everybody reads it as "none".

    ## Example

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    tools: []
    ---
    Sort the given letters by urgency.
    ```

    ## Instead

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    tools: none
    ---
    Sort the given letters by urgency.
    ```

    ## Known limits

    In `personas/` the empty list means none, and passes.
    """


def invalid_name() -> None:
    """An entry of requires, enhances, opinions, skills or triggers is malformed.

    Severity: error.

    ## What it does

    Names are letters, digits, `-`, `_` and `.`, and begin with a letter or digit; skills are slugs; a trigger is
    one line that is not empty.

    ## Why it is bad

    Names become file names, and a path in their place could leave its folder.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    opinions: ["../secret"]
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    opinions: [simple]
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Whether the name leads anywhere is judged by other rules.
    """


def requires_and_enhances() -> None:
    """A name is in requires and in enhances.

    Severity: error.

    ## What it does

    Reports each entry of `enhances` that `requires` has too.

    ## Why it is bad

    What cannot be missing cannot also be optional.

    ## Example

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    requires: [team_status]
    enhances: [team_status]
    ---
    Quote the table of team_status and name the one plan to start next.
    ```

    ## Instead

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    requires: [team_status]
    ---
    Quote the table of team_status and name the one plan to start next.
    ```

    ## Known limits

    None known.
    """


def invalid_cron() -> None:
    """A heartbeat's cron expression is not five fields that ever fire.

    Severity: error.

    ## What it does

    Checks minute, hour, day, month and weekday, with names, lists, ranges and steps; seconds, `@daily`, `L`, `W`,
    `#` and `?` are refused, and so are dates that never come.

    ## Why it is bad

    A beat that never fires fails without a sign.

    ## Example

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    heartbeats:
      - cron: "every monday"
        prompt: Sort the letters of the weekend.
    ---
    Sort the letters in /inbox/ by urgency.
    ```

    ## Instead

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    heartbeats:
      - cron: "0 9 * * 1"
        prompt: Sort the letters of the weekend.
    ---
    Sort the letters in /inbox/ by urgency.
    ```

    ## Known limits

    The time zone is the project's.
    """


def empty_prompt() -> None:
    """A heartbeat's prompt is empty.

    Severity: error.

    ## What it does

    Reports a prompt of white space only.

    ## Why it is bad

    The agent would be woken, and paid for, without a task.

    ## Example

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    heartbeats:
      - cron: "0 9 * * 1"
        prompt: " "
    ---
    Sort the letters in /inbox/ by urgency.
    ```

    ## Instead

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    heartbeats:
      - cron: "0 9 * * 1"
        prompt: Sort the letters of the weekend.
    ---
    Sort the letters in /inbox/ by urgency.
    ```

    ## Known limits

    None known.
    """


def path_leaves_folder() -> None:
    """The memory's path is not a file inside the persona's own folder.

    Severity: error.

    ## What it does

    Reports absolute paths, `..`, drives, `~` and folders, as any system would read them.

    ## Why it is bad

    A file that is harmless here may overwrite something on another machine.

    ## Example

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    memory: ../../notes.md
    ---
    Sort the letters in /inbox/ by urgency.
    ```

    ## Instead

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    memory: notes.md
    ---
    Sort the letters in /inbox/ by urgency.
    ```

    ## Known limits

    A link at that place is followed only inside the folder, when the file is opened.
    """


def too_small() -> None:
    """A number is below the least that makes sense.

    Severity: error.

    ## What it does

    Checks `maxSteps`, `memory.maxLines` and the budget: steps, lines and tokens are at least 1, money at least 0.

    ## Why it is bad

    A limit below the least would refuse everything, or nothing.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    maxSteps: 0
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    maxSteps: 10
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    A budget of 0 is allowed: such a persona runs on local models only.
    """


def invalid_color() -> None:
    """The color is neither hex nor a name.

    Severity: error.

    ## What it does

    Takes `#rgb`, `#rrggbb` and lower-case names.

    ## Why it is bad

    Anything else shows as nothing, or breaks the page that shows it.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    color: "rgb(1, 2, 3)"
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    color: "#3b82f6"
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Whether a name is a known color is not asked.
    """


def invalid_emoji() -> None:
    """The emoji is not a short string.

    Severity: error.

    ## What it does

    Takes 1 to 16 characters on one line.

    ## Why it is bad

    It stands in lists one or two characters wide.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    emoji: "far more than one picture"
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    emoji: "🔭"
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Letters are allowed.
    """


def line_break() -> None:
    r"""A text that is shown on one line has a line break.

    Severity: error.

    ## What it does

    Checks the display name, `role` and `model`.

    ## Why it is bad

    Lists and prompts would break in the middle of a line.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    role: "Release\nscout"
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    role: "Release scout"
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    A description may span lines.
    """


def control_character() -> None:
    r"""A text holds a control character.

    Severity: error.

    ## What it does

    Reports characters below U+0020 other than tabs and line breaks, and halves of surrogate pairs.

    ## Why it is bad

    Terminals obey some of them, and no model needs any.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    role: "Release \x1b[31mscout"
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    role: "Release scout"
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Invisible characters above U+007F are judged by invisible-character.
    """
