"""The documented clients of objects, of the explorer, and of workspace storage."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.file import Gen3File
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.compat.gen3.object import Gen3Object, Gen3ObjectError
from omicsdk.compat.gen3.query import Gen3Query
from omicsdk.compat.gen3.tools.download.drs_download import download_file_from_url
from omicsdk.compat.gen3.wss import Gen3WsStorage, get_url, put_url
from omicsdk.core import BadRequest, DecodeError, NotFound, OmicsError, Retry, ServiceUnavailable, UsageError
from omicsdk.gen3 import Gen3, Gen3UserError
from omicsdk.sandbox import Sandbox
from omicsdk.transfer import TransferFailed
from quiet_server import QuietHandler, serving

COMMONS = "https://commons.example.org"
AUTHZ = {"version": 0, "resource_paths": ["/open"]}


def test_an_object_s_life(sandbox: Sandbox, auth: Gen3Auth):
    with Gen3Object(auth) as objects, Gen3Metadata(auth) as mds, Gen3File(auth) as files, Gen3Index(auth) as index:
        guid, url = objects.create_object("x.txt", AUTHZ, {"k": "v"}, ["my-alias"])
        assert httpx.put(url, content=b"hello").status_code == 200
        sandbox.finish()  # the commons sees what has arrived
        assert mds.get(guid)["k"] == "v"
        assert index.get("my-alias")["did"] == guid
        assert httpx.get(files.get_presigned_url(guid)["url"]).content == b"hello"
        assert objects.delete_object(guid, delete_file_locations=True) is None
        with pytest.raises(NotFound):
            mds.get(guid)
        with pytest.raises(NotFound):
            objects.delete_object(guid)


@pytest.mark.parametrize(
    ("payload", "message"), [({"guid": "g"}, "made g, without a URL"), ({}, "made no object, without a GUID")]
)
def test_a_response_that_lacks_something(payload: dict[str, str], message: str):
    answering = httpx.MockTransport(lambda request: httpx.Response(201, json=payload))
    with pytest.raises(Gen3ObjectError, match=message):
        Gen3Object(endpoint=COMMONS, transport=answering).create_object("x", AUTHZ)


def test_what_is_sent():
    requests: list[httpx.Request] = []

    def down(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(503)

    objects = Gen3Object(endpoint=COMMONS, transport=httpx.MockTransport(down), retry=Retry(attempts=2, base=0))
    with pytest.raises(ServiceUnavailable):
        objects.create_object("x", AUTHZ)
    assert len(requests) == 1
    for keep in (False, True):
        with pytest.raises(ServiceUnavailable):
            objects.delete_object("dg.1/a", keep)
    assert [str(request.url) for request in requests[1::2]] == [
        f"{COMMONS}/mds/objects/dg.1/a",
        f"{COMMONS}/mds/objects/dg.1/a?delete_file_locations",
    ]


@pytest.mark.parametrize("missing", [404, 405])
def test_an_object_is_created_where_the_service_has_it(missing: int):
    paths: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        is_new = request.url.path.endswith("/upload")
        return httpx.Response(201, json={"guid": "g", "upload_url": "u"}) if is_new else httpx.Response(missing)

    with Gen3Object(endpoint=COMMONS, transport=httpx.MockTransport(response)) as objects:
        assert objects.create_object("x", AUTHZ) == ("g", "u")
    assert paths == ["/mds/objects", "/mds/objects/upload"]


@pytest.fixture
def explorer(sandbox: Sandbox, auth: Gen3Auth):
    rows = [
        {"submitter_id": f"s{number:03}", "age": number, "sex": "f" if number % 2 else "m", "visits": [{"place": "x"}]}
        for number in range(40)
    ]
    sandbox.gen3.guppy.put("subject", rows)
    with Gen3Query(auth) as query:
        yield query


def test_records(explorer: Gen3Query):
    result = explorer.query("subject", ["submitter_id", "age"], first=2, offset=1, sort_object={"age": "DESC"})
    assert result == {"data": {"subject": [{"submitter_id": "s038", "age": 38}, {"submitter_id": "s037", "age": 37}]}}
    assert len(explorer.query("subject", ["age"])["data"]["subject"]) == 10


def test_filters(explorer: Gen3Query):
    both = explorer.query("subject", ["age"], filters={"sex": "f", "age": 3})
    assert both["data"]["subject"] == [{"age": 3}]
    chosen = {"AND": [{">": {"age": 36}}, {"=": {"sex": "m"}}]}
    assert explorer.query("subject", ["age"], filter_object=chosen)["data"]["subject"] == [{"age": 38}]
    with pytest.raises(Gen3UserError, match="are mutually exclusive"):
        explorer.query("subject", ["age"], filters={"a": 1}, filter_object=chosen)


def test_what_is_within_others(explorer: Gen3Query):
    for field in ("visits.place", "visits { place }"):
        assert explorer.query("subject", [field], first=1)["data"]["subject"] == [{"visits": [{"place": "x"}]}]


def test_downloads(explorer: Gen3Query):
    assert len(explorer.raw_data_download("subject", ["age"])) == 40
    some = explorer.raw_data_download("subject", ["age"], {">": {"age": 5}}, [{"age": "asc"}], first=2, offset=1)
    assert some == [{"age": 7}, {"age": 8}]
    rows = explorer.iterate_rows("subject", ["age"])
    assert set(next(iter(rows))) == {"age"}


def test_beyond_what_a_query_reaches_it_is_downloaded(explorer: Gen3Query, caplog: pytest.LogCaptureFixture):
    result = explorer.query("subject", ["age"], first=9_990, offset=38, sort_object={"age": "asc"})
    assert result == {"data": {"subject": [{"age": 38}, {"age": 39}]}}
    assert "downloading all records" in caplog.text


def test_queries_manually(explorer: Gen3Query):
    text = "query($filter: JSON) { _aggregation { subject(filter: $filter) { _totalCount } } }"
    result = explorer.graphql_query(text, {"filter": {"=": {"sex": "f"}}})
    assert result["data"]["_aggregation"]["subject"]["_totalCount"] == 20
    with pytest.raises(BadRequest, match="nope"):
        explorer.graphql_query("{ nope }")


@pytest.fixture
def storage(auth: Gen3Auth):
    with Gen3WsStorage(auth) as storage:
        yield storage


def keys(storage: Gen3WsStorage, prefix: str = "") -> list[str]:
    return [entry["WorkspaceKey"] for entry in storage.ls("@user", prefix)["Data"]["Objects"]]


def test_a_file_goes_in_and_out(storage: Gen3WsStorage, tmp_path: Path):
    (tmp_path / "a.txt").write_text("hello")
    storage.upload(tmp_path / "a.txt", "@user", "folder/my file.txt")
    assert keys(storage, "folder/") == ["folder/my file.txt"]
    storage.download("@user", "folder/my file.txt", tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_text() == "hello"
    storage.download("@user", "folder/my file.txt", tmp_path)
    assert (tmp_path / "my file.txt").read_text() == "hello"


def test_copies_in_all_directions(storage: Gen3WsStorage, tmp_path: Path):
    (tmp_path / "a.txt").write_text("hello")
    storage.copy(str(tmp_path / "a.txt"), "ws:///@user/a.txt")
    storage.copy("ws:///@user/a.txt", "ws:///@user/b.txt")
    storage.copy("ws:///@user/b.txt", f"{tmp_path}/new/")
    assert (tmp_path / "new/b.txt").read_text() == "hello"
    for target in ("ws:///@user", "ws:///@user/folder/"):
        storage.copy(str(tmp_path / "a.txt"), target)
    storage.copy("ws:///@user/folder/a.txt", "ws:///@user/folder/more/")
    assert [*keys(storage, "folder/"), *keys(storage, "folder/more/")] == ["folder/a.txt", "folder/more/a.txt"]
    assert keys(storage) == ["a.txt", "b.txt"]
    assert storage.ls_path("ws:///@user/")["Data"]["Objects"][0]["WorkspaceKey"] == "a.txt"
    storage.rm_path("ws:///@user/a.txt")
    storage.rm("@user", "b.txt")
    assert keys(storage) == []
    with pytest.raises(Gen3UserError, match="Neither"):
        storage.copy("a", "b")


def test_a_dash_prints_a_file_as_text(
    storage: Gen3WsStorage, capsys: pytest.CaptureFixture[str], monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    assert httpx.put(storage.upload_url("@user", "é.txt")["Data"], content="é\n".encode()).status_code == 200
    storage.download("@user", "é.txt", "-")
    storage.copy("ws:///@user/é.txt", "-")
    assert (capsys.readouterr().out, list(tmp_path.glob("-"))) == ("é\n" * 2, [])


def test_urls_need_no_login(storage: Gen3WsStorage, tmp_path: Path):
    assert httpx.put(storage.upload_url("@user", "x.txt")["Data"], content=b"x").status_code == 200
    url = storage.download_url("@user", "x.txt")["Data"]
    get_url(url, tmp_path / "x.txt")
    assert (tmp_path / "x.txt").read_bytes() == b"x"
    put_url(storage.upload_url("@user", "y.txt")["Data"], tmp_path / "x.txt")
    assert keys(storage) == ["x.txt", "y.txt"]


@pytest.mark.parametrize("fetch", [get_url, partial(download_file_from_url, show_progress=False)])
def test_a_url_is_fetched_again_when_its_content_changed(fetch: Callable[[str, Path], object], tmp_path: Path):
    contents = iter([b"first", b"newer"])

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            self.reply(200, next(contents))

    with serving(Handler) as url:
        for expected in (b"first", b"newer"):
            fetch(f"{url}/a", tmp_path / "a")
            assert (tmp_path / "a").read_bytes() == expected
    assert not (tmp_path / ".omics-transfer").exists()


def test_what_goes_wrong_is_raised(storage: Gen3WsStorage, tmp_path: Path):
    with pytest.raises(OmicsError):
        storage.ls("@nobody", "")
    with pytest.raises(OmicsError):
        storage.download("@user", "nope.txt", tmp_path / "x")
    assert not (tmp_path / "x").exists()
    with pytest.raises(UsageError, match="is not a file"):
        storage.upload(tmp_path / "nope", "@user", "x")
    with pytest.raises(Gen3UserError, match="cannot be deleted at once"):
        storage.rm("@user", "/")


@pytest.mark.parametrize("data", [None, "", 5, {}])
def test_a_response_without_a_url_is_reported(data: object, tmp_path: Path):
    answering = httpx.MockTransport(lambda request: httpx.Response(200, json={"Result": "ok", "Data": data}))
    storage = Gen3WsStorage(endpoint="https://commons.example.org", transport=answering)
    for ask in (storage.download_url, storage.upload_url):
        with pytest.raises(DecodeError, match="a URL"):
            ask("@user", "x")
    with pytest.raises(DecodeError, match="a URL"):
        storage.download("@user", "x", tmp_path / "x")


def test_a_copy_of_the_client_returns_what_the_face_raises(commons: Gen3, storage: Gen3WsStorage, tmp_path: Path):
    (tmp_path / "a.txt").write_text("hello")
    planned = commons.workspace_copy(str(tmp_path / "a.txt"), "ws:///@user/a.txt", dry_run=True)
    assert [(file.state, file.size) for file in planned.files] == [("planned", 5)]
    assert keys(storage) == []
    assert commons.workspace_copy(str(tmp_path / "a.txt"), "ws:///@user/a.txt").counts["done"] == 1
    copies = [commons.workspace_copy("ws:///@user/a.txt", "ws:///@user/c.txt", dry_run=dry) for dry in (True, False)]
    copies += [commons.workspace_copy("ws:///@user/c.txt", "ws:///@user/d/", dry_run=dry) for dry in (True, False)]
    assert [file.name for copied in copies for file in copied.files] == ["c.txt"] * 4
    with pytest.raises(TransferFailed) as caught:
        commons.workspace_copy("ws:///@user/nope.txt", "ws:///@user/b.txt", retries=0)
    report = commons.workspace_copy("ws:///@user/nope.txt", tmp_path / "b.txt", retries=0, check=False)
    with pytest.raises(type(caught.value.__cause__)):
        storage.copy("ws:///@user/nope.txt", str(tmp_path / "b.txt"))
    assert (report.counts["failed"], keys(storage)) == (1, ["a.txt", "c.txt"])
