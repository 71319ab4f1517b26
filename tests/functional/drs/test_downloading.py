"""Downloads of DRS objects: whole, verified, by the first way that works; what fails states why and stops nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drs_download import OFFLINE, download
from omicsdk.core import AuthError, BearerToken, ChecksumMismatch, NotFound, Unauthorized, UnsafePath
from omicsdk.drs import (
    BundleTooDeep,
    NoAccess,
    NotADrsId,
    RequestedObject,
    ResolutionSettings,
    UnknownPrefix,
    parse_drs_id,
)
from omicsdk.drs.resolution import HostCache
from omicsdk.transfer import TransferFailed

API = "ga4gh/drs/v1/objects"


def errors(report: Any) -> list[Any]:
    return [outcome.error for outcome in report.outcomes]


def test_files_come_whole_under_their_names_and_are_not_fetched_twice(host: Any, tmp_path: Path) -> None:
    uris = [host.add(f"dg.1/{n}", bytes([n]) * 50_000) for n in range(5)]
    report = download(uris, tmp_path)
    report.raise_if_failed()
    assert [outcome.name for outcome in report.outcomes] == [f"{n}.bin" for n in range(5)]
    assert (tmp_path / "3.bin").read_bytes() == b"\x03" * 50_000
    assert {outcome.verified for outcome in report.outcomes} != {""}
    before = host.count("storage/")
    assert download(uris, tmp_path).counts["skipped"] == 5
    assert host.count("storage/") == before


def test_many_are_requested_at_once_where_the_server_takes_that(host: Any, tmp_path: Path) -> None:
    uris = [host.add(f"n{n}", b"%d" % n) for n in range(250)]
    download(uris, tmp_path)
    assert sum(path == API for _, path, _ in host.requests) == 3
    assert not any(path.startswith(f"{API}/n") for _, path, _ in host.requests)


def test_urls_come_many_at_once_and_those_that_do_not_are_requested(host: Any, tmp_path: Path) -> None:
    uris = [host.add(f"n{n}", b"%d" % n) for n in range(150)]
    host.alone = {"n7"}
    host.responses["storage/s3/n9"] = [(403, {}, b"<Code>AccessDenied</Code>")]
    download(uris, tmp_path)
    assert host.count(f"{API}/access") == 2
    assert sorted(path for _, path, _ in host.requests if path.endswith("/access/s3")) == [
        f"{API}/n7/access/s3",
        f"{API}/n9/access/s3",
    ]


def test_a_server_without_bulk_requests_is_queried_one_by_one(host: Any, tmp_path: Path) -> None:
    host.bulk = False
    uris = [host.add(f"n{n}", b"%d" % n) for n in range(30)]
    download(uris, tmp_path)
    assert len(list(tmp_path.glob("*.bin"))) == 30


def test_compact_and_bare_identifiers_go_to_the_default_host(host: Any, tmp_path: Path) -> None:
    host.add("dg.1/one", b"1")
    host.add("two", b"2")
    host.add("three", b"3")
    cache = HostCache(tmp_path / "hosts.json", 2)
    cache.keep("dg.1", host.name)
    settings = ResolutionSettings(order=("cache_file",), cache_file=cache.path)
    uris = ["drs://dg.1:one", "dg.1/three", "two"]
    download(uris, tmp_path, base_url=host.name, settings=settings, layout="id")
    assert (tmp_path / "dg.1_one" / "one.bin").read_bytes() == b"1"
    assert (tmp_path / "two" / "two.bin").read_bytes() == b"2"


def test_one_that_fails_does_not_keep_the_others(host: Any, tmp_path: Path) -> None:
    good = host.add("good", b"good")
    none = host.add("none", b"none", access_methods=[])
    wrong = host.add("wrong", b"wrong")
    host.objects["wrong"]["checksums"] = [{"type": "md5", "checksum": "0" * 32}]
    evil = host.add("evil", b"evil", name="../evil")
    uris = [good, none, wrong, evil, f"drs://{host.name}/nope", "dg.99/x"]
    with pytest.raises(TransferFailed, match="5 of 6 files failed") as caught:
        download(uris, tmp_path / "in", settings=OFFLINE)
    report = caught.value.report
    assert [outcome.state for outcome in report.outcomes] == ["done", *["failed"] * 5]
    kinds = [NoAccess, ChecksumMismatch, UnsafePath, NotFound, UnknownPrefix]
    assert all(map(isinstance, errors(report)[1:], kinds))
    assert [path.name for path in (tmp_path / "in").glob("*.bin")] == ["good.bin"]
    assert not (tmp_path / "evil").exists()


def test_an_invalid_identifier_is_refused_before_any_request(host: Any, tmp_path: Path) -> None:
    with pytest.raises(NotADrsId, match="https://"):
        download([host.add("a", b"a"), "https://example.org/x"], tmp_path)
    assert host.requests == []


def test_the_next_way_is_taken_when_one_is_refused_or_its_storage_has_nothing(host: Any, tmp_path: Path) -> None:
    refused = host.add("a", b"aaaa", ways=("s3", "gs"))
    host.responses[f"{API}/a/access/s3"] = [(403, {}, {"msg": "no"})] * 5
    empty = host.add("b", b"bbbb", ways=("s3", "gs"))
    host.responses["storage/s3/b"] = [(404, {}, b"")] * 5
    report = download([refused, empty], tmp_path)
    report.raise_if_failed()
    assert [outcome.state for outcome in report.outcomes] == ["done", "done"]
    assert (tmp_path / "a.bin").read_bytes() == b"aaaa"
    assert (tmp_path / "b.bin").read_bytes() == b"bbbb"


@pytest.mark.parametrize(
    ("path", "response"),
    [
        (f"{API}/a/access/s3", (400, {}, {"msg": "the bucket bills its readers"})),
        ("storage/s3/a", (400, {}, b"<Code>UserProjectMissing</Code>")),
        ("storage/s3/a", (503, {}, b"<Code>SlowDown</Code>")),
        ("storage/s3/a", (200, {}, b"<html>Log in</html>")),
        (f"{API}/a/access/s3", (200, {}, {"url": "http://127.0.0.1:1/a"})),
    ],
)
def test_the_next_way_is_taken_whatever_the_first_one_fails_with(
    host: Any, tmp_path: Path, path: str, response: tuple[int, dict[str, str], Any]
) -> None:
    host.alone = {"a"}
    uri = host.add("a", b"aaaa", ways=("s3", "gs"))
    host.responses[path] = [response] * 5
    download([uri], tmp_path, retries=0)
    assert (tmp_path / "a.bin").read_bytes() == b"aaaa"


def test_a_wished_storage_is_queried_first(host: Any, tmp_path: Path) -> None:
    download([host.add("a", b"a", ways=("s3", "gs"))], tmp_path, prefer=["gs"])
    assert host.count("storage/gs") == 1
    assert host.count("storage/s3") == 0


def test_a_url_that_ended_is_requested_again(host: Any, tmp_path: Path) -> None:
    uri = host.add("a", b"a" * 1000)
    host.responses["storage/s3/a"] = [(403, {}, b"<Code>AccessDenied</Code>")]
    download([uri], tmp_path)
    assert host.count(f"{API}/a/access/s3") == 2


def test_a_stated_url_that_ended_is_replaced_by_that_of_a_new_description(host: Any, tmp_path: Path) -> None:
    uri = host.add("a", b"aaaa")
    for token in ("old", "new"):
        access = {"url": host.url("storage/s3/a", f"signature={token}"), "headers": [f"X-Login: {token}"]}
        described = host.objects["a"] | {"access_methods": [{"type": "https", "access_url": access}]}
        host.responses.setdefault(f"{API}/a", []).append((200, {}, described))
    host.responses["storage/s3/a"] = [(401, {}, b"")]
    download([uri], tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == b"aaaa"
    assert [sent["x-login"] for _, path, sent in host.requests if path == "storage/s3/a"] == ["old", "new"]


def test_bytes_that_are_being_prepared_are_waited_for(host: Any, tmp_path: Path) -> None:
    uri = host.add("a", b"a")
    host.responses[f"{API}/a/access/s3"] = [(202, {"Retry-After": "0"}, b""), (202, {"Retry-After": "0.1"}, b"")]
    download([uri], tmp_path)
    assert host.count(f"{API}/a/access/s3") == 3


def test_the_login_goes_to_the_server_and_never_to_the_storage(host: Any, tmp_path: Path) -> None:
    host.token = "t0ken"
    uri = host.add("a", b"a")
    refused = download([uri], tmp_path, check=False)
    assert isinstance(refused.outcomes[0].error, Unauthorized)
    download([uri], tmp_path, credentials=lambda _host: BearerToken("t0ken"))
    stored = [headers for _, path, headers in host.requests if path.startswith("storage/")]
    assert stored
    assert not any("authorization" in headers for headers in stored)


def test_a_host_without_a_login_fails_alone(host: Any, drs_host: Callable[[], Any], tmp_path: Path) -> None:
    other = drs_host()

    def login(name: str) -> None:
        if name == other.name:
            raise AuthError(f"there is no login for {name}")

    report = download([host.add("a", b"a"), other.add("b", b"b")], tmp_path, credentials=login, check=False)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed"]
    assert "no login" in str(errors(report)[1])


def test_bundles_become_folders(host: Any, tmp_path: Path) -> None:
    host.add("1", b"one")
    host.add("2", b"two")
    host.add("3", b"three")
    host.bundle("inner", {"name": "b/two", "id": "2"})
    inline_bundle = {"name": "stated", "id": "t", "contents": [{"name": "three", "id": "3"}]}
    uri = host.bundle(
        "outer", {"name": "one", "id": "1"}, {"name": "inner", "id": "inner"}, inline_bundle, name="study"
    )
    report = download([uri], tmp_path)
    report.raise_if_failed()
    assert [outcome.name for outcome in report.outcomes] == ["study/one", "study/inner/b_two", "study/stated/three"]
    assert (tmp_path / "study/stated/three").read_bytes() == b"three"


def test_members_elsewhere_are_fetched_there(host: Any, drs_host: Callable[[], Any], tmp_path: Path) -> None:
    uri = drs_host().add("far", b"far")
    download([host.bundle("b", {"name": "far", "drs_uri": [uri]})], tmp_path, settings=OFFLINE)
    assert (tmp_path / "b/far").read_bytes() == b"far"


def test_a_member_is_found_by_its_uri_if_its_id_is_none_of_the_server(host: Any, tmp_path: Path) -> None:
    """CanDIG's htsget_app states what a member is for, such as "index", as its id."""
    uri = host.add("1", b"one")
    download([host.bundle("b", {"name": "one", "id": "index", "drs_uri": [uri]})], tmp_path)
    assert (tmp_path / "b/one").read_bytes() == b"one"


def test_a_bundle_that_holds_itself_is_reported_and_the_rest_comes(host: Any, tmp_path: Path) -> None:
    host.add("1", b"one")
    uri = host.bundle("a", {"name": "one", "id": "1"}, {"name": "again", "id": "a"})
    report = download([uri], tmp_path, check=False)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed"]
    assert isinstance(errors(report)[1], BundleTooDeep)


def test_two_files_of_one_name_are_distinguished_by_their_identifiers(host: Any, tmp_path: Path) -> None:
    uris = [host.add("a", b"a", name="same"), host.add("b", b"b", name="same")]
    clash = download(uris, tmp_path / "one", check=False)
    assert [outcome.state for outcome in clash.outcomes] == ["done", "failed"]
    assert "named after its identifier (layout id)" in str(clash.outcomes[1].error)
    download(uris, tmp_path / "two", layout="id")
    assert (tmp_path / "two/b/same").read_bytes() == b"b"


def test_what_the_caller_knows_is_verified_too(host: Any, tmp_path: Path) -> None:
    uri = parse_drs_id(host.add("a", b"a"))
    report = download([RequestedObject(uri, "mine", None, {"md5": "0" * 32})], tmp_path, check=False)
    assert isinstance(errors(report)[0], ChecksumMismatch)
    download([RequestedObject(uri, "mine", 1)], tmp_path)
    assert (tmp_path / "mine").read_bytes() == b"a"


def test_a_dry_run_states_what_would_come_and_writes_nothing(host: Any, tmp_path: Path) -> None:
    report = download([host.add("a", b"aaa")], tmp_path / "none", dry_run=True)
    assert [(outcome.state, outcome.size) for outcome in report.outcomes] == [("planned", 3)]
    assert not (tmp_path / "none").exists()
    assert host.count("storage/") == 0


@pytest.mark.parametrize("name", ["/etc/passwd", "../one", "a/../b", "a//b"])
def test_a_members_name_that_refers_elsewhere_is_refused_and_not_fixed(host: Any, tmp_path: Path, name: str) -> None:
    host.add("1", b"one")
    host.add("2", b"two")
    uri = host.bundle("a", {"name": name, "id": "1"}, {"name": "two", "id": "2"})
    report = download([uri], tmp_path, check=False)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
    assert f"The file name {name!r} of 1 in a bundle" in str(report.outcomes[0].error)
    assert "The other files are not affected" in str(report.outcomes[0].error)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and path.parent.name == "a"] == ["two"]
