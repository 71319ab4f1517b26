"""Objects as servers describe them, in their various forms: the requested one under any of its identifiers, no other; bundles that fit
their members."""

import base64
import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from omicsdk.core import DecodeError, InconsistentListing, ResponseMismatch, UnsafePath
from omicsdk.core.retry import NO_RETRY
from omicsdk.drs import AccessMethod, BundleTooDeep, DrsServer, Servers, planning
from omicsdk.drs.identifiers import DrsId, parse_drs_id
from omicsdk.drs.objects import bundle_problem, checksums_of, in_order, object_of
from omicsdk.drs.resolution import ResolutionSettings, Resolver
from omicsdk.fs import parse_uri
from omicsdk.fs.copying.jobs import planned_sync, remove_extra
from omicsdk.fs.stores.drs import DrsStore
from omicsdk.fs.uris import Stores
from recorded_server import exchanges
from unsettled import nothing_around as nothing_around

MD5 = hashlib.md5(b"x").hexdigest()
SHA = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ([{"type": "md5", "checksum": MD5}], {"md5": MD5}),
        ([{"type": "MD5", "checksum": MD5.upper()}], {"md5": MD5}),
        ([{"type": "sha-256", "checksum": SHA}, {"type": "md5", "checksum": MD5}], {"sha256": SHA, "md5": MD5}),
        ([{"type": "md5", "checksum": base64.b64encode(bytes.fromhex(MD5)).decode()}], {"md5": MD5}),
        ([{"type": "crc32c", "checksum": "AAAAAA=="}], {"crc32c": "00000000"}),
        ([{"type": "etag", "checksum": f'"{MD5}-3"'}], {"s3_etag": f"{MD5}-3"}),
        ([{"type": "trunc512", "checksum": "aa"}], {}),
        ([{"type": "md5", "checksum": "none"}, {"type": "md5"}, "md5"], {}),
        ({"md5": MD5, "crc": "12"}, {"md5": MD5}),
        (None, {}),
    ],
)
def test_checksums_are_read_however_they_are_written(payload: object, expected: dict[str, str]) -> None:
    assert checksums_of(payload) == expected


def test_an_object_without_a_name_is_called_as_its_storage_does_or_its_identifier_ends() -> None:
    for url, name in (
        ("https://h.example/deep/reads%201.fastq?sig=a#b", "reads 1.fastq"),
        ("s3://bucket/deep/reads%201.fastq", "reads%201.fastq"),  # keys are no URLs
        ("gs://bucket/deep/reads#1?.fastq", "reads#1?.fastq"),
        ("s3://bucket/", "abc"),
    ):
        method = {"type": "s3", "access_id": "s3", "access_url": {"url": url}}
        assert object_of({"id": "dg.1/abc", "name": None, "access_methods": [method]}).name == name
    assert object_of({"id": "dg.1/abc", "name": " "}).name == "abc"
    assert object_of({}, "asked").id == "asked"


def test_a_size_may_be_a_text_as_the_standard_had_it_before_version_1() -> None:
    sizes = (7, "7", 7.0, None)
    assert [object_of({"id": "a", "size": size}).size for size in sizes] == [7, 7, 7, None]
    with pytest.raises(DecodeError):
        object_of({"id": "a", "size": "7.0"})


@pytest.mark.parametrize("size", [7.5, -7.0, float(2**60), float("inf")])
def test_a_size_that_is_no_exact_whole_number_is_an_error(size: float) -> None:
    with pytest.raises(DecodeError, match="a whole number"):
        object_of({"id": "a", "size": size})


@pytest.mark.parametrize(
    ("times", "moment"),
    [
        ({"updated_time": "1970-01-02T00:00:00Z", "created_time": "1970-01-01T00:00:00Z"}, 86400),
        ({"updated_time": "", "created_time": "1970-01-02T01:00:00+01:00"}, 86400),
        ({"created_time": None, "index_updated_time": "1970-01-02T00:00:00.5"}, 86400.5),  # of Gen3
        ({"created_time": "yesterday", "updated_time": 7}, None),
        ({}, None),
    ],
)
def test_the_time_of_the_last_change_is_the_nearest_that_is_stated(times: dict[str, Any], moment: float | None) -> None:
    assert object_of({"id": "a", **times}).modified == moment


def test_files_and_bundles_are_distinguished() -> None:
    way = [{"type": "s3", "access_id": "s3"}]
    assert not object_of({"id": "a", "access_methods": way, "contents": []}).is_bundle
    assert not object_of({"id": "a", "form": "object", "access_methods": [], "contents": []}).is_bundle
    assert object_of({"id": "a", "contents": [{"name": "b", "id": "c"}]}).is_bundle
    assert object_of({"id": "a", "form": "bundle", "contents": []}).members == ()


def test_members_name_uris_as_texts_or_lists() -> None:
    payload = {
        "id": "a",
        "contents": [{"name": "x", "drs_uri": ["drs://h.org/1"]}, {"name": "y", "drs_uri": "drs://h.org/2"}],
    }
    assert [(member.name, member.uri) for member in object_of(payload).members or ()] == [
        ("x", "drs://h.org/1"),
        ("y", "drs://h.org/2"),
    ]


def test_an_empty_folder_of_a_bundle_needs_no_identifier() -> None:
    contents = [{"name": "x", "contents": []}, {"name": "y", "id": "1", "contents": []}, {"name": "z", "id": "2"}]
    members = object_of({"id": "a", "contents": contents}).members or ()
    assert [member.members for member in members] == [(), None, None]


def way(kind: str, **more: object) -> AccessMethod:
    return AccessMethod(kind, **({"access_id": kind} | more))


def test_ways_are_tried_in_an_order_that_can_be_wished_for() -> None:
    listed = [
        way("ftp"),
        way("gs", region="us"),
        way("s3", available=False),
        way("s3"),
        way("https", url="https://h/x"),
    ]
    assert [method.kind for method in in_order(listed)] == ["https", "s3", "gs"]
    assert [method.kind for method in in_order(listed, ["gs"])] == ["gs", "https", "s3"]
    assert [method.kind for method in in_order([way("s3", available=False), way("gs")])] == ["gs", "s3"]
    assert in_order([way("ftp"), AccessMethod("az", url="az://b/k")]) == []


def test_objects_of_storage_are_the_last_way_unless_they_are_preferred() -> None:
    stored = AccessMethod("gs", url="gs://b/k")
    terra = way("gs", url="gs://b/k")  # Terra states both, and signs by the access_id
    assert (stored.is_stored, terra.is_stored) == (True, False)
    assert in_order([stored, way("s3"), terra]) == [way("s3"), terra, stored]
    assert in_order([way("s3"), stored], ["gs"]) == [stored, way("s3")]


def test_a_way_that_is_listed_twice_is_tried_once() -> None:
    assert len(in_order([way("s3", url="s3://a/1"), way("s3", url="s3://b/1")])) == 1


def test_headers_of_an_access_url_are_in_no_repr() -> None:
    payload = {"type": "https", "access_url": {"url": "https://h/x", "headers": ["Authorization: Basic c2VjcmV0"]}}
    (method,) = object_of({"id": "a", "access_methods": [payload]}).methods
    assert method.headers == (("Authorization", "Basic c2VjcmV0"),)
    assert "c2VjcmV0" not in repr(method)


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"id": "a", "form": "bundle"}, "contents"),
        ({"id": "a", "form": "bundle", "contents": None}, "contents"),
        ({"id": "a", "contents": {}}, "contents"),
        ({"id": "a", "contents": "x"}, "contents"),
        ({"id": "a", "contents": [{"id": "b"}, None]}, "contents[1]"),
        ({"id": "a", "contents": [{"id": "b", "contents": [3]}]}, "contents[0].contents[0]"),
        ({"id": "a", "contents": [{"id": "b", "contents": "x"}]}, "contents[0].contents"),
    ],
)
def test_a_bundle_without_a_list_of_what_is_in_it_is_no_empty_one(payload: dict[str, Any], field: str):
    with pytest.raises(DecodeError) as caught:
        object_of(payload)
    assert caught.value.field == field


@pytest.mark.parametrize("name", [5, ["a"], {}, True])
def test_a_name_that_is_no_text_is_refused(name: object):
    for payload in ({"id": "a", "name": name}, {"id": "a", "contents": [{"id": "b", "name": name}]}):
        with pytest.raises(UnsafePath, match="is not text"):
            object_of(payload)


DATA = Path(__file__).parents[2] / "data"
UUID, OTHER = "0d8b4c00-0000-4000-8000-000000000001", "0d8b4c00-0000-4000-8000-000000000002"
HOST = "drs.example.org"
OBJECTS = "/ga4gh/drs/v1/objects/"


def described_object(id: str | None, **more: Any) -> dict[str, Any]:
    """An object as a server describes it."""
    methods = [{"type": "https", "access_url": {"url": f"https://{HOST}/bytes"}}]
    return {"id": id, "name": "a.txt", "size": 1, "checksums": [], "access_methods": methods, **more}


def transport(responses: Mapping[str, Any]) -> httpx.MockTransport:
    """A server that knows some paths."""

    def response(request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.raw_path.decode().partition("?")[0])
        payload = responses.get(path.removeprefix(OBJECTS))
        return httpx.Response(404, json={}) if payload is None else httpx.Response(200, json=payload)

    return httpx.MockTransport(response)


def described(requested: DrsId, responses: Mapping[str, Any]) -> str:
    with DrsServer(HOST, retry=NO_RETRY, transport=transport(responses)) as server:
        return server.describe(requested).id


def servers(responses: Mapping[str, Any]) -> Servers:
    resolver = Resolver(settings=ResolutionSettings(order=(), cache_file=None))
    return Servers(resolver, retry=NO_RETRY, transport=transport(responses))


def test_a_server_is_closed_that_a_slow_login_opens_after_the_others(monkeypatch: pytest.MonkeyPatch):
    closed: list[str] = []
    monkeypatch.setattr(DrsServer, "close", lambda server: closed.append(server.host))
    resolver = Resolver(settings=ResolutionSettings(order=(), cache_file=None))

    def login(host: str) -> None:
        if host == "slow.example.org":
            drs.close()

    with Servers(resolver, login, transport=transport({})) as drs:
        for host in ("quick.example.org", "slow.example.org"):
            drs.at(host)
        assert closed == ["quick.example.org", "slow.example.org"]


# -- one object


@pytest.mark.parametrize(
    "response",
    [
        described_object(UUID),
        described_object(UUID.upper()),
        described_object(f"dg.4503/{UUID}"),
        described_object(f"dg.4503:{UUID}"),
        described_object(f"drs://dg.4503:{UUID}"),
        described_object(f"drs://{HOST}/{UUID}"),
        described_object("another", self_uri=f"drs://{HOST}/{UUID}"),
        described_object("another", aliases=[UUID]),
        described_object(None),
    ],
    ids=str,
)
def test_an_object_is_taken_under_any_of_its_identifiers(response: dict[str, Any]):
    assert described(parse_drs_id(f"drs://{HOST}/{UUID}"), {UUID: response})


def test_the_latest_version_of_a_baseid_is_found_by_the_index():
    responses = {
        UUID: described_object(f"dg.4503/{OTHER}"),
        f"/index/index/{UUID}": {"did": f"dg.4503/{OTHER}", "baseid": UUID},
    }
    assert described(parse_drs_id(f"drs://{HOST}/{UUID}"), responses) == f"dg.4503/{OTHER}"


@pytest.mark.parametrize(
    "responses",
    [
        {UUID: described_object(OTHER)},
        {UUID: described_object(f"dg.4503/{OTHER}", self_uri=f"drs://{HOST}/{OTHER}", aliases=["x"])},
        {UUID: described_object(OTHER), f"/index/index/{UUID}": {"did": OTHER, "baseid": OTHER}},
        {UUID: described_object(OTHER), f"/index/index/{UUID}": {"did": 1, "baseid": UUID}},
        {UUID: described_object(UUID[1:])},
    ],
)
def test_another_object_is_refused(responses: dict[str, Any]):
    with pytest.raises(ResponseMismatch, match=f"requested the object '{UUID}' but the service returned"):
        described(parse_drs_id(f"drs://{HOST}/{UUID}"), responses)


def test_recorded_servers_are_not_refused():
    indexd = DATA / "sandbox" / "gen3" / "recordings" / "indexd.recording.jsonl"
    lines = [*exchanges("drs-filer"), *map(json.loads, indexd.read_text("utf-8").splitlines())]
    read = [
        exchange
        for exchange in lines
        if exchange["request"]["method"] == "GET" and exchange["response"]["status"] == 200
    ]
    objects = [(exchange["request"]["path"], exchange["response"]["body"]) for exchange in read]
    objects = [exchange for exchange in objects if exchange[0].startswith(OBJECTS) and "/access/" not in exchange[0]]
    assert len(objects) > 15
    for path, body in objects:
        id = unquote(path.partition("?")[0].removeprefix(OBJECTS))
        assert described(DrsId(id, HOST, "", id), {id: body}) == body["id"]


# -- bundles

MEMBERS = [{"id": id, "name": f"{name}.txt"} for id, name in (("m1", "a"), ("m2", "b"))]


def bundle(**more: Any) -> dict[str, Any]:
    response = {"id": "b", "name": "b", "contents": MEMBERS, "checksums": [], **more}
    one, two = (
        described_object(id, checksums=[{"type": "md5", "checksum": f"{n:032x}"}])
        for n, id in ((0x15, "m1"), (0x16, "m2"))
    )
    return {"b": response, "m1": one, "m2": two}


def test_a_member_that_is_another_object_is_not_read():
    responses = {**bundle(), "m2": described_object("m3")}
    with DrsStore(servers=servers(responses)) as drs:
        first, second = drs.walk(f"{HOST}/b")
        assert first.details["id"] == "m1"
        with pytest.raises(ResponseMismatch, match="requested the object 'm2' but the service returned 'm3'"):
            drs.location(second)
        with pytest.raises(ResponseMismatch):
            drs.stat(f"{HOST}/b/b.txt")


RIGHT = [{"type": "md5", "checksum": "2552556c11f3061a6ca37551730a02aa"}]
"""What indexd computed of two members with these checksums, as it was recorded."""
DOUBTFUL = [
    pytest.param({"size": 3}, "its size is stated as 3 bytes, but its members have 2", id="size"),
    pytest.param({"checksums": [{"type": "md5", "checksum": "0" * 32}]}, "its md5 is not that of", id="checksum"),
    pytest.param({"contents": []}, "its server lists no members", id="no members"),
]


@pytest.mark.parametrize(("fields", "words"), DOUBTFUL)
def test_a_bundle_that_does_not_fit_its_members_is_read_with_a_warning_and_nothing_is_deleted_by_it(
    fields: dict[str, Any], words: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "mine.txt").write_bytes(b"kept")
    stores = Stores({"drs": {"servers": servers(bundle(**fields))}})
    with stores, caplog.at_level(logging.WARNING, "omicsdk.drs"):
        source, target = parse_uri(f"drs://{HOST}/b"), parse_uri(str(tmp_path))
        assert planned_sync(stores, source, target).source_count == len(fields.get("contents", MEMBERS))
        with pytest.raises(InconsistentListing, match=words):
            planned_sync(stores, source, target, removes=True)
    assert (tmp_path / "mine.txt").exists()
    assert f"The bundle {HOST}/b may be incomplete: {words}" in caplog.text


@pytest.mark.parametrize("fields", [{}, {"size": 2}, {"checksums": RIGHT}, {"size": 2, "checksums": RIGHT}])
def test_a_bundle_that_fits_its_members_is_believed(fields: dict[str, Any], tmp_path: Path, caplog: Any):
    (tmp_path / "mine.txt").write_bytes(b"not in the bundle")
    with Stores({"drs": {"servers": servers(bundle(**fields))}}) as stores:
        drs = stores.of(f"drs://{HOST}/b")
        plan = planned_sync(stores, parse_uri(f"drs://{HOST}/b"), parse_uri(str(tmp_path)), removes=True)
        remove_extra(plan.remove, stores)
        assert [entry.name for entry in drs.entries(f"{HOST}/b")] == ["a.txt", "b.txt"]
        assert drs.stat(f"{HOST}/b/b.txt").size == 1
    assert not (tmp_path / "mine.txt").exists()
    assert caplog.text == ""


@pytest.mark.parametrize("levels", [3, 31])
def test_bundles_that_occur_many_times_are_requested_once_and_bounded(levels: int, monkeypatch: pytest.MonkeyPatch):
    """Each of them has the next one twice: 31 levels would be two thousand million files."""
    monkeypatch.setattr(planning, "MOST_REPEATED", 100)
    count, requests = levels, list[str]()
    contents = {
        str(level): [{"name": name, "id": str(level + 1), "drs_uri": []} for name in ("one", "two")]
        for level in range(count)
    }
    responses = {id: {"id": id, "name": "b", "contents": members, "checksums": []} for id, members in contents.items()}
    server = transport({**responses, str(count): described_object(str(count))})
    resolver = Resolver(settings=ResolutionSettings(order=(), cache_file=None))

    def counted(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        return server.handle_request(request)

    with Servers(resolver, retry=NO_RETRY, transport=httpx.MockTransport(counted)) as drs:
        files = planning.find([planning.RequestedObject(parse_drs_id(f"drs://{HOST}/0"))], drs)
    assert len(requests) <= 2 * (count + 1)  # and refusals of requests for many
    problems = [file.error for file in files if file.error is not None]
    if levels == 3:
        assert (len(files), problems) == (8, [])
    else:
        assert len(files) < 200
        assert {type(problem) for problem in problems} == {BundleTooDeep}
        assert "occur several times have more than 100 files" in str(problems[0])
        # A bundle that is requested itself has its server's name.
        with Servers(resolver, retry=NO_RETRY, transport=server) as drs:
            files = planning.find([planning.RequestedObject(parse_drs_id(f"drs://{HOST}/0"))] * 60, drs)
        assert "b" in [file.name for file in files]


def test_members_without_sizes_are_not_compared():
    whole = object_of({**bundle(size=9)["b"]})
    assert (
        bundle_problem(whole, [object_of(described_object("m1", size=None)), object_of(described_object("m2"))]) == ""
    )
