"""Transfers without a terminal: lines of progress in a pipe, and metrics that a receiver of OpenTelemetry decodes."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import omicsdk.locks
import pytest
from google.protobuf.json_format import Parse
from omicsdk.cli.commands.metrics import Metrics
from omicsdk.core import ManualClock
from omicsdk.transfer import Progress
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from quiet_server import QuietHandler, running

OMICS = str(Path(sys.executable).with_name("omics"))
SIZE = 100_000


class Server(ThreadingHTTPServer):
    """Serves a file, whose second half waits for `goes_on`, and takes metrics with the statuses in `statuses`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.goes_on = threading.Event()
        self.statuses: list[int] = []
        self.received: list[tuple[str, dict[str, str], ExportMetricsServiceRequest]] = []


class Handler(QuietHandler):
    server: Server

    def do_HEAD(self) -> None:
        # A line of progress that never comes is a failure, not a late success.
        is_late = self.path == "/slow" and not self.server.goes_on.wait(20)
        self.send_response(400 if is_late else 200)
        self.send_header("content-length", str(SIZE))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(b"x" * (SIZE // 2))
        self.wfile.flush()
        self.server.goes_on.wait(60)
        self.wfile.write(b"x" * (SIZE // 2))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((self.path, dict(self.headers), Parse(body, ExportMetricsServiceRequest())))
        self.reply(self.server.statuses.pop(0) if self.server.statuses else 200)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    with running(server):
        yield server
        server.goes_on.set()


def values(request: ExportMetricsServiceRequest) -> dict[str, float]:
    """The values of the metrics, by name and outcome."""
    points: dict[str, float] = {}
    for metric in request.resource_metrics[0].scope_metrics[0].metrics:
        for point in (metric.sum if metric.HasField("sum") else metric.gauge).data_points:
            outcome = "".join(
                f" {attribute.value.string_value}" for attribute in point.attributes if attribute.key == "outcome"
            )
            points[metric.name + outcome] = point.as_int or point.as_double
    return points


def test_a_transfer_in_a_pipe_prints_lines_and_pushes_metrics(server, tmp_path):
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=s%20t",
        "OTEL_RESOURCE_ATTRIBUTES": "host.name=node7,service.name=other",
        "OTEL_SERVICE_NAME": "nightly",
        "OMICS_STATE_DIR": str(tmp_path / "state"),
        "NO_PROXY": "*",
        "OMICS_TRANSFER_PROGRESS_EVERY": "0.2s",
    }
    command = [
        OMICS,
        "cp",
        f"{server.url}/a.bin",
        str(tmp_path / "a.bin"),
        "--metrics",
        "otlp",
        "--query",
        "counts.done",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables}
    ) as process:
        assert process.stderr is not None
        line = next((line for line in process.stderr if "48.8 KiB of 97.7 KiB" in line), "")
        server.goes_on.set()
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "1\n")
    assert line.startswith(f"omics: Copy {server.url}/a.bin ")
    assert "0 of 1 files, 48.8 KiB of 97.7 KiB, " in line
    assert "copied to" in err.splitlines()[-1]
    assert not set("\r\x1b") & set(line + err)
    path, headers, last = server.received[-1]
    resource = {
        attribute.key: attribute.value.string_value for attribute in last.resource_metrics[0].resource.attributes
    }
    assert (path, headers["api-key"], resource["service.name"], resource["host.name"]) == (
        *("/v1/metrics", "s t"),
        *("nightly", "node7"),
    )
    assert values(server.received[0][2])["omics.transfer.running"] == 1
    assert values(last)["omics.transfer.running"] == 0
    assert values(last)["omics.transfer.bytes"] == SIZE
    assert values(last)["omics.transfer.files complete"] == 1
    assert values(last)["omics.transfer.last_success"] > 0
    counter = last.resource_metrics[0].scope_metrics[0].metrics[0].sum
    assert (counter.is_monotonic, counter.aggregation_temporality) == (True, 2)


@pytest.mark.parametrize("words", [["lock"], ["status", "--upstream", "--log-format", "json"]])
def test_a_resolution_in_a_pipe_prints_lines(server, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    omicsdk.locks.add(f"{server.url}/slow")
    if words[0] == "status":
        Path("omics.lock").write_text('{"omics_lock": 1}\n')
    variables = {"OMICS_STATE_DIR": "state", "NO_PROXY": "*", "OMICS_TRANSFER_PROGRESS_EVERY": "0.1s"}
    environ = {**os.environ, **variables}
    with subprocess.Popen([OMICS, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as process:
        assert process.stderr is not None
        line = next(line.decode() for line in process.stderr if b"preparing" in line)
        server.goes_on.set()
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, b"data/slow" in out) == (0, True)
    if words[0] == "lock":
        assert line == "omics: lock: preparing\n"
    else:
        record = json.loads(line)
        assert (record["logger"], record["fields"]["phase"]) == ("omics.progress", "preparing")


def test_only_the_metrics_of_the_end_are_sent_again_and_a_failure_is_a_warning(server):
    warnings: list[str] = []
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"{server.url}/", "OTEL_EXPORTER_OTLP_HEADERS": "api-key=canary"}
    for statuses, sent, failures in (([503, 429, 200], 4, 1), ([400], 2, 2)):
        server.received.clear()
        clock = ManualClock()
        with Metrics("otlp", "cp", on_warning=warnings.append, environ=variables, clock=clock) as metrics:
            server.statuses = [503]
            metrics.update(Progress())
            server.statuses = statuses
            metrics.finish({}, is_success=True)
        assert (len(server.received), len(warnings)) == (sent, failures)
    assert warnings[0] == f"metrics were not written: {server.url}/v1/metrics: HTTP 503"


def test_metrics_for_a_host_that_no_resolver_can_be_asked_for_are_a_warning():
    warnings: list[str] = []
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector..example"}
    with Metrics("otlp", "cp", on_warning=warnings.append, environ=variables, clock=ManualClock()) as metrics:
        metrics.finish({}, is_success=True)
    (warning,) = warnings
    assert warning.startswith("metrics were not written: http://collector..example/v1/metrics: ")
