"""What is wrong at another tool; HOST in an id stands for that tool. Documents only; see `rulebook`."""

from __future__ import annotations

__all__ = [
    "broken_frontmatter",
    "byte_order_mark",
    "duplicate_key",
    "file_too_large",
    "invalid_value",
    "limit_ignored",
    "lost_frontmatter",
    "missing_key",
    "misspelled_key",
    "name_not_folder",
    "no_frontmatter",
    "no_tool_left",
    "not_read_here",
    "not_utf_8",
    "prompt_too_long",
    "runs_code",
    "text_too_long",
    "tolerant_frontmatter",
    "tools_not_a_map",
    "unknown_key",
    "unknown_tool",
    "whole_tool_denied",
    "wrong_type",
]


def unknown_key() -> None:
    """The host knows no such key and breaks on it.

    Severity: error.

    ## What it does

    Reports keys that are not in the host's table, where that host refuses the file for one.

    ## Why it is bad

    The agent is not there, and its host says so only at the start, or not at all.

    ## Example

    ```file .gemini/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    color: blue
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .gemini/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    The table is that of one version; newer ones may know more keys.
    """


def misspelled_key() -> None:
    """The host ignores a key that is nearly one of its own.

    Severity: warning.

    ## What it does

    Reports a key that differs from a known one only in capital letters, dashes or underscores.

    ## Why it is bad

    The value has no effect, and nothing says so; a limit written that way limits nothing.

    ## Example

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    max-turns: 20
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    maxTurns: 20
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Other unknown keys are left alone where the host ignores them.
    """


def limit_ignored() -> None:
    """The host takes a limit and does not keep it.

    Severity: warning.

    ## What it does

    Reports keys that once limited an agent, or limit one at another host, and do nothing at this one.

    ## Why it is bad

    Whoever reads the file believes that the agent cannot do what it can.

    ## Example

    ```file .codex/agents/critic.toml
    name = "critic"
    description = "Reviews diffs for security defects."
    developer_instructions = "List what is wrong, worst first."
    sandbox_mode = "read-only"
    ```

    ## Instead

    ```file .codex/agents/critic.toml
    name = "critic"
    description = "Reviews diffs for security defects."
    developer_instructions = "List what is wrong, worst first."
    ```

    ## Known limits

    Which keys act changes with the host's version; the table has its date.
    """


def missing_key() -> None:
    """A key that the host requires is missing or empty.

    Severity: error.

    ## What it does

    Checks the required keys of the host's table.

    ## Why it is bad

    Most hosts skip such a file without a word, and take it for a document.

    ## Example

    ```file .claude/agents/critic.md
    ---
    title: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    A file with none of the host's keys is taken for a document, as the host does.
    """


def wrong_type() -> None:
    """The host does not take a value of this type.

    Severity: error.

    ## What it does

    Compares each value with the type in the host's table, as that host's YAML or TOML reader sees it.

    ## Why it is bad

    The host refuses the file, and some stop altogether; where it only drops the key, this is a warning.

    ## Example

    ```file .gemini/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    tools: read_file, grep_search
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .gemini/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    tools: [read_file, grep_search]
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Where a host's reader could not be run, the most tolerant one is assumed.
    """


def invalid_value() -> None:
    """The host does not take this value.

    Severity: error.

    ## What it does

    Checks words against the list that the host takes, numbers against their least, and names against their pattern.

    ## Why it is bad

    The host refuses the file; where it only drops the key, this is a warning, and a note where only looks are at
    stake.

    ## Example

    ```file .opencode/agents/critic.md
    ---
    description: "Reviews diffs for security defects."
    mode: helper
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .opencode/agents/critic.md
    ---
    description: "Reviews diffs for security defects."
    mode: subagent
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Values that only fail when the agent runs, such as the name of a model, pass here.
    """


def tools_not_a_map() -> None:
    """Tools is no map, and that stops the host.

    Severity: error.

    ## What it does

    Reports a text or a list under `tools` at a host that takes a map of names to true or false.

    ## Why it is bad

    One such file keeps OpenCode from starting, with every other agent; a file copied from Claude Code is one.

    ## Example

    ```file .opencode/agents/critic.md
    ---
    description: "Reviews diffs for security defects."
    mode: subagent
    tools: Read, Grep
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .opencode/agents/critic.md
    ---
    description: "Reviews diffs for security defects."
    mode: subagent
    permission:
      edit: deny
      bash: deny
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    The map itself is deprecated there; `permission` is what limits.
    """


def duplicate_key() -> None:
    """A key stands twice.

    Severity: warning.

    ## What it does

    Reports the second of two equal keys; an error where the host refuses the file for it.

    ## Why it is bad

    Which of the two counts is up to the loader.

    ## Example

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    model: opus
    model: haiku
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    model: opus
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Keys below the first level are not looked at.
    """


def broken_frontmatter() -> None:
    """The host cannot read the frontmatter.

    Severity: error.

    ## What it does

    Reads the frontmatter as the host's own reader would, and reports where it stops.

    ## Why it is bad

    The host skips or refuses the file; hosts differ in what they repair.

    ## Example

    ```file .grok/agents/critic.md
    ---
    name: critic
    description: Reviews diffs: security first
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .grok/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs: security first"
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    The readers are imitated; the tests compare them with the real ones where those are installed.
    """


def lost_frontmatter() -> None:
    """The host drops the frontmatter and loads the agent without any limit.

    Severity: error.

    ## What it does

    Reports frontmatter that the host fails to read and then ignores, while it still loads the file.

    ## Why it is bad

    Every limit in it is gone, and nothing says so.

    ## Example

    ```file .opencode/agents/critic.md
    ---
    description: "Reviews diffs"
      permission: deny
    mode: [subagent
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .opencode/agents/critic.md
    ---
    description: "Reviews diffs"
    permission: deny
    mode: subagent
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Seen at OpenCode only.
    """


def tolerant_frontmatter() -> None:
    """The host repairs the frontmatter, and others do not.

    Severity: warning.

    ## What it does

    Reports frontmatter that is no YAML and that this host reads nevertheless, by a second attempt of its own.

    ## Why it is bad

    The same file is skipped, or stops the program, anywhere else.

    ## Example

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: Reviews diffs: security first
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs: security first"
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    What a repair makes of the value is not shown.
    """


def no_frontmatter() -> None:
    """The file has no frontmatter.

    Severity: error.

    ## What it does

    Reports a file without frontmatter where the host then complains, or makes an agent without limits of it, which
    is a warning.

    ## Why it is bad

    A document beside the agents becomes an agent that nobody meant, or an error at every start.

    ## Example

    ```file .gemini/agents/notes.md
    What we learned last week.
    ```

    ## Instead

    ```file .gemini/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Where the host ignores such a file, nothing is said.
    """


def byte_order_mark() -> None:
    r"""The file begins with a byte-order mark.

    Severity: warning.

    ## What it does

    Reports the three bytes EF BB BF before the first line; an error where the host then sees no frontmatter.

    ## Why it is bad

    Some hosts take the whole file for plain text then.

    ## Example

    ```bytes .claude/agents/critic.md
    \xef\xbb\xbf---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    None known.
    """


def not_utf_8() -> None:
    r"""The file is not UTF-8.

    Severity: warning.

    ## What it does

    Reports the first byte that is not; an error where the host refuses the file for it.

    ## Why it is bad

    The host puts a replacement character there, and the model reads it.

    ## Example

    ```bytes .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong in the caf\xe9.
    ```

    ## Instead

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong in the café.
    ```

    ## Known limits

    None known.
    """


def file_too_large() -> None:
    """The file has more than one megabyte.

    Severity: warning.

    ## What it does

    Reports a file of more than 1,048,576 bytes and reads it no further.

    ## Why it is bad

    No model takes a prompt of that size.

    ## Example

    ```file .claude/agents/critic.md x60000
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    The hosts themselves have no such limit.
    """


def runs_code() -> None:
    """The host runs the frontmatter as a program.

    Severity: error.

    ## What it does

    Reports frontmatter whose opening dashes name a language that the host's reader executes.

    ## Why it is bad

    Opening the folder with the host is enough: the code runs with all rights of its user.

    ## Example

    ```file .opencode/agents/critic.md
    ---js
    { description: require("child_process").execSync("id").toString() }
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .opencode/agents/critic.md
    ---
    description: "Reviews diffs for security defects."
    mode: subagent
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Seen at OpenCode only.
    """


def prompt_too_long() -> None:
    """The prompt is longer than the host takes.

    Severity: warning.

    ## What it does

    Counts the characters of the body, where the host has a limit.

    ## Why it is bad

    The host cuts it or refuses the agent.

    ## Example

    ```file .github/agents/critic.agent.md x2000
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .github/agents/critic.agent.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Whether it fits into the model is another question: see prompt-too-large.
    """


def text_too_long() -> None:
    """A text is longer than the standard allows.

    Severity: warning.

    ## What it does

    Checks `name`, `description` and `compatibility` of a skill: 64, 1,024 and 500 characters.

    ## Why it is bad

    Hosts that keep to the standard refuse the skill, and others cut the text.

    ## Example

    ```file .agents/skills/release-notes/SKILL.md x40 only=4
    ---
    name: release-notes
    description: >-
      Writes release notes from commits. Use when a version is tagged and someone asks what changed.
    ---
    Group the commits by kind.
    ```

    ## Instead

    ```file .agents/skills/release-notes/SKILL.md
    ---
    name: release-notes
    description: "Writes release notes from commits. Use when a version is tagged and someone asks what changed."
    ---
    Group the commits by kind.
    ```

    ## Known limits

    Characters are counted, not bytes.
    """


def name_not_folder() -> None:
    """A skill's name is not that of its folder.

    Severity: warning.

    ## What it does

    Compares `name` with the folder that holds the `SKILL.md`.

    ## Why it is bad

    Hosts that keep to the standard refuse the skill; the others disagree on what it is called.

    ## Example

    ```file .agents/skills/release-notes/SKILL.md
    ---
    name: notes-of-release
    description: "Writes release notes from commits. Use when a version is tagged."
    ---
    Group the commits by kind.
    ```

    ## Instead

    ```file .agents/skills/release-notes/SKILL.md
    ---
    name: release-notes
    description: "Writes release notes from commits. Use when a version is tagged."
    ---
    Group the commits by kind.
    ```

    ## Known limits

    None known.
    """


def not_read_here() -> None:
    """The host does not read files at this place.

    Severity: warning.

    ## What it does

    Reports an agent in a folder below the host's own where it reads only the first level, and one whose name it
    skips.

    ## Why it is bad

    The agent looks installed and is not there.

    ## Example

    ```file .grok/agents/review/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .grok/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Folders that the user's settings add are not known.
    """


def unknown_tool() -> None:
    """The host has no tool of that name.

    Severity: warning.

    ## What it does

    Compares the names in the list of tools with those that the host has; an error where it refuses the file for
    one.

    ## Why it is bad

    The name grants or forbids nothing. Most often it is another host's.

    ## Example

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    tools: read_file, Grep
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    tools: Read, Grep
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Names of MCP tools are taken at their word.
    """


def no_tool_left() -> None:
    """No name in the list is a tool of the host.

    Severity: error.

    ## What it does

    Reports a list of tools in which the host knows none.

    ## Why it is bad

    Claude Code refuses to launch such an agent.

    ## Example

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    tools: read_file, grep_search
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    tools: Read, Grep
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Seen at Claude Code only.
    """


def whole_tool_denied() -> None:
    """A denied command takes its whole tool away.

    Severity: warning.

    ## What it does

    Reports an entry of `disallowedTools` with something in brackets.

    ## Why it is bad

    Claude Code drops the brackets and removes the tool, so the agent can do less than was meant.

    ## Example

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    disallowedTools: Bash(rm *)
    ---
    List what is wrong, worst first.
    ```

    ## Instead

    ```file .claude/agents/critic.md
    ---
    name: critic
    description: "Reviews diffs for security defects."
    disallowedTools: Bash
    ---
    List what is wrong, worst first.
    ```

    ## Known limits

    Seen at Claude Code only.
    """
