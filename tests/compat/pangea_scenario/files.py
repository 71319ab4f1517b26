"""Uploads and downloads of fields' files."""

import hashlib
from pathlib import Path

from noted import Noted
from party import Party

CHUNK = 5 * 1024 * 1024


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _is_there(party: Party, field: object, path: str) -> bool:
    return _md5(party.bytes_of(field)) == _md5(Path(path).read_bytes())


def small(party: Party, note: Noted) -> None:
    field, path = party.new_field("small"), party.local("small file.txt", 1000)
    note("uploaded is oneself", field.upload_file(path) is field)
    note("is there", _is_there(party, field, path))
    same = _again(party, "small")
    note("data", {name: value for name, value in same.stored_data.items() if name != "presigned_url"})
    note("address", same.get_download_url())
    note("file that it names", same.get_referenced_filename())
    out = str(party.folder / "out.txt")
    note("downloaded to a name", same.download_file(out) == out)
    note("as it was sent", Path(out).read_bytes() == Path(path).read_bytes())
    temporary = _again(party, "small").download_file()
    note("a temporary name", isinstance(temporary, str))


def _again(party: Party, label: str) -> object:
    sample = party.library_with_bucket.sample(f"sample {label}").get()
    return sample.analysis_result("raw::x", replicate="1").get().field("f").get()


def large(party: Party, note: Noted) -> None:
    field, path = party.new_field("large"), party.local("big.bin", 11_264_000)
    field.upload_file(path)
    note("is there", _is_there(party, field, path))
    out = str(party.folder / "big.out")
    _again(party, "large").download_file(out)
    note("as it was sent", _md5(Path(out).read_bytes()) == _md5(Path(path).read_bytes()))


def sizes(party: Party, note: Noted) -> None:
    for label, size in (("of two parts exactly", 2 * CHUNK), ("of a part and a byte", CHUNK + 1)):
        field, path = party.new_field(label), party.local(label, size)
        field.upload_file(path, multipart_thresh=1, chunk_size=CHUNK)
        note(label, _is_there(party, field, path))
    field, path = party.new_field("empty"), party.local("empty", 0)
    note.outcome("an empty one", lambda: field.upload_file(path) is field)
    note("which is there", party.bytes_of(field) == b"")


def again(party: Party, note: Noted) -> None:
    field = party.new_field("again")
    for number in range(2):
        path = party.local(f"again {number}.txt", 1000 + number)
        field = _again(party, "again")
        field.upload_file(path)
        note(f"upload {number}", _is_there(party, field, path))


def of_groups(party: Party, note: Noted) -> None:
    result = party.library_with_bucket.analysis_result("gmod", replicate="files").create()
    field, path = result.field("table", {}).create(), party.local("table.csv", 500)
    field.upload_file(path)
    note("is there", _is_there(party, field, path))
    note("file that it names", result.field("table").get().get_referenced_filename())


def odd_names(party: Party, note: Noted) -> None:
    field, path = party.new_field("odd"), party.local("ü 🧬 'x' & 50%.txt", 300)
    field.upload_file(path)
    note("is there", _is_there(party, field, path))
    out = str(party.folder / "odd.out")
    _again(party, "odd").download_file(out)
    note("as it was sent", Path(out).read_bytes() == Path(path).read_bytes())


def without_a_bucket(party: Party, note: Noted) -> None:
    result = party.library("Bucketless").sample("s").create().analysis_result("m", replicate="1").create()
    field, path = result.field("f", {}).create(), party.local("nowhere.txt", 10)
    note.outcome("uploaded", lambda: field.upload_file(path))


def of_manifests(party: Party, note: Noted) -> None:
    field, path = party.new_field("manifest"), party.local("in a manifest.txt", 700)
    field.upload_file(path)
    manifest = party.library_with_bucket.sample("sample manifest").get().get_manifest()
    [[data]] = [[entry["stored_data"] for entry in result["fields"]] for result in manifest["analysis_results"]]
    note("address", data["presigned_url"])


GROUPS = (small, large, sizes, again, of_groups, odd_names, without_a_bucket, of_manifests)
