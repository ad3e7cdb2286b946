"""CrewAI, `agents.yaml`: one map of agents, each with role, goal and backstory."""

from __future__ import annotations

from datetime import date

from personae.persona.dialects.table import HostTable, Key

__all__ = ["CREWAI"]

CREWAI = HostTable(
    id="crewai",
    title="CrewAI",
    version="1.x",
    verified=date(2026, 10, 17),
    evidence="documented",
    source="docs.crewai.com/concepts/agents; the 20 files of crewAI-examples",
    layout="yaml",
    folders=("config",),
    suffix="agents.yaml",
    keys=(
        Key(name="role", kind="text", required=True, blank=False),
        Key(name="goal", kind="text", required=True, blank=False),
        Key(name="backstory", kind="text", required=True, blank=False),
        Key(name="llm", kind="any"),
        Key(name="function_calling_llm", kind="any"),
        Key(name="tools", kind="text-list"),
        Key(name="max_iter", kind="integer", least=1),
        Key(name="max_rpm", kind="integer", least=1),
        Key(name="max_execution_time", kind="integer", least=1),
        Key(name="max_retry_limit", kind="integer", least=0),
        *(
            Key(name=name, kind="true-false")
            for name in (
                *("verbose", "allow_delegation", "cache", "multimodal", "reasoning", "inject_date"),
                *("allow_code_execution", "respect_context_window", "use_system_prompt"),
            )
        ),
    ),
    fault="stops-host",
    fault_says="CrewAI fails when the crew is made",
    model_key="llm",
    unset={"tools": "none", "max_iter": "20", "allow_delegation": "false"},
)
