"""The rules of the gate: each a function named like its id, or two of one id where it has two sides.

A rule of one file is `(Subject, Context) -> Iterator[Diagnostic]`; one of a whole tree takes all its subjects.
Every id has its document in `check.rulebook`.
"""

from __future__ import annotations

from personae.check.context import FileRule, TreeRule
from personae.check.rules.beats import unpayable_heartbeat
from personae.check.rules.claims import claim_against_tools, task_without_tool
from personae.check.rules.dispatch import (
    dispatching_specialist,
    spawns_itself,
    unknown_persona,
    unknown_step_persona,
    unknown_teammate,
)
from personae.check.rules.hidden_text import encoded_blob, hidden_instruction, invisible_character
from personae.check.rules.lookalikes import lookalike_description
from personae.check.rules.model_names import retired_model, unknown_model
from personae.check.rules.secrets import secret
from personae.check.rules.stance import hidden_folder, hollow_stance, prompt_too_large
from personae.check.rules.substrate import absent_name, depends_on_persona, not_in_substrate
from personae.check.rules.tool_names import misspelled_tool
from personae.check.rules.ways_out import collecting_address, credential_path, link_leaves_project

__all__ = ["FILE_RULES", "TREE_RULES"]

FILE_RULES: tuple[FileRule, ...] = (
    not_in_substrate,
    depends_on_persona,
    absent_name,
    unknown_persona,
    unknown_teammate,
    dispatching_specialist,
    claim_against_tools,
    task_without_tool,
    misspelled_tool,
    hollow_stance,
    hidden_folder,
    prompt_too_large,
    unknown_model,
    retired_model,
    unpayable_heartbeat,
    invisible_character,
    hidden_instruction,
    encoded_blob,
    secret,
    collecting_address,
    credential_path,
    link_leaves_project,
)
TREE_RULES: tuple[TreeRule, ...] = (lookalike_description, unknown_step_persona, spawns_itself)
