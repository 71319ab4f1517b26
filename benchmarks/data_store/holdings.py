"""The files of the Data Store, on disk as its server has them, and the lists by which clients ask for them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from urllib.request import Request, urlopen
from uuid import uuid4

from transferring.files import Served, served_file, write_lines

VERSION = "2020-01-01T000000.000000Z"
"""Of all files and bundles."""

_SMALL = 20_000
_COLUMNS = ("bundle_uuid", "bundle_version", "file_name", "file_uuid", "file_version", "file_sha256", "file_size")


@dataclass(frozen=True)
class Sizes:
    """How large and how many; `QUICK` is for trying whether everything runs."""

    one: int = 1 << 30
    many: int = 1_000
    medium: int = 200
    bundle: int = 300
    uploaded: int = 500


QUICK = Sizes(one=8 << 20, many=60, medium=4, bundle=20, uploaded=20)


class Holdings:
    """Files, made when they are first requested; a file's name on the server is its UUID.

    Args:
        root: The server's folder.
        lists: Where manifests go.
        source: A folder for the files that are uploaded.
        sizes: How large and how many.
    """

    def __init__(self, root: Path, lists: Path, source: Path, sizes: Sizes) -> None:
        self._root = root
        self.lists = lists
        self._source = source
        self.sizes = sizes

    @cached_property
    def one(self) -> list[Served]:
        """One large file."""
        return [self._file(self.sizes.one)]

    @cached_property
    def many(self) -> list[Served]:
        """Files of 20 KB."""
        return [self._file(_SMALL) for _ in range(self.sizes.many)]

    @property
    def few(self) -> list[Served]:
        """The first ten of these."""
        return self.many[:10]

    @cached_property
    def medium(self) -> list[Served]:
        """Files of 5 MB."""
        return [self._file(5_000_000) for _ in range(self.sizes.medium)]

    @cached_property
    def source(self) -> Path:
        """A folder with the files of a bundle that is to be uploaded."""
        self._source.mkdir()
        for number in range(self.sizes.uploaded):
            served_file(self._source, f"reads_{number:03}.fastq.gz", _SMALL)
        return self._source

    def manifest(self, kind: str) -> Path:
        """A manifest of files of a kind, made again."""
        bundle = str(uuid4())
        rows = (
            (bundle, VERSION, f"reads_{number:04}.fastq.gz", file.name, VERSION, file.sha256, str(file.size))
            for number, file in enumerate(getattr(self, kind))
        )
        return write_lines(self.lists / f"{kind}.tsv", ("\t".join(row) for row in (_COLUMNS, *rows)))

    def register_bundle(self, api: str) -> tuple[str, list[Served]]:
        """Makes a bundle of some files known to a Data Store.

        Returns:
            Its UUID, and its files under their names in the download folder.
        """
        uuid, files = str(uuid4()), self.many[: self.sizes.bundle]
        entries = [
            {
                "name": f"reads_{number:03}.fastq.gz",
                "uuid": file.name,
                "version": VERSION,
                "content-type": "application/gzip",
                "size": file.size,
                "indexed": False,
                "sha256": file.sha256,
                "crc32c": file.crc32c,
                "sha1": "0" * 40,  # no client examines these two
                "s3_etag": "0" * 32,
            }
            for number, file in enumerate(files)
        ]
        bundle = {"uuid": uuid, "version": VERSION, "creator_uid": 0, "files": entries}
        body = json.dumps({"bundle": bundle}).encode()
        with urlopen(Request(f"{api}/_bundles/{uuid}", body, method="PUT")):
            pass
        folder = f"{uuid}.{VERSION}"
        return uuid, [
            replace(file, name=f"{folder}/{entry['name']}") for file, entry in zip(files, entries, strict=True)
        ]

    def _file(self, size: int) -> Served:
        return served_file(self._root, str(uuid4()), size)


def in_filestore(files: Sequence[Served]) -> list[Served]:
    """Files under their names in the download folder: where both clients put them by their checksums."""
    return [replace(file, name=f".hca/v2/files_2_4/{_nested(file.sha256)}") for file in files]


def _nested(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:6]}/{sha256}"
