"""One MCP server while it is connected: a task of its own holds the connection, calls come from any other.

Everything the server says is untrusted: descriptions are cut and cleaned, answers are framed and cut.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import IO, Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent, Tool

from personae.adopt.frames import defused
from personae.errors import ToolServerError
from personae.tools.declared import Effect
from personae.tools.pins import Pin
from personae.tools.say import found

__all__ = ["Connection", "connect"]

_MOST_TOOLS = 1_000
_LONGEST_DESCRIPTION = 2_000
_LONGEST_ANSWER = 30_000
_START_S = 30.0
_STDERR_BYTES = 500


@dataclass(slots=True, kw_only=True)
class Connection:
    """An open connection to the server `name`."""

    name: str
    pins: Mapping[str, Pin] = field(default_factory=dict)
    """Its tools as it describes them now."""
    _client: Client | None = None
    _task: asyncio.Task[None] | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """Call `tool`; return what it gave as framed text. Raises `ToolServerError` when the server is gone."""
        assert self._client is not None
        if self._task is None or self._task.done():
            raise _gone(self.name, "it has ended")
        calling = asyncio.ensure_future(self._client.call_tool(tool, dict(arguments)))
        try:
            # A server that dies while it is called never answers; its task ends.
            await asyncio.wait([calling, self._task], return_when=asyncio.FIRST_COMPLETED)
            if not calling.done():
                raise _gone(self.name, "it ended during the call")
            result = calling.result()
        except ToolServerError:
            raise
        except Exception as error:
            return defused(f"{self.name}.{tool} failed: {type(error).__name__}: {error}"[:_LONGEST_DESCRIPTION])
        finally:
            calling.cancel()
        return _told(f"{self.name}.{tool}", result)

    async def close(self) -> None:
        """End the connection, and the server where it is ours."""
        self._stop.set()
        if self._task is not None:
            await asyncio.wait([self._task])


async def connect(name: str, server: Mapping[str, Any], *, env: Mapping[str, str]) -> Connection:
    """Reach the server called `name` (its table of `[mcp]`) and list its tools. Raises `ToolServerError` naming it."""
    connection = Connection(name=name)
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    connection._task = asyncio.create_task(_hold(connection, server, env, ready), name=f"MCP server {name}")
    try:
        async with asyncio.timeout(_START_S):
            await asyncio.shield(ready)
    except TimeoutError as error:
        connection._task.cancel()
        raise _gone(name, f"it did not answer in {_START_S:.0f} s") from error
    except asyncio.CancelledError:
        connection._task.cancel()
        raise
    return connection


async def _hold(
    connection: Connection, server: Mapping[str, Any], env: Mapping[str, str], ready: asyncio.Future[None]
) -> None:
    """Open the connection, keep it until it is to be closed, and close it: all in one task, as its parts demand."""
    with tempfile.TemporaryFile() as errors:
        try:
            async with AsyncExitStack() as stack:
                transport = await _transport(connection.name, server, env, errors, stack)
                client = Client(transport, read_timeout_seconds=float(server.get("seconds", 60)))
                connection._client = await stack.enter_async_context(client)
                connection.pins = await _listed(connection._client)
                if not ready.done():
                    ready.set_result(None)
                await connection._stop.wait()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            if not ready.done():
                ready.set_exception(_gone(connection.name, _said(error, errors)))


async def _transport(
    name: str, server: Mapping[str, Any], env: Mapping[str, str], errors: IO[bytes], stack: AsyncExitStack
) -> Any:
    if "command" in server:
        given = {key: env[key] for key in server.get("env", ()) if key in env}
        program, *arguments = server["command"]
        words = StdioServerParameters(command=program, args=arguments, env=given)
        # What it writes beside the protocol is kept for the message when it dies, and shown nowhere else.
        errlog = stack.enter_context(os.fdopen(os.dup(errors.fileno()), "w"))
        return stdio_client(words, errlog=errlog)
    headers = {}
    if variable := server.get("token"):
        if variable not in env:
            raise _gone(name, f"the environment variable {variable} with its token is not set")
        headers["Authorization"] = f"Bearer {env[variable]}"
    # No redirect is followed: it would carry the token to wherever the server says.
    patience = httpx2.Timeout(_START_S, read=float(server.get("seconds", 60)))
    client = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=patience))
    return streamable_http_client(server["url"], http_client=client)


async def _listed(client: Client) -> dict[str, Pin]:
    pins: dict[str, Pin] = {}
    cursor: str | None = None
    while len(pins) < _MOST_TOOLS:
        page = await client.list_tools(cursor=cursor)
        pins.update({tool.name: _pin(tool) for tool in page.tools})
        cursor = page.next_cursor
        if not cursor:
            break
    return pins


def _pin(tool: Tool) -> Pin:
    text = "".join(each for each in tool.description or "" if each.isprintable() or each == "\n")
    return Pin(description=defused(text)[:_LONGEST_DESCRIPTION], schema=dict(tool.input_schema), effect=_effect(tool))


def _effect(tool: Tool) -> Effect:
    """Return what it says of itself; nothing said is the worst: a second call is a second effect."""
    says = tool.annotations
    if says is None:
        return "once"
    if says.read_only_hint:
        return "none"
    return "idempotent" if says.idempotent_hint else "once"


def _told(name: str, result: CallToolResult) -> str:
    texts: list[str] = []
    for part in result.content:
        texts.append(part.text if isinstance(part, TextContent) else f"({part.type} is left out here)")
    text = "\n".join(texts)
    if len(text) > _LONGEST_ANSWER:
        text = f"{text[:_LONGEST_ANSWER]}\n({len(text) - _LONGEST_ANSWER:,} characters more are left out here)"
    return found(name, text or "(nothing)", ended="failed" if result.is_error else "")


def _gone(name: str, why: str) -> ToolServerError:
    return ToolServerError(name, why)


def _said(error: BaseException, errors: IO[bytes]) -> str:
    """Return why there is no connection: the innermost error, and the last that the server wrote."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ToolServerError):
        return error.reason
    errors.seek(0, os.SEEK_END)
    errors.seek(max(0, errors.tell() - _STDERR_BYTES))
    last = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    why = f"{type(error).__name__}: {error}".rstrip(": ")
    return f"{why} ({last})" if last else why
