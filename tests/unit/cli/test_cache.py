"""The cache, searches, and metrics of transfers."""

import hashlib
import io
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk import Cache
from omicsdk.cli.commands.metrics import Metrics, Otlp, metrics_of, otlp_request
from omicsdk.cli.commands.portals import searched
from omicsdk.cli.commands.values import interval, metrics_target
from omicsdk.cli.output import Call, Console, Output
from omicsdk.core import ManualClock, UsageError
from omicsdk.core.errors import Forbidden, OmicsError, ServiceUnavailable, TimedOut
from omicsdk.portals.searches import Hit, SearchResult
from omicsdk.transfer import Progress
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cache:
    """A configured cache with two files, the first of which was last used in 1970."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMICS_SETTINGS_FILE", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("OMICS_CACHE", str(tmp_path / "shared"))
    cache = Cache(tmp_path / "shared")
    for name in ("old", "new"):
        (tmp_path / name).write_text(name)
        cache.add(str(tmp_path / name), {"sha256": sha256(name)})
    os.utime(cache.folder / "records" / sha256("old")[:2] / f"{sha256('old')}.json", (0, 0))
    return cache


def sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def test_files_are_listed_with_their_last_use(omics: Any, cache: Cache):
    rows = {row["sha256"]: row for row in omics("cache", "ls", "--output", "json").json}
    assert rows[sha256("old")] == {"sha256": sha256("old"), "size": 3, "used": "1970-01-01T00:00:00Z"}
    assert rows.keys() == {sha256("old"), sha256("new")}


def test_pruning_names_what_it_removes(omics: Any, cache: Cache):
    ran = omics("cache", "prune", "--older", "90d", "--dry-run", "--output", "json")
    assert [row["sha256"] for row in ran.json] == [sha256("old")]
    assert f"1 file (3 B) would be removed from {cache.folder}" in ran.err
    assert len([*cache.entries()]) == 2
    ran = omics("cache", "prune", "--max-size", "3", "--output", "json")
    assert [row["sha256"] for row in ran.json] == [sha256("old")]
    assert [entry.sha256 for entry in cache.entries()] == [sha256("new")]
    ran = omics("cache", "prune")
    assert (ran.code, "Use --older 90d, --max-size 2T or both" in ran.err) == (2, True)


def test_a_damaged_file_ends_the_verification_with_3(omics: Any, cache: Cache):
    assert omics("cache", "verify").code == 0
    path = cache.folder / "sha256" / sha256("new")[:2] / sha256("new")
    path.chmod(0o644)
    path.write_text("neu")
    ran = omics("cache", "verify", "--output", "json")
    assert (ran.code, [row["state"] for row in ran.json]) == (3, ["damaged"])
    assert f"its SHA-256 is {sha256('neu')}" in ran.json[0]["why"]


def test_a_folder_without_files_is_not_called_verified(omics: Any, cache: Cache):
    assert f"all files of {cache.folder} have" in omics("cache", "verify").err
    assert omics("cache", "verify", "--cache", "mistyped").err.endswith("mistyped has no files of a cache\n")


def test_the_folder_is_an_option_a_variable_or_a_setting(omics: Any, cache: Cache, monkeypatch: pytest.MonkeyPatch):
    assert omics("cache", "ls", "--cache", "elsewhere", "--output", "json").json == []
    monkeypatch.delenv("OMICS_CACHE")
    ran = omics("cache", "ls")
    assert (ran.code, "no cache is configured" in ran.err) == (2, True)
    assert omics("config", "set", "transfer.cache", str(cache.folder)).code == 0
    assert omics("config", "set", "transfer.link", "symlink").code == 0
    assert omics("config", "set", "transfer.link", "reflink").code == 2
    assert len(omics("cache", "ls", "--output", "json").json) == 2


ROWS = (
    Hit("ena", "PRJEB1", "Retina", "Homo sapiens", access="open"),
    Hit("zenodo", "zenodo:1", "Glioma", files=2, size=30, access="open"),
)
DOWN, LATE = (
    ServiceUnavailable("Down", status=503),
    TimedOut("PRIDE did not respond within 9 s", remedy="Search again."),
)


def shown(
    *hits: Hit, failed: Mapping[str, OmicsError], form: str = "json", is_cut: bool = False
) -> tuple[str, str, int]:
    """What stdout and stderr have, and the exit code."""
    console, out = Console(stderr=(err := io.StringIO())), io.StringIO()
    result = SearchResult(hits, failed, ("ena", "pride", "zenodo"), is_cut)
    rows = searched(result, Call("", {}, {}, console))
    Output(form, stdout=out).result(rows)
    return out.getvalue(), err.getvalue(), console.exit_code


def test_rows_are_objects_of_one_form():
    out, err, code = shown(*ROWS, failed={})
    assert [list(row) for row in json.loads(out)] == [
        ["portal", "id", "title", "organism", "files", "size", "access"]
    ] * 2
    assert (err, code) == ("omics: 2 rows from 3 portals\n", 0)
    assert shown(*ROWS, failed={}, form="tsv")[0].splitlines()[-1] == "zenodo\tzenodo:1\tGlioma\t\t2\t30\topen"


def test_nothing_found_is_no_error():
    assert shown(failed={}) == ("[]\n", "omics: 0 rows from 3 portals\n", 0)


def test_more_rows_than_the_limit_are_said():
    assert shown(*ROWS, failed={}, is_cut=True)[1:] == ("omics: 2 rows from 3 portals; more match: set --limit\n", 0)


@pytest.mark.parametrize(
    ("failed", "code"),
    [({"pride": LATE}, 3), ({"pride": LATE, "ena": DOWN}, 3), (dict.fromkeys(("ena", "pride", "zenodo"), DOWN), 3)],
)
def test_portals_that_fail_are_named(failed: dict[str, OmicsError], code: int):
    out, err, ended = shown(*ROWS[1:], failed=failed)
    assert [row["portal"] for row in json.loads(out)] == ["zenodo"]
    lines = err.splitlines()
    assert [line.partition(": ")[2].partition(":")[0] for line in lines[:-1]] == list(failed)
    assert lines[-1] == f"omics: 1 row from {3 - len(failed)} portal{'s' if len(failed) != 2 else ''}"
    assert ended == code


def test_the_error_of_the_only_portal_is_that_of_the_command():
    console, denied = Console(stderr=io.StringIO()), Forbidden("No access", status=403)
    result: Any = SearchResult((), {"ena": denied}, ("ena",))
    with pytest.raises(Forbidden):
        searched(result, Call("", {}, {}, console))


COUNTS = {"done": 5, "skipped": 2, "failed": 1, "stopped": 1}


def samples(path) -> dict[tuple[str, str], tuple[str, float]]:
    """The type and value of each metric, by its name and outcome."""
    metrics: dict[tuple[str, str], tuple[str, float]] = {}
    for family in text_string_to_metric_families(path.read_text()):
        for sample in family.samples:
            assert {"command", "run"} <= sample.labels.keys() <= {"command", "run", "outcome"}
            assert (sample.labels["command"], sample.labels["run"]) == ("gen3 download", 'a "b"\\\nc')
            assert family.documentation
            metrics[sample.name, sample.labels.get("outcome", "")] = family.type, sample.value
    return metrics


def test_a_file_of_metrics_is_replaced_at_each_report_and_keeps_the_last_success(tmp_path):
    path, clock, warnings = tmp_path / 'a "b"\\\nc.prom', ManualClock(1_000_000), list[str]()

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
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert warnings == []


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode")
def test_a_file_of_metrics_may_have_a_name_that_is_not_utf_8(tmp_path):
    path = tmp_path / "a\udcff.prom"
    with Metrics(str(path), "cp", on_warning=pytest.fail) as metrics:
        metrics.finish(COUNTS, is_success=True)
    assert r'run="a\\xff"' in path.read_text()


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
        ({"ALL_PROXY": "socks9://ada:s3cret@proxy"}, r"the proxy socks9://\*\*\*@proxy cannot be used.* ALL_PROXY as"),
    ],
)
def test_variables_of_opentelemetry_that_cannot_be_followed_are_refused(variables, problem):
    with pytest.raises(UsageError, match=problem) as refused:
        Otlp(variables, {})
    assert "s3cret" not in str(refused.value)


def test_metrics_of_opentelemetry_have_units_times_and_attributes():
    metrics = metrics_of(Progress(files=2, seconds=1.5), {}, running=True, last_success=None)
    sent = otlp_request(metrics, {"command": "cp"}, {"host.name": "node7"}, 1, 2.5)
    (resource,) = sent["resourceMetrics"]
    assert resource["resource"]["attributes"] == [{"key": "host.name", "value": {"stringValue": "node7"}}]
    (scope,) = resource["scopeMetrics"]
    shapes = {metric["name"].removeprefix("omics.transfer."): metric for metric in scope["metrics"]}
    assert {name: metric["unit"] for name, metric in shapes.items()} == {
        "bytes": "By",
        "files": "{file}",
        "retries": "{retry}",
        "size": "By",
        "duration": "s",
        "running": "1",
        "expected.files": "{file}",
    }
    point = {"startTimeUnixNano": "1000000000", "timeUnixNano": "2500000000"}
    label = {"key": "command", "value": {"stringValue": "cp"}}
    assert shapes["duration"]["gauge"] == {"dataPoints": [{**point, "attributes": [label], "asDouble": 1.5}]}
    assert [len(entry["attributes"]) for entry in shapes["files"]["sum"]["dataPoints"]] == [2, 2]


def test_an_endpoint_that_fails_gets_the_metrics_of_the_end_again(monkeypatch):
    clients: set[httpx.Client] = set()
    refusal = httpx.ConnectError("refused")

    def post(client: httpx.Client, url: str, content: bytes) -> httpx.Response:
        del url, content
        clients.add(client)
        if isinstance(outcome := outcomes.pop(0), Exception):
            raise outcome
        return httpx.Response(outcome)

    monkeypatch.setattr(httpx.Client, "post", post)
    clock, warnings = ManualClock(), list[str]()
    with Metrics("otlp", "cp", on_warning=warnings.append, environ={}, clock=clock) as metrics:
        outcomes: list[int | Exception] = [200, refusal]
        metrics.update(Progress())
        metrics.update(Progress())
        assert clock.slept == []
        outcomes = [refusal, 503, 400]
        metrics.finish({}, is_success=True)
    assert (outcomes, clock.slept) == ([], [1, 4])
    assert warnings == ["metrics were not written: http://localhost:4318/v1/metrics: refused"]
    (client,) = clients
    assert (client.is_closed, client.headers["content-type"]) == (True, "application/json")


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
