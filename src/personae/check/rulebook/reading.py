"""Bytes, encoding, fences and YAML: what keeps a file from being read. Documents only; see `rulebook`."""

from __future__ import annotations

__all__ = [
    "byte_order_mark",
    "file_too_large",
    "frontmatter_too_large",
    "invalid_encoding",
    "invalid_yaml",
    "no_frontmatter",
    "unclosed_frontmatter",
    "unreadable",
    "yaml_alias",
    "yaml_anchor",
    "yaml_tag",
    "yaml_too_deep",
]


def unreadable() -> None:
    """The file cannot be opened or is no regular file.

    Severity: error.

    ## What it does

    Reports a file that stands where a persona lives and gives no bytes: no permission, a broken link, a loop of
    links, a pipe.

    ## Why it is bad

    Nobody knows what is in it, so no answer about the project would be worth anything.

    ## Example

    ```link .agents/inbox/persona.md
    persona.md
    ```

    ## Instead

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    ---
    Sort the letters in /inbox/ by urgency and write the list to /briefings/today.md.
    ```

    ## Known limits

    The reason is the operating system's. Root may open what others cannot.
    """


def invalid_encoding() -> None:
    r"""The file is not UTF-8 text.

    Severity: error.

    ## What it does

    Reports the first byte that is not UTF-8, a NUL byte, or the mark of UTF-16 or UTF-32 at the beginning.

    ## Why it is bad

    Guessing an encoding changes words that a model receives, and other tools guess differently.

    ## Example

    ```bytes personas/cafe.md
    ---
    kind: persona
    name: cafe
    ---
    Find a caf\xe9 near the venue and book it.
    ```

    ## Instead

    ```file personas/cafe.md
    ---
    kind: persona
    name: cafe
    ---
    Find a café near the venue and book it.
    ```

    ## Known limits

    Text in another encoding that happens to be valid UTF-8 passes.
    """


def byte_order_mark() -> None:
    r"""The file begins with a byte-order mark.

    Severity: warning.

    ## What it does

    Reports the three bytes EF BB BF before the first line; they are skipped and the rest is read.

    ## Why it is bad

    Most other tools then see no frontmatter, and take the file for plain text.

    ## Example

    ```bytes personas/scout.md
    \xef\xbb\xbf---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies and list them.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies and list them.
    ```

    ## Known limits

    A mark elsewhere in the file is judged by invisible-character.
    """


def file_too_large() -> None:
    """The file has more than one megabyte.

    Severity: error.

    ## What it does

    Reports a file of more than 1,048,576 bytes; it is not read further.

    ## Why it is bad

    A stance of that size fits into no model, and most of it would be sent with every request.

    ## Example

    ```file personas/scout.md x20000
    ---
    kind: persona
    name: scout
    ---
    This line is repeated until there is far too much of it.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Read docs/history.md when you need to know what happened before.
    ```

    ## Known limits

    A smaller file may still be too large for its model: see prompt-too-large.
    """


def frontmatter_too_large() -> None:
    """The frontmatter has more than 65,536 characters.

    Severity: error.

    ## What it does

    Reports frontmatter that is longer than any set of fields can be.

    ## Why it is bad

    Either the closing fence is missing, or long text stands where only settings belong.

    ## Example

    ```file personas/scout.md x3000 only=3
    ---
    kind: persona
    # A comment that is much longer than anything that belongs here.
    name: scout
    ---
    Look for new releases.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    ---
    Look for new releases of our dependencies and list them.
    ```

    ## Known limits

    None known.
    """


def no_frontmatter() -> None:
    """The file does not begin with a line of three dashes.

    Severity: error.

    ## What it does

    Reports a `persona.md` under `.agents/` without frontmatter. A file in `personas/` without it is left alone: it
    may be a README.

    ## Why it is bad

    Without it there is neither a role nor a type, so nobody can say what the agent may do.

    ## Example

    ```file .agents/inbox/persona.md
    You sort the letters in /inbox/ by urgency.
    ```

    ## Instead

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    ---
    You sort the letters in /inbox/ by urgency.
    ```

    ## Known limits

    A blank line before the first dashes counts as none, as it does in other tools.
    """


def unclosed_frontmatter() -> None:
    """The frontmatter is opened and never closed.

    Severity: error.

    ## What it does

    Reports a first line of three dashes without a second one.

    ## Why it is bad

    Where the fields end and the stance begins cannot be told, and a wrong guess sends settings to the model as
    text.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
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

    A horizontal rule in the stance is taken for the missing fence, if there is one.
    """


def invalid_yaml() -> None:
    """The frontmatter is not YAML.

    Severity: error.

    ## What it does

    Reports the place where reading stopped, with what people usually did there: a second colon, a tab, an open
    quote.

    ## Why it is bad

    Other tools reject such a file, skip it without a word, or read something else than was meant.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    description: Finds releases: new ones only
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    description: "Finds releases: new ones only"
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    Only the first fault is known; the next shows when it is repaired.
    """


def yaml_alias() -> None:
    """The frontmatter uses an alias.

    Severity: error.

    ## What it does

    Reports `*name` where a value stands.

    ## Why it is bad

    Aliases multiply: a few lines may unfold to gigabytes, and a reader cannot see what a value is.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    description: &text "Finds new releases"
    role: *text
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    description: "Finds new releases"
    role: "Release scout"
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    A star inside quotes, as in a cron expression, is no alias.
    """


def yaml_anchor() -> None:
    """The frontmatter defines an anchor.

    Severity: error.

    ## What it does

    Reports `&name` before a value.

    ## Why it is bad

    No field needs one, and readers disagree on what an alias to it means.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    description: &text "Finds new releases"
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    description: "Finds new releases"
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    An ampersand inside quotes is no anchor.
    """


def yaml_tag() -> None:
    """The frontmatter uses a tag.

    Severity: error.

    ## What it does

    Reports `!name` or `!!name` before a value.

    ## Why it is bad

    Tags make some readers build objects and run code; no field needs one.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: !!python/name:os.system scout
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

    An exclamation mark inside quotes is no tag.
    """


def yaml_too_deep() -> None:
    """Lists and maps are nested more than 32 deep.

    Severity: error.

    ## What it does

    Reports the first level that is too deep, before the tree is built.

    ## Why it is bad

    Deep nesting overflows readers; no field needs more than three levels.

    ## Example

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    skills:
      - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - deep
    ---
    Look for new releases of our dependencies.
    ```

    ## Instead

    ```file personas/scout.md
    ---
    kind: persona
    name: scout
    skills: [release-notes]
    ---
    Look for new releases of our dependencies.
    ```

    ## Known limits

    None known.
    """
