"""Tools for manifests: indexing, download, verification, comparison, validation, bundles, metadata."""

import asyncio
import csv
import sys
import warnings
from pathlib import Path

from noted import Noted
from party import Party, md5

DID = "dg.TEST/00000611-0000-4000-8000-0000000006{}"
COLUMNS = ("guid", "md5", "size", "authz", "acl", "url", "file_name")


def _table(party: Party, name: str, columns: tuple[str, ...], *rows: tuple[object, ...]) -> str:
    between = "," if name.endswith(".csv") else "\t"
    return party.local(name, "".join(between.join(map(str, row)) + "\n" for row in (columns, *rows)))


def _rows(party: Party, name: str) -> list[list[str]]:
    """Return the rows of a manifest, sorted by guid and the other columns."""
    text = (party.folder / name).read_text()
    head, *rows = csv.reader(text.splitlines(), delimiter="," if name.endswith(".csv") else "\t")
    return [head, *sorted(rows)]


def indexing(party: Party, note: Noted) -> None:
    tools = party.module("tools.indexing.index_manifest")
    one = ("", md5("one"), 3, "/programs/a", "['open']", "s3://b/1 gs://c/1", "one")
    two = (DID.format(11), md5("two"), 4, "/programs/a", "", "s3://b/2", "two")

    def index(name: str, **more: object) -> list[list[str]]:
        into = name.replace(".", ".out.")
        options = {"auth": party.auth, "output_filename": str(party.folder / into), **more}
        tools.index_object_manifest(party.url, str(party.folder / name), 2, **options)
        return _rows(party, into)

    _table(party, "m.tsv", COLUMNS, one, two)
    head, *rows = index("m.tsv")
    note("new records", [head, sorted(row[1:] for row in rows)])
    record = party.index.get_record(DID.format(11))
    note("a record", {name: record[name] for name in ("hashes", "size", "authz", "acl", "urls", "file_name")})
    _table(party, "added.tsv", COLUMNS, (*two[:5], "s3://b/2b", "two"))
    index("added.tsv", replace_urls=False)
    note("URLs added", sorted(party.index.get_record(DID.format(11))["urls"]))
    index("added.tsv", replace_urls=True)
    note("URLs replaced", party.index.get_record(DID.format(11))["urls"])
    columns = (*COLUMNS, "color", "form")
    _table(party, "more.tsv", columns, (*two, "red", ""), (DID.format(12), *one[1:], "", "round"))
    index("more.tsv", submit_additional_metadata_columns=True)
    note("metadata", [party.metadata.get(DID.format(number)) for number in (11, 12)])
    (party.folder / "doomed.tsv").write_text(f"guid\n{DID.format(12)}\n")
    tools.delete_all_guids(party.auth, str(party.folder / "doomed.tsv"))
    note.outcome("deleted", lambda: party.index.get_record(DID.format(12)))


def checking(party: Party, note: Noted) -> None:
    for number in (21, 22):
        party.index.create_record(
            {"md5": md5(str(number))},
            number,
            did=DID.format(number),
            urls=[f"s3://b/{number}"],
            authz=["/programs/a"],
            file_name=f"{number}.txt",
        )
    download = party.module("tools.indexing.download_manifest").async_download_object_manifest
    into = str(party.folder / "all.csv")
    asyncio.run(download(party.url, into, 2, 4, None, sys.executable))
    head, *rows = _rows(party, "all.csv")
    note("all records", [head, [row for row in rows if row[0].startswith(DID[:-6])]])
    verify = party.module("tools.indexing.verify_manifest").async_verify_object_manifest
    columns = ("guid", "md5", "file_size", "authz", "acl", "urls", "file_name")
    right = (DID.format(21), md5("21"), 21, "/programs/a", "", "s3://b/21", "21.txt")
    wrong = (DID.format(22), md5("none"), 5, "/programs/b", "[x]", "s3://b/9", "three")
    unknown = (DID.format(29), md5("21"), 5, "", "", "", "")
    file = _table(party, "check.tsv", columns, right, wrong, unknown)
    asyncio.run(verify(party.url, file, output_filename=str(party.folder / "check.log")))
    note("verified", sorted((party.folder / "check.log").read_text().splitlines()))


def comparing(party: Party, note: Noted) -> None:
    merge = party.module("tools.indexing.merge_manifests").merge_bucket_manifests
    columns = ("md5", "size", "url", "authz", "guid")
    _table(party, "merge/a.tsv", columns, (md5("1"), 1, "s3://a/1", "/a", ""), (md5("2"), 2, "s3://a/2", "/a", "g2"))
    _table(party, "merge/b.tsv", columns, (md5("1"), 1, "gs://b/1", "/b", "g1"), (md5("3"), 3, "s3://b/3", "/b", ""))
    merge(directory=str(party.folder / "merge"), output_manifest=str(party.folder / "merged.tsv"))
    head, *rows = _rows(party, "merged.tsv")
    cells = [{name: sorted(cell.split(" ")) for name, cell in zip(head, row, strict=True)} for row in rows]
    note("merged", sorted(cells, key=lambda row: row["md5"]))
    diff = party.module("tools.diff").manifest_diff
    columns = ("id", "md5", "size")
    _table(party, "diff/a.tsv", columns, ("x", md5("x"), 1), ("y", md5("y"), 2))
    _table(party, "diff/b.tsv", columns, ("x", md5("x"), 1), ("y", md5("other"), 2), ("z", md5("z"), 3))
    files = [str(party.folder / "diff" / name) for name in ("a.tsv", "b.tsv")]
    diff(directory=str(party.folder / "diff"), files=files, output_manifest=str(party.folder / "differing.tsv"))
    note("differing", _rows(party, "differing.tsv"))


def validating(party: Party, note: Noted) -> None:
    valid = party.module("tools.indexing.validate_manifest_format").is_valid_manifest_format
    columns = ("guid", "md5", "size", "url", "authz")
    good = (DID.format(31), md5("31"), 31, "s3://b/31", "/programs/a")
    rows = {
        "right": good,
        "a wrong md5": (*good[:1], "nope", *good[2:]),
        "a wrong size": (*good[:2], "-1", *good[3:]),
        "a wrong URL": (*good[:3], "ftp://b/31", good[4]),
        "a wrong resource": (*good[:4], "programs"),
        "md5 in base64": (*good[:1], "jrOV0jDFc4kGVVvcwGUOwg==", *good[2:]),
        "no URL": (*good[:3], "", good[4]),
        "brackets": (*good[:3], "[s3://b/31]", "[/programs/a]"),
    }
    for name, row in rows.items():
        file = _table(party, f"{name.replace(' ', '-')}.tsv", columns, good, row)
        note(name, valid(file))
    note("base64 allowed", valid(str(party.folder / "md5-in-base64.tsv"), allow_base64_encoded_md5=True))
    note("URLs wanted", valid(str(party.folder / "no-URL.tsv"), error_on_empty_url=True))
    note("ftp allowed", valid(str(party.folder / "a-wrong-URL.tsv"), allowed_protocols=["s3", "ftp"]))
    note("the first line alone", valid(str(party.folder / "a-wrong-md5.tsv"), line_limit=1))
    note.outcome("no such file", lambda: valid(str(party.folder / "nothing.tsv")))
    note("warnings are errors from then on", any(entry[0] == "error" for entry in warnings.filters))


def bundling(party: Party, note: Noted) -> None:
    tools = party.module("tools.bundle.ingest_manifest")
    note("hashes", [tools.validate_hashes(hashes) for hashes in ({"md5": md5("1")}, {"md5": "x"}, {"sha3": md5("1")})])
    for number in (41, 42):
        party.index.create_record({"md5": md5(str(number))}, number, did=DID.format(number))
    columns = ("bundle_name", "ids", "GUID")
    inner = ("inner", f"[{DID.format(41)} {DID.format(42)}]", "")
    outer = ("outer", f"[inner {DID.format(41)}]", DID.format(49))
    file = _table(party, "bundles.tsv", columns, inner, outer)
    into = party.folder / "bundles.out.csv"
    (party.folder / "tests" / "outputs").mkdir(parents=True)  # the published client writes there
    index = f"{party.url}/index"  # where the published client wants the commons to be
    bundles = tools.ingest_bundle_manifest(index, file, str(into), token=party.auth.get_access_token())
    note("ingested", [bundle["name"] for bundle in bundles])
    outer = party.auth.curl(f"/ga4gh/drs/v1/objects/{DID.format(49)}?expand=true").json()
    note("outer", [outer["name"], outer["size"], len(outer["contents"])])
    note("written where it was asked for", into.exists())
    other = _table(party, "other-bundles.tsv", columns, ("other", f"[{DID.format(42)}]", DID.format(48)))
    ingest = tools.ingest_bundle_manifest
    note.outcome("by a login", lambda: len(ingest(index, other, str(into), auth=party.auth)))


def metadata_of_manifests(party: Party, note: Noted) -> None:
    ingest = party.module("tools.metadata.ingest_manifest").async_ingest_metadata_manifest
    verify = party.module("tools.metadata.verify_manifest").async_verify_metadata_manifest
    party.index.create_record({"md5": md5("51")}, 51, did=DID.format(51))
    file = _table(party, "metadata.tsv", ("guid", "name", "n"), (DID.format(51), "two", 7), ("kx", "x", ""))
    log = str(party.folder / "metadata.log")
    asyncio.run(ingest(party.url, file, "dbgap", auth=party.auth, output_filename=log))
    note("ingested", [party.metadata.get(guid) for guid in (DID.format(51), "kx")])
    checked = party.folder / "metadata.check.log"
    asyncio.run(verify(party.url, file, "dbgap", output_filename=str(checked)))
    note("right", Path(checked).read_text().splitlines())
    other = _table(party, "other.tsv", ("guid", "name", "n"), (DID.format(51), "three", 7), ("ky", "x", ""))
    asyncio.run(verify(party.url, other, "dbgap", output_filename=str(checked)))
    note("wrong", sorted(line.split("|")[0] for line in Path(checked).read_text().splitlines()))


GROUPS = (indexing, checking, comparing, validating, bundling, metadata_of_manifests)
