"""Dryad: datasets by their DOIs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from urllib.parse import urljoin

from omicsdk_api.archives.dryad import DryadApi

from omicsdk.core.checked_tokens import checked_token
from omicsdk.core.counts import declared_number
from omicsdk.core.credentials import is_confidential, origin_of
from omicsdk.core.errors import ConfigError, DecodeError, NotFound
from omicsdk.portals.documents import DRYAD
from omicsdk.portals.names.archive import Archive, ArchiveOptions, NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.names.records import Record, list_at, member, text_in

# Variable of the token that files need.
VARIABLE = "OMICS_DRYAD_TOKEN"
# The most files of a page.
_PAGE_SIZE = 100
_DOI = re.compile(r"(?:doi:)?(10\.\d{4,9}/[^/\s]+)(?:/(.+))?", re.IGNORECASE)
_FILES = ("_embedded", "stash:files")


class Dryad(Archive):
    """Dryad.

    Its names are DOIs, with a slash and a file's name after them for one file. Files need a token, which goes to Dryad's own host
    with the requests for files alone: an expired one would make requests for metadata fail, which need none.
    """

    title = "Dryad"

    def __init__(self, options: ArchiveOptions) -> None:
        super().__init__(options)
        self._client = self.client(DryadApi, "DRYAD")
        self._token = options.environ.get(VARIABLE, "").strip()
        if self._token:
            checked_token(self._token, VARIABLE)
            if not is_confidential(self._client.base_url):
                raise ConfigError(f"{self._client.base_url}: no token is sent over http", remedy="Use its https URL.")

    def rows(self, name: Name) -> Iterator[NamedRow]:
        match = _DOI.fullmatch(name.id)
        if match is None:
            raise NotFound(f"dryad:{name.id} is not a DOI", remedy="Write dryad:10.5061/dryad.NAME.")
        doi, file = match[1], match[2] or ""
        dataset = self._client.get_dataset(doi=f"doi:{doi}")
        link = text_in(dataset, "_links", "stash:version", "href")
        version = re.search(r"/versions/(\d+)\Z", link)
        if version is None:
            raise DecodeError("get_dataset", "_links.stash:version.href", link, expected="the link of a version")
        files = {"_embedded": {"stash:files": [*self._files(version[1])]}}
        note = "" if self._token else f"Dryad requires a token for files: set {VARIABLE} to one of your account there"
        record = Record(doi, text_in(dataset, "title"), file, note)
        for row in record.rows(DRYAD, files, urljoin(self._client.base_url, "/")):
            yield row._replace(files=[file._replace(headers=self._headers(file.address)) for file in row.files])

    def _files(self, version: str) -> Iterator[object]:
        """The files of a version, page by page.

        Raises:
            DecodeError: The service lists less than it states.
        """
        count_listed = 0
        for page in count(1):
            response = self._client.list_files(id=version, page=page, per_page=_PAGE_SIZE)
            files = list_at(response, "list_files", *_FILES)
            total = declared_number(member(response, "total"), "total", "list_files")
            count_listed += len(files)
            yield from files
            if len(files) < _PAGE_SIZE if total is None else count_listed >= total:
                return
            if not files:
                raise DecodeError("list_files", "total", total, expected=f"the {count_listed} files that it lists")

    def _headers(self, address: str) -> dict[str, str]:
        is_own = origin_of(address) == origin_of(self._client.base_url)
        return {"Authorization": f"Bearer {self._token}"} if self._token and is_own else {}
