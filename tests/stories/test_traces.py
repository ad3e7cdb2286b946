"""Traces in OpenTelemetry's words, sent over a real connection where the environment says so, and else none."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from scripted_plans import allow
from test_a_fleet import Yard, yard
from test_a_run_survives import done, project, runs, started, until

__all__ = ["project", "yard"]

pytest_plugins = ["postgres_fixtures"]

Attributes = dict[str, Any]


class Collector:
    """What was sent: spans, and the attributes of who sent them."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Any] = []
        self.services: set[str] = set()

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            self.services.add(named(resource.resource)["service.name"])
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def of(self, operation: str) -> list[Attributes]:
        return [named(span) for span in self.spans if named(span).get("gen_ai.operation.name") == operation]

    def called(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]


def named(holder: Any) -> Attributes:
    values = ((one.key, one.value) for one in holder.attributes)
    return {key: getattr(value, value.WhichOneof("value")) for key, value in values}


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            collector.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def test_a_run_is_one_trace_of_its_steps_requests_and_tools_without_what_they_say(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        done(project, "run", "--plan", "plan.yaml")
    (run,) = runs(project)
    (root,) = collector.called("personae run")
    assert named(root)["personae.run"] == run["run"]
    assert collector.services == {"personae"}
    assert {span.trace_id for span in collector.spans} == {root.trace_id}
    nodes = {named(span)["personae.node"]: named(span) for span in collector.called("personae node")}
    assert {path: (node["personae.persona"], node["personae.outcome"]) for path, node in nodes.items()} == {
        "facts": ("researcher", "done"),
        "names": ("brain", "done"),
        "weigh": ("analyst", "done"),
        "write": ("writer", "done"),
    }
    agents = sorted(agent["gen_ai.agent.name"] for agent in collector.of("invoke_agent"))
    assert agents == ["analyst", "researcher", "writer"]
    chats = collector.of("chat")
    assert [(chat["gen_ai.usage.input_tokens"], chat["gen_ai.usage.output_tokens"]) for chat in chats] == [(10, 2)] * 4
    assert sorted(tool["gen_ai.tool.name"] for tool in collector.of("execute_tool")) == ["glob", "read"]
    sent = "".join(str(span) for span in collector.spans)
    assert "The pump at gate 4" not in sent
    assert "Look at the note" not in sent


def test_prompts_and_answers_are_sent_where_that_is_asked_for(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
        done(project, "run", "--plan", "plan.yaml")
    assert any("The pump at gate 4" in str(span) for span in collector.spans)


@pytest.mark.skipif(os.name == "nt", reason="sends SIGKILL")
def test_a_run_that_goes_on_goes_on_in_its_trace_and_says_what_was_done_before(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(project, 1)
    running = started(project, "run", "--plan", "plan.yaml")
    until(project, 2, running)
    running.kill()
    running.communicate()
    allow(project, None)
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        done(project, "resume")
        monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
    replayed = [attributes for attributes in map(named, collector.spans) if attributes.get("personae.replayed")]
    assert [one["gen_ai.operation.name"] for one in replayed] == ["chat", "execute_tool"]
    with collecting() as again:
        (run,) = runs(project)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{again.url}/v1/traces")
        done(project, "fork", run["run"], "--from", "write")
    assert {span.trace_id for span in collector.spans} != {span.trace_id for span in again.spans}
    assert len({span.trace_id for span in again.spans}) == 1


@pytest.mark.parametrize("env", [{}, {"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_SDK_DISABLED": "true"}])
def test_nothing_is_sent_or_loaded_where_nobody_asks(tmp_path: Path, env: dict[str, str]) -> None:
    code = (
        "import os, sys\nfrom personae.run.tracing import trace\n"
        "trace(os.environ)\nprint('opentelemetry.sdk' in sys.modules)"
    )
    with collecting() as collector:
        where = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url} if env else {}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **where, **env}
        )
    assert done.stdout == "False\n"
    assert collector.spans == []


def test_what_nobody_can_send_is_said_and_the_run_goes_on(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "zipkin")
    ran = done(project, "run", "--plan", "plan.yaml")
    assert "no traces: unknown OTEL_TRACES_EXPORTER 'zipkin'\n  personae knows otlp, console and none.\n" in ran.stderr


def test_a_run_of_a_fleet_is_one_trace_too(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        workers = [yard.worker(), yard.worker()]
        yard.do("run", "--plan", "plan.yaml")
        for worker in workers:
            worker.terminate()
            worker.communicate(timeout=60)
    assert len(collector.called("personae run")) == 1
    assert len(collector.called("personae node")) == 4
    assert len({span.trace_id for span in collector.spans}) == 1
    assert {span.name.split()[0] for span in collector.spans} == {"personae", "invoke_agent", "chat", "execute_tool"}


def test_where_the_extra_is_missing_the_way_out_is_named() -> None:
    code = (
        "import sys\nsys.modules['opentelemetry.exporter'] = None\n"
        "from personae.errors import PersonaeError\nfrom personae.run.tracing import trace\n"
        "try:\n    trace({'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:1'})\n"
        "except PersonaeError as error:\n    print(error.message, error.help, sep='\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "the environment asks for traces (OTEL_…), and what sends them is not installed\n"
        "pip install 'personae[otel]', or set OTEL_SDK_DISABLED=true.\n"
    )
