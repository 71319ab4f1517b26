"""Names resolved by the first archive that knows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module

from omicsdk.core.closing import Closing
from omicsdk.core.errors import Interrupted, NotFound
from omicsdk.portals.names.archive import Archive, ArchiveOptions, NamedRow, Reads
from omicsdk.portals.names.grammar import Name

# Archive to `module:class` below this package; imported at the first name of it.
ARCHIVES: dict[str, str] = {
    "ena": "runs:Ena",
    "geo": "geo:Geo",
    "ega": "ega:Ega",
    "gen3": "commons:Gen3Studies",
    "gdc": "gdc:Gdc",
    "azul": "commons:Azul",
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
