"""Tools in the form that Pydantic AI takes, and whether arguments fit one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_ai import Tool

from personae.errors import UsageError
from personae.tools.live import LiveTool, visible

__all__ = ["as_tool", "fitting"]


def as_tool(tool: LiveTool) -> Tool[Any]:
    """Return `tool` as Pydantic AI takes it, under the name that a model sees."""
    name = visible(tool.name)
    if tool.schema is None:
        return Tool(tool.call, name=name, description=tool.description or None)
    return Tool.from_schema(tool.call, name=name, description=tool.description, json_schema=dict(tool.schema))


def fitting(tool: Tool[Any], action: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return `args` as the tool takes them. Raises `UsageError` saying which do not fit."""
    schema = tool.function_schema
    try:
        found: dict[str, Any] = schema.validator.validate_python(dict(args))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'args'}: {one['msg']}" for one in error.errors())
        known = ", ".join(schema.json_schema.get("properties", {})) or "none"
        raise UsageError(f"{action} does not take these args: {wrong}", help=f"It takes: {known}.") from error
    return found
