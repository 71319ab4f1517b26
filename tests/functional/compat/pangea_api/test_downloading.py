"""A field's file comes whole and verified; its URL is requested again when it has ended."""

import gc
import hashlib
import stat
from pathlib import Path
from typing import Any

import pytest
from breakable import Response, noise, server
from omicsdk.compat.pangea_api import PangeaForbiddenError
from omicsdk.core import ChecksumMismatch, TransferError
from omicsdk.pangea import NoFile
from pangea_fields import FieldServer, signed
from pangea_fields import pangea as pangea
from sink import sink as sink

__all__ = ["noise", "server"]

MIB = 1024 * 1024


def test_a_file_on_s3_comes_under_its_name(pangea: FieldServer, server: Any, noise: Any, tmp_path: Path):
    server.put("k.fastq.gz", noise(9 * MIB))
    field = pangea.field(data=signed(server, "k.fastq.gz"))
    target = tmp_path / "new" / "out.fastq.gz"
    assert field.download_file(target) == str(target)
    assert target.read_bytes() == noise(9 * MIB)
    assert [path.name for path in target.parent.iterdir()] == ["out.fastq.gz"]
    assert not list((tmp_path / "state").rglob("*.journal"))


def test_what_exists_is_replaced(pangea: FieldServer, server: Any, tmp_path: Path, noise: Any):
    server.put("k", noise(5000))
    target = tmp_path / "out"
    target.write_bytes(noise(5000, 2))
    field = pangea.field(data=signed(server, "k"))
    field.download_file(str(target))
    assert target.read_bytes() == noise(5000)
    server.put("k", noise(5000, 3))
    field.download_file(str(target), cache=False)
    assert target.read_bytes() == noise(5000, 3)


def test_a_file_that_was_had_before_is_had_again_after_a_refresh(pangea: FieldServer, server: Any, noise: Any):
    server.put("k", noise(5000))
    field = pangea.field(data=signed(server, "k"))
    first = field.download_file()
    assert field.download_file() == first
    server.put("k", noise(5000, 2))
    again = field.refresh().download_file()
    assert Path(again).read_bytes() == noise(5000, 2)


def test_a_url_that_ended_is_requested_again(pangea: FieldServer, server: Any, tmp_path: Path, noise: Any):
    server.put("k", noise(3 * MIB))
    field = pangea.field(data=signed(server, "k", "old"))
    pangea.sign = lambda _, data: {**data, **signed(server, "k", "new")}
    server.always["k"] = lambda _, request, response: response if "new" in request.query else Response(403)
    field.download_file(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == noise(3 * MIB)
    assert {request.query for request in server.requests} == {"Signature=old", "Signature=new"}


def test_a_private_result_has_no_other_url(pangea: FieldServer, server: Any, tmp_path: Path):
    import httpx

    server.put("k", b"x")
    server.always["k"] = lambda *_: Response(403)
    field = pangea.field(data=signed(server, "k"))
    pangea.faults = [httpx.Response(403, json={"detail": "You do not have permission to perform this action."})] * 9
    with pytest.raises(PangeaForbiddenError):
        field.download_file(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_a_signature_the_public_address_is_queried(pangea: FieldServer, server: Any, tmp_path: Path):
    server.put("bkt/k%201.txt", b"public")
    data = {"__type__": "s3", "uri": "s3://bkt/k 1.txt", "endpoint_url": server.url("").rstrip("/")}
    pangea.field(data=data).download_file(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"public"


def sra(server: Any, path: str, body: bytes, **more: Any) -> dict[str, Any]:
    url = server.put(path, body)
    return {"__type__": "sra", "url": url, "md5": hashlib.md5(body).hexdigest(), **more}


def test_a_run_of_the_archive_is_verified(pangea: FieldServer, server: Any, tmp_path: Path, noise: Any):
    body = noise(4 * MIB)
    pangea.field(data=sra(server, "SRR1", body)).download_file(tmp_path / "good")
    assert (tmp_path / "good").read_bytes() == body
    with pytest.raises(ChecksumMismatch):
        pangea.field(data=sra(server, "SRR2", body, md5="1" * 32)).download_file(tmp_path / "bad")
    with pytest.raises(TransferError):
        pangea.field(data=sra(server, "SRR3", body, full_record={"size": "17"})).download_file(tmp_path / "short")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file() and ".part" not in path.name) == ["good"]


# -- temporary files and those of before


def test_a_temporary_file_lives_as_long_as_the_field(pangea: FieldServer, server: Any):
    server.put("k.fastq.gz", b"reads")
    field = pangea.field(data=signed(server, "k.fastq.gz"))
    path = Path(field.download_file())
    assert path.read_bytes() == b"reads"
    assert path.name == "s 1.raw__x.reads.fastq.gz"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert field.download_file() == str(path)
    assert len(server.requests) == 1
    del field
    gc.collect()
    assert not path.parent.exists()


def test_a_file_with_a_name_stays(pangea: FieldServer, server: Any, tmp_path: Path):
    server.put("k", b"reads")
    field = pangea.field(data=signed(server, "k"))
    named = field.download_file(tmp_path / "out")
    assert field.download_file() == named  # it is there: nothing is fetched
    assert len(server.requests) == 1
    del field
    gc.collect()
    assert Path(named).read_bytes() == b"reads"


def test_another_name_is_another_file(pangea: FieldServer, server: Any, tmp_path: Path):
    server.put("k", b"reads")
    field = pangea.field(data=signed(server, "k"))
    assert field.download_file(tmp_path / "a") == str(tmp_path / "a")
    assert field.download_file(tmp_path / "b") == str(tmp_path / "b")
    (tmp_path / "b").unlink()
    assert field.download_file(tmp_path / "b") == str(tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes() == b"reads"


def test_without_cache_it_comes_again(pangea: FieldServer, server: Any):
    server.put("k", b"reads")
    field = pangea.field(data=signed(server, "k"))
    first, second = field.download_file(cache=False), field.download_file(cache=False)
    assert first != second
    assert len(server.requests) == 2


def test_data_of_its_own_are_no_file(pangea: FieldServer, tmp_path: Path):
    with pytest.raises(NoFile):
        pangea.field(data={"a": 1}).download_file(tmp_path / "x" / "out")
    assert not (tmp_path / "x").exists()


def test_a_field_that_is_not_on_the_server_can_have_a_file(pangea: FieldServer, server: Any, tmp_path: Path):
    field = pangea.field().parent.field("new", data=sra(server, "SRR1", b"reads"))
    field.download_file(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"reads"
    assert field.get_download_url() == server.url("SRR1")
    assert field.get_blob_filename() == "s 1/s 1.raw__x.new.json"


# -- signatures stay here


def test_a_signature_is_never_sent_back_and_is_no_change(pangea: FieldServer, server: Any):
    field = pangea.field(data=signed(server, "k"))
    field.save()
    assert pangea.requests == []
    pangea.sign = lambda _, data: {**data, "presigned_url": "https://other.test/canary"}
    again = field.parent.field("reads", data=field.stored_data)
    again.load_blob(pangea._blob("f1"))  # another signature is not other data
    assert again.stored_data["presigned_url"] == "https://other.test/canary"
    again._already_fetched = True
    again.stored_data["note"] = "x"
    again.save()
    ((method, _, sent),) = pangea.requests
    assert method == "PATCH"
    assert sent == {
        "stored_data": {**{k: v for k, v in signed(server, "k").items() if k != "presigned_url"}, "note": "x"}
    }


def test_nothing_of_a_field_is_kept(pangea: FieldServer, server: Any, tmp_path: Path):
    field = pangea.field(data=signed(server, "k"))
    field.cache_blob(pangea._blob("f1"))
    assert field.get_cached_blob() is None
    assert not list((tmp_path / "cache").rglob("*.json"))
