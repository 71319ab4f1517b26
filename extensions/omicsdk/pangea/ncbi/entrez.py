"""NCBI's E-utilities: records as XML, and the links between them. https://www.ncbi.nlm.nih.gov/books/NBK25499/"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from omicsdk.core.client import Client
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import DecodeError, NotFound

if TYPE_CHECKING:
    import httpx

ADDRESS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
"""Where the E-utilities are."""
KEY_VARIABLE = "NCBI_API_KEY"
"""Environment variable: a key of one's own, with which NCBI bears more requests."""
PAUSE, PAUSE_WITH_KEY = 0.34, 0.1
"""Seconds from one request to the next: NCBI asks for at most three a second, ten with a key."""


class Entrez(Client):
    """The E-utilities. Thread-safe; close it, or use it in a `with` block.

    Args:
        base_url: Where they are; by default NCBI's own.
        email: Whom NCBI may write to about the requests.
        api_key: A key of one's own; by default NCBI_API_KEY.
        transport: Takes the place of the network, for tests.
        clock: Tells the time and waits.
    """

    _default_base_url = ADDRESS

    def __init__(
        self,
        base_url: str | None = None,
        *,
        email: str = "",
        api_key: str | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(base_url, transport=transport, clock=clock)
        key = os.environ.get(KEY_VARIABLE, "") if api_key is None else api_key
        self._told = {name: value for name, value in (("email", email), ("api_key", key)) if value}
        self._pause = PAUSE_WITH_KEY if key else PAUSE
        self._clock = clock
        self._turn = threading.Lock()
        self._next = 0.0

    def fetch(self, database: str, record: str) -> ElementTree.Element:
        """Gives a record.

        Args:
            database: Such as bioproject.
            record: Its id.

        Raises:
            NotFound: There is none.
            DecodeError: The answer isn't XML.
            OmicsError: NCBI refused, or didn't answer.
        """
        root = self._asked("efetch.fcgi", {"db": database, "id": record, "retmode": "xml"})
        if not len(root) or root.find(".//error") is not None:
            raise NotFound(f"NCBI has no record {record} in {database}", remedy="Check the accession.")
        return root

    def links(self, database: str, record: str, link: str) -> list[str]:
        """Gives the ids of what a record is linked to.

        Args:
            database: The record's database.
            record: Its id.
            link: The kind of link, such as bioproject_biosample.

        Raises:
            DecodeError: The answer isn't XML.
            OmicsError: NCBI refused, or didn't answer.
        """
        root = self._asked(
            "elink.fcgi", {"dbfrom": database, "db": link.rpartition("_")[2], "id": record, "linkname": link}
        )
        return [found.text for found in root.iterfind("./LinkSet/LinkSetDb/Link/Id") if found.text]

    def search(self, database: str, term: str) -> list[str]:
        """Gives the ids of the records that a search finds.

        Args:
            database: Where to search.
            term: What for, in Entrez's own words.

        Raises:
            DecodeError: The answer isn't XML.
            OmicsError: NCBI refused, or didn't answer.
        """
        root = self._asked("esearch.fcgi", {"db": database, "term": term})
        return [found.text for found in root.iterfind("./IdList/Id") if found.text]

    def _asked(self, program: str, query: Mapping[str, str]) -> ElementTree.Element:
        from omicsdk.core.request import Request, query_text

        self._wait()
        url = f"/{program}?{query_text(list({**query, 'tool': 'omicsdk', **self._told}.items()))}"
        request = Request(
            method="GET", url=url, headers=(), content=None, idempotent=True, secured=False, operation=program
        )
        content = self._exchange.send(request).content
        try:
            if b"<!ENTITY" in content.replace(
                b"\0", b""
            ):  # UTF-16, too; entities within entities could fill the memory
                raise ElementTree.ParseError
            return ElementTree.fromstring(content)  # noqa: S314 - it declares no entities
        except ElementTree.ParseError:
            said = content[:200].decode("utf-8", "replace")
            raise DecodeError(program, "the body", said, expected="XML") from None

    def _wait(self) -> None:
        with self._turn:
            now = self._clock.monotonic()
            if now < self._next:
                self._clock.sleep(self._next - now)
            self._next = max(now, self._next) + self._pause
