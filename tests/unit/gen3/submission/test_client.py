"""Gen3Submission beyond what was recorded: files of any kind, trouble on the way, deletions that do not continue."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from gen3_submission import rows, table
from omicsdk.compat.gen3.submission import Gen3Submission
from omicsdk.core import NO_RETRY, Retry, ServiceUnavailable, TransportError
from omicsdk.gen3 import Gen3Error, Gen3UserError


class Narrow(httpx.BaseTransport):
    """Responses documents as a service does that takes so many rows at most, and stops on others in some way."""

    def __init__(self, most: int, give_up: Callable[[httpx.Request], httpx.Response]) -> None:
        self.most = most
        self.give_up = give_up
        self.sizes: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        names = [line.split("\t")[1] for line in request.read().decode().splitlines()[1:]]
        self.sizes.append(len(names))
        if len(names) > self.most:
            return self.give_up(request)
        entities = [
            {"type": "case", "unique_keys": [{"submitter_id": name}], "valid": True, "errors": []} for name in names
        ]
        return httpx.Response(200, json={"code": 200, "success": True, "entities": entities, "message": ""})


def _raise(error: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def raised(request: httpx.Request) -> httpx.Response:
        raise error("lost", request=request)

    return raised


GIVING_UP: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "413": lambda _: httpx.Response(413, text="<html>413 Request Entity Too Large</html>"),
    "504": lambda _: httpx.Response(504, text="Gateway Timeout"),
    "busy": lambda _: httpx.Response(500, json={"message": "service failure - try again later"}),
    "page": lambda _: httpx.Response(200, text="<html>Request Timeout</html>"),
    "read": _raise(httpx.ReadTimeout),
    "lost": _raise(httpx.RemoteProtocolError),
}


@pytest.mark.parametrize("how", GIVING_UP)
def test_chunks_are_halved_where_they_are_too_large(how: str, tmp_path: Path) -> None:
    wire = Narrow(3, GIVING_UP[how])
    names = [f"c{number}" for number in range(9)]
    with Gen3Submission("https://commons.example.org", transport=wire, retry=Retry(attempts=3, base=0)) as submission:
        result = submission.submit_file("demo-one", table(tmp_path, "a.tsv", rows(*names)), chunk_size=8)
    assert wire.sizes == [8, 4, 2, 2, 2, 2, 1]
    assert result["succeeded"] == names
    assert [line.split(":")[0] for line in result["responses"]][:2] == ["Reducing Chunk Size"] * 2


@pytest.mark.parametrize("how", GIVING_UP)
def test_rows_that_never_go_are_reported_and_it_ends(how: str, tmp_path: Path) -> None:
    wire = Narrow(0, GIVING_UP[how])
    with Gen3Submission("https://commons.example.org", transport=wire, retry=NO_RETRY) as submission:
        result = submission.submit_file("demo-one", table(tmp_path, "a.tsv", rows("c1", "c2", "c3")))
    assert list(result["invalid"]) == ["c1", "c2", "c3"]
    assert len(result["other"]) == len(result["details"]) == 3
    assert wire.sizes == [3, 1, 1, 1]


def test_a_commons_that_is_down_is_an_error(tmp_path: Path) -> None:
    wire = Narrow(0, _raise(httpx.ConnectError))
    with (
        Gen3Submission("https://commons.example.org", transport=wire, retry=NO_RETRY) as submission,
        pytest.raises(TransportError),
    ):
        submission.submit_file("demo-one", table(tmp_path, "a.tsv", rows("c1", "c2", "c3")), chunk_size=1)
    assert len(wire.sizes) == 1


@pytest.mark.parametrize(("verbose", "level"), [({}, "INFO"), ({"verbose": False}, "DEBUG")])
def test_a_node_is_deleted_in_batches_which_are_logged(
    verbose: dict[str, bool], level: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="omicsdk.gen3")
    left = ["1", "2", "3"]

    def response(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            left.remove(request.url.path.rpartition("/")[2])
            return httpx.Response(200, json={})
        return httpx.Response(200, json={"data": {"case": [{"id": id} for id in left[:1]]}})

    with Gen3Submission("https://commons.example.org", transport=httpx.MockTransport(response)) as submission:
        submission.delete_node("demo", "one", "case", batch_size=1, **verbose)
        with pytest.raises(Gen3UserError, match="batch_size 0"):
            submission.delete_records("demo", "one", ["1"], batch_size=0)
    messages = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "omicsdk.gen3"]
    assert messages == [(level, f"case: {number} records deleted") for number in (1, 2, 3)]


def test_the_manifest_is_the_response_to_its_request() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {"datanode": []}}))
    with Gen3Submission("https://commons.example.org", transport=transport) as submission:
        manifest = submission.get_project_manifest("demo", "one")
    assert (manifest.request.method, manifest.headers["content-type"]) == ("GET", "text/yaml")


def test_records_that_stay_end_the_deletion() -> None:
    def answered(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(200, json={})
        return httpx.Response(200, json={"data": {"case": [{"id": "1"}]}})

    with (
        Gen3Submission("https://commons.example.org", transport=httpx.MockTransport(answered)) as submission,
        pytest.raises(Gen3Error, match="still exists"),
    ):
        submission.delete_node("demo", "one", "case")


def test_a_query_is_tried_as_often_as_it_is_stated() -> None:
    asked: list[int] = []

    def answered(_: httpx.Request) -> httpx.Response:
        asked.append(1)
        return httpx.Response(503, headers={"retry-after": "0"})

    retry = Retry(attempts=3, base=0)
    with Gen3Submission("https://commons.example.org", transport=httpx.MockTransport(answered), retry=retry) as sub:
        for tries, count in (({"max_tries": 2}, 2), ({}, 3)):
            asked.clear()
            with pytest.raises(ServiceUnavailable):
                sub.query("{ x }", **tries)
            assert len(asked) == count
    with pytest.raises(Gen3UserError):
        sub.query("{ x }", max_tries=0)
