"""What NCBI has: projects, their samples, and the sequencing runs of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree import ElementTree

from omicsdk.core.errors import NotFound
from omicsdk.pangea.ncbi.entrez import Entrez

if TYPE_CHECKING:
    from omicsdk.pangea.objects.analysis_result import SampleAnalysisResult
    from omicsdk.pangea.objects.field import SampleAnalysisResultField
    from omicsdk.pangea.objects.organization import Organization
    from omicsdk.pangea.objects.sample import Sample
    from omicsdk.pangea.objects.sample_group import SampleGroup

READS = "raw::raw_reads"
"""The module that a run becomes a result of."""


class Record:
    """A record of one of NCBI's databases.

    Args:
        accession: Its accession, or its number in the database.
        entrez: Asks NCBI; by default NCBI's own servers are asked.
    """

    database: ClassVar[str] = ""
    prefix: ClassVar[str] = ""
    """What an accession has before its number in the database."""

    def __init__(self, accession: str, entrez: Entrez | None = None) -> None:
        self.accession = accession
        self.entrez = entrez or Entrez()
        self.root: ElementTree.Element | None = None
        self._id = ""

    @property
    def accession_num(self) -> str:
        """Its number in the database, as far as the accession tells it."""
        return self.accession.removeprefix(self.prefix)

    @property
    def xml(self) -> ElementTree.Element:
        """The record, which is fetched once.

        Raises:
            NotFound: There is none.
            OmicsError: NCBI refused, or didn't answer.
        """
        if self.root is None:
            self.root = self.entrez.fetch(self.database, self.id)
            self._read(self.root)
        return self.root

    @property
    def id(self) -> str:
        """Its number in the database; one whose accession doesn't tell it is searched for."""
        if not self._id:
            number = self.accession_num
            if not number.isdecimal():
                found = self.entrez.search(self.database, f"{self.accession}[Accession]")
                if not found:
                    raise NotFound(f"NCBI has no {self.accession} in {self.database}", remedy="Check the accession.")
                number = found[0]
            self._id = number
        return self._id

    def fetch(self) -> Record:
        """Fetches it, unless it was fetched.

        Returns:
            This object.
        """
        assert self.xml is not None
        return self

    def metadata(self) -> dict[str, Any]:
        """What goes with it to Pangea: the record itself, as the member ncbi_xml."""
        return {"ncbi_xml": ElementTree.tostring(self.xml, encoding="unicode")}

    def _read(self, root: ElementTree.Element) -> None:
        """Learns from the record."""

    def __str__(self) -> str:
        return f"<{type(self).__name__} accession={self.accession} />"

    __repr__ = __str__


class BioProject(Record):
    """A project; it becomes a library.

    Args:
        accession: Such as PRJNA257197.
        entrez: Asks NCBI; by default NCBI's own servers are asked.
    """

    database: ClassVar[str] = "bioproject"
    prefix: ClassVar[str] = "PRJNA"

    def biosamples(self) -> Iterator[BioSample]:
        """Yields its samples.

        Raises:
            OmicsError: NCBI refused, or didn't answer.
        """
        for each in self.entrez.links(self.database, self.id, "bioproject_biosample"):
            yield BioSample(each, self)

    def pangea_obj(self, org: Organization) -> SampleGroup:
        """Makes the library that it becomes, which isn't on the server yet.

        Args:
            org: The organization.
        """
        return org.sample_group(self.accession, metadata=self.metadata(), is_library=True)


class BioSample(Record):
    """A sample.

    Args:
        accession: Such as SAMN02951962, or its number.
        bioproject: The project that it is in, if it is known.
        entrez: Asks NCBI; by default who asks for the project.
    """

    database: ClassVar[str] = "biosample"
    prefix: ClassVar[str] = "SAMN"

    def __init__(self, accession: str, bioproject: BioProject | None = None, entrez: Entrez | None = None) -> None:
        super().__init__(accession, entrez or (bioproject.entrez if bioproject is not None else None))
        self.bioproject = bioproject

    def sra(self) -> Iterator[SRARecord]:
        """Yields its experiments in the Sequence Read Archive.

        Raises:
            OmicsError: NCBI refused, or didn't answer.
        """
        for each in self.entrez.links(self.database, self.id, "biosample_sra"):
            yield SRARecord(each, self)

    def pangea_obj(self, grp: SampleGroup) -> Sample:
        """Makes the sample that it becomes, which isn't on the server yet.

        Args:
            grp: The library.
        """
        metadata = self.metadata()  # and with it the accession
        return grp.sample(self.accession, metadata=metadata)

    def _read(self, root: ElementTree.Element) -> None:
        told = root.find("BioSample")
        self.accession = self.accession if told is None else told.get("accession", self.accession)


class SRARecord(Record):
    """An experiment in the Sequence Read Archive, with its runs.

    Args:
        accession: Such as SRX674277, or its number.
        biosample: The sample that was sequenced, if it is known.
        entrez: Asks NCBI; by default who asks for the sample.
    """

    database: ClassVar[str] = "sra"

    def __init__(self, accession: str, biosample: BioSample | None = None, entrez: Entrez | None = None) -> None:
        super().__init__(accession, entrez or (biosample.entrez if biosample is not None else None))
        self.biosample = biosample

    def runs(self) -> list[dict[str, Any]]:
        """Gives its runs, as a field stores each: url, md5, the archive's whole record of the file, and where else it is.

        Raises:
            NotFound: It has no run with a file.
            OmicsError: NCBI refused, or didn't answer.
        """
        found = [data for run in self.xml.iter("RUN") if (data := _stored(run)) is not None]
        if not found:
            raise NotFound(f"{self.accession} has no run with a file", remedy="Its runs may not be public.")
        return found

    def analysis_result_blob(self) -> dict[str, Any]:
        """Gives the first run; errors as those of `runs`."""
        return self.runs()[0]

    def pangea_obj(self, sample: Sample) -> tuple[SampleAnalysisResult, SampleAnalysisResultField]:
        """Makes the result and the field that its first run becomes, which aren't on the server yet.

        Args:
            sample: The sample.
        """
        data, metadata = self.analysis_result_blob(), self.metadata()
        result = sample.analysis_result(READS, replicate=self.accession, metadata=metadata)
        return result, result.field("sra_run", data=data)

    def _read(self, root: ElementTree.Element) -> None:
        told = root.find(".//EXPERIMENT")
        self.accession = self.accession if told is None else told.get("accession", self.accession)


def _stored(run: ElementTree.Element) -> dict[str, Any] | None:
    """The file of a run: the archive's own, which its tools read, before those that were handed in."""
    files = [each for each in run.iter("SRAFile") if each.get("url") and each.get("md5")]
    if not files:
        return None
    file = max(files, key=lambda each: each.get("supertype") == "Primary ETL")
    attributes: Mapping[str, str] = file.attrib
    return {
        "__type__": "sra",
        "url": attributes["url"],
        "md5": attributes["md5"],
        "full_record": dict(attributes),
        "alternatives": [dict(each.attrib) for each in file.iter("Alternatives")],
    }
