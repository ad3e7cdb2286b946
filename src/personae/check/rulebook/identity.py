"""What makes a file a persona, and one persona. Documents only; see `rulebook`."""

from __future__ import annotations

__all__ = [
    "always_load",
    "duplicate_slug",
    "empty_stance",
    "identity_needs_role",
    "invalid_slug",
    "missing_kind",
    "other_kind",
    "slug_is_not_stem",
    "two_identities",
    "wrong_kind",
]


def missing_kind() -> None:
    """A file in `personas/` with frontmatter does not say that it is a persona.

    Severity: error.

    ## What it does

    Reports frontmatter without the key `kind`.

    ## Why it is bad

    The folder is shared with other kinds of file; only the key tells them apart.

    ## Example

    ```file personas/scout.md
    ---
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    `README.md` is never read as a persona.
    """


def wrong_kind() -> None:
    """The file calls itself something else in a place where only a persona can be.

    Severity: error.

    ## What it does

    Reports `kind` with another value under `.agents/`, and with other capital letters anywhere.

    ## Why it is bad

    A capital letter is a slip; skipping the file for it would hide the persona without a word.

    ## Example

    ```file .agents/inbox/persona.md
    ---
    kind: agent
    name: Inbox
    role: Triage
    type: specialist
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

    In `personas/` another kind is no fault: see other-kind.
    """


def other_kind() -> None:
    """A file in `personas/` is of another kind and is skipped.

    Severity: note.

    ## What it does

    Names a file that says `kind:` something else than persona.

    ## Why it is bad

    Nothing is wrong; the note tells why the file does not appear among the personas.

    ## Example

    ```file personas/simple.md
    ---
    kind: opinion
    name: simple
    ---
    Prefer the plain way.
    ```

    ## Instead

    ```file personas/simple.md
    ---
    kind: persona
    name: simple
    ---
    Rewrite the given text in plain words and short sentences.
    ```

    ## Known limits

    What such a file holds is not looked at.
    """


def slug_is_not_stem() -> None:
    """In `personas/` the name differs from the file's name.

    Severity: error.

    ## What it does

    Compares `name` with the file's name without `.md`.

    ## Why it is bad

    The slug is the only id; with two of them, half of the references lead nowhere.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: release-scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/release-scout.md
    ---
    kind: persona
    name: release-scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Under `.agents/` the folder is the slug and `name` is what people see.
    """


def invalid_slug() -> None:
    """The name of the file or folder cannot be a slug.

    Severity: error.

    ## What it does

    A slug has 1 to 64 of `a-z`, `0-9`, `-` and `_`, begins with a letter or digit, and is none of the names that
    systems or this package keep for themselves.

    ## Why it is bad

    The slug becomes part of paths, commands and other tools' ids on every system.

    ## Example

    ```file .agents/Inbox Triager/persona.md
    ---
    name: Inbox Triager
    role: Triage
    type: specialist
    ---
    Sort the letters in /inbox/ by urgency.
    ```

    ## Instead

    ```file .agents/inbox-triager/persona.md
    ---
    name: Inbox Triager
    role: Triage
    type: specialist
    ---
    Sort the letters in /inbox/ by urgency.
    ```

    ## Known limits

    None known.
    """


def duplicate_slug() -> None:
    """Two personas of one project have the same slug.

    Severity: error.

    ## What it does

    Reports the second of two files that stand for one slug, such as one in each home.

    ## Why it is bad

    Neither could win, so which one runs would depend on the order of a folder.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ```file .agents/scout/persona.md
    ---
    name: Scout
    role: Releases
    type: specialist
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    A persona of the project that hides a built-in one or one of yours is meant, and no fault.
    """


def always_load() -> None:
    """The persona asks to be loaded always.

    Severity: error.

    ## What it does

    Reports `always_load` in every spelling and with every value but false.

    ## Why it is bad

    A persona that loads itself costs every request, adopted or not, and nobody chose it.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    alwaysLoad: "true"
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    `always_load: false` says what holds anyway and passes.
    """


def two_identities() -> None:
    """There is a body and also a goal or a backstory.

    Severity: error.

    ## What it does

    Reports `goal` and `backstory` in a file whose body is the stance.

    ## Why it is bad

    The body is sent word for word and alone, so the two would never reach a model.

    ## Example

    ```file personas/counsel.md
    ---
    kind: persona
    name: counsel
    role: Corporate counsel
    goal: Keep contracts safe
    ---
    Read the contract and list every clause that binds us longer than a year.
    ```

    ## Instead

    ```file personas/counsel.md
    ---
    kind: persona
    name: counsel
    role: Corporate counsel
    goal: Keep contracts safe
    backstory: Twenty years of reviewing contracts for software companies.
    ---
    ```

    ## Known limits

    None known.
    """


def empty_stance() -> None:
    """There is neither a body nor a goal and backstory.

    Severity: error.

    ## What it does

    Reports a persona without any instructions.

    ## Why it is bad

    Worn, it would be the bare model under another name.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies and list them with dates.
    ```

    ## Known limits

    A stance that is there and says nothing is judged by hollow-stance.
    """


def identity_needs_role() -> None:
    """A goal or backstory stands without a role.

    Severity: error.

    ## What it does

    Reports `goal` or `backstory` where `role` is missing and there is no body.

    ## Why it is bad

    The prompt made of the three begins with the role and makes no sense without it.

    ## Example

    ```file personas/counsel.md
    ---
    kind: persona
    name: counsel
    goal: Keep contracts safe
    ---
    ```

    ## Instead

    ```file personas/counsel.md
    ---
    kind: persona
    name: counsel
    role: Corporate counsel
    goal: Keep contracts safe
    ---
    ```

    ## Known limits

    None known.
    """
