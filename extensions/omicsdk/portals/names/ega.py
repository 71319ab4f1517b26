"""Accessions of the European Genome-phenome Archive: what it publishes of their files. The bytes need permission."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar

from omicsdk_api.archives.ega import EgaApi

from omicsdk.core.checked_json import check_fields
from omicsdk.core.checksums import hexadecimal
from omicsdk.core.errors import Forbidden, NotFound
from omicsdk.core.page_items import check_advances, items_at
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names.archive import Archive, ArchiveOptions, NamedRow
from omicsdk.portals.names.grammar import Name

if TYPE_CHECKING:
    from omicsdk_api.archives.ega.models.file import File

PAGE = 500
_PAGES = "https://ega-archive.org"
_ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256", "SHA256": "sha256"}
_OPTIONAL = ("extension", "filesize", "unencrypted_checksum", "unencrypted_checksum_type")
T = TypeVar("T")


class Ega(Archive):
    """The EGA: names and sizes are listed, the files are refused with the place to apply at."""

    title: ClassVar[str] = "the EGA"

    def __init__(self, options: ArchiveOptions) -> None:
        super().__init__(options)
        self._client = self.client(EgaApi, "EGA")

    def rows(self, name: Name) -> Iterator[NamedRow]:
        if name.level == "file":
            yield NamedRow({"accession": name.id}, [_refused(name.id, name.id, f"{_PAGES}/files/{name.id}")])
            return
        datasets = [name.id]
        if name.level == "study":
            datasets_page = self._all(lambda at: self._client.list_datasets(accession=name.id, limit=PAGE, offset=at))
            datasets = [dataset.accession_id for dataset in datasets_page]
        is_any = False
        for dataset in datasets:
            page = f"{_PAGES}/datasets/{dataset}"
            for file in self._files_of(dataset):
                is_any = True
                cells = {"accession": file.accession_id, "dataset": dataset}
                name_there = ".".join(filter(None, (file.accession_id, file.extension)))
                algorithm = _ALGORITHMS.get((file.unencrypted_checksum_type or "").upper(), "")
                checksum = hexadecimal(algorithm, file.unencrypted_checksum or "") if algorithm else ""
                sums = {algorithm: checksum} if checksum else {}
                refused = _refused(file.accession_id, name_there, page)
                yield NamedRow(cells, [refused._replace(size=file.filesize, checksums=sums, folder=dataset)])
        if not is_any:
            raise NotFound(f"{name.id}: the EGA lists no files of it", remedy=f"Check the accession at {_PAGES}.")

    def _files_of(self, dataset: str) -> Iterator[File]:
        return self._all(lambda at: self._client.list_files(accession=dataset, limit=PAGE, offset=at))

    @staticmethod
    def _all(page_at: Callable[[int], Sequence[T]]) -> Iterator[T]:
        """The entries of all pages; a page that is not full is the last."""
        at, before = 0, None
        while page := items_at(page_at(at), "", "EGA list"):
            check_advances("EGA list", page, before)
            before = page
            for dataset in page:
                check_fields("EGA list", dataset, "accession_id", optional=_OPTIONAL)
                yield dataset
            at += len(page)
            if len(page) < PAGE:
                return


def _refused(id: str, name: str, page: str) -> ListedFile:
    error = Forbidden(
        f"{id}: access is controlled by a data access committee",
        remedy=f"Apply to the committee that {page} names; with its permission, download by the EGA's client pyega3.",
    )
    return ListedFile("url", page, name, error=error)
