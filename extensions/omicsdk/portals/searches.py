"""Search the portals for data: one query, all portals side by side, one table, and an end after a few seconds.

A portal's searcher (`searchers`, `atlas_searchers`) turns the query into that of its service, and its responses into rows, as they arrive.
What has arrived at the deadline is shown; portals that did not respond, or not to the end, are named. Each row's id is a name that
`omicsdk.get` resolves.
"""

from __future__ import annotations

import os
import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import zip_longest
from threading import Event
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar, get_args

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.display import Displayed
from omicsdk.core.errors import Interrupted, OmicsError, TimedOut, UsageError
from omicsdk.core.late_names import LateModule
from omicsdk.core.retry import Retry
from omicsdk.core.threads import Workers, ended
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.portals.names.archive import ArchiveOptions, client_of
from omicsdk.portals.names.grammar import names_in

if TYPE_CHECKING:
    import httpx
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part

    from omicsdk.core.client import Client

    C = TypeVar("C", bound=Client)
else:
    pandas = LateModule("pandas")

Portal = Literal["azul", "gdc", "ena", "geo", "zenodo", "biostudies", "pride", "figshare", "dataverse", "dryad", "gen3"]
# Portal to `module:class` beside this module, in the order of the table; imported when it is searched.
SEARCHERS: dict[str, str] = {
    "azul": "atlas_searchers:AzulSearch",
    "gdc": "atlas_searchers:GdcSearch",
    "ena": "searchers:EnaSearch",
    "geo": "searchers:GeoSearch",
    "zenodo": "searchers:ZenodoSearch",
    "biostudies": "searchers:BioStudiesSearch",
    "pride": "searchers:PrideSearch",
    "figshare": "searchers:FigshareSearch",
    "dataverse": "searchers:DataverseSearch",
    "dryad": "searchers:DryadSearch",
    "gen3": "atlas_searchers:Gen3Search",
}

# The portals that are searched where none are named, separated by commas.
PORTALS_VARIABLE = "OMICS_SEARCH_PORTALS"
# The time of a search: a command takes less than 10 s with its start.
SECONDS = 9.0
# A service that fails is asked once more, not until the search ends.
RETRY = Retry(attempts=2)


class Query(NamedTuple):
    """What is searched for.

    Attributes:
        terms: Words and phrases, all of which must occur; each in any of its spellings, the user's first.
        organism: The scientific name of the organism; empty for any.
        limit: Most rows, from all portals together.
    """

    terms: tuple[tuple[str, ...], ...]
    organism: str
    limit: int

    def occurs_in(self, *texts: str) -> bool:
        """Whether all terms occur at the beginnings of words of some texts, and the organism in them.

        Args:
            texts: The texts.
        """
        joined = f" {' '.join(map(_spaced, texts))}"
        has_terms = all(any(f" {_spaced(spelling)}" in joined for spelling in term) for term in self.terms)
        return has_terms and _spaced(self.organism) in joined


class Hit(NamedTuple):
    """A row of the result.

    Attributes:
        portal: The portal.
        id: A name that `omicsdk.get` resolves.
        title: Its title.
        organism: The scientific names of its organisms; empty where the portal does not state them.
        files: The number of its files; None where the portal does not state it.
        size: The bytes of its files; None where the portal does not state them.
        access: `open`, `controlled`, `mixed`, or the portal's own word; empty where the portal does not state it.
    """

    portal: str
    id: str
    title: str
    organism: str = ""
    files: int | None = None
    size: int | None = None
    access: str = ""


@dataclass(frozen=True, repr=False)
class SearchResult(Displayed):
    """What the portals have.

    Attributes:
        hits: The rows: the best one of each portal first, then the second ones.
        failed: Why portals did not respond, or not to the end, by their names.
        searched: The portals that were searched.
        is_cut: Whether there are more than `limit` rows.
    """

    hits: Sequence[Hit]
    failed: Mapping[str, OmicsError]
    searched: Sequence[str]
    is_cut: bool = False

    def __fields__(self) -> Iterator[tuple[str, object]]:
        """The fields, with the reasons of portals that failed."""
        yield "hits", list(self.hits)
        yield "failed", [f"{portal}: {error}" for portal, error in self.failed.items()]
        yield "searched", self.searched
        yield "is_cut", self.is_cut

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def to_frame(self, columns: str | Sequence[str] | None = None) -> pandas.DataFrame:
        """Return the rows as a data frame of pandas.

        Args:
            columns: Name, or names, of columns; by default all.

        Raises:
            MissingExtra: pandas is not installed.
            UsageError: There is no such column.
        """
        from omicsdk.core.items import frame_of

        return frame_of((hit._asdict() for hit in self.hits), columns, Hit._fields)

    def __len__(self) -> int:
        return len(self.hits)


class Searcher:
    """The search of a portal, for one query.

    Args:
        options: How it works.

    Attributes:
        portal: Its name: a key of SEARCHERS, and of archives of names.
        title: What it is called in messages.
    """

    portal: str
    title: str

    def __init__(self, options: ArchiveOptions) -> None:
        self.options = options

    def is_configured(self) -> bool:
        """Whether it is searched where no portals are named."""
        return True

    @abstractmethod
    def hits(self, query: Query) -> Iterator[Hit]:
        """Search, and yield rows as responses arrive, the best first.

        Args:
            query: The query; rows beyond its limit are not read.

        Raises:
            OmicsError: The service failed.
        """

    def client(self, kind: type[C], service: str = "") -> C:
        """A client of the service, which is asked once more where it fails, and not after the search.

        Args:
            kind: Its class.
            service: As of `client_of`.
        """
        return client_of(kind, service, self.options, retry=RETRY, timeout=SECONDS)

    def named(self, id: str) -> str:
        """An identifier of the archive as a name, with the archive in front if it alone is not one of its names.

        Args:
            id: The identifier.
        """
        names = names_in(id)
        return id if names and names[0].archive == self.portal else f"{self.portal}:{id}"


def search(
    text: str,
    *,
    portals: str | Sequence[Portal] = (),
    organism: str = "",
    assay: str = "",
    limit: int = 30,
) -> SearchResult:
    """Search portals for data, all at the same time, within 10 seconds.

    Azul (the Human Cell Atlas), the GDC, ENA, GEO, Zenodo, ArrayExpress (BioStudies), PRIDE, Figshare, Harvard's Dataverse, Dryad and, if it is
    configured, a Gen3 commons are searched. The id of each row is a name for `omics get`. A portal that does not respond is
    named, and the rows of the others are shown.

    Args:
        text: Words that must all occur; a phrase in double quotes is one. Common spellings of an assay mean the same, such as
            scRNA and "single cell".
        portals: Portals to search; by default those of OMICS_SEARCH_PORTALS, or all.
        organism: Only data of this organism: its scientific name, or a common one such as human or mouse.
        assay: Only data of this assay, such as scRNA-seq or ATAC-seq.
        limit: Show at most this number of rows, from all portals together.

    Returns:
        The rows, and the portals that failed.

    Raises:
        UsageError: The text is empty, or a portal is unknown.

    Example:
        for hit in omicsdk.search("retina scRNA", organism="human"):
            print(hit.portal, hit.id, hit.title)
    """
    query = query_of(text, organism=organism, assay=assay, limit=limit)
    chosen: Sequence[str] = (portals,) if isinstance(portals, str) and portals else portals
    return results(query, chosen, os.environ)


def results(
    query: Query,
    portals: Sequence[str],
    environ: Mapping[str, str],
    *,
    transport: httpx.BaseTransport | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> SearchResult:
    """Search portals.

    Args:
        query: The query.
        portals: Their names; by default those of OMICS_SEARCH_PORTALS, or all that are configured.
        environ: The environment's variables.
        transport: Replaces the network, for tests.
        clock: The clock.

    Raises:
        UsageError: A portal is unknown.
    """
    deadline, left = clock.monotonic() + SECONDS, Event()

    def is_late() -> bool:
        return left.is_set() or clock.monotonic() >= deadline

    options = ArchiveOptions(environ, stopped=is_late, clock=clock, transport=transport)
    source = "" if portals else f"{PORTALS_VARIABLE}: "
    portals = portals or [name for text in environ.get(PORTALS_VARIABLE, "").split(",") if (name := text.strip())]
    if unknown := [name for name in portals if name not in SEARCHERS]:
        remedy = f"Choose from: {', '.join(get_args(Portal))}."
        raise UsageError(f"{source}{unknown[0]!r} is not a portal", remedy=remedy)
    searchers = [_searcher(name)(options) for name in dict.fromkeys(portals or SEARCHERS)]
    searchers = [searcher for searcher in searchers if portals or searcher.is_configured()]
    hits_by_portal: dict[str, list[Hit]] = {searcher.portal: [] for searcher in searchers}
    failed: dict[str, OmicsError] = {}
    try:
        with Workers(len(searchers), "search") as pool:
            calls = {
                searcher.portal: pool.submit(_read, searcher, query, hits_by_portal[searcher.portal], is_late)
                for searcher in searchers
            }
            for searcher, call in zip(searchers, calls.values(), strict=True):
                error = call.result() if ended(call, is_late) else Interrupted()
                if isinstance(error, Interrupted):
                    rows = len(hits_by_portal[searcher.portal])
                    error = TimedOut(
                        f"{searcher.title} did not respond {'to the end ' if rows else ''}within {SECONDS:g} s",
                        remedy="Search again.",
                    )
                if error is not None:
                    failed[searcher.portal] = error
    finally:
        left.set()  # threads that still wait for a service end at their next step
    # Copies: a thread that is late may still append.
    hits = _merged([list(rows) for rows in hits_by_portal.values()])
    return SearchResult(hits[: query.limit], failed, tuple(hits_by_portal), len(hits) > query.limit)


def _searcher(portal: str) -> type[Searcher]:
    module, _, name = SEARCHERS[portal].partition(":")
    return getattr(import_module(f"{__package__}.{module}"), name)


def _read(searcher: Searcher, query: Query, hits: list[Hit], stopped: Callable[[], bool]) -> OmicsError | None:
    """Read rows into a list, which another thread copies at its deadline; return the error of the service."""
    try:
        for hit in searcher.hits(query):
            if stopped():
                return Interrupted()
            hits.append(hit)
            if len(hits) > query.limit:  # one more shows that there are more
                return None
    except OmicsError as error:
        return error
    return None


_COPY = re.compile(r"E-GEOD-(\d+)")


def _merged(rankings: Iterable[Sequence[Hit]]) -> list[Hit]:
    """Return rows by their ranks: scores of different services cannot be compared. GEO's series in ArrayExpress are copies."""
    rows: dict[str, Hit] = {}
    for rank in zip_longest(*rankings):
        for hit in rank:
            if hit is not None:
                copied = _COPY.fullmatch(hit.id)
                rows.setdefault(f"GSE{copied[1]}" if copied else hit.id, hit)
    return list(rows.values())


# -- the query

# Names of assays that mean the same; of each, the first is how searchers know it.
_SPELLINGS = (
    (
        *("scRNA-seq", "scRNAseq", "scRNA", "snRNA-seq", "single cell", "single nucleus", "single nuclei"),
        *("single cell RNA-seq", "single cell RNA sequencing", "single nucleus RNA-seq"),
    ),
    ("scATAC-seq", "scATACseq", "scATAC", "snATAC-seq", "single cell ATAC"),
    ("RNA-seq", "RNAseq", "RNA sequencing", "transcriptome sequencing"),
    ("ATAC-seq", "ATACseq"),
    ("ChIP-seq", "ChIPseq"),
    ("Hi-C", "HiC"),
    ("WGS", "whole genome sequencing"),
    ("WES", "WXS", "whole exome", "exome sequencing"),
    ("bisulfite-seq", "WGBS", "RRBS", "bisulfite sequencing"),
    ("spatial transcriptomics", "Visium", "Slide-seq", "MERFISH"),
)
# Common names of organisms to scientific ones.
_ORGANISMS = {
    "arabidopsis": "Arabidopsis thaliana",
    "chicken": "Gallus gallus",
    "cow": "Bos taurus",
    "dog": "Canis lupus familiaris",
    "fruit fly": "Drosophila melanogaster",
    "human": "Homo sapiens",
    "macaque": "Macaca mulatta",
    "maize": "Zea mays",
    "mouse": "Mus musculus",
    "pig": "Sus scrofa",
    "rat": "Rattus norvegicus",
    "rice": "Oryza sativa",
    "yeast": "Saccharomyces cerevisiae",
    "zebrafish": "Danio rerio",
}
_WORDS = re.compile(r'"([^"]*)"|([^\s"]+)')


def query_of(text: str, *, organism: str = "", assay: str = "", limit: int = 30) -> Query:
    """Make a query of a text.

    Args:
        text: Words, and phrases in double quotes.
        organism: The organism, by its scientific or its common name.
        assay: The assay.
        limit: Most rows.

    Raises:
        UsageError: There is nothing to search for.
    """
    phrases = [" ".join(phrase.split()) or word for phrase, word in _WORDS.findall(text)]
    phrases = [word for word in [*phrases, " ".join(assay.split())] if _spaced(word)]
    if not phrases:
        raise UsageError("Nothing to search for", remedy="Name words, such as: omics search 'retina scRNA'.")
    if limit < 1:
        raise UsageError(f"limit={limit} must be at least 1")
    terms = dict.fromkeys(map(spellings, phrases))
    organism_name = " ".join(organism.split())
    return Query(tuple(terms), _ORGANISMS.get(organism_name.lower(), organism_name), limit)


def spellings(word: str) -> tuple[str, ...]:
    """Return the spellings of a term, its own first, without those that contain another one of several words.

    Args:
        word: A word or phrase.
    """
    names = _names_of(word)
    phrases = [_spaced(name) for name in names if " " in name]
    shortest = (name for name in names if not any(phrase in _spaced(name) != phrase for phrase in phrases))
    return (word, *(name for name in shortest if _joined(name) != _joined(word)))


def assay_of(term: Sequence[str]) -> str:
    """Return the first name of the assay that a term is, by which searchers know it; "" if it is none.

    Args:
        term: The spellings of the term.
    """
    return next(iter(_names_of(term[0])), "")


def _names_of(word: str) -> Sequence[str]:
    return next((names for names in _SPELLINGS if _joined(word) in map(_joined, names)), ())


def _joined(text: str) -> str:
    return _spaced(text).replace(" ", "")


def _spaced(text: str) -> str:
    """Return the words of a text in lower case, with one space between them and none around."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


# -- what several searchers need


def lucene(query: Query, *more: str) -> str:
    """Return a query in the language of Lucene, in which services differ in what two words without an operator mean.

    Args:
        query: The query; its organism is left out, since services have fields for it.
        more: Further conditions in that language.
    """
    terms = (" OR ".join(map(quoted, term)) for term in query.terms)
    return " AND ".join([*(f"({term})" if " OR " in term else term for term in terms), *more])


def quoted(text: str) -> str:
    """Return a text in double quotes, without characters that end them.

    Args:
        text: The text.
    """
    return '"{}"'.format(re.sub(r'["\\]+', " ", text).strip())


_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


def titled(text: str) -> str:
    """Return a title as plain text on one line: some services have HTML in it.

    Args:
        text: The title, as a service states it.
    """
    from html import unescape

    return " ".join(unescape(_TAG.sub("", text)).split())


def texts_in(value: object, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield all texts of a JSON value.

    Args:
        value: The value.
        without: Members of objects that are left out.
    """
    if isinstance(value, str):
        yield value
    elif is_array(value):
        for item in value:
            yield from texts_in(item, without)
    elif is_object(value):
        for name, member in value.items():
            if name not in without:
                yield from texts_in(member, without)
