"""Archives, which resolve names: their options, rows and interface, and names resolved by the first archive that knows them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeVar

from omicsdk.core.clock import SYSTEM_CLOCK, Clock, never
from omicsdk.core.closing import Closing
from omicsdk.core.errors import Interrupted, NotFound
from omicsdk.core.plain_client import stopping_by
from omicsdk.portals.names.grammar import Name

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.client import Client
    from omicsdk.portals.lists import ListedFile


C = TypeVar("C", bound="Client")

# What to do about runs with controlled access.
CONTROLLED = (
    "Apply for access to its study at https://dbgap.ncbi.nlm.nih.gov, and download it by the tools of the SRA with the "
    "key of your project."
)

# The files of a sequencing run: FASTQ, the archive's own file, or alignments; or the supplementary files of GEO and
# ArrayExpress.
Reads = Literal["fastq", "sra", "bam", "suppl"]


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """Options of archives.

    Attributes:
        reads: Which files of a sequencing run, or of a series of GEO, are meant.
        environ: The environment's variables: `OMICS_<ARCHIVE>_URL` replaces the URL of an archive.
        stopped: Whether to stop; called between requests.
        transport: Replaces the network, for tests.
        clock: The source of time and of waits.
    """

    environ: Mapping[str, str]
    reads: Reads = "fastq"
    stopped: Callable[[], bool] = never
    transport: httpx.BaseTransport | None = None
    clock: Clock = SYSTEM_CLOCK


class NamedRow(NamedTuple):
    """What a name means, one row of the plan and of the result manifest.

    Attributes:
        cells: What the archive states: `accession`, and what tells files apart, such as sample, organism, title and library layout.
        files: Its files; none where the archive has none for it. One that cannot be had has the error.
        note: What the user should know, such as that only the SRA's archive exists; "" for nothing. Equal notes are counted.
    """

    cells: dict[str, str]
    files: Sequence[ListedFile]
    note: str = ""


def client_of(kind: type[C], service: str, options: ArchiveOptions, url: str | None = None, **more: Any) -> C:
    """A client of an archive, whose requests and waits end when its options say so.

    Args:
        kind: Its class.
        service: The archive in `OMICS_<SERVICE>_URL`, which replaces its URL; "" for a platform, whose class finds its own.
        options: How it works.
        url: Its URL; by default that of its document.
        **more: Further arguments of the class.
    """
    base_url = (options.environ.get(f"OMICS_{service}_URL", "").strip() if service else "") or url
    client = kind(base_url, transport=options.transport, environ=options.environ, clock=options.clock, **more)
    return stopping_by(client, options.stopped)


class Archive(Closing):
    """An archive, or a portal, that knows names.

    Args:
        options: How it works.

    Attributes:
        title: What it is called in messages, such as `the ENA`.
        opened: Closes what the archive opened, when it is closed.
    """

    title: ClassVar[str]

    def __init__(self, options: ArchiveOptions) -> None:
        self.options = options
        self.opened = ExitStack()
        self._clients: dict[tuple[str, str | None], Any] = {}

    def close(self) -> None:
        self.opened.close()

    def client(self, kind: type[C], service: str, url: str | None = None, **more: Any) -> C:
        """The client of a URL, made at its first use; arguments as those of `client_of`."""
        if (service, url) not in self._clients:
            self._clients[service, url] = self.opened.enter_context(client_of(kind, service, self.options, url, **more))
        return self._clients[service, url]

    @abstractmethod
    def rows(self, name: Name) -> Iterator[NamedRow]:
        """Resolve a name: one row a run, file or record, as its response is read.

        Args:
            name: A name of this archive.

        Returns:
            The rows; at least one, since a name without data is an error.

        Raises:
            NotFound: The archive does not know it; raised before the first row.
            Forbidden: Its data need an application; the remedy says where.
            APIError: The archive refused the request, or responded with an error page.
            DecodeError: It answered something else than it documents.
        """


# Archive to `module:class` below this package; imported at the first name of it.
ARCHIVES: dict[str, str] = {
    "ena": "sequencing:Ena",
    "geo": "geo:Geo",
    "ega": "sequencing:Ega",
    "gen3": "gen3:Gen3Studies",
    "gdc": "gdc:Gdc",
    "azul": "azul:Azul",
    "biostudies": "studies:BioStudies",
    "pride": "studies:Pride",
    "metabolights": "studies:MetaboLights",
    "doi": "registries:Doi",
    "zenodo": "repositories:Zenodo",
    "figshare": "repositories:Figshare",
    "dataverse": "repositories:Dataverse",
    "dryad": "repositories:Dryad",
    "identifiers": "registries:Identifiers",
}


class Archives(Closing):
    """The archives, opened when one is first needed.

    Args:
        options: How they work.
    """

    def __init__(self, options: ArchiveOptions) -> None:
        self._options = options
        self._open: dict[tuple[str, Reads], Archive] = {}

    def of(self, archive: str, reads: Reads | None = None) -> Archive:
        """An archive.

        Args:
            archive: A key of ARCHIVES.
            reads: Which files of a run are meant, instead of those of the options.
        """
        key = archive, reads or self._options.reads
        if key not in self._open:
            module, _, name = ARCHIVES[archive].partition(":")
            kind: type[Archive] = getattr(import_module(f"{__package__}.{module}"), name)
            self._open[key] = kind(replace(self._options, reads=key[1]))
        return self._open[key]

    def rows(self, names: Sequence[Name], reads: Reads | None = None) -> Iterator[NamedRow]:
        """The rows of the first of several names that its archive knows.

        Args:
            names: What a text may be, as `names_in` returns it; at least one.
            reads: As for `of`.

        Raises:
            NotFound: None of the archives knows it, or it has no files there.
            Interrupted: It was stopped.
        """
        unknown: list[NotFound] = []
        for name in names:
            archive = self.of(name.archive, reads)
            rows = archive.rows(name)
            try:
                first = next(rows, None)
                if first is None:
                    remedy = "See its page for where its data are."
                    raise NotFound(f"{archive.title} lists no files of {name.text}", remedy=remedy)
            except NotFound as error:
                unknown.append(error)
                continue
            yield first
            for row in rows:
                if self._options.stopped():
                    raise Interrupted("Stopped while an archive was asked for files")
                yield row
            return
        if len(unknown) == 1:
            raise unknown[0]
        archives = " and ".join(self.of(name.archive).title for name in names)
        raise NotFound(f"{names[0].text}: unknown to {archives}", remedy="Check the identifier.")

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()
