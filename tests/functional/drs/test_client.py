"""`Drs` and `AsyncDrs`: one client for every server that an identifier names, each with its own credentials."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drs_download import OFFLINE
from leaving_clock import LeavingClock
from omicsdk import AsyncDrs, BearerToken, Drs
from omicsdk.core import ChecksumMismatch, ConfigError, Forbidden, Interrupted, TransferError, Unauthorized, UsageError
from omicsdk.core.plain_client import stopping_by
from omicsdk.drs import HostCredentials, NotADrsId, UnknownPrefix
from omicsdk.transfer import TransferFailed

API = "ga4gh/drs/v1/objects"


def test_a_stop_ends_the_wait_for_bytes_that_are_being_prepared(host: Any) -> None:
    uri, clock = host.add("a", b"a"), LeavingClock()
    host.responses[f"{API}/a/access/s3"] = [(202, {"Retry-After": "300"}, b"")]
    with Drs(clock=clock) as drs, pytest.raises(Interrupted):
        stopping_by(drs, clock.stop.is_set).locate(uri)
    assert sum(clock.slept) < 1


def test_an_operation_needs_a_server_and_a_uri_names_its_own(host: Any, tmp_path: Path) -> None:
    uri = host.add("a", b"a")
    with Drs(environ={}) as drs:
        assert (drs.base_url, repr(drs)) == ("", "<Drs without a server>")
        with pytest.raises(ConfigError, match="No DRS server is named") as failed:
            drs.get_object(object_id="a")
        assert "drs://HOST/ID" in failed.value.remedy
        with pytest.raises(TransferFailed) as refused:
            drs.download("a", tmp_path, settings=OFFLINE)
        assert isinstance(refused.value.__cause__, UnknownPrefix)
        drs.download(uri, tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == b"a"


def test_the_base_url_is_the_server_of_identifiers_alone(host: Any, tmp_path: Path) -> None:
    host.add("a", b"a")
    for base_url in (host.name, f"http://{host.name}", f"http://{host.name}/ga4gh/drs/v1/"):
        with Drs(base_url) as drs:
            assert drs.base_url == f"http://{host.name}/ga4gh/drs/v1"
            assert drs.get_object(object_id="a").id == "a"
            drs.download("a", tmp_path, settings=OFFLINE)
    with Drs(environ={"OMICS_DRS_URL": host.name}) as drs:
        assert drs.base_url == f"http://{host.name}/ga4gh/drs/v1"


def test_a_server_may_have_its_interface_elsewhere(host: Any) -> None:
    with Drs(f"http://{host.name}/other/place") as drs:
        assert drs.base_url == f"http://{host.name}/other/place"
        with pytest.raises(Exception, match="404"):
            list(drs.ls("a", settings=OFFLINE))
    assert {path for _, path, _ in host.requests} == {"other/place/objects/a"}


def test_credentials_are_for_the_base_url_and_no_other_server(
    host: Any, drs_host: Callable[[], Any], tmp_path: Path
) -> None:
    elsewhere = drs_host()
    host.token = elsewhere.token = "t0ken"
    here, there = host.add("a", b"a"), elsewhere.add("b", b"b")
    with Drs(host.name, credentials="t0ken") as drs:
        report = drs.download([here, there], tmp_path, check=False)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed"]
    assert isinstance(report.outcomes[1].error, Unauthorized)
    assert "t0ken" not in str(elsewhere.requests)


@pytest.mark.parametrize("as_function", [False, True])
def test_credentials_by_host(host: Any, drs_host: Callable[[], Any], tmp_path: Path, as_function: bool) -> None:
    elsewhere = drs_host()
    host.token, elsewhere.token = "one", "two"
    by_host = {host.name: BearerToken("one"), elsewhere.name: BearerToken("two")}
    credentials = HostCredentials(by_host.get if as_function else by_host)
    with Drs(host.name, credentials=credentials) as drs:
        drs.download([host.add("a", b"a"), elsewhere.add("b", b"b")], tmp_path)
        assert drs.get_object(object_id="a").id == "a"
        wrong = drs.with_options(credentials=HostCredentials({host.name: BearerToken("three")}))
        with pytest.raises(Unauthorized):
            list(wrong.ls(f"drs://{host.name}/a"))
    assert "one" not in repr(credentials)


@pytest.mark.parametrize("by_host", [False, True])
def test_the_names_of_hosts_are_compared_without_regard_to_case(host: Any, by_host: bool) -> None:
    host.token = "t0ken"
    host.add("a", b"a")
    credentials = HostCredentials({f"LocalHost:{host.port}": BearerToken("t0ken")}) if by_host else "t0ken"
    with Drs(f"http://LocalHost:{host.port}", credentials=credentials, environ={}) as drs:
        assert len(list(drs.ls(f"drs://LOCALHOST:{host.port}/a", settings=OFFLINE))) == 1
        assert len(list(drs.ls("a", settings=OFFLINE))) == 1


def test_a_bundle_is_listed_to_its_files(host: Any) -> None:
    host.add("1", b"one")
    inner = host.bundle("inner", {"name": "one", "id": "1"}, {"name": "gone", "id": "2"})
    with Drs() as drs:
        one, gone = drs.ls(inner)
        assert one.found is not None
        assert (one.name, one.found.size, gone.name) == ("inner/one", 3, "inner/gone")
        assert gone.error is not None
        with pytest.raises(NotADrsId):
            list(drs.ls("https://example.org/x"))


def test_a_file_is_read_and_sought_without_being_stored(host: Any) -> None:
    content = bytes(range(256)) * 4000
    uri = host.add("a", content)
    with Drs() as drs, drs.open(uri) as file:
        assert file.read(10) == content[:10]
        with pytest.raises(ValueError, match="whence value 3"):
            file.seek(0, 3)
        assert file.seek(0, 2) == len(content)
        assert file.read(10) == b""
        file.seek(500_000)
        assert file.read(256) == content[500_000:500_256]
        file.seek(0)
        assert file.read() == content


def test_a_way_that_is_refused_does_not_hide_the_url_of_another(host: Any) -> None:
    uri = host.add("a", b"abc", ways=("s3", "gs"))
    host.responses[f"{API}/a/access/s3"] = [(403, {}, {"msg": "no"})] * 2
    with Drs() as drs:
        assert [way["type"] for way in drs.locate(uri)["access"]] == ["gs"]
        host.responses[f"{API}/a/access/gs"] = [(403, {}, {"msg": "no"})]
        with pytest.raises(Forbidden):
            drs.locate(uri)


def test_a_url_that_expired_while_reading_is_requested_again(host: Any) -> None:
    uri = host.add("a", b"abc")
    host.responses["storage/s3/a"] = [(403, {}, b"<Code>AccessDenied</Code>")]
    with Drs() as drs, drs.open(uri) as file:
        assert file.read() == b"abc"
    assert host.count(f"{API}/a/access") == 2


@pytest.mark.parametrize(
    ("path", "response"),
    [
        ("storage/s3/a", (404, {}, b"")),
        ("storage/s3/a", (503, {"Retry-After": "99999"}, b"")),
        (f"{API}/a/access/s3", (200, {}, {"url": "http://127.0.0.1:1/a"})),
    ],
)
def test_another_copy_is_read_where_one_fails(host: Any, path: str, response: tuple[int, dict[str, str], Any]) -> None:
    uri = host.add("a", b"abc", ways=("s3", "gs"))
    host.responses[path] = [response] * 5
    with Drs() as drs, drs.open(uri) as file:
        assert file.read() == b"abc"


def test_a_file_that_changes_while_it_is_read_is_an_error(host: Any) -> None:
    content = b"x" * 1_000_000
    uri = host.add("a", content)
    etags = iter(['"1"', '"2"'])
    host.responses["storage/s3/a"] = [
        (200, {"ETag": next(etags)}, content),
        (206, {"ETag": next(etags), "Content-Range": "bytes 900000-999999/1000000"}, content[900_000:]),
    ]
    with Drs() as drs, drs.open(uri) as file:
        file.read(10)
        file.seek(900_000)
        with pytest.raises(TransferError, match="changed while it was read"):
            file.read(10)


def test_a_storage_without_ranges_is_sought_near_its_beginning_only(host: Any) -> None:
    content = bytes(range(250)) * 20_000
    uri = host.add("a", content)
    host.responses["storage/s3/a"] = [(200, {"ETag": '"1"'}, content)] * 2
    with Drs() as drs, drs.open(uri) as file:
        file.seek(900_000)
        assert file.read(10) == content[:10]
        file.seek(4_900_000)
        with pytest.raises(TransferError, match="sends whole files only"):
            file.read(10)


def test_bytes_of_several_responses_are_joined_by_an_etag_or_on_request(host: Any) -> None:
    content = bytes(range(256)) * 4000
    uri, host.validates = host.add("a", content), False
    with Drs() as drs:
        with drs.open(uri) as file:
            assert file.read(10) == content[:10]
            file.seek(900_000)
            with pytest.raises(TransferError, match="neither ETag nor date"):
                file.read(10)
        with drs.open(uri, resume_unvalidated=True) as file:
            file.seek(900_000)
            assert file.read(10) == content[900_000:900_010]


def test_a_bundle_cannot_be_opened(host: Any) -> None:
    with Drs() as drs, pytest.raises(UsageError, match="is a bundle"), drs.open(host.bundle("b")):
        pass


def test_downloaded_files_are_verified(host: Any, tmp_path: Path) -> None:
    uris = [host.add("a", b"aaa"), host.add("b", b"bbb"), host.add("c", b"ccc", checksums=[])]
    with Drs() as drs:
        drs.download(uris, tmp_path)
        report = drs.verify(uris, tmp_path)
        assert (report.ok, report.verification) == (True, {"verified": 2, "size only": 1, "unverified": 0})
        assert [outcome.verified for outcome in report.outcomes] == ["sha256", "sha256", ""]
        (tmp_path / "a.bin").write_bytes(b"aab")
        (tmp_path / "b.bin").unlink()
        (tmp_path / "c.bin").write_bytes(b"cccc")
        failed = drs.verify(uris, tmp_path).failed
        stop = threading.Event()
        stop.set()
        assert drs.verify(uris, tmp_path, stop=stop).counts["stopped"] == 3
    assert [outcome.name for outcome in failed] == ["a.bin", "b.bin", "c.bin"]
    assert isinstance(failed[0].error, ChecksumMismatch)
    assert "b.bin is missing. Download it again." in str(failed[1].error)
    assert "c.bin: size is 4, expected 3" in str(failed[2].error)


def test_the_asynchronous_client(host: Any, tmp_path: Path) -> None:
    uri = host.add("a", b"abc")

    async def run() -> tuple[Any, ...]:
        async with AsyncDrs(host.name) as drs:
            drs_object = await drs.get_object(object_id="a")
            report = await drs.download("a", tmp_path, settings=OFFLINE)
            names = [file.name async for file in drs.ls(uri)]
            async with drs.open(uri) as file:
                content = await file.read()
        async with AsyncDrs(environ={}) as unnamed:
            with pytest.raises(ConfigError, match="No DRS server is named"):
                await unnamed.get_object(object_id="a")
            await unnamed.download(uri, tmp_path / "again")
        return drs_object.id, report.counts["done"], names, content

    assert asyncio.run(run()) == ("a", 1, ["a.bin"], b"abc")
