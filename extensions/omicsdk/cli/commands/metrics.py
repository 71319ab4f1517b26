"""Metrics of a transfer: a file for Prometheus' textfile collector, or OTLP for an OpenTelemetry collector.

Labels are the words of the command, outcomes, and the name of the file: nothing of the transferred files.
Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ and https://opentelemetry.io/docs/specs/otlp/
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

import httpx

from omicsdk import __version__
from omicsdk.cli.commands.values import file_to_write
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import UsageError
from omicsdk.core.files import in_place_of
from omicsdk.core.redaction import mask_url
from omicsdk.core.sending.connections import network, tls_context
from omicsdk.transfer import Progress

_LAST_SUCCESS = "omics_transfer_last_success_timestamp_seconds"
# Seconds before the metrics of the end are sent again; earlier ones follow anyway.
_PAUSES = (1.0, 4.0)
# Statuses after which OTLP allows to send again.
_TEMPORARY = (429, 502, 503, 504)
# RFC 9110, 5.1 and 5.5: names are tokens; httpx sends values in ASCII.
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\n[\t -~]*")


class Metric(NamedTuple):
    """A metric with its values.

    Attributes:
        name: Its name in OpenTelemetry; Prometheus' has underscores for dots.
        suffix: What Prometheus' name ends with.
        unit: Its unit in UCUM.
        text: What it is.
        values: Its values by `outcome`, or one by "".
    """

    name: str
    suffix: str
    unit: str
    text: str
    values: Mapping[str, float]

    @property
    def is_counter(self) -> bool:
        """Whether it only grows while the command runs."""
        return self.suffix == "_total"


def metrics_of(
    state: Progress, counts: Mapping[str, int], *, running: bool, last_success: float | None
) -> list[Metric]:
    """Return the metrics of a transfer.

    Args:
        state: Its progress.
        counts: Its files by the state of their outcomes; empty before it has ended.
        running: Whether it has not ended.
        last_success: Seconds since 1970 of the end of the last run without a failure; None if unknown.
    """
    complete = counts["done"] + counts["skipped"] if counts else state.files_done
    failed = counts["failed"] if counts else state.files_failed
    files = sum(counts.values()) if counts else state.files
    metrics = [
        Metric("omics.transfer.bytes", "_total", "By", "Bytes moved over the network.", {"": state.bytes_fetched}),
        Metric(
            "omics.transfer.files",
            "_total",
            "{file}",
            "Files that have ended, by outcome: complete includes those that were complete before.",
            {"complete": complete, "failed": failed},
        ),
        Metric("omics.transfer.retries", "_total", "{retry}", "Retries of files.", {"": state.retries}),
        Metric("omics.transfer.size", "_bytes", "By", "Known sizes of all files together.", {"": state.bytes}),
        Metric("omics.transfer.duration", "_seconds", "s", "Time since the start.", {"": round(state.seconds, 3)}),
        Metric("omics.transfer.running", "", "1", "1 while the command runs, then 0.", {"": int(running)}),
    ]
    if files is not None:
        text = "Files of the transfer, known once all are listed."
        metrics.append(Metric("omics.transfer.expected.files", "", "{file}", text, {"": files}))
    if last_success is not None:
        text = "When the last run without a failure ended, as Unix time."
        metrics.append(
            Metric("omics.transfer.last_success", "_timestamp_seconds", "s", text, {"": round(last_success, 3)})
        )
    return metrics


def prometheus_text(metrics: Sequence[Metric], labels: Mapping[str, str]) -> str:
    """Format metrics as Prometheus' textfile collector reads them.

    Args:
        metrics: The metrics.
        labels: Labels of all of them.
    """
    lines: list[str] = []
    for metric in metrics:
        name = metric.name.replace(".", "_") + metric.suffix
        lines += [f"# HELP {name} {metric.text}", f"# TYPE {name} {'counter' if metric.is_counter else 'gauge'}"]
        for outcome, value in metric.values.items():
            all_labels = {**labels, **({"outcome": outcome} if outcome else {})}
            label_text = ",".join(f'{label}="{_escaped(text)}"' for label, text in all_labels.items())
            lines.append(f"{name}{{{label_text}}} {value!r}")
    return "".join(f"{line}\n" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def otlp_request(
    metrics: Sequence[Metric], labels: Mapping[str, str], resource: Mapping[str, str], start: float, now: float
) -> dict[str, Any]:
    """Return an ExportMetricsServiceRequest of OTLP as JSON data; counters are cumulative.

    Args:
        metrics: The metrics.
        labels: Attributes of all of them.
        resource: Attributes of the process.
        start: When counting began, in seconds since 1970.
        now: When the values were read.
    """
    times = {"startTimeUnixNano": f"{int(start * 1e9)}", "timeUnixNano": f"{int(now * 1e9)}"}
    exported: list[dict[str, Any]] = []
    for metric in metrics:
        points = [
            {
                **times,
                "attributes": _attributes({**labels, **({"outcome": outcome} if outcome else {})}),
                **({"asInt": f"{value}"} if isinstance(value, int) else {"asDouble": value}),
            }
            for outcome, value in metric.values.items()
        ]
        counted = {"sum": {"dataPoints": points, "aggregationTemporality": 2, "isMonotonic": True}}
        shape = counted if metric.is_counter else {"gauge": {"dataPoints": points}}
        exported.append({"name": metric.name, "description": metric.text, "unit": metric.unit, **shape})
    scope = {"scope": {"name": "omicsdk", "version": __version__}, "metrics": exported}
    return {"resourceMetrics": [{"resource": {"attributes": _attributes(resource)}, "scopeMetrics": [scope]}]}


def _attributes(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


class TextFile:
    """A file of Prometheus' textfile collector, which is replaced as a whole.

    Args:
        path: The file. Its name without the suffix is the label `run`: a collector reads all files of its folder, and
            refuses two metrics with the same labels.
        labels: Labels of all metrics.

    Attributes:
        last_success: Of the file before.
    """

    def __init__(self, path: str, labels: Mapping[str, str]) -> None:
        file_to_write(path, "--metrics: ")
        self._path = Path(path)
        # Prometheus reads UTF-8, which a name need not be.
        self._labels = {**labels, "run": os.fsencode(self._path.stem).decode(errors="backslashreplace")}
        before = self._path.read_text("utf-8", "replace") if self._path.is_file() else ""
        # The time of the last success is kept in the file, because this run may fail.
        match = re.search(rf"^{_LAST_SUCCESS}{{.*}} ([0-9]+(?:\.[0-9]+)?)$", before, re.MULTILINE)
        self.last_success = float(match[1]) if match else None

    def export(self, metrics: Sequence[Metric], *, final: bool) -> str:
        """Write metrics, and return why that failed; "" if it did not."""
        del final
        try:
            # Not durable: what a crash of the machine loses is written again.
            with in_place_of(self._path, durable=False) as file:
                file.write(prometheus_text(metrics, self._labels).encode())
        except OSError as error:
            return f"{self._path}: {error.strerror or error}"
        return ""

    def close(self) -> None:
        """Do nothing."""


class Otlp:
    """An endpoint of OTLP over HTTP, which gets JSON.

    Args:
        environ: Variables of the environment: `OTEL_EXPORTER_OTLP_*`, `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`.
        labels: Attributes of all metrics.
        clock: States the time, and waits before another attempt.

    Raises:
        UsageError: A variable is invalid.
    """

    last_success: float | None = None  # it keeps the time of each value itself

    def __init__(self, environ: Mapping[str, str], labels: Mapping[str, str], clock: Clock = SYSTEM_CLOCK) -> None:
        def setting(name: str, otherwise: str = "") -> str:
            names = (f"OTEL_EXPORTER_OTLP_METRICS_{name}", f"OTEL_EXPORTER_OTLP_{name}")
            return next((environ[variable] for variable in names if environ.get(variable)), otherwise)

        base = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or "http://localhost:4318"
        # By OpenTelemetry's specification only the general endpoint is completed with a path.
        self._url = environ.get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") or f"{base.rstrip('/')}/v1/metrics"
        if setting("PROTOCOL").startswith("grpc"):
            remedy = "Set it to http/json, and the endpoint to the collector's port for HTTP, usually 4318."
            raise UsageError("--metrics otlp: OTEL_EXPORTER_OTLP_PROTOCOL is grpc: not supported", remedy=remedy)
        try:
            url = httpx.URL(self._url)
        except httpx.InvalidURL:
            url = httpx.URL()
        if url.scheme not in ("http", "https") or not url.host:
            problem = f"--metrics otlp: the endpoint {mask_url(self._url)!r} is not a URL"
            raise UsageError(problem, remedy="Set OTEL_EXPORTER_OTLP_ENDPOINT to one such as http://localhost:4318.")
        # In milliseconds by OpenTelemetry's specification, whose default is 10 s.
        timeout, certificate = setting("TIMEOUT", "10000"), setting("CERTIFICATE")
        if not re.fullmatch("[1-9][0-9]{0,8}", timeout):
            remedy = "Set it to a number of milliseconds."
            raise UsageError(f"--metrics otlp: OTEL_EXPORTER_OTLP_TIMEOUT is {timeout!r}", remedy=remedy)
        headers = _pairs(setting("HEADERS"))
        if not all(_HEADER.fullmatch(f"{name}\n{value}") for name, value in headers.items()):
            # Neither is shown: of a header that is written with a colon, the name here has the value, too.
            problem = "--metrics otlp: OTEL_EXPORTER_OTLP_HEADERS has a header that cannot be sent"
            raise UsageError(problem, remedy="Write NAME=VALUE,NAME=VALUE, percent-encoded.")
        # The proxies and authorities of every other connection.
        route = network(self._url, environ)
        try:
            self._client = httpx.Client(
                headers={**headers, "content-type": "application/json"},
                timeout=int(timeout) / 1000,
                verify=_trusted(certificate) if certificate else tls_context(route),
                proxy=route.proxy,
                trust_env=False,
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            problem = f"--metrics otlp: the proxy {mask_url(route.proxy or '')} cannot be used"
            raise UsageError(problem, remedy=f"Write {route.variable} as http://host:port.") from error
        self._labels = labels
        self._clock = clock
        self._start_time = clock.now()
        # A writer of its own: points of two runs at once would otherwise overwrite each other.
        defaults = {"service.name": "omics", "service.version": __version__, "service.instance.id": str(uuid.uuid4())}
        name = {"service.name": environ["OTEL_SERVICE_NAME"]} if environ.get("OTEL_SERVICE_NAME") else {}
        # By OpenTelemetry's specification OTEL_SERVICE_NAME takes precedence over the resource's attributes.
        self._resource = {**defaults, **_pairs(environ.get("OTEL_RESOURCE_ATTRIBUTES", "")), **name}

    def export(self, metrics: Sequence[Metric], *, final: bool) -> str:
        """Send metrics, and return why that failed; "" if it did not."""
        sent = otlp_request(metrics, self._labels, self._resource, self._start_time, self._clock.now())
        problem, is_temporary = self._post(json.dumps(sent).encode())
        for pause in _PAUSES if final else ():
            if not is_temporary:
                break
            self._clock.sleep(pause)
            problem, is_temporary = self._post(json.dumps(sent).encode())
        return problem

    def _post(self, body: bytes) -> tuple[str, bool]:
        """Send a body, and return why that failed, and whether it may be sent again."""
        try:
            response = self._client.post(self._url, content=body)
        except (httpx.HTTPError, UnicodeError) as error:  # the latter of a host that no resolver can be asked for
            return f"{mask_url(self._url)}: {error or type(error).__name__}", True
        if response.is_success:
            return "", False
        return f"{mask_url(self._url)}: HTTP {response.status_code}", response.status_code in _TEMPORARY

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _pairs(text: str) -> dict[str, str]:
    """Return the pairs of a variable: `key=value,key=value`, percent-encoded."""
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {unquote(key.strip()): unquote(value.strip()) for key, _, value in pairs}


def _trusted(certificate: str) -> Any:
    import ssl

    try:
        return ssl.create_default_context(cafile=certificate)
    except OSError as error:
        problem = f"--metrics otlp: OTEL_EXPORTER_OTLP_CERTIFICATE cannot be read: {error}"
        raise UsageError(problem, remedy="Name a file of PEM certificates.") from error


class Metrics:
    """The metrics of one command. A failure to export them is a warning, once. A context manager.

    Args:
        target: `otlp`, or a file.
        command: The words of the command.
        on_warning: Called with a failure.
        environ: Variables of the environment; by default those of the process.
        clock: States the time.

    Raises:
        UsageError: The file cannot be written, or a variable of OpenTelemetry is invalid.

    Attributes:
        state: The last progress.
    """

    def __init__(
        self,
        target: str,
        command: str,
        *,
        on_warning: Callable[[str], object],
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        labels = {"command": command}
        self._exporter = (
            Otlp(os.environ if environ is None else environ, labels, clock)
            if target == "otlp"
            else TextFile(target, labels)
        )
        self._warn = on_warning
        self._clock = clock
        self.state = Progress(files=None)
        self._has_warned = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exporter.close()

    def update(self, state: Progress) -> None:
        """Export the progress.

        Args:
            state: The progress.
        """
        self.state = state
        self._export(metrics_of(state, {}, running=True, last_success=self._exporter.last_success), final=False)

    def finish(self, counts: Mapping[str, int], *, is_success: bool) -> None:
        """Export the result.

        Args:
            counts: Files by the state of their outcomes; empty if the command has no report.
            is_success: Whether the command succeeded.
        """
        last = self._clock.now() if is_success else self._exporter.last_success
        self._export(metrics_of(self.state, counts, running=False, last_success=last), final=True)

    def _export(self, metrics: Sequence[Metric], *, final: bool) -> None:
        problem = self._exporter.export(metrics, final=final)
        if problem and not self._has_warned:
            self._has_warned = True
            self._warn(f"metrics were not written: {problem}")
