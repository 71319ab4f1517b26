"""Bundles, manifests and collections come down whole, verified, or not at all."""

import hashlib
import json
import threading
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

import pytest
from dss_manifests import rows_of, write_manifest
from omicsdk.core import BearerToken, ChecksumMismatch, NotFound, NotWritable, UsageError
from omicsdk.core import UnsafePath as Unsafe
from omicsdk.hca.dss import DownloadFailed, Dss, ManifestError, Result, tsv
from omicsdk.hca.dss.files import filestore_path
from omicsdk.transfer import TransferFailed

pytestmark = pytest.mark.sandbox


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def errors(result: Result) -> list[Any]:
    return [outcome.error for outcome in result.failed]


def test_a_bundle_lands_in_its_folder(dss: Dss, bundle: Any, source: Path, folder: Path):
    result = dss.download(bundle["bundle_uuid"], "aws", download_dir="data")
    landed = tree(folder / "data" / f"{bundle['bundle_uuid']}.{bundle['version']}")
    manifest = json.loads(landed.pop("bundle.json"))
    assert landed == tree(source)
    assert manifest == result.bundles[0].manifest
    for file in manifest["bundle"]["files"]:
        stored = folder / "data" / filestore_path(file["sha256"])
        assert hashlib.sha256(stored.read_bytes()).hexdigest() == file["sha256"]
        assert stored.stat().st_nlink == 2
    names = {f"{result.bundles[0].folder}/{file['name']}" for file in manifest["bundle"]["files"]}
    assert {outcome.name for outcome in result.outcomes} == names
    assert all(Path(result.target, name).is_file() for name in names)


def test_the_second_time_nothing_is_fetched(dss: Dss, bundle: Any, omics_sandbox: Any, folder: Path):
    dss.download(bundle["bundle_uuid"], "aws")
    omics_sandbox.request_log.clear()
    result = dss.download(bundle["bundle_uuid"], "aws")
    assert result.counts["skipped"] == len(result.outcomes)
    assert not omics_sandbox.requests("/_objects")


def test_a_damaged_file_is_fetched_again(dss: Dss, bundle: Any, source: Path, folder: Path):
    dss.download(bundle["bundle_uuid"], "aws")
    path = folder / f"{bundle['bundle_uuid']}.{bundle['version']}" / "reads/R1.fastq"
    stored = folder / filestore_path(hashlib.sha256(path.read_bytes()).hexdigest())
    path.unlink()
    stored.write_bytes(b"x" * stored.stat().st_size)
    dss.download(bundle["bundle_uuid"], "aws")
    assert path.read_bytes() == (source / "reads/R1.fastq").read_bytes()


def test_filters_choose_by_name_with_case(dss: Dss, bundle: Any, folder: Path):
    dss.download(bundle["bundle_uuid"], "aws", metadata_filter=("cell*",), data_filter=("*.FASTQ",))
    landed = tree(folder / f"{bundle['bundle_uuid']}.{bundle['version']}")
    assert set(landed) == {"bundle.json", "cell_suspension_0.json"}


def test_an_older_version_can_be_had(dss: Dss, bundle: Any, folder: Path):
    removed = dss.get_bundle.raw(uuid=bundle["bundle_uuid"], replica="aws").json()["bundle"]["files"][0]
    identity = {key: removed[key] for key in ("uuid", "version", "name", "indexed")}
    dss.patch_bundle(uuid=bundle["bundle_uuid"], replica="aws", version=bundle["version"], remove_files=[identity])
    dss.download(bundle["bundle_uuid"], "aws", version=bundle["version"])
    assert (folder / f"{bundle['bundle_uuid']}.{bundle['version']}" / removed["name"]).exists()


def test_a_bundle_that_does_not_exist(dss: Dss, folder: Path):
    with pytest.raises(NotFound):
        dss.download("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "aws")
    assert not list(folder.iterdir())


def test_a_manifest_fills_the_filestore_and_is_written_back_with_paths(
    dss: Dss, bundle: Any, folder: Path, tmp_path: Path
):
    manifest = write_manifest(tmp_path / "manifest.tsv", rows_of(bundle))
    dss.download_manifest(manifest, "aws", download_dir="data")
    copy = (folder / "manifest.tsv").read_bytes()
    assert copy.count(b"\r\n") == 5
    with (folder / "manifest.tsv").open(newline="") as file:
        for row in tsv.DictReader(file):
            assert row["file_path"].startswith("data/.hca/v2/files_2_4/")
            assert hashlib.sha256(Path(row["file_path"]).read_bytes()).hexdigest() == row["file_sha256"]
    assert [path.name for path in (folder / "data").iterdir()] == [".hca"]


def test_a_copy_that_cannot_be_written_is_reported_and_the_files_exist(
    dss: Dss, bundle: Any, folder: Path, tmp_path: Path
):
    (folder / "m.tsv").mkdir()
    rows = rows_of(bundle)
    result = dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows), "aws", check=False)
    assert [type(error) for error in errors(result)] == [NotWritable]
    assert "m.tsv" in str(errors(result)[0])
    assert all((folder / filestore_path(row["file_sha256"])).exists() for row in rows)
    assert [path.name for path in folder.iterdir() if path.name.endswith(".part")] == []


def test_files_that_are_missing_come_though_the_first_ones_exist(dss: Dss, bundle: Any, folder: Path, tmp_path: Path):
    rows = rows_of(bundle)
    dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows[:1]), "aws")
    stop = threading.Event()
    watch = threading.Timer(30, stop.set)  # a download that waits for what is not requested would never end
    watch.start()
    result = dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows), "aws", stop=stop, check=False)
    watch.cancel()
    assert result.counts == {"done": 3, "skipped": 1, "failed": 0, "stopped": 0}


def test_layout_bundle_takes_all_metadata_and_the_data_that_the_rows_name(
    dss: Dss, bundle: Any, folder: Path, tmp_path: Path
):
    rows = [row for row in rows_of(bundle) if row["file_name"] == "reads/R1.fastq"]
    dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows), "aws", layout="bundle")
    landed = tree(folder / f"{bundle['bundle_uuid']}.{bundle['version']}")
    assert set(landed) == {"bundle.json", "cell_suspension_0.json", "links.json", "reads/R1.fastq"}


def test_layout_bundle_honours_the_version_of_the_row(dss: Dss, bundle: Any, folder: Path, tmp_path: Path):
    manifest = write_manifest(tmp_path / "m.tsv", rows_of(bundle))
    dropped = dss.get_bundle.raw(uuid=bundle["bundle_uuid"], replica="aws").json()["bundle"]["files"][0]
    identity = {key: dropped[key] for key in ("uuid", "version", "name", "indexed")}
    dss.patch_bundle(uuid=bundle["bundle_uuid"], replica="aws", version=bundle["version"], remove_files=[identity])
    dss.download_manifest(manifest, "aws", layout="bundle")
    assert (folder / f"{bundle['bundle_uuid']}.{bundle['version']}" / dropped["name"]).exists()


def test_one_wrong_checksum_never_stops_the_others(dss: Dss, bundle: Any, folder: Path, tmp_path: Path):
    rows = rows_of(bundle)
    wrong = next(row for row in rows if row["file_name"] == "links.json")
    wrong["file_sha256"] = "0" * 64
    result = dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows), "aws", check=False)
    assert [type(error) for error in errors(result)] == [ChecksumMismatch]
    assert "Check file_sha256 in the manifest" in str(errors(result)[0])
    assert result.counts["done"] == 3
    assert not (folder / filestore_path("0" * 64)).exists()
    assert not (folder / "m.tsv").exists()
    with pytest.raises(DownloadFailed, match=r"1 download task\(s\) failed: .*links\.json") as caught:
        dss.download_manifest(tmp_path / "m.tsv", "aws")
    assert isinstance(caught.value, TransferFailed)
    assert caught.value.report.counts["failed"] == 1


def test_rows_that_the_bundle_contradicts_are_reported(dss: Dss, bundle: Any, folder: Path, tmp_path: Path):
    rows = rows_of(bundle)
    rows[0]["file_name"] = "no such file"
    result = dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows), "aws", layout="bundle", check=False)
    assert "no such file" in str(errors(result)[0])
    assert result.counts["failed"] == 1


def test_a_missing_bundle_never_stops_the_others(dss: Dss, bundle: Any, folder: Path, tmp_path: Path):
    rows = rows_of(bundle)
    rows.append({**rows[0], "bundle_uuid": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"})
    result = dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows), "aws", layout="bundle", check=False)
    assert isinstance(errors(result)[0], NotFound)
    assert (folder / f"{bundle['bundle_uuid']}.{bundle['version']}" / "bundle.json").exists()


def test_a_faulty_manifest_costs_no_request(dss: Dss, bundle: Any, folder: Path, tmp_path: Path, omics_sandbox: Any):
    rows = rows_of(bundle)
    rows[1]["file_size"] = "many"
    omics_sandbox.request_log.clear()
    with pytest.raises(ManifestError, match="line 3"):
        dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows), "aws")
    assert not omics_sandbox.requests()
    assert not list(folder.iterdir())


@pytest.mark.parametrize("option", [{"retries": -1}, {"min_delay": -0.5}, {"min_delay": inf}])
def test_numbers_that_cannot_be_meant_cost_no_request(
    dss: Dss, bundle: Any, folder: Path, omics_sandbox: Any, option: dict[str, Any]
):
    with pytest.raises(UsageError, match=next(iter(option))):
        dss.download(bundle["bundle_uuid"], "aws", **option)
    assert omics_sandbox.requests("/dss/v1/") == []
    assert list(folder.iterdir()) == []


def test_other_layouts_are_refused(dss: Dss, tmp_path: Path):
    with pytest.raises(ValueError, match=r"Invalid layout flat not one of \[none, bundle\]"):
        dss.download_manifest(tmp_path / "m.tsv", "aws", layout="flat")
    with pytest.raises(ValueError, match="only compatible with the 'bundle' layout"):
        dss.download_manifest(tmp_path / "m.tsv", "aws", no_data=True)


def test_a_checkout_that_runs_is_waited_for(dss: Dss, bundle: Any, folder: Path, omics_sandbox: Any):
    omics_sandbox.settings.turn({"dss.checkout_redirects": 1, "dss.retry_after": 0})
    dss.download(bundle["bundle_uuid"], "aws", no_metadata=True, data_filter=("*.fastq",))
    assert [request["status"] for request in omics_sandbox.requests("/dss/v1/files/")] == [301, 302]
    assert (folder / f"{bundle['bundle_uuid']}.{bundle['version']}" / "reads/R1.fastq").exists()


def test_names_that_would_leave_the_folder_are_refused_before_a_byte(
    dss: Dss, bundle: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, omics_sandbox: Any
):
    from omicsdk.hca.dss import downloads

    honest = downloads.get_manifest

    def hostile(*arguments: Any) -> dict[str, Any]:
        manifest = honest(*arguments)
        manifest["bundle"]["files"][0]["name"] = "../../outside"
        return manifest

    monkeypatch.setattr(downloads, "get_manifest", hostile)
    omics_sandbox.request_log.clear()
    with pytest.raises(Unsafe):
        dss.download(bundle["bundle_uuid"], "aws")
    assert not omics_sandbox.requests("/_objects")
    assert not list(folder.iterdir())


def test_a_collection_brings_its_bundles_and_those_of_the_collections_in_it(dss: Dss, bundle: Any, folder: Path):
    from uuid import uuid4

    inner, outer, version = str(uuid4()), str(uuid4()), dss.create_version()
    link = {"type": "bundle", "uuid": bundle["bundle_uuid"], "version": bundle["version"]}
    for uuid, contents in ((inner, [link]), (outer, [{"type": "collection", "uuid": inner, "version": version}, link])):
        about = {"name": "n", "description": "d", "details": {}}
        dss.put_collection(uuid=uuid, version=version, replica="aws", contents=contents, **about)
    dss.download_collection(outer, "aws")
    assert (folder / f"{bundle['bundle_uuid']}.{bundle['version']}" / "reads/R1.fastq").exists()
    assert len(list(folder.glob(f"{outer}.*.tsv"))) == 1


def test_a_file_that_the_service_has_not_is_named(dss: Dss, bundle: Any, folder: Path, tmp_path: Path):
    rows = rows_of(bundle)
    rows[0]["file_uuid"] = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
    result = dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows), "aws", check=False)
    assert isinstance(errors(result)[0], NotFound)
    assert rows[0]["file_name"] in str(errors(result)[0])
    assert result.counts["done"] == len(rows) - 1


def test_who_is_refused_once_asks_no_more(dss: Dss, bundle: Any, folder: Path, tmp_path: Path, omics_sandbox: Any):
    rows = rows_of(bundle)
    many = [{**rows[0], "file_sha256": f"{number:064x}"} for number in range(200)]
    omics_sandbox.settings.turn({"dss.restricted": True})
    omics_sandbox.request_log.clear()
    stranger = dss.with_options(credentials=None)
    result = stranger.download_manifest(write_manifest(tmp_path / "m.tsv", many), "aws", check=False)
    assert len(errors(result)) == 200
    assert len(omics_sandbox.requests("/dss/v1/files")) <= 32


def test_a_file_is_requested_once(dss: Dss, bundle: Any, folder: Path, omics_sandbox: Any):
    """One request to the service and one to where it leads: no call of the client's beside them."""
    omics_sandbox.request_log.clear()
    dss.download(bundle["bundle_uuid"], "aws", download_dir=str(folder))
    files = len(
        {
            file["sha256"]
            for file in dss.get_bundle.raw(uuid=bundle["bundle_uuid"], replica="aws").json()["bundle"]["files"]
        }
    )
    assert len(omics_sandbox.requests("/dss/v1/files")) == len(omics_sandbox.requests("/_objects")) == files


def test_few_files_of_a_manifest_need_no_call_of_the_clients(
    dss: Dss, bundle: Any, folder: Path, tmp_path: Path, omics_sandbox: Any, monkeypatch: Any
):
    """Nothing is known of the service yet: the engine requests the first few files from it all the same."""
    rows = rows_of(bundle)
    monkeypatch.setattr("omicsdk.hca.dss.files.locate", None)
    omics_sandbox.request_log.clear()
    assert not dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows), "aws").failed
    assert len(omics_sandbox.requests("/dss/v1/files")) == len({row["file_sha256"] for row in rows})


class Renewed(BearerToken):
    """A token that the service has taken back, and its successor."""

    def __init__(self, ended: str, good: str) -> None:
        super().__init__(ended)
        self._good = good
        self.renewed = 0

    def headers(self, method: str, url: str) -> Any:
        return {"authorization": f"Bearer {self._good}"} if self.renewed else super().headers(method, url)

    def renew(self, refused: Any) -> bool:
        self.renewed += 1
        return self.renewed == 1


@pytest.mark.parametrize("rows_twice", [1, 40])
def test_a_token_that_ends_meanwhile_is_renewed(
    dss: Dss, bundle: Any, folder: Path, tmp_path: Path, omics_sandbox: Any, rows_twice: int
):
    rows = rows_of(bundle)
    omics_sandbox.settings.turn({"dss.restricted": True})
    token = Renewed("0" * 32, omics_sandbox.token())
    result = dss.with_options(credentials=token).download_manifest(
        write_manifest(tmp_path / "m.tsv", rows * rows_twice), "aws"
    )
    assert not errors(result)
    assert token.renewed == 1


def test_a_file_that_was_treated_as_another_one_is_missed(
    dss: Dss, bundle: Any, folder: Path, tmp_path: Path, monkeypatch: Any
):
    """Checksums are distinguished by some of their bits only: what that leaves out must not be mistaken for done."""
    rows = rows_of(bundle)
    assert len(rows) > 1

    monkeypatch.setattr("omicsdk.hca.dss.files.first_of_each", lambda files, name: islice(files, 1))
    result = dss.download_manifest(write_manifest(tmp_path / "m.tsv", rows), "aws", check=False)
    assert len(errors(result)) == len({row["file_sha256"] for row in rows}) - 1
    assert "is not in the filestore" in str(errors(result)[0])
