"""Lists downloaded from services on loopback: every format, resuming, refusals, credentials and the result manifest."""

import csv
import gzip
import hashlib
import threading
import tracemalloc
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import omicsdk
import pytest
from breakable import Faults
from drs_host import DrsHost
from omicsdk.core import (
    ChecksumMismatch,
    ChecksumMissing,
    ConfigError,
    DiskFull,
    Forbidden,
    Interrupted,
    ManualClock,
    NameClash,
    NotFound,
    NotWritable,
    UsageError,
)
from omicsdk.portals import FileList, ListError, SourceOptions
from omicsdk.portals.formats import format_named
from omicsdk.portals.plan import Plan
from omicsdk.portals.results import write_result
from omicsdk.portals.sources import Sources
from omicsdk.transfer import Outcome, TransferFailed
from portal_host import PortalHost, U, content

VERIFIED, SIZE, NOTHING = "verified", "size only", "unverified"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, dialect="excel-tab"))


@pytest.fixture
def get(portal: PortalHost, tmp_path: Path) -> Callable[..., Any]:
    """Downloads lists of samples, by their names, into `data`; keeps the messages."""

    def got(*samples: str, **options: Any) -> Any:
        paths = [portal.sample(name, tmp_path).name if "." in name and ":" not in name else name for name in samples]
        got.messages = []
        return omicsdk.get(paths, "data", **{"on_message": got.messages.append, "check": False} | options)

    return got


def azul(portal: PortalHost) -> None:
    for number, name in ((21, "a.fastq.gz"), (22, "b.fastq.gz"), (31, "x.cram"), (32, "x.crai")):
        portal.put(f"storage/{U(number)}", content(name))
        sha256 = hashlib.sha256(content(name)).hexdigest()
        version = "2021-01-01T00:00:00.000000Z"
        portal.azul[U(number)] = {"name": name, "version": version, "size": len(content(name)), "sha256": sha256}


def gdc(portal: PortalHost) -> None:
    for number, name in ((41, "t.bam"), (42, "n.bam")):
        portal.put(f"gdc/data/{U(number)}", content(name))


def sb(portal: PortalHost) -> None:
    portal.put(f"sb-storage/{'5c' * 12}", content("run 1/a.bam"))


def bag(portal: PortalHost) -> None:
    for number, name in enumerate(("reads 1.bam", "sub/reads%2.bam")):
        portal.put(f"bag/{number}", content(name))


def terra(portal: PortalHost) -> None:
    for name in ("x/S1.bam", "x/S1.bai", "s/S1.0", "s/S1.1"):
        portal.put(f"google/bucket/{name}", content(name))


def meta4(portal: PortalHost) -> None:
    portal.put("mirror/a.bam", content("m/a.bam"))


def aria2(portal: PortalHost) -> None:
    portal.put("q.bin", content("sub/q.bin"))
    portal.put("r.bin", content("r.bin"))


def urls(portal: PortalHost) -> None:
    portal.put("dir/u.bam", content("u.bam"))
    portal.put("download/7", content("v%20w.bam"))


A, B = "a.fastq.gz", "b.fastq.gz"
GOOGLE = {f"S1.{end}": VERIFIED for end in ("bam", "bai", "0", "1")}
CASES: dict[str, tuple[Callable[[PortalHost], None], dict[str, str]]] = {
    "azul_compact.tsv": (azul, {A: VERIFIED, B: VERIFIED}),
    "azul_full.tsv": (azul, {A: VERIFIED}),
    "azul_anvil.tsv": (azul, {"x.cram": VERIFIED, "x.crai": VERIFIED}),
    "azul.curlrc": (azul, {f"{U(1)}/{A}": VERIFIED, f"{U(2)}/{B}": VERIFIED}),
    "sb_manifest.csv": (sb, {"run 1/a.bam": SIZE}),
    "bdbag.zip": (bag, {"data/reads 1.bam": VERIFIED, "data/sub/reads%2.bam": VERIFIED}),
    "fetch.txt": (bag, {"data/reads 1.bam": NOTHING}),
    "remote_files.json": (bag, {"data/reads 1.bam": VERIFIED}),
    "terra.tsv": (terra, GOOGLE),
    "files.meta4": (meta4, {"m/a.bam": VERIFIED}),
    "aria2.txt": (aria2, {"sub/q.bin": VERIFIED, "r.bin": NOTHING}),
    "urls.txt": (urls, {"u.bam": NOTHING, "v%20w.bam": NOTHING}),
    "checksums_of_urls.txt": (urls, {"u.bam": VERIFIED}),
}


def expected(name: str) -> bytes:
    """What a file must hold: names of Terra and Azul's curl list have a folder in their content, or not."""
    if name.startswith("S1."):
        return content(f"{'x' if name[3] == 'b' else 's'}/{name}")
    return content(name.removeprefix("data/").removeprefix(f"{U(1)}/").removeprefix(f"{U(2)}/"))


@pytest.mark.parametrize("sample", CASES)
def test_a_list_is_downloaded_verified_and_written_back(sample: str, get: Any, portal: PortalHost, tmp_path: Path):
    serve, names = CASES[sample]
    serve(portal)
    if sample == "bdbag.zip":  # the URLs within stay as they are
        with_urls_of(portal, tmp_path / "bag")
        report = omicsdk.get("bag", "data", on_message=print)
    else:
        report = get(sample)
    report.raise_if_failed()
    assert {outcome.name: outcome.verification for outcome in report.outcomes} == names
    assert {name: (tmp_path / "data" / name).read_bytes() for name in names} == {name: expected(name) for name in names}
    written = rows(tmp_path / "data.manifest.tsv")
    paths = [path for row in written for path in row["file_path"].split(";") if path]
    assert paths == [str(Path("data", name)) for name in names]
    assert [word for row in written for word in row["file_outcome"].split(";") if word != "no file"] == [
        *names.values()
    ]

    # Run again, from the result manifest where that is a table: nothing is fetched twice.
    before = len(portal.requests)
    again = get(sample) if sample != "bdbag.zip" else omicsdk.get("bag", "data")
    assert again.counts["skipped"] == len(names)
    byte_requests = [request for request in portal.requests[before:] if "range" in request.headers or request.sent]
    assert [request for request in byte_requests if not request.path.startswith("index/")] == []


def with_urls_of(portal: PortalHost, folder: Path) -> None:
    """Unpacks the sample of a bag, its URLs changed to those of a server."""
    import zipfile

    from portal_host import SAMPLES

    with zipfile.ZipFile(SAMPLES / "bdbag.zip") as archive:
        folder.mkdir()
        for name in archive.namelist():
            text = archive.read(name).replace(b"https://files.example.org/", portal.url("").encode())
            (folder / name.rpartition("/")[2]).write_bytes(text)


# -- DRS, Gen3 and CAVATICA's tables


@pytest.fixture
def drs(monkeypatch: pytest.MonkeyPatch, portal: PortalHost, tmp_path: Path) -> Any:
    host = DrsHost()
    monkeypatch.setattr(type(portal), "name", host.name)
    monkeypatch.setenv("DRS_RESOLUTION_ORDER", "cache_file")
    monkeypatch.setenv("DRS_CACHE", str(tmp_path / "hosts.json"))
    entry = {"host": host.name, "name": "", "type": ""}
    from omicsdk.drs.resolution import HostCache

    for prefix in ("dg.XX12", "dg.F82A1A"):
        HostCache(tmp_path / "hosts.json", 2.0).keep(prefix, host.name)
    del entry
    host.add(f"dg.XX12/{U(51)}", content("g.bam"), name="g.bam")
    host.add(f"dg.XX12/{U(52)}", content("h.bam"), name="h.bam")
    host.add(U(61), content("k.cram"), name="k.cram")
    yield host
    host.close()


@pytest.mark.parametrize(
    ("sample", "names"),
    [
        ("gen3_manifest.json", {"g.bam": content("g.bam"), "h.bam": content("h.bam")}),
        ("gen3_index.tsv", {"g.bam": content("g.bam")}),
        ("drs_uris.txt", {"k.cram": content("k.cram"), "g.bam": content("g.bam")}),
        ("cavatica_drs.csv", {"folder/k.cram": content("k.cram")}),
        ("kids_first.tsv", {"k.cram": content("k.cram")}),
    ],
)
def test_objects_of_drs_servers_are_named_and_verified_by_them(
    sample: str, names: dict[str, bytes], get: Any, drs: DrsHost, tmp_path: Path
):
    report = get(sample)
    report.raise_if_failed()
    assert {outcome.name: outcome.verification for outcome in report.outcomes} == dict.fromkeys(names, VERIFIED)
    assert {name: (tmp_path / "data" / name).read_bytes() for name in names} == names
    assert get(sample).counts["skipped"] == len(names)


def test_a_bundle_becomes_a_folder_and_one_object_that_is_missing_fails_alone(get: Any, drs: DrsHost, tmp_path: Path):
    bundle = drs.bundle("set", {"name": "one", "id": U(61)}, {"name": "none", "id": "missing"}, name="set")
    report = get(bundle, f"drs://{drs.name}/{U(61)}")
    assert [outcome.name for outcome in report.outcomes] == ["set/one", "set/none", "k.cram"]
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed", "done"]
    assert isinstance(report.outcomes[1].error, NotFound)
    first, second = rows(tmp_path / "data.manifest.tsv")
    assert first["file_path"] == f"{Path('data', 'set', 'one')};"
    assert first["file_outcome"].startswith("verified;failed: ")
    assert second["file_outcome"] == "verified"


def test_many_objects_are_requested_together(get: Any, drs: DrsHost):
    uris = [drs.add(f"many-{number}", b"x" * number) for number in range(40)]
    get(*uris).raise_if_failed()
    assert len([path for method, path, _ in drs.requests if "/objects" in f"/{path}"]) < 10


# -- checksums beside URLs


def test_a_checksum_file_beside_urls_verifies_them(get: Any, portal: PortalHost, tmp_path: Path):
    urls(portal)
    (tmp_path / "sums").write_bytes((portal.sample("SHA256SUMS", tmp_path)).read_bytes())
    report = get("urls.txt", "sums")
    assert [outcome.verification for outcome in report.outcomes] == [VERIFIED, VERIFIED]
    assert get.messages[0] == "urls.txt: list of URLs or DRS URIs, 2 files of unknown size"
    assert get.messages[1] == "sums: checksum file of md5sum, sha256sum and their like"


def test_a_checksum_file_from_the_folder_of_its_files_names_their_urls(get: Any, portal: PortalHost, tmp_path: Path):
    body = b"reads"
    portal.put("run/reads.bam", body)
    url = portal.put("run/md5.txt", f"{hashlib.md5(body).hexdigest()}  ./reads.bam\n".encode())
    report = get(url, format="checksums")
    assert [outcome.verification for outcome in report.outcomes] == [VERIFIED]
    assert (tmp_path / "data" / "reads.bam").read_bytes() == body
    (tmp_path / "data" / "reads.bam").unlink()
    assert [outcome.verification for outcome in omicsdk.get("data.manifest.tsv", "data").outcomes] == [VERIFIED]


def test_checksums_alone_name_no_urls(get: Any, portal: PortalHost):
    with pytest.raises(ListError, match="checksums alone"):
        get("md5sum.txt")
    assert portal.requests == []


def test_a_wrong_checksum_is_a_failure(get: Any, portal: PortalHost, tmp_path: Path):
    portal.put("dir/u.bam", b"other bytes")
    report = get("checksums_of_urls.txt")
    assert isinstance(report.failed[0].error, ChecksumMismatch)
    assert not (tmp_path / "data" / "u.bam").exists()
    (row,) = rows(tmp_path / "data.manifest.tsv")
    assert row["file_path"] == ""
    assert row["file_outcome"].startswith("failed: ")


# -- what is requested, and how


def test_a_url_is_a_file_unless_a_format_is_named(get: Any, portal: PortalHost, tmp_path: Path):
    gdc(portal)
    url = portal.put("lists/gdc.txt", portal.sample("gdc_manifest.txt", tmp_path).read_bytes())
    assert [outcome.name for outcome in get(url).outcomes] == ["gdc.txt"]
    assert [outcome.name for outcome in get(url, format="gdc").outcomes] == ["t.bam", "n.bam"]


def test_a_store_is_asked_for_what_a_uri_names(get: Any, portal: PortalHost, monkeypatch: pytest.MonkeyPatch):
    from omicsdk.fs import Entry, Store
    from omicsdk.fs.stores.s3 import S3Store
    from omicsdk.transfer import Location

    body = content("a")
    url = portal.put("b/k/a.txt", body)
    md5 = {"md5": hashlib.md5(body).hexdigest()}

    def stat(_: Store, path: str, *, folder: bool = False) -> Entry:
        return Entry(path, "file", len(body), md5) if path.endswith(".txt") else Entry(path, "folder")

    monkeypatch.setattr(S3Store, "stat", stat)
    # The list of a bucket states no checksums: those of its objects are looked up, so that a lock has them.
    monkeypatch.setattr(S3Store, "below", lambda _, path: iter([Entry(f"{path}/a.txt", "file", len(body))]))
    monkeypatch.setattr(S3Store, "head", stat)
    monkeypatch.setattr(S3Store, "location", lambda *_: Location(url))
    report = get("s3://b/k", "s3://b/k/a.txt")
    assert {outcome.name: outcome.verification for outcome in report.outcomes} == {
        "k/a.txt": VERIFIED,
        "a.txt": VERIFIED,
    }


@pytest.mark.parametrize(("name", "is_odd"), [("a.tsv", True), ("a.fq", True), ("a.tsv.gz", False), ("a.bam", False)])
def test_a_text_that_arrives_compressed_is_a_warning(get: Any, portal: PortalHost, name: str, is_odd: bool):
    """datalad-next issue 364, ab-download-manager issue 1008: a server that compresses whatever is requested."""
    (outcome,) = get(portal.put(f"s3/{name}", gzip.compress(b"a\tb\n"), etag=None)).outcomes
    assert ("compressed by gzip" in outcome.warning) is is_odd


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        pytest.param(b"<!DOCTYPE html><title>Log in</title>", "a web page ('Log in') was", id="login"),
        pytest.param(b'<META HTTP-EQUIV="refresh" CONTENT="0;URL=/x">', "a web page was", id="scoop-extras-1820"),
        pytest.param(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
            "a pointer of Git LFS was",
            id="git-lfs-4278",
        ),
    ],
)
def test_what_is_no_data_is_a_warning_even_if_its_server_states_its_size(
    get: Any, portal: PortalHost, content: bytes, warning: str
):
    (outcome,) = get(portal.put("s3/a.bam", content, etag=None)).outcomes
    assert (outcome.verification, outcome.warning.startswith(f"{warning} received, not ")) == (SIZE, True)
    assert any("--require-checksum refuses it" in message for message in get.messages)


def test_a_signed_url_that_fails_is_named_without_its_signature(get: Any, portal: PortalHost):
    report = get(portal.url("none.txt") + "?X-Amz-Signature=canary")
    (outcome,) = report.outcomes
    assert outcome.name == "none.txt"
    assert "not found" in str(outcome.error)
    assert "canary" not in f"{outcome}{outcome.error}{get.messages}{report}"
    assert "Patterns" not in str(outcome.error)


def test_the_first_mirror_that_has_the_file_serves_it(get: Any, portal: PortalHost):
    meta4(portal)
    report = get("files.meta4")
    report.raise_if_failed()
    assert [request.path for request in portal.requests if request.status == 404] == ["gone/a.bam"]


def test_the_wait_and_the_place_that_azul_states_are_followed(
    get: Any, portal: PortalHost, monkeypatch: pytest.MonkeyPatch
):
    clock = ManualClock()
    monkeypatch.setattr("omicsdk.hca.azul.downloads.clock_of", lambda _: clock)
    azul(portal)
    path, storage = f"fetch/repository/files/{U(21)}", portal.put("storage/signed", content("a.fastq.gz"))
    again = {"Status": 301, "Location": portal.url(path, "catalog=dcp1&requestIndex=1"), "Retry-After": 7}
    portal.azul_states[U(21)] = [again, {"Status": 302, "Location": f"{storage}?signature=secret"}]
    get("azul_compact.tsv").raise_if_failed()
    assert sum(clock.slept) == 7
    assert ["requestIndex=1" in request.query for request in portal.of(path)] == [False, True]
    assert [request.query for request in portal.of("storage/signed")] == ["signature=secret"]
    assert get.messages[-1] == "result manifest written to data.manifest.tsv"
    assert get.messages[0].endswith("2 files, 44 B; 1 row without a file")


def test_files_of_azul_come_from_the_mirror_and_from_the_service_where_it_lacks_them(get: Any, portal: PortalHost):
    azul(portal)
    portal.put(f"s3/mirror/file/{hashlib.sha256(content(A)).hexdigest()}.sha256", content(A))
    get("azul_compact.tsv").raise_if_failed()
    assert len(portal.of(f"fetch/repository/files/{U(21)}")) == 0
    assert len(portal.of(f"fetch/repository/files/{U(22)}")) == 1


def test_a_curl_manifest_is_completed_by_one_request_and_finds_the_mirror(get: Any, portal: PortalHost):
    azul(portal)
    key = f"file/{hashlib.sha256(content(A)).hexdigest()}.sha256"
    portal.put(f"s3/mirror/{key}", content(A))
    portal.azul[U(21)]["azul_mirror_uri"] = f"s3://mirror/{key}"
    del portal.azul[U(22)]
    report = get("azul.curlrc")
    assert {outcome.name: outcome.verification for outcome in report.outcomes} == {
        f"{U(1)}/{A}": VERIFIED,
        f"{U(2)}/{B}": NOTHING,
    }
    assert len(portal.of("index/files")) == 1
    assert len(portal.of(f"fetch/repository/files/{U(21)}")) == 0


def test_the_login_of_azul_goes_to_its_own_service_only(get: Any, portal: PortalHost, monkeypatch: pytest.MonkeyPatch):
    azul(portal)
    monkeypatch.setenv("OMICS_AZUL_TOKEN", "secret-token")
    monkeypatch.setenv("OMICS_AZUL_URL", portal.url("another"))
    get("azul.curlrc").raise_if_failed()
    assert not any("authorization" in request.headers for request in portal.requests)
    monkeypatch.setenv("OMICS_AZUL_URL", portal.url("").rstrip("/"))
    get("azul.curlrc", "azul_compact.tsv", layout="id").raise_if_failed()
    sent = {
        request.path for request in portal.requests if request.headers.get("authorization") == "Bearer secret-token"
    }
    assert f"fetch/repository/files/{U(21)}" in sent
    assert not any(path.startswith(("storage/", "s3/")) for path in sent)


def test_a_dry_run_counts_and_writes_nothing(get: Any, portal: PortalHost, tmp_path: Path):
    gdc(portal)
    report = get("gdc_manifest.txt", dry_run=True)
    assert report.counts["planned"] == 2
    assert get.messages == ["gdc_manifest.txt: GDC manifest or cart metadata, 2 files, 34 B"]
    assert portal.requests == []
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "data.manifest.tsv").exists()


def test_a_result_that_cannot_be_written_does_not_hide_the_files_that_failed(
    get: Any, portal: PortalHost, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise DiskFull("data.manifest.tsv")

    monkeypatch.setattr("omicsdk.portals.downloads.write_result", full)
    assert get("gdc_manifest.txt").counts["failed"] == 2  # the portal has none of them
    assert "The disk is full while writing data.manifest.tsv" in get.messages[-1]
    gdc(portal)
    with pytest.raises(DiskFull):
        get("gdc_manifest.txt")


def test_a_list_may_be_named_by_a_file_uri(portal: PortalHost, tmp_path: Path):
    gdc(portal)
    uri = portal.sample("gdc_manifest.txt", tmp_path).as_uri()
    assert omicsdk.get(uri, "data", dry_run=True).counts["planned"] == 2
    with pytest.raises(UsageError, match="another machine"):
        omicsdk.get("file://elsewhere/gdc_manifest.txt", "data")


def test_what_is_left_is_fetched_by_the_next_run(get: Any, portal: PortalHost, tmp_path: Path):
    gdc(portal)
    portal.always[f"gdc/data/{U(42)}"] = Faults.status(404)
    assert get("gdc_manifest.txt").counts["failed"] == 1
    del portal.always[f"gdc/data/{U(42)}"]
    before = len(portal.requests)
    report = omicsdk.get("data.manifest.tsv", "data")  # the columns of the list are in it
    assert (report.counts["done"], report.counts["skipped"]) == (1, 1)
    assert [request.path for request in portal.requests[before:]] == [f"gdc/data/{U(42)}"]
    written = rows(tmp_path / "data.manifest.tsv")
    assert [row["file_outcome"] for row in written] == [VERIFIED, VERIFIED]
    assert [*written[0]] == ["id", "filename", "md5", "size", "state", "file_path", "file_outcome"]
    selections: list[dict[str, Any]] = [{"where": "file_outcome~failed*"}, {"limit": 1}, {"include": ["*.bam"]}]
    for selection in selections:
        with pytest.raises(UsageError, match="would replace the list"):
            omicsdk.get("data.manifest.tsv", "data", **selection)
    assert rows(tmp_path / "data.manifest.tsv") == written
    assert omicsdk.get("data.manifest.tsv", "data", result="one.tsv", limit=1).counts["skipped"] == 1


def test_a_file_of_another_source_is_not_taken_for_an_earlier_one_of_its_name(
    get: Any, portal: PortalHost, tmp_path: Path
):
    first, second = portal.put("s3/run1/a.bam", b"first"), portal.put("s3/run2/a.bam", b"other")
    for url, body in ((first, b"first"), (second, b"other")):
        (outcome,) = get(f"{url}?token=changes").outcomes
        assert outcome.state == "done"
        assert (tmp_path / "data" / "a.bam").read_bytes() == body
    (outcome,) = get(f"{second}?token=again").outcomes
    assert outcome.state == "skipped"
    assert b"run" not in b"".join(path.read_bytes() for path in (tmp_path / "data" / ".omics-transfer").iterdir())


def test_a_result_manifest_of_other_files_or_with_columns_of_its_user_is_kept(portal: PortalHost, tmp_path: Path):
    result, annotated, both = (tmp_path / f"data.manifest{middle}.tsv" for middle in ("", ".1", ".2"))
    lists = {name: tmp_path / f"{name}.tsv" for name in ("a", "b")}
    for name, path in lists.items():
        path.write_text(f"url\ttissue\n{portal.put(f'{name}.bam', name.encode())}\tretina\n")
    omicsdk.get(lists["a"], "data")
    header, row = result.read_text().splitlines()
    result.write_text(f"{header}\tusable\n{row}\tyes\n")
    messages: list[str] = []
    omicsdk.get(lists["a"], "data", on_message=messages.append)
    assert rows(annotated)[0]["usable"] == "yes"
    assert any(
        "data.manifest.tsv, which has other rows or columns, is kept as data.manifest.1.tsv" in text
        for text in messages
    )
    omicsdk.get([*lists.values()], "data")  # a further file, and all of the earlier rows
    assert not both.exists()
    omicsdk.get(lists["b"], "data")
    assert [len(rows(path)) for path in (result, both)] == [1, 2]


def test_a_list_without_checksums_is_reported_and_can_be_refused(get: Any, portal: PortalHost):
    sb(portal)
    report = get("sb_manifest.csv", require_checksum=True)
    assert isinstance(report.failed[0].error, ChecksumMissing)
    assert "1 without a checksum (size checked only)" in get.messages[0]
    assert [request for request in portal.requests if request.path.startswith("sb-storage")] == []


def test_equal_rows_are_one_download(portal: PortalHost, tmp_path: Path):
    gdc(portal)
    path = portal.sample("gdc_manifest.txt", tmp_path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1], ""]))
    report = omicsdk.get(path, "data")
    assert len(report.outcomes) == 2
    written = rows(tmp_path / "data.manifest.tsv")
    assert [row["file_path"] for row in written] == [str(Path("data", name)) for name in ("t.bam", "n.bam", "t.bam")]
    assert [row["file_outcome"] for row in written] == [VERIFIED] * 3


def test_bytes_that_are_not_utf_8_in_a_folder_or_url_cost_no_result(portal: PortalHost, tmp_path: Path):
    portal.put("a.bam", b"a")
    urls = [portal.url("a.bam"), portal.url("\udcff.bam")]
    for outcome in ("done", "skipped"):
        report = omicsdk.get(urls, "data\udce4", on_message=list[str]().append, check=False)
        assert (report.counts[outcome], report.counts["failed"]) == (1, 1)
    (path,) = tmp_path.glob("*.tsv")
    first, second = path.read_bytes().splitlines()[1:]
    assert b"\tdata\xe4/a.bam\t" in first
    assert b"\xff.bam" in second


def test_a_stopped_download_is_interrupted_before_it_asks(get: Any, portal: PortalHost):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        get("gdc_sample_sheet.tsv", stop=stop)
    assert portal.requests == []


# -- refusals: before any byte


def test_two_files_of_one_name_are_refused_and_placed_by_identifier(portal: PortalHost, tmp_path: Path):
    gdc(portal)
    path = portal.sample("gdc_manifest.txt", tmp_path)
    path.write_text(path.read_text().replace("n.bam", "t.bam"))
    with pytest.raises(NameClash, match="--layout id"):
        omicsdk.get(path, "data")
    assert portal.requests == []
    omicsdk.get(path, "data", layout="id").raise_if_failed()
    assert (tmp_path / "data" / U(42) / "t.bam").read_bytes() == content("n.bam")


@pytest.mark.parametrize("name", ["../t.bam", "/etc/t.bam", "a//t.bam"])
def test_an_unsafe_name_is_refused_with_its_line(name: str, portal: PortalHost, tmp_path: Path):
    path = portal.sample("gdc_manifest.txt", tmp_path)
    path.write_text(path.read_text().replace("n.bam", name))
    with pytest.raises(ListError, match=r"gdc_manifest\.txt: line 3: the file name .* Nothing was downloaded"):
        omicsdk.get(path, "data")
    assert portal.requests == []


def test_a_row_with_a_fault_fails_alone_unless_strict(portal: PortalHost, tmp_path: Path):
    path = tmp_path / "mine.txt"
    lines = ["a.bam", "b.bam", "c.bam"]
    for name in lines:
        portal.put(name, content(name))
    urls = [portal.url(name) for name in lines]
    path.write_text(f"{urls[0]}\nhppps://h.example/x\n{urls[1]}\n{urls[2]}\n")
    messages: list[str] = []
    report = omicsdk.get(path, "data", on_message=messages.append, check=False)
    assert (report.counts["done"], report.counts["failed"]) == (3, 1)
    assert report.failed[0].name == "mine.txt, line 2"
    assert messages[0].endswith("; 1 row that cannot be read")
    outcomes = [row["file_outcome"] for row in rows(tmp_path / "data.manifest.tsv")]
    assert outcomes[1].startswith("failed: mine.txt, line 2: 'hppps://h.example/x' is not a URL")
    with pytest.raises(ListError, match=r"line 2: .*hppps.*Nothing was downloaded"):
        omicsdk.get(path, "data", strict=True)


def test_a_selection_is_planned_and_downloaded_alone(portal: PortalHost, tmp_path: Path):
    path = tmp_path / "mine.csv"
    urls = [portal.put(f"{number}.bam", content(str(number))) or portal.url(f"{number}.bam") for number in range(6)]
    path.write_text(
        "url,size,organ\n" + "".join(f"{url},{len(content('0'))},{'ab'[at % 2]}\n" for at, url in enumerate(urls))
    )
    for options, names in (
        ({"where": "organ=b"}, ["1.bam", "3.bam", "5.bam"]),
        ({"where": "organ=b", "limit": 2}, ["1.bam", "3.bam"]),
    ):
        report = omicsdk.get(path, "data", dry_run=True, **options)
        assert [outcome.name for outcome in report.outcomes] == names
    report = omicsdk.get(path, "data", sample=2)
    assert report.counts["done"] == 2
    assert len(rows(tmp_path / "data.manifest.tsv")) == 2


def test_names_without_addresses_are_in_the_folder_of_their_list_or_the_stated_one(portal: PortalHost, tmp_path: Path):
    text = b"Source Name\tArray Data File\ns\traw/a 1.CEL\n"
    portal.put("study/list.txt", text)
    portal.put("study/raw/a%201.CEL", content("a"))
    Path("list.txt").write_bytes(text)
    by_url = omicsdk.get(portal.url("study/list.txt"), "one", format="paths")
    by_base = omicsdk.get("list.txt", "two", base=portal.url("study/"))
    assert [outcome.name for report in (by_url, by_base) for outcome in report.outcomes] == ["raw/a 1.CEL"] * 2
    assert (tmp_path / "two" / "raw" / "a 1.CEL").read_bytes() == content("a")
    with pytest.raises(ListError, match=r"names files without addresses.*--base URL"):
        omicsdk.get("list.txt", "three")


def test_many_faults_are_counted(tmp_path: Path, portal: PortalHost):
    path = tmp_path / "m.tsv"
    path.write_text("id\tfilename\tmd5\tsize\n" + "x\ta\t\tlarge\n" * 15)
    with pytest.raises(ListError, match=r"line 2: .*line 11: .*\(and 5 more\)"):
        omicsdk.get(path, "data")


def test_folders_results_and_words_that_cannot_be_used_are_refused(get: Any, portal: PortalHost, tmp_path: Path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").touch()
    for result in ("taken", "file/result.tsv"):
        with pytest.raises(NotWritable, match="--result FILE"):
            get("gdc_manifest.txt", result=result)
    with pytest.raises(ListError, match="does not exist"):
        omicsdk.get("nothing.tsv", "data")
    with pytest.raises(ListError, match=r"not at an archive .* It is of dbGaP: apply there"):
        omicsdk.get("phs000178.v11.p8", "data")
    (tmp_path / "view.tsv").write_text("id\tname\nsyn24829433\ta.bam\n")
    (tmp_path / "ukb.bulk").write_text("1000001 20227_2_0\n1000002 20227_2_0\n")
    (tmp_path / "get.sh").write_text("synapse get syn24829433 --downloadLocation x\n")
    for name, place in (
        ("get.sh", "Synapse: use its own client"),
        ("view.tsv", "syn24829433 is not .* of Synapse"),
        ("ukb.bulk", "of the UK Biobank"),
    ):
        with pytest.raises(ListError, match=place):
            omicsdk.get(tmp_path / name, "data")
    with pytest.raises(UsageError, match="Nothing to download"):
        omicsdk.get([], "data")
    hit: Any = omicsdk.portals.Hit("ena", "PRJ1", "A title", files=2)
    with pytest.raises(UsageError, match=r"not Hit. Pass .* an object its id"):
        omicsdk.get(hit, "data")
    wrong: Any = "ids"
    with pytest.raises(UsageError, match=r"layout is 'ids'. Use one of: name, id"):
        omicsdk.get("gdc_manifest.txt", "data", layout=wrong)
    with pytest.raises(UsageError, match="not a local folder"):
        omicsdk.get("x", "s3://b/k")
    with pytest.raises(UsageError, match="folder is '~', and a shell replaces ~ only"):
        omicsdk.get("x", "~")
    with pytest.raises(UsageError, match=r"a table with tabs. Name it .tsv"):
        get("gdc_manifest.txt", result="sheet.xlsx")
    assert portal.requests == []


def test_a_service_without_a_login_is_refused_before_anything_is_fetched(
    get: Any, portal: PortalHost, monkeypatch: pytest.MonkeyPatch
):
    urls(portal)
    monkeypatch.delenv("SB_API_ENDPOINT")
    monkeypatch.delenv("SB_AUTH_TOKEN")
    with pytest.raises(ConfigError):
        get("urls.txt", "sb_manifest.csv")
    assert portal.requests == []


# -- credentials


def test_the_token_of_the_gdc_goes_to_the_gdc_only(
    get: Any, portal: PortalHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    gdc(portal)
    urls(portal)
    portal.tokens["gdc/data"] = "X-Auth-Token: secret-token"
    report = get("gdc_manifest.txt")
    assert {type(outcome.error) for outcome in report.failed} == {Forbidden}
    (tmp_path / "token").write_text("secret-token\n")
    monkeypatch.setenv("GDC_TOKEN", str(tmp_path / "token"))
    get("gdc_manifest.txt", "urls.txt").raise_if_failed()
    assert [
        request.path for request in portal.requests if "x-auth-token" in request.headers and "gdc/" not in request.path
    ] == []
    monkeypatch.setenv("OMICS_GDC_URL", "http://gdc.example.org")
    with pytest.raises(ConfigError, match="not sent over http"):
        get("gdc_manifest.txt")
    assert "secret" not in (tmp_path / "data.manifest.tsv").read_text()


def test_a_redirect_of_the_gdc_gets_no_token(get: Any, portal: PortalHost, monkeypatch: pytest.MonkeyPatch):
    gdc(portal)
    monkeypatch.setenv("GDC_TOKEN", "secret-token")
    elsewhere = PortalHost()
    try:
        for number, name in ((41, "t.bam"), (42, "n.bam")):
            url = elsewhere.put(f"storage/{number}", content(name))
            portal.always[f"gdc/data/{U(number)}"] = Faults.status(302, {"Location": url}, b"")
        get("gdc_manifest.txt").raise_if_failed()
        assert elsewhere.requests
        assert [request for request in elsewhere.requests if "x-auth-token" in request.headers] == []
    finally:
        elsewhere.close()


def test_a_token_for_google_goes_to_its_storage(get: Any, portal: PortalHost, monkeypatch: pytest.MonkeyPatch):
    terra(portal)
    portal.tokens["google/"] = "Authorization: Bearer secret-token"
    report = get("terra.tsv")
    assert report.counts["failed"] == 4
    monkeypatch.setenv("OMICS_GOOGLE_TOKEN", "secret-token")
    get("terra.tsv", google_project="payer").raise_if_failed()
    assert {request.query for request in portal.requests if request.headers.get("authorization")} == {
        "userProject=payer"
    }


def test_headers_of_a_list_go_to_their_urls_origin(portal: PortalHost, tmp_path: Path):
    aria2(portal)
    other = PortalHost()
    try:
        mirror = other.put("q.bin", content("sub/q.bin"))
        path = portal.sample("aria2.txt", tmp_path)
        path.write_text(path.read_text().replace(portal.url("q.bin"), mirror))
        omicsdk.get(path, "data").raise_if_failed()
        assert [request.headers.get("x-key") for request in portal.of("gone/q.bin")] == ["secret-of-the-list"]
        assert [request.headers.get("x-key") for request in other.of("q.bin")] == [None]
        assert "secret" not in (tmp_path / "data.manifest.tsv").read_text()
    finally:
        other.close()


def test_logins_of_a_script_and_of_the_netrc_file(portal: PortalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret")
    a, b = (portal.put(name, content(name)) for name in ("a.bin", "b.bin"))
    Path("get.sh").write_text(f"wget --user=you --password secret {a}\nwget {b}\n")
    omicsdk.get("get.sh", "data").raise_if_failed()
    logins = [b64encode(pair).decode() for pair in (b"you:secret", b"me:secret")]
    sent = [request.headers["authorization"] for name in ("a.bin", "b.bin") for request in portal.of(name)]
    assert sent == [f"Basic {login}" for login in logins]
    manifest = (tmp_path / "data.manifest.tsv").read_text()
    assert not any(secret in manifest for secret in ("secret", *logins))


def test_ranges_in_a_configuration_of_curl(portal: PortalHost, tmp_path: Path):
    for number in (1, 2):
        portal.put(f"{number}.bin", content(f"{number}.bin"))
    url = portal.put("part.bin", content("part.bin"))
    lines = [
        f'url = "{url.replace("part", "[1-2]")}"',
        'output = "x#1"',
        "next",
        f'url = "{url}"',
        'range = "0-9"',
        "-O",
    ]
    path = tmp_path / "lists" / "mine.curl"
    path.parent.mkdir()
    path.write_text("\n".join(lines))
    report = omicsdk.get(path, "data", check=False)
    assert {outcome.name: outcome.state for outcome in report.outcomes if outcome.error is None} == {
        "x1": "done",
        "x2": "done",
    }
    assert ["only whole files are downloaded" in str(outcome.error) for outcome in report.failed] == [True]
    assert not portal.of("part.bin")


def test_a_user_of_a_listed_url_has_the_password_in_the_netrc_file(
    portal: PortalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text(
        "machine 127.0.0.1 login me password secret\nmachine 127.0.0.1 login you password other"
    )
    url = portal.put("a.bin", content("a.bin"))
    Path("urls.txt").write_text(f"{url.replace('://', '://you@')}\n")
    omicsdk.get("urls.txt", "data").raise_if_failed()
    sent = {request.headers["authorization"] for request in portal.of("a.bin")}
    assert sent == {f"Basic {b64encode(b'you:other').decode()}"}


def test_a_password_of_a_row_is_not_sent_over_http_nor_kept(portal: PortalHost, tmp_path: Path):
    url = portal.put("a.bin", content("a.bin")).replace("://", "://me:canary@")
    path = tmp_path / "lists" / "mine.sh"
    path.parent.mkdir()
    lines = [url, "http://me:canary@h.example/b", "--user=me --password=canary http://h.example/c"]
    path.write_text("".join(f"wget {line}\n" for line in lines))
    messages: list[str] = []
    report = omicsdk.get(path, "data", on_message=messages.append, check=False)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed", "failed"]
    assert "'http://h.example/b': a password is not sent over http: use its https URL" in str(report.failed[0].error)
    assert {request.headers["authorization"] for request in portal.of("a.bin")} == {
        f"Basic {b64encode(b'me:canary').decode()}"
    }
    kept = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file != path]
    assert not any(b"canary" in data for data in [*kept, "".join(messages).encode()])
    with pytest.raises(UsageError, match="not sent over http"):
        omicsdk.get("http://me:canary@h.example/list.txt", "data", format="urls")
    assert [row["url"] for row in rows(tmp_path / "data.manifest.tsv")][1:] == [
        "http://h.example/b",
        "http://h.example/c",
    ]


# -- long lists


def test_few_of_many_rows_are_in_memory(portal: PortalHost, tmp_path: Path):
    count = 2_000
    path = tmp_path / "gdc.txt"
    with path.open("w") as file:
        file.write("id\tfilename\tmd5\tsize\tstate\n")
        file.writelines(f"{U(at)}\tfolder/{at}.bam\t{at:032x}\t{at}\treleased\n" for at in range(count))
    listed = FileList(path, "gdc.txt", "", (), Counter())
    with Sources(SourceOptions((), {})) as sources:
        plan = Plan(tmp_path / "plan", sources, "name")
        tracemalloc.start()
        try:
            assert plan.add(format_named("gdc"), listed)["files"] == count
            assert sum(1 for _ in plan.items()) == count
            write_result(tmp_path / "out.tsv", plan, "data", (Outcome(str(at), "done") for at in range(count)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 2.5 * 1024**2  # 1.6 MB are buffers; the rows as objects would need 2 more
    assert len(rows(tmp_path / "out.tsv")) == count


def test_the_report_of_several_failures_raises_for_all(portal: PortalHost, tmp_path: Path):
    (tmp_path / "urls.txt").write_text("".join(f"{portal.url(f'none/{number}')}\n" for number in range(3)))
    with pytest.raises(TransferFailed, match="3 of 3 files failed") as caught:
        omicsdk.get("urls.txt", "data")
    assert caught.value.report.counts == omicsdk.get("urls.txt", "data", check=False).counts
    assert [row["file_outcome"].partition(":")[0] for row in rows(tmp_path / "data.manifest.tsv")] == ["failed"] * 3
