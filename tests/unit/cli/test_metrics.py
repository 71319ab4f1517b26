"""Metrics of transfers in Prometheus' text format, as its published client parses it, and settings of OpenTelemetry."""

import pytest
from omicsdk.cli.commands.metrics import Metrics, Otlp
from omicsdk.cli.commands.values import interval, metrics_target
from omicsdk.core import ManualClock, UsageError
from omicsdk.transfer import Progress
from prometheus_client.parser import text_string_to_metric_families

COUNTS = {"done": 5, "skipped": 2, "failed": 1, "stopped": 1}


def samples(path) -> dict[tuple[str, str], tuple[str, float]]:
    """The type and value of each metric, by its name and outcome."""
    found: dict[tuple[str, str], tuple[str, float]] = {}
    for family in text_string_to_metric_families(path.read_text()):
        for sample in family.samples:
            assert {"command", "run"} <= sample.labels.keys() <= {"command", "run", "outcome"}
            assert (sample.labels["command"], sample.labels["run"]) == ("gen3 download", 'a "b"\\c')
            assert family.documentation
            found[sample.name, sample.labels.get("outcome", "")] = family.type, sample.value
    return found


def test_a_file_of_metrics_is_replaced_at_each_report_and_keeps_the_last_success(tmp_path):
    path, clock, warnings = tmp_path / 'a "b"\\c.prom', ManualClock(1_000_000), list[str]()

    def run(*, is_success: bool) -> None:
        with Metrics(str(path), "gen3 download", on_warning=warnings.append, clock=clock) as metrics:
            metrics.update(Progress(files=None, files_done=3, files_failed=1, bytes=900, bytes_fetched=700, retries=4))
            during.append(samples(path))
            metrics.state = Progress(files=9, bytes=900, bytes_fetched=901, seconds=12.5)
            metrics.finish(COUNTS, is_success=is_success)

    during: list[dict[tuple[str, str], tuple[str, float]]] = []
    last = "omics_transfer_last_success_timestamp_seconds", ""
    run(is_success=True)
    assert during[0]["omics_transfer_running", ""] == ("gauge", 1)
    assert during[0]["omics_transfer_bytes_total", ""] == ("counter", 700)
    assert during[0]["omics_transfer_files_total", "complete"] == ("counter", 3)
    assert ("omics_transfer_expected_files", "") not in during[0]
    assert last not in during[0]
    assert samples(path) == {
        ("omics_transfer_bytes_total", ""): ("counter", 901),
        ("omics_transfer_files_total", "complete"): ("counter", 7),
        ("omics_transfer_files_total", "failed"): ("counter", 1),
        ("omics_transfer_retries_total", ""): ("counter", 0),
        ("omics_transfer_size_bytes", ""): ("gauge", 900),
        ("omics_transfer_duration_seconds", ""): ("gauge", 12.5),
        ("omics_transfer_running", ""): ("gauge", 0),
        ("omics_transfer_expected_files", ""): ("gauge", 9),
        last: ("gauge", clock.now()),
    }
    before = clock.now()
    clock.sleep(3600)
    run(is_success=False)
    assert samples(path)[last] == ("gauge", before)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert warnings == []


def test_a_file_that_cannot_be_written_any_more_is_one_warning(tmp_path):
    warnings: list[str] = []
    with Metrics(str(tmp_path / "m.prom"), "cp", on_warning=warnings.append) as metrics:
        (tmp_path / "m.prom").mkdir()
        metrics.update(Progress())
        metrics.finish(COUNTS, is_success=True)
    (warning,) = warnings
    assert warning.startswith(f"metrics were not written: {tmp_path / 'm.prom'}: ")


@pytest.mark.parametrize("target", ["gone/m.prom", "."])
def test_a_file_that_cannot_be_written_is_refused_before_the_transfer(tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"^--metrics: "):
        Metrics(target, "cp", on_warning=pytest.fail)


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "is grpc: not supported"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "is not a URL"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://ada:s3cret@collector:port"}, "collector:port.* is not a URL"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318\n"}, "is not a URL"),
        ({"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20s3cret%0A"}, "HEADERS has a header"),
        ({"OTEL_EXPORTER_OTLP_HEADERS": "authorization=\u201cs3cret\u201d"}, "HEADERS has a header"),
        ({"OTEL_EXPORTER_OTLP_HEADERS": "authorization: Basic s3cret=="}, "HEADERS has a header"),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "10s"}, "is '10s'"),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "0"}, "is '0'"),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "1" * 5000}, "OTEL_EXPORTER_OTLP_TIMEOUT is"),
        ({"OTEL_EXPORTER_OTLP_CERTIFICATE": "/gone.pem"}, "cannot be read"),
    ],
)
def test_variables_of_opentelemetry_that_cannot_be_followed_are_refused(variables, problem):
    with pytest.raises(UsageError, match=problem) as refused:
        Otlp(variables, {})
    assert "s3cret" not in str(refused.value)


def test_a_damaged_file_of_metrics_has_no_last_success(tmp_path):
    path = tmp_path / "m.prom"
    path.write_text('omics_transfer_last_success_timestamp_seconds{run="m"} 1.2.3\n')
    with Metrics(str(path), "cp", on_warning=pytest.fail) as metrics:
        metrics.finish(COUNTS, is_success=False)
    assert "last_success" not in path.read_text()


def test_what_is_typed_is_an_interval_and_a_target():
    assert [interval(text) for text in ("0", "30", "1m30s")] == [0, 30, 90]
    assert [metrics_target(text) for text in ("otlp", "/x/m.prom")] == ["otlp", "/x/m.prom"]
    for convert, text in ((interval, "often"), (metrics_target, "otel"), (metrics_target, "m.txt")):
        with pytest.raises(UsageError, match=text):
            convert(text)
