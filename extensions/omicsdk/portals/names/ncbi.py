"""NCBI's E-utilities: runs of the SRA by any accession of theirs, for what the ENA does not have."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from omicsdk_api.archives.eutils import EutilsApi

from omicsdk.core.checked_json import check_fields
from omicsdk.core.closing import Closing
from omicsdk.core.consistency import declared_number
from omicsdk.core.credentials import ApiKey, is_confidential
from omicsdk.core.errors import APIError, DecodeError, RateLimited
from omicsdk.portals.names.archive import ArchiveOptions, client_of
from omicsdk.portals.names.responses import table_rows

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.archives.eutils.models.matches import Matches
    from omicsdk_api.archives.eutils.models.search import Search

    from omicsdk.core.clock import Clock

# Records in a response.
PAGE = 500
# Requests until a response that the rate is exceeded, which NCBI sends with status 200, too, is an error.
ATTEMPTS = 3
_KEYS = ("OMICS_NCBI_API_KEY", "NCBI_API_KEY")
_SEARCH, _READ = "NCBI search", "NCBI run information"
# Columns of run information by which a run belongs to a record. Samples of GEO are names of samples and libraries.
_ACCESSIONS = ("Run", "Experiment", "Sample", "BioSample", "SRAStudy", "BioProject", "Submission", "SampleName", "LibraryName")  # fmt: skip


class RateLimit:
    """Spaces requests evenly; the first is not delayed. Safe to use from several threads.

    Args:
        per_second: Most requests in a second.
        clock: The source of time and of waits.
    """

    def __init__(self, per_second: int, clock: Clock) -> None:
        self._interval, self._clock = 1 / per_second, clock
        self._lock = threading.Lock()
        self._next = 0.0

    def __call__(self, request: httpx.Request | None = None) -> None:
        """Wait until the next request may be sent."""
        del request
        # A request reserves its moment with the lock, and waits without it: other threads reserve the next ones.
        with self._lock:
            now = self._clock.monotonic()
            wait, self._next = max(0.0, self._next - now), max(now, self._next) + self._interval
        if wait:
            self._clock.sleep(wait)


# The limit of a rate and clock, which all clients of the process share.
rate_limit = lru_cache(maxsize=8)(RateLimit)


def ncbi_key(environ: Mapping[str, str]) -> str:
    """The user's key of NCBI; empty without one.

    Args:
        environ: The environment's variables.
    """
    return next((value for name in _KEYS if (value := environ.get(name, "").strip())), "")


def eutils(options: ArchiveOptions) -> EutilsApi:
    """A client of the E-utilities, at the rate that NCBI allows, with the user's key if there is one.

    Args:
        options: How it works.
    """
    key, url = ncbi_key(options.environ), options.environ.get("OMICS_EUTILS_URL") or None
    sends_key = bool(key) and (url is None or is_confidential(url))
    credentials = ApiKey(key, query="api_key") if sends_key else None
    limit = rate_limit(10 if sends_key else 3, options.clock)
    return client_of(EutilsApi, "EUTILS", options, credentials=credentials, before_request=limit)


class Entrez(Closing):
    """Runs of the SRA, as NCBI describes them.

    Args:
        options: How it works.
    """

    def __init__(self, options: ArchiveOptions) -> None:
        self._clock = options.clock
        self._client = eutils(options)

    def close(self) -> None:
        self._client.close()

    def runs(self, accessions: Sequence[str]) -> Iterator[dict[str, str]]:
        """Yield the run information of all runs of some records.

        Args:
            accessions: Accessions of any level, or of samples of GEO; at most a hundred.

        Raises:
            APIError: NCBI refused the request.
            DecodeError: It answered something else, or describes fewer experiments than it has found.
        """
        requested, experiments = frozenset(accessions), set[str]()
        matches = self._search(" OR ".join(accessions))
        count = declared_number(matches.count, "count", _SEARCH, text=True) or 0
        for start in range(0, count, PAGE):
            with self._client.read_records.stream(
                db="sra",
                web_env=matches.webenv or "",
                query_key=matches.querykey or "",
                rettype="runinfo",
                retmode="text",
                retstart=start,
                retmax=PAGE,
            ) as body:
                for row in table_rows(body, _READ, "Run", ","):
                    experiments.add(row.get("Experiment", ""))
                    # A search for an accession also finds records that only mention it.
                    if any(row.get(column) in requested for column in _ACCESSIONS):
                        yield row
        # A match of a search is an experiment, which has any number of runs.
        if len(experiments) < count:
            raise DecodeError(_READ, "", f"{len(experiments):,} experiments", expected=f"the {count:,} that were found")

    def _search(self, term: str) -> Matches:
        response = self._response(term)
        for _ in range(ATTEMPTS - 1):
            if response.error is None:
                break
            self._clock.sleep(1)
            response = self._response(term)
        if response.error is not None:
            remedy = "Set NCBI_API_KEY to a key of your NCBI account, or try again later."
            kind = RateLimited if "rate limit" in response.error else APIError
            raise kind(f"{_SEARCH}: {response.error}", remedy=remedy)
        matches = response.esearchresult
        if matches is None:
            raise DecodeError(_SEARCH, "esearchresult", None, expected="the matches")
        check_fields(_SEARCH, matches, optional=("error", "webenv"), path="esearchresult")
        if matches.error is not None:
            raise APIError(f"{_SEARCH}: {matches.error}", remedy="Check the accession.")
        return matches

    def _response(self, term: str) -> Search:
        response = self._client.search_records(db="sra", term=term, usehistory="y", retmax=0, retmode="json")
        check_fields(_SEARCH, response, optional=("error",))
        return response
