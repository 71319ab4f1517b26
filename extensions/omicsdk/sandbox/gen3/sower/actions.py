"""What jobs do, by the name of their action."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from omicsdk.sandbox.gen3.files import BUCKET
from omicsdk.sandbox.gen3.sower import manifests
from omicsdk.sandbox.gen3.storage_urls import PREFIX, granted
from omicsdk.sandbox.problems import Problem

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

OBJECT_COLUMNS = ("guid", "urls", "authz", "acl", "md5", "file_size", "file_name")


class JobFailed(Exception):
    """A job can't do what it was dispatched for."""


@dataclass(slots=True)
class Work:
    """A job that is being done.

    Attributes:
        gen3: The commons.
        uid: The job's identity.
        input: What it was dispatched with.
        log: What it tells, line by line.
        left: The storage URLs of the files that it leaves, in the order in which its output names them.
    """

    gen3: "Gen3"
    uid: str
    input: Mapping[str, Any]
    log: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])

    def leave(self, name: str, content: bytes) -> None:
        """Leaves a file behind."""
        url = f"s3://{BUCKET}/_jobs/{self.uid}/{name}"
        self.gen3.files.put(url, content)
        self.left.append(url)

    def leave_log(self, name: str) -> None:
        """Leaves what was told so far as a file."""
        self.leave(name, "".join(f"{line}\n" for line in self.log).encode())

    def stated(self, name: str) -> str:
        """A text of the input.

        Raises:
            JobFailed: It isn't there.
        """
        value = self.input.get(name)
        if not isinstance(value, str) or not value:
            raise JobFailed(f"the input has no {name}")
        return value

    def manifest(self, url: str) -> manifests.Manifest:
        """A manifest in the commons' storage.

        Args:
            url: Its storage URL, or a presigned one.

        Raises:
            JobFailed: It isn't there, can't be read, or lies elsewhere: the sandbox reaches out to nobody.
        """
        files = self.gen3.files
        stored = files.find(self._storage_url(url))
        if stored is None:
            raise JobFailed(f"{url} can't be read: manifests must lie in the commons' own storage")
        try:
            return manifests.read(files.path(stored).read_bytes())
        except ValueError as error:
            raise JobFailed(f"{url} isn't a manifest: {error}") from error

    def _storage_url(self, url: str) -> str:
        parts = urlsplit(url)
        path = unquote(parts.path)
        if not path.startswith(f"{PREFIX}/"):
            return url
        stated = self.gen3.grounds.signer.check(path, parts.query)
        if isinstance(stated, tuple):
            raise JobFailed(f"{url} can't be read: {stated[1]}")
        return granted(path, stated).url


def download_indexd_manifest(work: Work) -> None:
    """Writes a manifest of all records of the index."""
    rows: list[dict[str, str]] = []
    for record in work.gen3.index.records.listed("1", ()):
        rows.append(
            {
                "guid": record["did"],
                "urls": " ".join(record["urls"]),
                "authz": " ".join(record["authz"]),
                "acl": " ".join(record["acl"]),
                "md5": record["hashes"].get("md5", ""),
                "file_size": "" if record["size"] is None else str(record["size"]),
                "file_name": record["file_name"] or "",
            }
        )
    work.leave("object-manifest.csv", manifests.write(OBJECT_COLUMNS, rows, ","))


def index_object_manifest(work: Work) -> None:
    """Makes a record of each row of a manifest, or brings the one that is there up to date."""
    manifest = work.manifest(work.stated("URL"))
    replace = bool(work.input.get("replace_urls", True))
    done: list[dict[str, str]] = []
    for number, row in enumerate(manifest.rows, 2):
        try:
            guid = _indexed(work.gen3, manifests.fields(row), replace)
        except (JobFailed, Problem) as error:
            told = error.title if isinstance(error, Problem) else str(error)
            work.log.append(f"ERROR line {number}: {told}")
        else:
            work.log.append(f"INFO line {number}: {guid}")
            done.append({**row, "guid": guid})
    work.leave_log("manifest_indexing.log")
    columns = ["guid", *(name for name in manifest.columns if name.lower() != "guid")]
    work.leave("output_manifest.tsv", manifests.write(columns, done, "\t"))


def _indexed(gen3: "Gen3", row: Mapping[str, str], replace: bool) -> str:
    if missing := [name for name in ("md5", "size") if name not in row]:
        raise JobFailed(f"there is no {' and no '.join(missing)}")
    if not row["size"].isdecimal():
        raise JobFailed(f"size is a number, not {row['size']!r}")
    size, md5 = int(row["size"]), row["md5"].lower()
    given: dict[str, Any] = {name: manifests.several(row[name]) for name in ("urls", "acl", "authz") if name in row}
    if "file_name" in row:
        given["file_name"] = row["file_name"]
    found = gen3.index.kept(row["guid"]) if "guid" in row else None
    if found is None:
        new = {"form": "object", "size": size, "hashes": {"md5": md5}, **given}
        if "guid" in row:
            new["did"] = row["guid"]
        return str(gen3.index.create(new)["did"])
    if found["size"] != size or found["hashes"].get("md5") != md5:
        raise JobFailed(f"{row['guid']} has another size or md5")
    if "urls" in given and not replace:
        given["urls"] = sorted({*found["urls"], *given["urls"]})
    if any(found[name] != value for name, value in given.items()):
        gen3.index.update(found["did"], given)
    return str(found["did"])


def ingest_metadata_manifest(work: Work) -> None:
    """Makes a document of each row of a manifest, or replaces the one that is there."""
    manifest = work.manifest(work.stated("URL"))
    source = work.stated("metadata_source")
    if not any(name.lower() == "guid" for name in manifest.columns):
        raise JobFailed("the manifest has no column guid")
    for number, row in enumerate(manifest.rows, 2):
        guid = manifests.fields(row).get("guid")
        if guid is None:
            work.log.append(f"ERROR line {number}: there is no guid")
            continue
        kind = "indexed_file_object" if work.gen3.index.get(guid) else "metadata_object"
        values = {name: value for name, value in row.items() if name.lower() != "guid"}
        work.gen3.metadata.documents.put(guid, {"_guid_type": kind, source: values})
        work.log.append(f"INFO line {number}: {guid}")


def merge_manifests(work: Work) -> None:
    """Merges manifests: rows of the same md5 and size become one, with the values of all."""
    stated: Any = work.input.get("URLS")
    urls = [str(each) for each in cast("list[Any]", stated)] if isinstance(stated, list) else []
    if not urls:
        raise JobFailed("the input has no URLS")
    merged: dict[tuple[str, str], dict[str, list[str]]] = {}
    columns: dict[str, None] = {}
    delimiter = "\t"
    for url in urls:
        manifest = work.manifest(url)
        delimiter = manifest.delimiter
        columns.update(dict.fromkeys(manifest.columns))
        for number, row in enumerate(manifest.rows, 2):
            known = manifests.fields(row)
            if "md5" not in known:
                raise JobFailed(f"{url}, line {number}: there is no md5")
            united = merged.setdefault((known["md5"].lower(), known.get("size", "")), {})
            for name, value in row.items():
                united[name] = [*dict.fromkeys([*united.get(name, []), *manifests.several(value)])]
    rows = [{name: " ".join(values) for name, values in row.items()} for row in merged.values()]
    work.log.append(f"INFO {len(rows)} rows of {len(urls)} manifests")
    work.leave_log("manifest_merging.log")
    work.leave("output_manifest.txt", manifests.write(list(columns), rows, delimiter))


def get_dbgap_metadata(work: Work) -> None:
    """Would ask dbGaP."""
    del work
    raise JobFailed("dbGaP isn't asked: the sandbox reaches out to nobody")


ACTIONS: Mapping[str, Callable[[Work], None]] = {
    "download-indexd-manifest": download_indexd_manifest,
    "index-object-manifest": index_object_manifest,
    "ingest-metadata-manifest": ingest_metadata_manifest,
    "merge-manifests": merge_manifests,
    "get-dbgap-metadata": get_dbgap_metadata,
}
