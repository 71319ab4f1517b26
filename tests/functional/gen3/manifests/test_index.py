"""Manifests that are indexed, verified, downloaded and deleted, on the sandbox's index."""

import asyncio
import csv
import json
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.core import (
    ANONYMOUS,
    NO_RETRY,
    AuthError,
    Basic,
    ConnectFailed,
    DecodeError,
    Interrupted,
    ManualClock,
    SomeFailed,
    UsageError,
)
from omicsdk.gen3 import AsyncGen3, Gen3
from omicsdk.gen3.manifests import ManifestError
from omicsdk.sandbox import Sandbox

HEADER = "guid\tmd5\tsize\tauthz\tacl\turl\tfile_name\n"


def md5(number: int) -> str:
    return f"{number:032x}"


def did(number: int) -> str:
    return f"dg.TEST/{number:08d}-0000-4000-8000-000000000000"


@pytest.fixture
def anyone(sandbox: Sandbox):
    with Gen3(sandbox.gen3_url, credentials=ANONYMOUS) as commons:
        yield commons


def behind(auth: Gen3Auth, transport: httpx.BaseTransport, *, login: bool = True) -> Gen3:
    """The commons behind a network that fails."""
    credentials = auth if login else ANONYMOUS
    return Gen3(auth.endpoint, credentials=credentials, transport=transport, retry=NO_RETRY, clock=ManualClock())


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: str, header: str = HEADER, name: str = "m.tsv") -> Path:
        path = tmp_path / name
        path.write_text(header + "".join(f"{row}\n" for row in rows))
        return path

    return write


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


# -- indexing


def test_new_records(commons: Gen3, index: Gen3Index, written, tmp_path: Path):
    path = written(
        f"\t{md5(1)}\t3\t/programs/a\t['open']\ts3://b/1 gs://c/1\tone",
        f"{did(2)}\t{md5(2)}\t4\t/programs/a\t\ts3://b/a%20b\ttwo",
    )
    summary = commons.index_manifest(path, tmp_path / "out.tsv")
    assert summary.counts == {"created": 2}
    assert summary.failures is None
    first, second = table(tmp_path / "out.tsv")
    assert list(first) == ["guid", "md5", "size", "authz", "acl", "urls", "file_name"]
    assert second["guid"] == did(2)
    record = index.get_record(first["guid"])
    assert (record["size"], record["hashes"], record["acl"]) == (3, {"md5": md5(1)}, ["*"])
    assert (sorted(record["urls"]), record["authz"]) == (["gs://c/1", "s3://b/1"], ["/programs/a"])
    assert index.get_record(did(2))["urls"] == ["s3://b/a b"]
    assert list(tmp_path.glob("out.tsv.*")) == []


def test_the_same_manifest_again_changes_nothing(commons: Gen3, index: Gen3Index, written, tmp_path: Path):
    path = written(f"{did(2)}\t{md5(2)}\t4\t/programs/a\t\ts3://b/2\ttwo")
    commons.index_manifest(path, tmp_path / "out.tsv")
    before = index.get_record(did(2))
    assert commons.index_manifest(path, tmp_path / "out.tsv").counts == {"same": 1}
    assert index.get_record(did(2)) == before


@pytest.mark.parametrize(("replace", "urls"), [(True, ["s3://b/3"]), (False, ["s3://b/2", "s3://b/3"])])
def test_urls_are_replaced_or_added(
    commons: Gen3, replace: bool, urls: list[str], index: Gen3Index, written, tmp_path: Path
):
    for url in ("s3://b/2", "s3://b/3"):
        path = written(f"{did(2)}\t{md5(2)}\t4\t/programs/a\ta\t{url}\ttwo")
        summary = commons.index_manifest(path, tmp_path / "out.tsv", replace_urls=replace)
    assert summary.counts == {"updated": 1}
    assert sorted(index.get_record(did(2))["urls"]) == urls


@pytest.mark.parametrize("between", [0, 12])
def test_of_rows_with_one_guid_the_last_counts(between: int, commons: Gen3, index: Gen3Index, written, tmp_path: Path):
    index.create_record({"md5": md5(2)}, 4, did(2), ["s3://b/1"], "first")
    others = [f"{did(10 + number)}\t{md5(number)}\t1\t\t\ts3://b/x\tx" for number in range(between)]
    # The last row states what the record had before the run.
    names = ("second", "third", "first")
    rows = [row for name in names for row in (f"{did(2)}\t{md5(2)}\t4\t\t\ts3://b/1\t{name}", *others)]
    summary = commons.index_manifest(written(*rows), tmp_path / "out.tsv")
    assert summary.counts["updated"] == 3
    assert index.get_record(did(2))["file_name"] == "first"


def test_what_the_index_made_up_is_not_stored_by_a_manifest(commons: Gen3, index: Gen3Index, written, tmp_path: Path):
    about = {"s3://b/2": {"type": "primary"}}
    index.create_record({"md5": md5(2)}, 4, did(2), ["s3://b/2", "gs://b/2"], "two", urls_metadata=about)
    path = written(f"{did(2)}\t{md5(2)}\t4\t\t\ts3://b/2 gs://b/3\ttwo")
    assert commons.index_manifest(path, tmp_path / "out.tsv").counts == {"updated": 1}
    assert index.get(did(2))["urls_metadata"] == {**about, "gs://b/3": {}}


def test_columns_that_do_not_exist_leave_what_the_record_states(
    commons: Gen3, index: Gen3Index, written, tmp_path: Path
):
    index.create_record({"md5": md5(2)}, 4, did(2), ["s3://b/2"], "two", acl=["a"], authz=["/programs/a"])
    path = written(f"{did(2)}\t{md5(2)}\t4\ts3://b/3", header="guid\tmd5\tsize\turls\n")
    assert commons.index_manifest(path, tmp_path / "out.tsv").counts == {"updated": 1}
    record = index.get_record(did(2))
    assert (record["acl"], record["authz"], record["file_name"]) == (["a"], ["/programs/a"], "two")


def test_a_new_version(commons: Gen3, index: Gen3Index, written, tmp_path: Path):
    old = index.create_record({"md5": md5(1)}, 1, did(1), ["s3://b/1"], authz=["/programs/a"])
    path = written(f"{did(1)}\t{md5(2)}\t2\ts3://b/2\t/programs/a", header="previous_guid\tmd5\tsize\turls\tauthz\n")
    assert commons.index_manifest(path, tmp_path / "out.tsv").counts == {"created": 1}
    (row,) = table(tmp_path / "out.tsv")
    assert next(iter(row)) == "guid"
    assert index.get_record(row["guid"])["baseid"] == old["baseid"]


def test_a_row_that_fails_is_reported_and_the_others_are_done(commons: Gen3, index: Gen3Index, written, tmp_path: Path):
    index.create_record({"md5": md5(9)}, 9, did(9), ["s3://b/9"])
    path = written(
        f"{did(1)}\t{md5(1)}\t3\t/programs/a\t\ts3://b/1\tone",
        f"{did(2)}\t12\t4\t/programs/a\t\ts3://b/2\ttwo",
        f"{did(9)}\t{md5(8)}\t9\t/programs/a\t\ts3://b/9\tnine",
        "not-a-guid\t" + md5(5) + "\t5\t/programs/a\t\ts3://b/5\tfive",
        f"\t{md5(6)}\t6\t/programs/a\t\ts3://b/my file\tsix",
        f"{did(7)}\t{md5(7)}\t7\t/programs/a\t\ts3://b/7\tseven",
    )
    summary = commons.index_manifest(path, tmp_path / "out.tsv")
    assert summary.counts == {"created": 2, "failed": 4}
    assert summary.failures == tmp_path / "out.failures.tsv"
    messages = {int(row["line"]): row["error"] for row in table(summary.failures)}
    assert sorted(messages) == [3, 4, 5, 6]
    assert "column 'md5': '12' is not an MD5 sum" in messages[3]
    assert "is the record of another file, of 9 bytes" in messages[4]
    assert "%20" in messages[6]
    first = summary.errors[0]
    assert (first.startswith("line 3: column 'md5': "), first.count("line 3")) == (True, 1)
    assert index.get_record(did(7))["size"] == 7
    with pytest.raises(SomeFailed, match="4 of 6 rows could not be indexed"):
        summary.raise_if_failed("indexed")


def test_a_row_without_permission_fails_alone(sandbox: Sandbox, index: Gen3Index, written, tmp_path: Path):
    sandbox.gen3.access.add("ada@example.org", [("/programs/a", "indexd", "create")])
    login = sandbox.gen3_credentials(tmp_path / "ada.json", "ada@example.org")
    rows = [f"{did(1)}\t{md5(1)}\t1\t/programs/z\t\ts3://b/1\tx", f"{did(2)}\t{md5(2)}\t1\t/programs/a\t\ts3://b/2\tx"]
    with Gen3(sandbox.gen3_url, credentials=str(login)) as ada:
        summary = ada.index_manifest(written(*rows), tmp_path / "out.tsv")
    assert (summary.counts, index.get_record(did(2))["size"]) == ({"created": 1, "failed": 1}, 1)
    assert "Permission denied" in summary.errors[0]


@pytest.mark.parametrize("known_by", ["output", "index"])
def test_rows_that_were_done_are_not_done_again_after_one_failed(
    commons: Gen3, known_by, index: Gen3Index, written, tmp_path
):
    index.create_record({"md5": md5(2)}, 2, did(2), ["s3://b/2"], authz=["/programs/a"])
    good = [
        f"\t{md5(1)}\t1\t/programs/a\t\ts3://b/1\tone\t",
        f"\t{md5(3)}\t3\t/programs/a\t\ts3://b/3\tthree\t{did(2)}",  # a new version
        f"\t{md5(4)}\t4\t/programs/a\t\t\t\t",  # without a URL or a name
    ]
    header, out = HEADER.replace("\n", "\tprev_guid\n"), tmp_path / "out.tsv"
    path = written(*good, "\t12\t5\t/programs/a\t\ts3://b/5\tfive\t", header=header)
    first = commons.index_manifest(path, out)
    assert first.counts == {"created": 3, "failed": 1}
    made = {record["did"] for record in index.get_all_records()}
    if known_by == "index":
        out.unlink()
    again = commons.index_manifest(path, out)
    assert again.counts == {"same": 3, "failed": 1}
    corrected = written(*good, f"\t{md5(5)}\t5\t/programs/a\t\ts3://b/5\tfive\t", header=header)
    summary = commons.index_manifest(corrected, out)
    assert (summary.counts, summary.failures, summary.failed_rows) == ({"same": 3, "created": 1}, None, None)
    records = {record["did"] for record in index.get_all_records()}
    assert len(records) == len(made) + 1
    assert {row["guid"] for row in table(out)} == records - {did(2)}
    assert sorted(path.name for path in tmp_path.glob("out.*")) == ["out.tsv"]


def test_the_output_knows_records_that_the_index_no_longer_finds(
    commons: Gen3, index: Gen3Index, written, tmp_path: Path
):
    rows = [f"\t{md5(1)}\t1\t/programs/a\t\ts3://b/1\tone"] * 2 + [f"\t{md5(3)}\t3\t/programs/a\t\ts3://b/3\tthree"]
    path, out = written(*rows), tmp_path / "out.tsv"
    assert commons.index_manifest(path, out).counts == {"created": 2, "same": 1}
    before = [row["guid"] for row in table(out)]
    index.update_record(before[0], urls=["s3://elsewhere/1"])
    index.delete_record(before[2])
    assert commons.index_manifest(path, out).counts == {"updated": 1, "same": 1, "created": 1}
    after = [row["guid"] for row in table(out)]
    assert after[:2] == before[:2]
    assert after[2] != before[2]
    assert index.get_record(before[0])["urls"] == ["s3://b/1"]


def test_a_record_that_states_something_else_is_another(commons: Gen3, index: Gen3Index, written, tmp_path: Path):
    theirs = index.create_record({"md5": md5(1)}, 1, urls=["s3://b/1"], file_name="one", authz=["/programs/b"])
    path = written(
        f"\t{md5(1)}\t1\t/programs/a\t\ts3://b/1\tone",
        f"\t{md5(1)}\t1\t/programs/b\t\ts3://b/1\ttwo",
        f"\t{md5(1)}\t1\t/programs/b\t\ts3://b/2\tone",
        f"\t{md5(1)}\t1\t/programs/b\t\t\tone",
        f"\t{md5(1)}\t1\t/programs/b\t\ts3://b/1\tone",
    )
    assert commons.index_manifest(path, tmp_path / "o.tsv").counts == {"created": 4, "same": 1}
    assert index.get_record(theirs["did"]) == theirs
    assert table(tmp_path / "o.tsv")[4]["guid"] == theirs["did"]


def test_equal_rows_under_way_at_once_make_one_record(commons: Gen3, index: Gen3Index, written, tmp_path: Path):
    path = written(*[f"\t{md5(1)}\t1\t/programs/a\t\ts3://b/1\tone"] * 100)
    counts = commons.index_manifest(path, tmp_path / "out.tsv", threads=8).counts
    assert counts == {"created": 1, "same": 99}
    assert len(index.get_all_records()) == 1


def test_rows_that_failed_are_a_manifest_by_themselves(commons: Gen3, index: Gen3Index, written, tmp_path: Path):
    header = 'GUID,MD5,Size,"s3_path",gs_path,note\n'
    path = written(
        f',{md5(1)},1,s3://b/1,gs://b/1,"a, b"', ",12,2,s3://b/2,gs://b/2,two", ",,,,,,,", header=header, name="m.csv"
    )
    summary = commons.index_manifest(path, tmp_path / "out.tsv")
    rows = tmp_path / "out.failed-rows.tsv"
    assert summary.failed_rows == rows
    assert rows.read_text() == "GUID\tMD5\tSize\ts3_path\tgs_path\tnote\n\t12\t2\ts3://b/2\tgs://b/2\ttwo\n"
    with pytest.raises(SomeFailed, match=r"failed-rows\.tsv is a manifest of these rows alone"):
        summary.raise_if_failed("indexed")
    with pytest.raises(UsageError, match=r"would lose the GUIDs of the others\. Name another output"):
        commons.index_manifest(rows, tmp_path / "out.tsv")
    rows.write_text(rows.read_text().replace("\t12\t", f"\t{md5(2)}\t"))
    assert commons.index_manifest(rows, tmp_path / "rest.tsv").counts == {"created": 1}
    assert sorted(record["size"] for record in index.get_all_records()) == [1, 2]


def test_an_output_that_is_no_such_table_is_replaced(commons: Gen3, index: Gen3Index, written, tmp_path: Path):
    path, out = written(f"\t{md5(1)}\t1\t/programs/a\t\ts3://b/1\tone"), tmp_path / "out.tsv"
    for number, text in enumerate((b"", b"\xff\xfe", b"a\tb\n1\t2\n", b'md5\tsize\turls\n"open\t1\t2\n')):
        out.write_bytes(text)
        counts = commons.index_manifest(path, out).counts
        assert counts == ({"same": 1} if number else {"created": 1})


def test_no_user_may_index_without_a_login(anyone: Gen3, written, tmp_path: Path):
    path = written(f"{did(1)}\t{md5(1)}\t3\t/programs/a\t\ts3://b/1\tone")
    with pytest.raises(AuthError):
        anyone.index_manifest(path, tmp_path / "out.tsv")


def test_other_columns_become_documents(commons: Gen3, auth: Gen3Auth, written, tmp_path: Path):
    header = "guid\tmd5\tsize\turls\tcolor\tshape\trecord_type\tpackage_contents\n"
    contents = [{"file_name": "a.txt", "size": 1, "hashes": {"md5": md5(3)}}]
    path = written(
        f"{did(1)}\t{md5(1)}\t3\ts3://b/1\tred\t\t\t",
        f"{did(2)}\t{md5(2)}\t4\ts3://b/2.zip\t\tround\tpackage\t{json.dumps(contents)}",
        header=header,
    )
    commons.index_manifest(path, tmp_path / "out.tsv", metadata=True)
    with Gen3Metadata(auth) as documents:
        assert documents.get(did(1)) == {"color": "red", "shape": ""}
        package = documents.get(did(2))
        assert (package["type"], package["_upload_status"]) == ("package", "uploaded")
        assert package["package"]["contents"] == contents
        assert package["package"]["file_name"] == "2.zip"
        commons.index_manifest(path, tmp_path / "o.tsv", metadata=True, empty_metadata=False)
        assert documents.get(did(1)) == {"color": "red"}


def test_what_cannot_be_worked_from_is_refused_at_once(commons: Gen3, auth: Gen3Auth, written, tmp_path: Path):
    with pytest.raises(ManifestError, match="no column with the urls"):
        commons.index_manifest(written(header="md5\tsize\n"), tmp_path / "out.tsv")
    with pytest.raises(ManifestError, match="No such file"):
        commons.index_manifest(tmp_path / "none.tsv", tmp_path / "out.tsv")
    basic = Gen3(auth.endpoint, credentials=Basic("a", "b"))
    with pytest.raises(UsageError, match="name and password"):
        basic.index_manifest(written(), tmp_path / "out.tsv", metadata=True)
    assert not (tmp_path / "out.tsv").exists()


# -- what gets lost, and interrupts


def test_a_resumed_run_whose_metadata_are_refused_keeps_a_record_of_others(
    auth: Gen3Auth, index: Gen3Index, written, network: httpx.HTTPTransport, tmp_path: Path
):
    theirs = index.create_record({"md5": md5(1)}, 1, urls=["s3://b/1"], file_name="one")
    header = "guid\tmd5\tsize\turls\tfile_name\tcolor\n"
    path = written(f"\t{md5(1)}\t1\ts3://b/1\tone\tred", f"\t{md5(2)}\t2\ts3://b/2\ttwo\tblue", header=header)

    def without_metadata(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/mds"):
            return httpx.Response(403, json={"detail": "denied"})
        return network.handle_request(request)

    stop = Event()
    stop.set()
    with behind(auth, httpx.MockTransport(without_metadata)) as commons:
        with pytest.raises(Interrupted):
            commons.index_manifest(path, tmp_path / "out.tsv", metadata=True, stop=stop)
        assert commons.index_manifest(path, tmp_path / "out.tsv", metadata=True).counts == {"failed": 2}
    # The record of the second row was new, and is deleted.
    assert [record["did"] for record in index.get_all_records()] == [theirs["did"]]


class Losing:
    """An index whose responses get lost now and then, though it has done what was asked."""

    def __init__(
        self, network: httpx.HTTPTransport, lost: Callable[[httpx.Request, int], bool] = lambda *_: False
    ) -> None:
        self.sent: list[tuple[str, str]] = []
        self.lost = lost
        self.inner = network
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append((request.method, request.url.path))
        number = self.sent.count(self.sent[-1])
        response = self.inner.handle_request(request)
        response.read()
        if self.lost(request, number):
            raise httpx.ReadError("gone")
        return response

    def posts(self) -> int:
        return sum(method == "POST" and path.startswith("/index/index") for method, path in self.sent)


@pytest.fixture
def network():
    with httpx.HTTPTransport() as network:
        yield network


@pytest.mark.parametrize("guid", ["", did(1)])
def test_a_record_is_not_made_twice_when_its_response_is_lost(
    guid: str, auth, index: Gen3Index, network, written, tmp_path: Path
):
    losing = Losing(network, lambda request, _: request.method == "POST" and "index/index" in request.url.path)
    rows = behind(auth, losing.transport)
    path = written(f"{guid}\t{md5(1)}\t3\t/programs/a\t\ts3://b/1\tone")
    with rows:
        summary = rows.index_manifest(path, tmp_path / "out.tsv")
    assert summary.counts == {"created": 1}
    assert losing.posts() == 1
    (record,) = index.get_all_records()
    assert table(tmp_path / "out.tsv")[0]["guid"] == record["did"]


def test_a_record_is_made_when_the_service_was_out_of_order(auth, index: Gen3Index, written, network, tmp_path: Path):
    losing = Losing(network)

    def response(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and "index/index" in request.url.path and not losing.posts():
            losing.sent.append((request.method, request.url.path))
            return httpx.Response(503)
        return losing(request)

    rows = behind(auth, httpx.MockTransport(response))
    path = written(f"\t{md5(1)}\t3\t/programs/a\t\ts3://b/1\tone")
    with rows:
        assert rows.index_manifest(path, tmp_path / "o.tsv").counts == {"created": 1}
    assert losing.posts() == 2
    assert len(index.get_all_records()) == 1


def test_an_interrupted_run_continues_and_makes_nothing_twice(
    commons: Gen3, auth, index: Gen3Index, written, network, tmp_path: Path
):
    path = written(*(f"\t{md5(n)}\t{n}\t/programs/a\t\ts3://b/{n}\t{n}" for n in range(60)))
    made: list[int] = []

    def cut(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.startswith("/index/index"):
            made.append(1)
            if len(made) > 25:
                raise httpx.ConnectError("down")
        return losing(request)

    losing = Losing(network)
    with behind(auth, httpx.MockTransport(cut)) as rows, pytest.raises(ConnectFailed):
        rows.index_manifest(path, tmp_path / "out.tsv", threads=1)
    assert not (tmp_path / "out.tsv").exists()
    assert len(index.get_all_records()) == 25
    summary = commons.index_manifest(path, tmp_path / "out.tsv", threads=1)
    assert (summary.rows, summary.counts) == (60, {"created": 60})
    records = index.get_all_records()
    assert sorted(record["size"] for record in records) == list(range(60))
    assert {row["guid"] for row in table(tmp_path / "out.tsv")} == {record["did"] for record in records}


def test_a_commons_that_is_down_ends_the_run(auth: Gen3Auth, written, tmp_path: Path):
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    path = written(f"{did(1)}\t{md5(1)}\t3\t/programs/a\t\ts3://b/1\tone")
    transport = httpx.MockTransport(down)
    with behind(auth, transport, login=False) as rows, pytest.raises(ConnectFailed):
        rows.index_manifest(path, tmp_path / "out.tsv")


def test_a_login_that_ended_ends_the_run(auth: Gen3Auth, written, tmp_path: Path):
    path = written(f"{did(1)}\t{md5(1)}\t3\t/programs/a\t\ts3://b/1\tone")
    refused = httpx.MockTransport(lambda request: httpx.Response(401, json={"error": "expired"}))
    with behind(auth, refused, login=False) as rows, pytest.raises(AuthError):
        rows.index_manifest(path, tmp_path / "out.tsv")


# -- verifying


@pytest.fixture
def two(index: Gen3Index) -> dict[str, Any]:
    return index.create_record(
        {"md5": md5(264)}, 4, did(611), ["s3://b/2b", "s3://b/x y"], "two", authz=["/programs/a"], acl=["p", "q"]
    )


def test_what_is_right_is_not_reported(anyone: Gen3, two: dict[str, Any], written, tmp_path: Path):
    path = written(
        f"{did(611)}\t{md5(264)}\t4\t['/programs/a']\tq p\ts3://b/x%20y s3://b/2b\ttwo",
        f"{did(611).removeprefix('dg.TEST/')}\t{md5(264)}\t4\t/programs/a\tp q\ts3://b/x%20y s3://b/2b\t",
    )
    summary = anyone.verify_manifest(path, tmp_path / "errors.log")
    assert (summary.counts, (tmp_path / "errors.log").read_text()) == ({"right": 2}, "")


def test_what_differs_is_reported_by_field(anyone: Gen3, two: dict[str, Any], written, tmp_path: Path):
    path = written(
        f"{did(611)}\t{md5(265)}\t5\t/programs/b\t[x]\ts3://b/9\tthree",
        f"{did(7)}\t{md5(264)}\t5\t\t\t\t",
        f"\t{md5(264)}\t5\t\t\t\t",
    )
    summary = anyone.verify_manifest(path, tmp_path / "errors.log")
    assert summary.counts == {"wrong": 1, "missing": 1, "failed": 1}
    lines = (tmp_path / "errors.log").read_text().splitlines()
    assert [line.split("|")[1] for line in lines] == ["authz", "acl", "file_size", "md5", "urls", "no_record"]
    assert lines[0] == f"{did(611)}|authz|expected ['/programs/b']|actual ['/programs/a']"
    assert lines[2] == f"{did(611)}|file_size|expected 5|actual 4"


def test_a_column_of_urls_by_any_name_is_compared_and_one_that_does_not_exist_not(
    anyone: Gen3, two, written, tmp_path: Path
):
    path = written(f"{did(611)}\ts3://b/9", header="GUID\ts3_path\n")
    assert anyone.verify_manifest(path, tmp_path / "e.log").counts == {"wrong": 1}
    assert (tmp_path / "e.log").read_text().count("\n") == 1


def test_fields_are_read_as_one_likes(anyone: Gen3, two: dict[str, Any], written, tmp_path: Path):
    path = written(f"{did(611)}\tfour", header="guid\tsize\n")
    parsers = {"file_size": lambda row: {"four": 4}[row["size"]]}
    assert anyone.verify_manifest(path, tmp_path / "e.log", parsers=parsers).counts == {"right": 1}


def test_a_hundred_rows_are_one_request(auth: Gen3Auth, written, network, tmp_path: Path):
    losing = Losing(network)
    path = written(*(did(n) for n in range(250)), header="guid\n")
    with behind(auth, losing.transport, login=False) as rows:
        assert rows.verify_manifest(path, tmp_path / "e.log").counts == {"missing": 250}
    assert [path for _, path in losing.sent] == ["/index/bulk/documents"] * 3


# -- downloading and deleting


def test_all_records_as_a_manifest(anyone: Gen3, index: Gen3Index, two: dict[str, Any], tmp_path: Path):
    index.create_record({"sha256": "a" * 64}, 5, did(1), [])
    with pytest.raises(UsageError, match="a delimiter is that of a manifest"):  # not of the output
        anyone.read_index(tmp_path / "all.csv", delimiter="\t")
    summary = anyone.read_index(tmp_path / "all.csv")
    assert summary.counts == {"read": 2}
    first, second = table(tmp_path / "all.csv")
    assert list(first) == ["guid", "urls", "authz", "acl", "md5", "file_size", "file_name"]
    assert (first["guid"], first["md5"], first["urls"]) == (did(1), "", "")
    assert set(second["urls"].split()) == {"s3://b/2b", "s3://b/x%20y"}
    assert (second["acl"], second["file_size"], second["file_name"]) == ("p q", "4", "two")


def test_an_interrupted_download_continues(auth: Gen3Auth, index: Gen3Index, network, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("omicsdk.gen3.index_records.PAGE", 3)
    for number in range(10):
        index.create_record({"md5": md5(number)}, number, did(number), [])
    starts: list[str] = []

    def cut(request: httpx.Request) -> httpx.Response:
        starts.append(request.url.params.get("start", ""))
        if len(starts) == 3:
            raise httpx.ConnectError("down")
        return losing(request)

    losing = Losing(network)
    with behind(auth, httpx.MockTransport(cut), login=False) as rows:
        with pytest.raises(ConnectFailed):
            rows.read_index(tmp_path / "all.tsv")
        assert not (tmp_path / "all.tsv").exists()
        assert rows.read_index(tmp_path / "all.tsv").counts == {"read": 10}
    assert starts[3] == starts[2] == did(5)
    assert [row["guid"] for row in table(tmp_path / "all.tsv")] == [did(number) for number in range(10)]


def test_the_records_of_a_manifest(anyone: Gen3, two: dict[str, Any], written, tmp_path: Path):
    path = written(f"{md5(264)}\t4\t", f"{md5(1)}\t4\t", header="md5\tsize\turls\n")
    summary = anyone.read_index(tmp_path / "some.csv", manifest=path)
    assert summary.counts == {"read": 1, "failed": 1}
    assert [row["guid"] for row in table(tmp_path / "some.csv")] == [did(611)]
    assert "no record" in summary.errors[0]


def test_records_of_a_manifest_are_deleted(commons: Gen3, index: Gen3Index, two: dict[str, Any], written):
    index.create_record({"md5": md5(1)}, 5, did(1), [])
    path = written(did(611), did(5), header="GUID\n")
    assert commons.delete_index_records(path).counts == {"deleted": 1, "gone": 1}
    assert [record["did"] for record in index.get_all_records()] == [did(1)]


def test_a_dry_run_counts_what_would_be_deleted(commons: Gen3, index: Gen3Index, two: dict[str, Any], written):
    path = written(did(611), did(5), "", did(611), header="GUID\tsize\n")
    path.write_text(path.read_text() + f"{did(6)}\tsix\n")
    planned = commons.delete_index_records(path, dry_run=True)
    assert planned.counts == {"deleted": 1, "gone": 2, "failed": 1}
    assert (planned.rows, len(planned.errors)) == (4, 1)
    assert [record["did"] for record in index.get_all_records()] == [did(611)]
    assert [file.name for file in path.parent.glob("m.*")] == ["m.tsv"]


def test_an_asynchronous_client_has_the_same_workflows(auth: Gen3Auth, two: dict[str, Any], written, tmp_path: Path):
    path = written(did(611), header="GUID\n")

    async def verified() -> dict[str, int]:
        async with AsyncGen3(credentials=auth) as commons:
            assert (await commons.read_index(tmp_path / "all.csv")).counts == {"read": 1}
            return (await commons.verify_manifest(path, tmp_path / "e.log")).counts

    assert asyncio.run(verified()) == {"right": 1}


def test_a_page_without_its_list_ends_no_listing_early(auth: Gen3Auth, tmp_path: Path):
    empty = httpx.MockTransport(lambda request: httpx.Response(200, json={}))
    with (
        behind(auth, empty) as broken,
        pytest.raises(DecodeError, match="list_records: the response's field 'records'"),
    ):
        broken.read_index(tmp_path / "all.csv")
    assert not (tmp_path / "all.csv").exists()


def test_a_commons_that_gives_records_one_by_one_alone(auth: Gen3Auth, two: dict[str, Any], network, written, tmp_path):
    losing = Losing(network)

    def refusing(request: httpx.Request) -> httpx.Response:
        refused = request.url.path.endswith("/bulk/documents")
        return losing(request) if not refused else httpx.Response(405, json={"error": "no"})

    path = written(did(611), did(5), header="guid\n")
    with behind(auth, httpx.MockTransport(refusing), login=False) as rows:
        counts = rows.verify_manifest(path, tmp_path / "e.log").counts
    assert counts == {"right": 1, "missing": 1}
