"""Responses about something else than was requested, at platforms whose files are read: no file gets another one's name."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core import ConfigError, DecodeError, InconsistentListing, ResponseMismatch, ServiceUnavailable, TimedOut
from omicsdk.core.manual_clock import ManualClock
from omicsdk.core.sending.connections import WireFailure
from omicsdk.crunch import AsyncCrunch, Crunch
from omicsdk.fs.stores.azul import AzulStore
from omicsdk.fs.stores.crunch import CrunchStore
from omicsdk.fs.stores.dss import DssStore
from omicsdk.fs.stores.http import HttpsStore
from omicsdk.hca.azul import Azul
from omicsdk.hca.dss import AsyncDss, Dss
from omicsdk.transfer.network.connection_pool import ConnectionPool
from s3_service import Answer, Request, Service
from unsettled import nothing_around as nothing_around

ONE, OTHER, FILE = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abf")
VERSION, LATER = "2026-01-01T080000.000000Z", "2026-01-02T080000.000000Z"
Response = Callable[[httpx.Request], Any]


def client(kind: Any, response: Response) -> Any:
    """A client whose requests are answered with JSON."""

    def respond(request: httpx.Request) -> httpx.Response:
        content = response(request)
        return content if isinstance(content, httpx.Response) else httpx.Response(200, json=content)

    return kind("https://service.example.org", credentials="t", transport=httpx.MockTransport(respond))


def test_a_silent_web_server_ends_a_look_within_the_time_of_a_call(monkeypatch: pytest.MonkeyPatch):
    clock = ManualClock()

    def hang(_: Request) -> Answer:
        clock.advance(60)
        raise WireFailure(TimedOut("no response", remedy="Use --stall-timeout."), is_sent=True)

    service, pool = Service(hang), ConnectionPool({})
    monkeypatch.setattr(pool, "new_wire", service.new_wire)
    monkeypatch.setattr("omicsdk.fs.stores.http.shared_pool", lambda: pool)
    with pytest.raises(TimedOut, match=r"no response.*--call-timeout"):
        HttpsStore(clock=clock).stat("h.example/a.bin")
    assert [request.method for request in service.requests] == ["HEAD"]


def test_a_web_server_that_fails_is_not_asked_by_get_as_well(monkeypatch: pytest.MonkeyPatch):
    """It would take as long again: GET is for servers that refuse HEAD."""
    clock, pool = ManualClock(), ConnectionPool({})
    service = Service(lambda _: Answer(503))
    monkeypatch.setattr(pool, "new_wire", service.new_wire)
    monkeypatch.setattr("omicsdk.fs.stores.http.shared_pool", lambda: pool)
    with pytest.raises(ServiceUnavailable):
        HttpsStore(clock=clock).stat("h.example/a.bin")
    assert {request.method for request in service.requests} == {"HEAD"}


# -- Azul


def hit(number: int = 1, **changes: Any) -> dict[str, Any]:
    uuid = f"{number:08x}-0000-4000-8000-000000000000"
    file = {"uuid": uuid, "version": "2026-01-01T08:00:00.000000Z", "name": f"f{number}.txt", "size": 1}
    bundles = [{"bundleUuid": ONE, "bundleVersion": VERSION}]
    return {"entryId": uuid, "projects": [{"projectId": [ONE]}], "bundles": bundles, "files": [file], **changes}


def azul(*hits: Any, total: int | None = None) -> Azul:
    counted = len(hits) if total is None else total
    page = {"hits": list(hits), "pagination": {"total": counted, "count": len(hits), "next": None}, "termFacets": {}}
    atlas = {"internal": False, "atlas": "hca", "plugins": {"metadata": {"name": "hca"}}}
    catalogs = {"default_catalog": "dcp43", "catalogs": {"dcp43": atlas}}
    return client(Azul, lambda request: catalogs if request.url.path == "/index/catalogs" else page)


WRONG_HITS = [
    pytest.param([hit(), hit(2, projects=[{"projectId": [OTHER]}])], None, ResponseMismatch, id="another project"),
    pytest.param([hit()], 4, InconsistentListing, id="a total of 4 with one hit"),
    pytest.param([hit(), hit()], None, InconsistentListing, id="a hit twice"),
    pytest.param([hit(), hit(2, files=[])], None, DecodeError, id="a hit without files"),
    pytest.param([hit(), hit(2, files=None)], None, DecodeError, id="a hit whose files are null"),
    pytest.param([hit(), None], None, DecodeError, id="no hit"),
]


@pytest.mark.parametrize(("hits", "total", "error"), WRONG_HITS)
def test_azul_files_of_a_project_are_those_that_were_requested(hits: Any, total: Any, error: Any, tmp_path: Path):
    with azul(*hits, total=total) as api:
        with pytest.raises(error):
            list(AzulStore(client=api).walk(f"dcp43/projects/{ONE}"))
        if error is InconsistentListing:  # what it lists is copied, and the copy is partial
            report = api.download(f"projectId={ONE}", tmp_path / "data", dry_run=True)
            assert [outcome.name for outcome in report.outcomes] == ["f1.txt", "the selection"]
            assert [type(outcome.error) for outcome in report.failed] == [error]
            return
        with pytest.raises(error):
            api.download(f"projectId={ONE}", tmp_path / "data", dry_run=True)
    assert not (tmp_path / "data").exists()


def test_azul_files_of_a_bundle_and_single_files_are_those_that_were_requested(tmp_path: Path):
    other = hit(bundles=[{"bundleUuid": OTHER, "bundleVersion": VERSION}])
    with azul(other) as api, pytest.raises(ResponseMismatch, match=f"requested the bundleUuid '{ONE}'"):
        api.download(bundle=ONE, folder=tmp_path, dry_run=True)
    with client(Azul, lambda _: hit(2)) as api, pytest.raises(ResponseMismatch, match="get_entity"):
        AzulStore(client=api).stat(f"dcp43/files/{FILE}")


@pytest.mark.parametrize("project", [[ONE], ONE, ONE.upper()])
def test_azul_states_a_project_as_a_text_or_a_list(project: Any):
    with azul(hit(projects=[{"projectId": project}])) as api:
        assert [entry.name for entry in AzulStore(client=api).walk(f"dcp43/projects/{ONE}")] == ["f1.txt"]


# -- the Data Store


def bundle(uuid: str = ONE, version: str = VERSION, *names: str) -> dict[str, Any]:
    about = {"uuid": FILE, "version": VERSION, "size": 1, "sha256": "ab" * 32, "indexed": False}
    return {
        "bundle": {"uuid": uuid, "version": version, "creator_uid": 1, "files": [{**about, "name": n} for n in names]}
    }


@pytest.mark.parametrize(
    ("path", "response", "words"),
    [
        (f"aws/{ONE}", bundle(OTHER, VERSION, "a"), f"requested the UUID '{ONE}' but the service returned '{OTHER}'"),
        (
            f"aws/{ONE}.{VERSION}",
            bundle(ONE, LATER, "a"),
            f"requested the version '{VERSION}' but the service returned",
        ),
    ],
)
def test_a_bundle_is_the_one_that_was_requested(path: str, response: Any, words: str, tmp_path: Path):
    uuid, _, version = path.removeprefix("aws/").partition(".")
    with client(Dss, lambda _: response) as dss:
        with pytest.raises(ResponseMismatch, match=words):
            list(DssStore(client=dss).walk(path))
        with pytest.raises(ResponseMismatch, match=words):
            dss.download(uuid, "aws", version=version, download_dir=str(tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_the_pages_of_a_bundle_are_of_one_version():
    def response(request: httpx.Request) -> httpx.Response:
        if "start_at" in request.url.params:
            return httpx.Response(200, json=bundle(ONE, LATER, "b"))
        link = f"<{request.url}&start_at=1>; rel='next'"
        return httpx.Response(206, json=bundle(ONE, VERSION, "a"), headers={"link": link})

    with client(Dss, response) as dss, pytest.raises(ResponseMismatch, match=LATER):
        list(dss.ls(ONE, "aws"))


def test_a_bundle_without_files_is_reported(caplog: pytest.LogCaptureFixture):
    with client(Dss, lambda _: bundle()) as dss, caplog.at_level(logging.WARNING, "omicsdk.hca"):
        assert list(DssStore(client=dss).walk(f"aws/{ONE}")) == []
    assert f"Bundle {ONE} version {VERSION} has no files" in caplog.text


def test_a_single_file_has_the_version_that_was_requested():
    response_headers = {"x-dss-version": LATER, "x-dss-size": "1", "x-dss-sha256": "ab" * 32}
    with (
        client(Dss, lambda _: httpx.Response(200, headers=response_headers)) as dss,
        pytest.raises(ResponseMismatch, match=f"'{VERSION}' but the service returned '{LATER}'"),
    ):
        DssStore(client=dss).stat(f"aws/files/{FILE}.{VERSION}")


@pytest.mark.parametrize("status", [200, 302])
def test_a_file_is_not_read_from_a_response_about_another_version(status: int):
    response_headers = {"x-dss-version": LATER, "location": "https://storage.example.org/f"}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=response_headers, content=b"bytes"))
    arguments: Any = {"uuid": FILE, "replica": "aws"}
    with Dss("https://service.example.org/v1", credentials="t", transport=transport) as dss:
        stream = dss.with_options(follow_redirects=False).get_file.stream
        with pytest.raises(ResponseMismatch, match=f"'{VERSION}' but the service returned '{LATER}'"):
            stream(**arguments, version=VERSION).__enter__()
        for right in (arguments, {**arguments, "version": LATER}):
            with stream(**right) as body:
                assert body.read() == b"bytes"

    async def read() -> None:
        client = AsyncDss("https://service.example.org/v1", credentials="t", transport=transport)
        async with client, client.get_file.stream(**arguments, version=VERSION):
            pass

    if status == 200:
        with pytest.raises(ResponseMismatch):
            asyncio.run(read())


# -- crunch


def crunch(slug: str, base: str) -> Crunch:
    dataset = {"slug": slug, "id": 1, "name": "d", "parent": "p", "base_file_path": base}
    project = {"slug": "p", "id": 1, "name": "p"}
    return client(Crunch, lambda request: project if "projects" in request.url.path else dataset)


@pytest.mark.parametrize(
    ("slug", "base", "error"),
    [("p:other", "crunch/p", ResponseMismatch), *(("p:d", base, ConfigError) for base in ("", "/", ".", "./", "a/.."))],
)
def test_a_dataset_is_the_one_that_was_requested_and_not_the_whole_storage(
    slug: str, base: str, error: Any, tmp_path: Path
):
    media, target = tmp_path / "media", tmp_path / "target"
    (media / "other").mkdir(parents=True)
    (media / "other" / "secret.txt").write_bytes(b"of another dataset")
    storage = {"MEDIA_ROOT": str(media)}
    with crunch(slug, base) as site:
        for ask in (
            lambda: list(CrunchStore(client=site, storage_settings=storage).walk("p/d")),
            lambda: list(CrunchStore(client=site, storage_settings=storage).entries("p/d")),
            lambda: site.download("p:d", target, storage=storage),
            lambda: site.verify("p:d", target, storage=storage),
            lambda: list(site.ls("p:d", storage=storage)),
            lambda: site.upload("p:d", media / "other", storage=storage),
        ):
            with pytest.raises(error):
                ask()
    assert not target.exists()
    assert [path.name for path in media.iterdir()] == ["other"]


def test_the_next_dataset_of_a_project_is_not_one_of_another_project():
    with client(Crunch, lambda _: {"dataset": "q:d", "project": "q"}) as site, pytest.raises(ResponseMismatch):
        site.get_next_dataset_of_project(slug="p")


@pytest.mark.parametrize("form", ["call", "raw", "with_headers"])
def test_every_form_of_a_call_is_compared_in_both_clients(form: str):
    other = httpx.MockTransport(lambda _: httpx.Response(200, json={"slug": "p:other", "id": 1, "parent": "p"}))
    options = {"credentials": "t", "transport": other}

    def bound(site: Any) -> Any:
        return site.get_dataset if form == "call" else getattr(site.get_dataset, form)

    async def run() -> None:
        async with AsyncCrunch("https://service.example.org", **options) as site:
            await bound(site)(slug="p:d")

    with Crunch("https://service.example.org", **options) as site, pytest.raises(ResponseMismatch):
        bound(site)(slug="p:d")
    with pytest.raises(ResponseMismatch):
        asyncio.run(run())
