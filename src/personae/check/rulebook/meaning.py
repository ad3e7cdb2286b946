"""What a persona says, against what it may do. Documents only; see `rulebook`."""

from __future__ import annotations

__all__ = [
    "claim_against_tools",
    "dispatching_specialist",
    "hidden_folder",
    "hollow_stance",
    "lookalike_description",
    "task_without_tool",
    "unpayable_heartbeat",
]


def claim_against_tools() -> None:
    """The text promises what its tools do not keep.

    Severity: warning.

    ## What it does

    Reads the stance and the description for plain promises, such as "You are read-only", "Never edit files", "Run
    nothing" and "You have no network access", and compares them with the tools listed. It is a note where nothing
    limits the tools at all.

    ## Why it is bad

    A sentence in the stance is a request. Only the list of tools is a limit, and whoever reads the promise relies
    on it.

    ## Example

    ```file personas/critic.md
    ---
    kind: persona
    name: critic
    tools: [read, grep, edit]
    ---
    You are read-only. List what is wrong with the change, worst first.
    ```

    ## Instead

    ```file personas/critic.md
    ---
    kind: persona
    name: critic
    tools: [read, grep]
    ---
    You are read-only. List what is wrong with the change, worst first.
    ```

    ## Known limits

    Only English, and only sentences without an exception. A shell can write too and is not held against
    "read-only", since tests need one.
    """


def task_without_tool() -> None:
    """The stance orders what none of its tools can do.

    Severity: warning.

    ## What it does

    Looks for plain orders at the beginning of a line, such as "Run `npm test`", "Save the report to
    `out/report.md`" and "Search the web", and asks whether any listed tool could do that.

    ## Why it is bad

    The model will pretend, or stop; both look like its fault.

    ## Example

    ```file personas/critic.md
    ---
    kind: persona
    name: critic
    tools: [read, grep]
    ---
    Judge the change.

    1. Run the test suite.
    2. List what is wrong, worst first.
    ```

    ## Instead

    ```file personas/critic.md
    ---
    kind: persona
    name: critic
    tools: [read, grep, shell]
    ---
    Judge the change.

    1. Run the test suite.
    2. List what is wrong, worst first.
    ```

    ## Known limits

    Silent where a tool is unknown, can hand work to others or is a shell, and where skills or capabilities may
    bring tools.
    """


def hollow_stance() -> None:
    """The stance says nothing.

    Severity: warning.

    ## What it does

    Reports placeholders, and short stances that hold no word beyond the persona's own name and role and what every
    assistant is asked to be.

    ## Why it is bad

    It costs a choice, a file and tokens, and changes no answer.

    ## Example

    ```file personas/helper.md
    ---
    kind: persona
    name: helper
    ---
    You are a helpful assistant. Always provide accurate answers.
    ```

    ## Instead

    ```file personas/helper.md
    ---
    kind: persona
    name: helper
    ---
    Answer in one paragraph. Name the file and line for every claim; with none, say "not found".
    ```

    ## Known limits

    Only English, and only up to 400 characters.
    """


def lookalike_description() -> None:
    """Two descriptions cannot be told apart.

    Severity: warning.

    ## What it does

    Takes the telling words of each description, without filler, order and inflection, and compares all that are
    offered side by side: the personas of a project with the built-in ones, the agents of one folder of a host.

    ## Why it is bad

    Whoever must choose sees only this line, and then chooses by chance.

    ## Example

    ```file personas/critic.md
    ---
    kind: persona
    name: critic
    description: "Reviews pull requests for security defects."
    ---
    List every input that is trusted without a check.
    ```

    ```file personas/auditor.md
    ---
    kind: persona
    name: auditor
    description: "Security defects: reviewing of pull requests"
    ---
    List every input that is trusted without a check.
    ```

    ## Instead

    ```file personas/critic.md
    ---
    kind: persona
    name: critic
    description: "Reviews pull requests for security defects."
    ---
    List every input that is trusted without a check.
    ```

    ```file personas/auditor.md
    ---
    kind: persona
    name: auditor
    description: "Checks the licenses of new dependencies."
    ---
    List every dependency whose license is not on our list.
    ```

    ## Known limits

    Two that mean the same in other words pass. Descriptions that begin with "Deprecated" are left alone.
    """


def dispatching_specialist() -> None:
    """A specialist dispatches, or is told to.

    Severity: warning.

    ## What it does

    Reports a specialist with `canDispatch: true`, and one whose stance uses `LAUNCH_TASK` or `SCHEDULE_JOB` without
    being allowed to.

    ## Why it is bad

    Leads hand out work and specialists do it; a proposal of one that may not dispatch is refused.

    ## Example

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    ---
    Sort the letters in /inbox/. For each urgent one use LAUNCH_TASK to Writer with the letter.
    ```

    ## Instead

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: lead
    ---
    Sort the letters in /inbox/. For each urgent one use LAUNCH_TASK to Writer with the letter.
    ```

    ## Known limits

    Sub-agents (`agent`, `delegate`) are tools and not dispatch.
    """


def hidden_folder() -> None:
    """The stance sends the persona to a folder that it cannot see.

    Severity: warning.

    ## What it does

    With `visibility: folder` a persona sees `.agents/<slug>/` only. The rule reports paths in the stance that exist
    in the project, outside of that folder, and that it is told to read or write.

    ## Why it is bad

    Every access would be refused, and the persona would report an empty folder.

    ## Example

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    visibility: folder
    ---
    Read the letters in /inbox/ and sort them by urgency.
    ```

    ```file inbox/monday.txt
    Please call back.
    ```

    ## Instead

    ```file .agents/inbox/persona.md
    ---
    name: Inbox
    role: Triage
    type: specialist
    visibility: cabinet
    ---
    Read the letters in /inbox/ and sort them by urgency.
    ```

    ```file inbox/monday.txt
    Please call back.
    ```

    ## Known limits

    A folder that does not exist yet is not seen.
    """


def unpayable_heartbeat() -> None:
    """A heartbeat fires more often than its daily budget can pay.

    Severity: warning.

    ## What it does

    Multiplies the firings of a day by the least that one can cost on its model, and compares with
    `budget.daily.maxCostUsd`; one firing alone is compared with `budget.perRun.maxCostUsd`. The least: the stance
    and the prompt are sent once, at the cached rate where they are long enough for a cache, no tool is called, and
    the answer has 20 tokens.

    ## Why it is bad

    After a few hours the cap stops the persona for the rest of the day, every day.

    ## Example

    ```file .agents/watch/persona.md
    ---
    name: Watch
    role: Uptime
    type: specialist
    model: claude-opus-5-5
    heartbeats:
      - cron: "* * * * *"
        prompt: Is the shop up?
    budget:
      daily:
        maxCostUsd: 0.50
    ---
    Fetch the front page of the shop. Answer "up", or "down" with what you saw.
    ```

    ## Instead

    ```file .agents/watch/persona.md
    ---
    name: Watch
    role: Uptime
    type: specialist
    model: claude-opus-5-5
    heartbeats:
      - cron: "0 * * * *"
        prompt: Is the shop up?
    budget:
      daily:
        maxCostUsd: 0.50
    ---
    Fetch the front page of the shop. Answer "up", or "down" with what you saw.
    ```

    ## Known limits

    Real runs cost more. Only models with a known price are judged, and no tiers: a tier may be free here.
    """
