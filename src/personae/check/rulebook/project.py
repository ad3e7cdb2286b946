"""The project file. Documents only; see `rulebook`."""

from __future__ import annotations

__all__ = [
    "broken_skill",
    "invalid_toml",
    "opinion_too_long",
    "substrate_path",
    "suppression_without_reason",
    "unknown_rule",
    "unknown_timezone",
    "unused_suppression",
]


def invalid_toml() -> None:
    """The project file is not TOML.

    Severity: error.

    ## What it does

    Reports where reading `personae.toml` stopped.

    ## Why it is bad

    With the project file unread every limit in it is gone, so nothing else is answered.

    ## Example

    ```file personae.toml
    [project]
    timezone = Europe/Berlin
    ```

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personae.toml
    [project]
    timezone = "Europe/Berlin"
    ```

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Only the first fault is known.
    """


def unknown_timezone() -> None:
    """The project's time zone is no IANA name.

    Severity: error.

    ## What it does

    Looks the name up in the system's zones.

    ## Why it is bad

    Days turn and heartbeats fire in it; an unknown one would shift both.

    ## Example

    ```file personae.toml
    [project]
    timezone = "Europe/Bremen"
    ```

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personae.toml
    [project]
    timezone = "Europe/Berlin"
    ```

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Zones are those this machine has.
    """


def substrate_path() -> None:
    """A path of the substrate is no folder of the project.

    Severity: error.

    ## What it does

    Resolves every entry of `[substrate] paths` to its real path; it must be a folder inside the project, without
    `..`.

    ## Why it is bad

    What personas hard-depend on must travel with the project, and no link may smuggle something else in.

    ## Example

    ```file personae.toml
    [substrate]
    paths = ["../elsewhere"]
    ```

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personae.toml
    [substrate]
    paths = ["scripts"]
    ```

    ```file scripts/queue.py
    print("empty")
    ```

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Scripts are those directly in the folder that end in .py, .sh or .ps1 or have no suffix.
    """


def opinion_too_long() -> None:
    """An opinion, or what was learned beneath it, is too long to be folded in.

    Severity: warning.

    ## What it does

    Reports texts of more than 8,000 characters; such a text is left out whole at adoption.

    ## Why it is bad

    Every request of every persona that has the opinion pays for it; cut, a standard may say its opposite.

    ## Example

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    opinions: [simple]
    ---
    Name the one plan to start next.
    ```

    ```file opinions/simple.md x400
    ---
    kind: opinion
    name: simple
    ---
    Prefer the plain way to the clever one.
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
    Prefer the plain way to the clever one.
    ```

    ## Known limits

    Only opinions that a persona asks for are read.
    """


def broken_skill() -> None:
    """A skill that a persona asks for cannot be used.

    Severity: warning.

    ## What it does

    Reports a `SKILL.md` whose name is not that of its folder, or whose description is missing or longer than 1,024
    characters.

    ## Why it is bad

    The persona's prompt would offer a skill that cannot be loaded, or one that nobody knows when to load.

    ## Example

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    skills: [brief]
    ---
    Name the one plan to start next.
    ```

    ```file .agents/skills/brief/SKILL.md
    ---
    name: briefing
    description: "Writes a brief. Use when a plan starts."
    ---
    Write half a page.
    ```

    ## Instead

    ```file personas/lead.md
    ---
    kind: persona
    name: lead
    skills: [brief]
    ---
    Name the one plan to start next.
    ```

    ```file .agents/skills/brief/SKILL.md
    ---
    name: brief
    description: "Writes a brief. Use when a plan starts."
    ---
    Write half a page.
    ```

    ## Known limits

    Only skills that a persona asks for are read.
    """


def suppression_without_reason() -> None:
    """A suppression says no reason, or names no rule.

    Severity: warning.

    ## What it does

    Reports comments `personae: ignore` without a rule in brackets or without a reason behind it, and entries of
    `[[check.ignore]]` with an empty reason, which are an error.

    ## Why it is bad

    Nobody can tell later whether the finding was looked at; until there is a reason nothing is suppressed.

    ## Example

    ```file personas/helper.md
    ---
    kind: persona
    name: helper
    ---
    <!-- personae: ignore[hollow-stance] -->
    You are a helpful assistant.
    ```

    ## Instead

    ```file personas/helper.md
    ---
    kind: persona
    name: helper
    ---
    <!-- personae: ignore[hollow-stance] the control group of our benchmark -->
    You are a helpful assistant.
    ```

    ## Known limits

    Whether the reason is a good one is not asked.
    """


def unknown_rule() -> None:
    """A suppression or setting names a rule that does not exist.

    Severity: warning.

    ## What it does

    Looks up the rules named in comments, in `[check.rules]` and in `[[check.ignore]]`; patterns with `*` and `?`
    are taken as they are.

    ## Why it is bad

    It has no effect, and the finding it was meant for stays.

    ## Example

    ```file personas/helper.md
    ---
    kind: persona
    name: helper
    ---
    <!-- personae: ignore[holow-stance] the control group of our benchmark -->
    Answer in one paragraph, with a place for every claim.
    ```

    ## Instead

    ```file personas/helper.md
    ---
    kind: persona
    name: helper
    ---
    Answer in one paragraph, with a place for every claim.
    ```

    ## Known limits

    None known.
    """


def unused_suppression() -> None:
    """A suppression suppresses nothing.

    Severity: warning.

    ## What it does

    Reports comments whose rule finds nothing where they speak of.

    ## Why it is bad

    It hides the next finding of that rule, which nobody will have looked at.

    ## Example

    ```file personas/helper.md
    ---
    kind: persona
    name: helper
    ---
    <!-- personae: ignore[hollow-stance] the control group of our benchmark -->
    Answer in one paragraph, with a place for every claim.
    ```

    ## Instead

    ```file personas/helper.md
    ---
    kind: persona
    name: helper
    ---
    Answer in one paragraph, with a place for every claim.
    ```

    ## Known limits

    A comment alone on its line speaks of the next line only.
    """
