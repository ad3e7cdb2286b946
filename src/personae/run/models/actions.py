"""What a small model may do next in a run, and the words in which it is asked to. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic_ai.messages import ModelMessage, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings, ToolChoice, ToolOrOutput
from pydantic_ai.tools import ToolDefinition

from personae.run.models.conversation import calls_so_far, last_prompt, told
from personae.run.models.schema import Schema, bounded, sketch

__all__ = [
    "Action",
    "actions_of",
    "ask_for",
    "choice_schema",
    "choice_text",
    "parse_choice",
    "schema_for",
    "tools_text",
]

_ANSWER = "answer"
_MOST_CALLS = 8
"""Of tools in one run: a small model seldom knows when it has enough."""
_QUOTED_CHARS = 280

# A file or an address that a text names. Each one of a request is a reason to call a tool once more.
_NAMED_THING = re.compile(r"https?://[^\s<>\"')\]]+|[\w./-]*\w\.[A-Za-z]\w{1,4}\b|[\w./-]+\w\.[chR]\b")
_PLACES = frozenset({"path", "file", "filename", "file_path", "url", "uri"})
_READERS = frozenset({"read", "open", "view", "show", "cat", "fetch", "get"})
_MOST_NAMES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing the model may do next."""

    kind: Literal["tool", "result", "json", "text"]
    """A tool's call, the call that ends the run with its result, a result as plain JSON, or text."""
    name: str
    description: str = ""
    schema: Schema | None = None
    """What its arguments look like; None for text."""


def actions_of(
    messages: Sequence[ModelMessage], parameters: ModelRequestParameters, settings: ModelSettings | None
) -> list[Action]:
    """Return what may be done next, tools first. There is always something."""
    choice = (settings or {}).get("tool_choice")
    tools = [tool for tool in _open_tools(messages, parameters) if _may_choose(tool.name, choice)]
    actions = [_tool_action(tool, kind="tool") for tool in tools]
    if actions and (choice == "required" or isinstance(choice, list)):
        return actions
    actions += [_tool_action(tool, kind="result") for tool in parameters.output_tools]
    if parameters.output_object is not None:
        actions.append(Action(kind="json", name=_ANSWER, schema=parameters.output_object.json_schema))
    elif parameters.allow_text_output or not actions:
        actions.append(Action(kind="text", name=_ANSWER))
    return actions


def _may_choose(name: str, choice: ToolChoice) -> bool:
    if isinstance(choice, ToolOrOutput):
        return name in choice.function_tools
    return name in choice if isinstance(choice, list) else choice != "none"


def _open_tools(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> list[ToolDefinition]:
    """Leave out what was called often enough: this is what ends a small model's loops.

    One call of each tool, and one more for each further file or address that the request names.
    """
    calls = calls_so_far(messages)
    if len(calls) >= _MOST_CALLS:
        return []
    most = max(1, len(set(_NAMED_THING.findall(last_prompt(messages)))))
    return [tool for tool in parameters.declared_function_tools if not _is_used_up(tool.name, calls, most=most)]


def _is_used_up(name: str, calls: Sequence[ToolCallPart], *, most: int) -> bool:
    own = [call.args_as_json_str() for call in calls if call.tool_name == name]
    return len(own) >= most or len(set(own)) < len(own)


def _tool_action(tool: ToolDefinition, *, kind: Literal["tool", "result"]) -> Action:
    return Action(kind=kind, name=tool.name, description=tool.description or "", schema=tool.parameters_json_schema)


def schema_for(action: Action, messages: Sequence[ModelMessage]) -> dict[str, object] | None:
    """Return the schema an action's arguments are written under; None for text.

    What a reader reads is chosen among the files and addresses that stand in the conversation: left free, even the
    1.5B weights write `/path/to/notes.md` for a `notes.md`. A writer is left free, since a choice could only overwrite.
    """
    if action.schema is None:
        return None
    schema = bounded(action.schema)
    properties = schema.get("properties")
    if action.kind != "tool" or not isinstance(properties, dict) or not _READERS & set(action.name.split("_")):
        return schema
    names = _names_in(messages, unlike=[call.args_as_json_str() for call in calls_so_far(messages)])
    for key in _PLACES & set(properties) if names else ():
        if properties[key].get("type") == "string":
            properties[key] = {"enum": names}
    return schema


def _names_in(messages: Sequence[ModelMessage], *, unlike: Sequence[str]) -> list[object]:
    """Return the files and addresses that were named, the request's own first; none that a call has had."""
    texts = [last_prompt(messages), *reversed(told(messages))]
    names = dict.fromkeys(name.rstrip(".,;:") for text in texts for name in _NAMED_THING.findall(text))
    return [name for name in names if not any(json.dumps(name) in arguments for arguments in unlike)][:_MOST_NAMES]


def tools_text(parameters: ModelRequestParameters) -> str:
    """Return the tools for the system's turn, the same in each round so that the prompt stays cached."""
    tools = parameters.declared_function_tools
    if not tools:
        return ""
    lines = [f"- {tool.name} {sketch(tool.parameters_json_schema)}{_said(tool.description)}" for tool in tools]
    return "You have these tools:\n" + "\n".join(lines)


def choice_schema(actions: Sequence[Action]) -> dict[str, object]:
    """Return the schema of a choice among `actions`."""
    names: list[object] = [action.name for action in actions]
    return bounded({"type": "object", "properties": {"action": {"enum": names}}, "required": ["action"]})


def choice_text(actions: Sequence[Action], said: str) -> str:
    """Return the question that goes with `choice_schema`; `said` is the message to be acted on.

    With examples, because without them the 0.5B weights call a tool for a greeting: measured on 11 cases, 8 right
    with these and 4 with a description of each action.
    """
    tools = [action for action in actions if action.kind == "tool"]
    end = actions[-1].name
    shots = [("Hi!", end), *((_request_for(tool), tool.name) for tool in tools)]
    shots += [("What is the capital of Italy?", end), (f"{tools[0].name if tools else 'a tool'} gave: some text", end)]
    examples = [f"{_quoted(text)} -> {json.dumps({'action': name})}" for text, name in shots]
    names = ", ".join(f'"{action.name}" ({_purpose(action)})' for action in actions)
    return (
        "Choose the next action for the last message. Examples:\n"
        + "\n".join(examples)
        + f"\nActions: {names}.\nLast message: {_quoted(said)} ->"
    )


def _request_for(tool: Action) -> str:
    said = _said(tool.description).strip().rstrip(".") or f"use {tool.name}"
    return f"Please {said[0].lower()}{said[1:]}."


def _purpose(action: Action) -> str:
    if action.kind == "tool":
        return _said(action.description).strip().rstrip(".") or "a tool"
    return "reply with what is known" if action.kind == "text" else "give the result with what is known"


def _quoted(text: str) -> str:
    """Quote a message, its middle left out where it is long: requests stand at the ends."""
    half = _QUOTED_CHARS // 2
    short = text if len(text) <= _QUOTED_CHARS else f"{text[:half]} … {text[-half:]}"
    return json.dumps(short, ensure_ascii=False)


def ask_for(action: Action, request: str, *, alone: bool) -> str:
    """Return the question that `action`'s arguments (or its text) answer; `request` is what a person asked."""
    if action.kind == "text":
        return "" if alone else "Write the answer now, in plain text."
    shape = sketch(action.schema or {})
    if action.kind == "tool":
        return (
            f"Use {action.name} for this request: {_quoted(request)}\n"
            f"Reply with its arguments as JSON, with names exactly as they are written above: {shape}"
        )
    return f"Reply with the result as JSON: {shape}"


def _said(description: str | None) -> str:
    first = (description or "").strip().split("\n\n")[0].replace("\n", " ")
    return f" {first}" if first else ""


def parse_choice(text: str, actions: Sequence[Action]) -> Action | None:
    """Return the chosen action; None where the text is no choice."""
    try:
        reply: object = json.loads(text)
    except ValueError:
        return None
    name = reply.get("action") if isinstance(reply, dict) else None
    return next((action for action in actions if action.name == name), None)
