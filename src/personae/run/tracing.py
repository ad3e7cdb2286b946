"""Spans of runs and of their nodes, around those that Pydantic AI makes of agents, requests and tools.

They are made and sent only where the environment says so, in OpenTelemetry's own variables:

    OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 (or …_TRACES_ENDPOINT)    to a collector, over HTTP
    OTEL_TRACES_EXPORTER=console    on standard error; none switches them off
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true    with prompts and answers, not names and numbers alone
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Literal

from opentelemetry.trace import Span, StatusCode, get_current_span, get_tracer

from personae.errors import PersonaeError
from personae.run.node import Node, Outcome
from personae.run.record.runs import Run

__all__ = ["end_span", "mark_replayed", "node_span", "run_span", "tool_span", "trace"]

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"

_run: ContextVar[str] = ContextVar("run", default="")
"""The run that a span without a parent belongs to: all spans of a run are one trace, in whichever process."""


def trace(env: Mapping[str, str]) -> None:
    """Send the spans of this process from now on, if `env` wants them; a second call changes nothing.

    Raises `PersonaeError` where it wants what is not installed, or what nobody knows.
    """
    to = env.get("OTEL_TRACES_EXPORTER") or ("otlp" if any(env.get(name) for name in _ENDPOINTS) else "none")
    if to == "none" or _is_true(env.get("OTEL_SDK_DISABLED", "")):
        return
    if to not in ("otlp", "console"):
        raise PersonaeError(f"unknown OTEL_TRACES_EXPORTER {to!r}", help="personae knows otlp, console and none.")
    _send(to, content=_is_true(env.get(_CONTENT, "")))


@cache  # OpenTelemetry takes one provider in a process and no other after it
def _send(to: Literal["otlp", "console"], *, content: bool) -> None:
    try:
        from personae.run.exporting import export  # noqa: PLC0415 - an extra, and a fifth of a second
    except ModuleNotFoundError:
        raise PersonaeError(
            "the environment asks for traces (OTEL_…), and what sends them is not installed",
            help="pip install 'personae[otel]', or set OTEL_SDK_DISABLED=true.",
        ) from None
    export(to, content=content, run=_run.get)


def _is_true(text: str) -> bool:
    return text.strip().lower() == "true"


def run_span(run: Run) -> AbstractContextManager[Span]:
    """Be in a span while this process does `run`. One that was interrupted and goes on has another, in its trace."""
    names = {"personae.run": run.id, "personae.kind": run.kind}
    who = {"personae.persona": run.persona} if run.persona else {}
    return _span(f"personae {run.kind}", run.id, names | who)


def node_span(node: Node) -> AbstractContextManager[Span]:
    """Be in a span while `node` is done."""
    names = {"personae.run": node.run, "personae.node": node.path, "personae.persona": node.persona}
    return _span("personae node", node.run, names)


def end_span(span: Span, outcome: Outcome) -> None:
    """Say in its span how a node ended."""
    span.set_attribute("personae.outcome", outcome.reason)
    span.set_attribute("personae.usd", outcome.usd_nanos / 1e9)
    if not outcome.done:
        span.set_status(StatusCode.ERROR)


def tool_span(tool: str) -> AbstractContextManager[Span]:
    """Be in a span while a plan calls `tool`; a model's calls have those of Pydantic AI."""
    names = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}
    return _span(f"execute_tool {tool}", _run.get(), names)


def mark_replayed() -> None:
    """Say in the current span that what it is of was done before: nothing was asked and nothing paid."""
    get_current_span().set_attribute("personae.replayed", True)


@contextmanager
def _span(name: str, run: str, attributes: dict[str, str]) -> Iterator[Span]:
    token = _run.set(run)
    tracer = get_tracer("personae")
    try:
        # What an error says may hold what a model or a file said.
        with tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise
    finally:
        _run.reset(token)
