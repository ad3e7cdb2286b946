"""Sending spans: all of a run in one trace, whichever processes did it. Imported only where they are wanted."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from typing import Literal, TypeAlias

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import set_tracer_provider
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings

__all__ = ["Exporter", "export"]

Exporter: TypeAlias = Literal["otlp", "console"]


def export(to: Exporter, *, content: bool, run: Callable[[], str]) -> None:
    """Send the spans of this process from now on; what is left is sent as it ends. See `tracing.trace`.

    A span without a parent belongs to the run that `run` names then; to none where that is empty.
    """
    provider = TracerProvider(resource=_resource(), id_generator=_ByRun(run))
    provider.add_span_processor(_processor(to))
    set_tracer_provider(provider)
    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider, include_content=content, version=5))


def _processor(to: Exporter) -> SpanProcessor:
    if to == "console":
        return SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stderr))
    return BatchSpanProcessor(OTLPSpanExporter())


def _resource() -> Resource:
    found = Resource.create()
    named = not str(found.attributes[SERVICE_NAME]).startswith("unknown_service")
    return found if named else found.merge(Resource({SERVICE_NAME: "personae"}))


class _ByRun(RandomIdGenerator):
    """Names a trace after its run."""

    def __init__(self, run: Callable[[], str]) -> None:
        self._run = run

    def generate_trace_id(self) -> int:
        run = self._run()
        digest = hashlib.sha256(run.encode()).digest()
        return int.from_bytes(digest[:16], "big") if run else super().generate_trace_id()
