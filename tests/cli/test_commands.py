"""The commands as a user meets them: what they print where, and their exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from personae.cli.app import COMMANDS


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """Runs the real command in its own process and folder, without any provider."""

    folder: Path

    def __call__(self, *arguments: str, stdin: str | None = None, **env: str) -> Ran:
        keep = {key: value for key, value in os.environ.items() if key in ("PATH", "SYSTEMROOT", "HOME", "PYTHONPATH")}
        result = subprocess.run(
            [sys.executable, "-m", "personae", *arguments],
            cwd=self.folder,
            input=stdin or "",
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**keep, "XDG_CONFIG_HOME": str(self.folder / ".config"), "OLLAMA_HOST": "127.0.0.1:9", **env},
            timeout=120,
        )
        return Ran(result.returncode, result.stdout, result.stderr)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_every_command_has_a_help_that_teaches(shell: Shell) -> None:
    overview = shell("--help").out
    for name, (_, line) in COMMANDS.items():
        assert f"  {name} " in overview
        assert line in overview


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "team"])
def test_help_of_each_command_exits_0(shell: Shell, name: str) -> None:
    ran = shell(name, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: personae {name} ")


def test_an_unknown_command_comes_with_the_closest_one(shell: Shell) -> None:
    ran = shell("chekc")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith("Error: there is no command 'chekc'. Did you mean check?\n")


def test_the_version_is_one_line(shell: Shell) -> None:
    assert shell("--version").out == "personae 0.1.0\n"


def test_the_first_hour_of_a_new_user(shell: Shell) -> None:
    assert (
        shell("init").err == "wrote personae.toml: every key is optional. Next: personae new SLUG, or personae list.\n"
    )
    assert shell("init").code == 2
    assert shell("new", "inbox-triager", "--role", "Email triage").out == ".agents/inbox-triager/persona.md\n"
    assert shell("check").err == "1 persona checked: clean\n"
    listed = shell("list").out
    assert "inbox-triager" in listed
    assert "researcher" in listed
    assert shell("edit", "inbox-triager", "--set", "effort=high", "--set", "budget.daily.maxCostUsd=2").code == 0
    assert "\neffort: high\nbudget:\n  daily:\n    maxCostUsd: 2\n---\n" in (
        shell.folder / ".agents" / "inbox-triager" / "persona.md"
    ).read_text(encoding="utf-8")
    assert shell("rename", "inbox-triager", "mail-sorter").out == ".agents/mail-sorter/persona.md\n"
    shown = shell("show", "mail-sorter", "--task", "Sort today's mail.")
    assert shown.out.startswith("You are the Inbox Triager.\n")
    assert shown.out.endswith("\n\nSort today's mail.\n")
    assert "the body of the persona, verbatim" in shown.err
    assert shell("rm", "mail-sorter").err == (
        "Error: removing .agents/mail-sorter/persona.md needs a yes\n  personae rm mail-sorter --yes\n"
    )
    assert shell("rm", "mail-sorter", "--yes").err == "removed .agents/mail-sorter/persona.md\n"
    assert not (shell.folder / ".agents" / "mail-sorter").exists()


def test_renaming_in_personas_changes_the_name_and_lists_who_still_says_the_old_one(shell: Shell) -> None:
    shell("new", "scout", "--home", "personas")
    shell("new", "chief", "--home", "personas", "--lead")
    shell("edit", "chief", "--set", "tools=[agent(scout)]")
    ran = shell("rename", "scout", "ranger")
    assert (ran.out, ran.err) == ("personas/ranger.md\n", "scout is still named in: personas/chief.md\n")
    assert "name: ranger\n" in (shell.folder / "personas" / "ranger.md").read_text(encoding="utf-8")


def test_removing_a_persona_keeps_its_memory(shell: Shell) -> None:
    shell("new", "scout")
    (shell.folder / ".agents" / "scout" / "memory.md").write_text("- seen it\n")
    assert shell("rm", "scout", "--yes").err == (
        "removed .agents/scout/persona.md\nkept what else is in .agents/scout/\n"
    )


def test_a_built_in_persona_is_copied_before_it_is_changed(shell: Shell) -> None:
    ran = shell("edit", "writer", "--set", "effort=high")
    assert (ran.code, ran.err) == (
        2,
        "Error: writer is a built-in persona, not one of this project\n"
        "  Copy it first: personae new writer --from writer.\n",
    )
    assert shell("new", "writer", "--from", "writer").code == 0
    assert shell("check").err == "1 persona checked: clean\n"
    assert shell("edit", "writer", "--set", "effort=high").code == 0


def test_a_change_that_would_break_a_file_is_refused_and_nothing_is_written(shell: Shell) -> None:
    shell("new", "scout")
    path = shell.folder / ".agents" / "scout" / "persona.md"
    before = path.read_bytes()
    ran = shell("edit", "scout", "--set", "effort=enormous")
    assert ran.code == 6
    assert "effort: 'enormous' is not one of low, medium, high, xhigh, max" in ran.err
    assert ran.err.endswith("Nothing was written.\n")
    assert path.read_bytes() == before


def test_a_slug_that_cannot_be_one_is_refused_with_one_that_can(shell: Shell) -> None:
    for bad, good in (("Inbox Triager", "inbox-triager"), ("con", "con-persona")):
        ran = shell("new", bad)
        assert ran.code == 2
        assert ran.err.endswith(f"\n  Call it '{good}'.\n")


def test_json_is_data_and_nothing_else(shell: Shell) -> None:
    for arguments in (("list",), ("check",), ("config",), ("models",), ("show", "writer"), ("doctor",), ("schema",)):
        ran = shell(*arguments) if arguments == ("schema",) else shell(*arguments, "--json")
        json.loads(ran.out)


def test_no_key_is_ever_printed(shell: Shell) -> None:
    secret = "sk-very-secret-1234567890"
    for arguments in (("doctor",), ("models", "--json"), ("config",), ("show", "writer", "--json")):
        ran = shell(*arguments, ANTHROPIC_API_KEY=secret)
        assert secret not in ran.out + ran.err
    assert "ANTHROPIC_API_KEY" in shell("doctor", ANTHROPIC_API_KEY=secret).out


def test_a_reader_that_stops_early_is_no_error(shell: Shell) -> None:
    command = f"{sys.executable} -m personae schema | head -1"
    result = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, "{\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run",), "Error: give a goal, or a plan with --plan\n"),
        (("run", "  "), "Error: the goal is empty\n"),
        (("run", "x", "--with", "missing.md"), "Error: cannot read missing.md: no such file or directory\n"),
        (("run", "--plan", "missing.yaml"), "Error: cannot read missing.yaml: no such file or directory\n"),
        (("check", "nowhere"), "Error: there is no file or folder nowhere\n"),
        (
            ("show", "resercher"),
            "Error: unknown persona 'resercher'\n  Did you mean 'researcher' or 'repo-researcher'?\n",
        ),
        (("show", "planner", "--mode", "goal"), "Error: unknown mode 'goal'\n"),
    ],
)
def test_wrong_use_exits_2_with_a_sentence(shell: Shell, arguments: tuple[str, ...], message: str) -> None:
    ran = shell(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_broken_persona_stops_a_run_at_boot_with_exit_6(shell: Shell) -> None:
    shell("new", "gtm-lead", "--lead")
    path = shell.folder / ".agents" / "gtm-lead" / "persona.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("type: lead\n", 'type: lead\nheartbeats:\n  - {cron: "every monday", prompt: go}\n'))
    ran = shell("run", "Do it.")
    assert (ran.code, ran.out) == (6, "")
    assert ran.err.startswith(
        'Error: .agents/gtm-lead/persona.md:6:12\n  heartbeats[0].cron: invalid cron expression "every monday"\n'
    )


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("steps: [", "\n  invalid YAML: a [ or { is"),
        ("goal: g\nsteps:\n  - {id: a, persona: nobody, task: t}\n", "steps[0].persona: unknown persona 'nobody'"),
        (
            "goal: g\nsteps:\n  - {id: a, persona: writer, task: t, depends_on: [b]}\n"
            "  - {id: b, persona: writer, task: t, depends_on: [a]}\n",
            "steps wait for each other: a -> b -> a",
        ),
    ],
)
def test_a_broken_plan_exits_6_before_any_model_is_asked(shell: Shell, plan: str, message: str) -> None:
    (shell.folder / "plan.yaml").write_text(plan)
    ran = shell("run", "--plan", "plan.yaml")
    assert (ran.code, ran.out) == (6, "")
    assert message in ran.err


def test_a_wished_model_without_its_key_is_refused_with_the_way_out(shell: Shell) -> None:
    shell("new", "thinker")
    shell("edit", "thinker", "--set", "model=claude-opus-5")
    (shell.folder / "plan.yaml").write_text("goal: g\nsteps:\n  - {id: a, persona: thinker, task: Think.}\n")
    ran = shell("run", "--plan", "plan.yaml")
    assert (ran.code, ran.out) == (1, "")
    assert "model 'anthropic:claude-opus-5' is not available: ANTHROPIC_API_KEY is not set" in ran.err


def test_a_dry_run_shows_the_plan_and_each_exact_prompt_and_runs_nothing(shell: Shell) -> None:
    (shell.folder / "report.md").write_text("Water: 3 m.\n")
    (shell.folder / "plan.yaml").write_text(
        "goal: g\nsteps:\n  - {id: a, persona: researcher, task: Find it.}\n"
        "  - {id: b, kind: writing, task: Write it., depends_on: [a]}\n"
    )
    ran = shell("run", "--plan", "plan.yaml", "--with", "report.md", "--dry-run")
    assert ran.code == 0
    assert '<document name="report.md">\nWater: 3 m.\n</document>\n\n<task>\nFind it.\n</task>' in ran.out
    assert "# b: writer (the role for steps of kind writing)" in ran.out
    assert "[what a answers]" in ran.out
    as_json = json.loads(shell("run", "--plan", "plan.yaml", "--dry-run", "--json").out)
    assert [item["id"] for item in as_json["prompts"]] == ["a", "b"]


def test_a_cap_in_dollars_is_never_ignored(shell: Shell) -> None:
    shell("new", "spender")
    shell("edit", "spender", "--set", "budget.perRun.maxCostUsd=1", "--set", "model=claude-opus-5")
    (shell.folder / "plan.yaml").write_text("goal: g\nsteps:\n  - {id: a, persona: spender, task: Think.}\n")
    ran = shell("run", "--plan", "plan.yaml", ANTHROPIC_API_KEY="sk-test")
    assert ran.code != 0
    assert "spender has a cap in US dollars" in ran.err or "client" in ran.err


def test_completion_scripts_exist_for_three_shells(shell: Shell) -> None:
    for name in ("bash", "zsh", "fish"):
        assert "_PERSONAE_COMPLETE" in shell("completion", name).out
    offered = shell(_PERSONAE_COMPLETE="bash_complete", COMP_WORDS="personae show wri", COMP_CWORD="2").out
    assert offered == "plain,writer\n"


def test_light_commands_import_nothing_heavy(shell: Shell) -> None:
    code = (
        "import sys\nfrom personae.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "heavy = {'pydantic_ai', 'pydantic', 'dbos', 'xllamacpp', 'httpx', 'rich', 'anyio'} & set(sys.modules)\n"
        "print('HEAVY', sorted(heavy), file=sys.stderr)"
    )
    shell("new", "scout")
    compiled = ("compile", "--host", "all", "scout")
    for arguments in (
        *(("--version",), ("--help",), ("check",), ("list",), ("show", "scout"), ("schema",), ("config",)),
        compiled,
    ):
        ran = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=shell.folder, capture_output=True, text=True, timeout=60
        )
        assert ran.stderr.splitlines()[-1] == "HEAVY []", arguments
