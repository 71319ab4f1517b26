"""Links to NCBI: records of its databases by the E-utilities, and libraries from BioProjects.

E-utilities: https://www.ncbi.nlm.nih.gov/books/NBK25499/

    from omicsdk import Pangea

    Pangea().link_bioproject("My Lab", "PRJNA257197")
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from itertools import chain, count
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree import ElementTree

from omicsdk_api.pangea import PangeaApi
from omicsdk_api.pangea.models.sample_group import SampleGroup

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, DecodeError, NotFound, OmicsError
from omicsdk.core.logs import logger
from omicsdk.core.plain_client import PlainClient, clock_of, exchange_of, plain_request
from omicsdk.core.type_guards import is_object
from omicsdk.pangea.fields import ResultId
from omicsdk.pangea.listings import ensure_result, ensure_sample, ensure_tag, find_organization, find_sample_group
from omicsdk.pangea.login import PasswordLogin
from omicsdk.pangea.responses import identified

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.pangea.models.sample import Sample

__all__ = ["BioProject", "BioSample", "Entrez", "SRARecord", "entrez_of", "link_bioproject"]

# The module that a run becomes a result of.
READS = "raw::raw_reads"
# Tags of groups and samples that are links.
PROJECT_TAG, SAMPLE_TAG, RUNS_TAG = "NCBI BioProject", "NCBI BioSample", "NCBI SRA"
# Where the E-utilities are.
ADDRESS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
# Environment variable: your own key, with which NCBI accepts more requests.
KEY_VARIABLE = "NCBI_API_KEY"
# Seconds from one request to the next: NCBI asks for at most three a second, ten with a key.
PAUSE, PAUSE_WITH_KEY = 0.34, 0.1
# Members of a run's field by which it is recognised: NCBI moves files, and users edit fields.
_IDENTITY = ("url", "md5")
# Roots of the E-utilities' own responses, in which they report failures; a record may have any elements.
_RESULTS = frozenset({"eFetchResult", "eLinkResult", "eSearchResult"})


_log = logger("omicsdk.pangea")


class Entrez(PlainClient):
    """The E-utilities. Thread-safe; close it, or use it in a `with` block.

    Args:
        base_url: Where they are; by default NCBI's own.
        email: The address at which NCBI may contact you about the requests.
        api_key: Your own key; by default NCBI_API_KEY.
        transport: Replaces the network, for tests.
        clock: Returns the time and sleeps.
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
        self._identification = {name: value for name, value in (("email", email), ("api_key", key)) if value}
        self._pause = PAUSE_WITH_KEY if key else PAUSE
        self._clock = clock
        self._turn = threading.Lock()
        self._next = 0.0

    def fetch(self, database: str, record: str) -> ElementTree.Element:
        """Return a record.

        Args:
            database: Such as bioproject.
            record: Its id.

        Raises:
            NotFound: There is none.
            DecodeError: The response is not XML.
            OmicsError: NCBI refused, or did not respond.
        """
        root = self._response("efetch.fcgi", {"db": database, "id": record, "retmode": "xml"})
        if not len(root) or root.find(".//error") is not None:
            raise NotFound(f"record {record} not found in NCBI's database {database}", remedy="Check the accession.")
        return root

    def links(self, database: str, record: str, link: str) -> list[str]:
        """Return the ids of a record's linked records.

        Args:
            database: The record's database.
            record: Its id.
            link: The kind of link, such as bioproject_biosample.

        Raises:
            DecodeError: The response is not XML.
            OmicsError: NCBI refused, or did not respond.
        """
        query = {"dbfrom": database, "db": link.rpartition("_")[2], "id": record, "linkname": link}
        root = self._response("elink.fcgi", query, "eLinkResult")
        return [element.text for element in root.iterfind("./LinkSet/LinkSetDb/Link/Id") if element.text]

    def search(self, database: str, term: str) -> list[str]:
        """Return the ids of the records that a search matches.

        Args:
            database: Where to search.
            term: The search term, in Entrez's syntax.

        Raises:
            DecodeError: The response is not XML.
            OmicsError: NCBI refused, or did not respond.
        """
        root = self._response("esearch.fcgi", {"db": database, "term": term}, "eSearchResult")
        return [element.text for element in root.iterfind("./IdList/Id") if element.text]

    def _response(self, program: str, query: Mapping[str, str], expected: str = "") -> ElementTree.Element:
        """Send a request; return the root of its response, of the expected name if there is one."""
        self._wait()
        sent = {**query, "tool": "omicsdk", **self._identification}
        request = plain_request(program, "GET", f"/{program}", query=list(sent.items()), headers={"accept": "*/*"})
        content = self.send(request).content
        try:
            # In UTF-16, too. Entities within entities could fill the memory.
            if b"<!ENTITY" in content.replace(b"\0", b""):
                raise ElementTree.ParseError
            root = ElementTree.fromstring(content)  # noqa: S314 - it declares no entities
            if expected and root.tag != expected:
                raise ElementTree.ParseError
        except (ElementTree.ParseError, LookupError, ValueError):  # the latter of an encoding that the parser lacks
            beginning = content[:200].decode("utf-8", "replace")
            raise DecodeError(program, "the body", beginning, expected=expected or "XML") from None
        # With status 200: without this, a failed lookup of links would be a record without links.
        if root.tag in _RESULTS and (error := root.findtext(".//ERROR")) is not None:
            raise APIError(f"{program}: {error}", operation=program, remedy="Check the accession, or try again later.")
        return root

    def _wait(self) -> None:
        with self._turn:
            now = self._clock.monotonic()
            if now < self._next:
                self._clock.sleep(self._next - now)
            self._next = max(now, self._next) + self._pause


# -- records


class Record:
    """A record of one of NCBI's databases.

    Args:
        accession: Its accession, or its number in the database.
        entrez: The client of NCBI; by default one of NCBI's own servers.
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
        """Its number in the database, if the accession contains it."""
        return self.accession.removeprefix(self.prefix)

    @property
    def xml(self) -> ElementTree.Element:
        """The record, which is fetched once.

        Raises:
            NotFound: There is none.
            OmicsError: NCBI refused, or did not respond.
        """
        if self.root is None:
            self.root = self.entrez.fetch(self.database, self.id)
            self._read(self.root)
        return self.root

    @property
    def id(self) -> str:
        """Its number in the database, looked up if the accession does not contain it."""
        if not self._id:
            number = self.accession_num
            if not number.isdecimal():
                match = self.entrez.search(self.database, f"{self.accession}[Accession]")
                if not match:
                    raise NotFound(
                        f"{self.accession} not found in NCBI's database {self.database}", remedy="Check the accession."
                    )
                number = match[0]
            self._id = number
        return self._id

    def fetch(self) -> Record:
        """Fetch it, unless it was fetched.

        Returns:
            This object.
        """
        assert self.xml is not None
        return self

    def metadata(self) -> dict[str, Any]:
        """Its metadata on Pangea: the record itself, as the member ncbi_xml."""
        return {"ncbi_xml": ElementTree.tostring(self.xml, encoding="unicode")}

    def _read(self, root: ElementTree.Element) -> None:
        """Take what the record states."""

    def __str__(self) -> str:
        return f"<{type(self).__name__} accession={self.accession} />"

    __repr__ = __str__


class BioProject(Record):
    """A project; it becomes a library.

    Args:
        accession: Such as PRJNA257197.
        entrez: The client of NCBI; by default one of NCBI's own servers.
    """

    database: ClassVar[str] = "bioproject"
    prefix: ClassVar[str] = "PRJNA"

    def biosamples(self) -> Iterator[BioSample]:
        """Yield its samples.

        Raises:
            OmicsError: NCBI refused, or did not respond.
        """
        for link in self.entrez.links(self.database, self.id, "bioproject_biosample"):
            yield BioSample(link, self)


class BioSample(Record):
    """A sample.

    Args:
        accession: Such as SAMN02951962, or its number.
        bioproject: The project that it is in, if it is known.
        entrez: The client of NCBI; by default that of the project.
    """

    database: ClassVar[str] = "biosample"
    prefix: ClassVar[str] = "SAMN"

    def __init__(self, accession: str, bioproject: BioProject | None = None, entrez: Entrez | None = None) -> None:
        super().__init__(accession, entrez or (bioproject.entrez if bioproject is not None else None))
        self.bioproject = bioproject

    def sra(self) -> Iterator[SRARecord]:
        """Yield its experiments in the Sequence Read Archive.

        Raises:
            OmicsError: NCBI refused, or did not respond.
        """
        for link in self.entrez.links(self.database, self.id, "biosample_sra"):
            yield SRARecord(link, self)

    def _read(self, root: ElementTree.Element) -> None:
        sample_xml = root.find("BioSample")
        self.accession = self.accession if sample_xml is None else sample_xml.get("accession", self.accession)


class SRARecord(Record):
    """An experiment in the Sequence Read Archive, with its runs.

    Args:
        accession: Such as SRX674277, or its number.
        biosample: The sample that was sequenced, if it is known.
        entrez: The client of NCBI; by default that of the sample.
    """

    database: ClassVar[str] = "sra"

    def __init__(self, accession: str, biosample: BioSample | None = None, entrez: Entrez | None = None) -> None:
        super().__init__(accession, entrez or (biosample.entrez if biosample is not None else None))
        self.biosample = biosample

    def runs(self) -> list[dict[str, Any]]:
        """Return its runs, as a field stores each: url, md5, the archive's whole record of the file, and its other locations.

        Raises:
            NotFound: It has no run with a file.
            OmicsError: NCBI refused, or did not respond.
        """
        runs = [data for run in self.xml.iter("RUN") if (data := _stored(run)) is not None]
        if not runs:
            raise NotFound(
                f"{self.accession} has no run with a file", remedy="Check the accession; its runs may not be public."
            )
        return runs

    def analysis_result_blob(self) -> dict[str, Any]:
        """Return the first run; errors as those of `runs`."""
        return self.runs()[0]

    def _read(self, root: ElementTree.Element) -> None:
        experiment = root.find(".//EXPERIMENT")
        self.accession = self.accession if experiment is None else experiment.get("accession", self.accession)


def _stored(run: ElementTree.Element) -> dict[str, Any] | None:
    """Return the file of a run: the archive's own, which its tools read, else a submitted one."""
    files = [file for file in run.iter("SRAFile") if file.get("url") and file.get("md5")]
    if not files:
        return None
    file = max(files, key=lambda file: file.get("supertype") == "Primary ETL")
    attributes: Mapping[str, str] = file.attrib
    return {
        "__type__": "sra",
        "url": attributes["url"],
        "md5": attributes["md5"],
        "full_record": dict(attributes),
        "alternatives": [dict(alternative.attrib) for alternative in file.iter("Alternatives")],
    }


def entrez_of(client: PangeaApi) -> Entrez:
    """Return a client of NCBI, which may contact the user of a Pangea login about its requests.

    Args:
        client: The Pangea server.
    """
    login = exchange_of(client).transport.credentials
    return Entrez(email=login.email if isinstance(login, PasswordLogin) else "", clock=clock_of(client))


# -- linking


def link_bioproject(
    client: PangeaApi, organization: str, accession: str, *, entrez: Entrez | None = None
) -> SampleGroup:
    """Create a library from a BioProject of NCBI.

    It has a sample for each of the project's samples, a result for each experiment, and a field for each run. The
    fields refer to the runs; no file is copied. Existing objects are not changed: repeat the call to resume, or when
    the project has more samples or runs.

    Args:
        organization: The name of the organization, or its uuid.
        accession: The project's accession, such as PRJNA257197.
        entrez: The client of NCBI; by default that of `entrez_of`.

    Returns:
        The library.

    Raises:
        NotFound: NCBI has no such project, or Pangea no such organization.
        OmicsError: Pangea or NCBI refused, or did not respond.
    """
    if entrez is None:
        with entrez_of(client) as entrez_client:
            return link_bioproject(client, organization, accession, entrez=entrez_client)
    project = BioProject(accession, entrez)
    library = _library(client, find_organization(client, organization).uuid, project)
    tags = {name: ensure_tag(client, name).uuid for name in (PROJECT_TAG, SAMPLE_TAG, RUNS_TAG)}
    client.tag_sample_group(tag_pk=tags[PROJECT_TAG], sample_group_uuid=library.uuid)
    for biosample in project.biosamples():
        metadata = biosample.metadata()  # and with it the accession
        sample = ensure_sample(client, library.uuid, biosample.accession, metadata)
        client.tag_sample(tag_pk=tags[SAMPLE_TAG], sample_uuid=sample.uuid)
        linked = [_link_runs(client, sample, record) for record in biosample.sra()]
        if any(linked):
            client.tag_sample(tag_pk=tags[RUNS_TAG], sample_uuid=sample.uuid)
        _log.info("%s: linked", sample.name)
    return library


def _library(client: PangeaApi, organization: str, project: BioProject) -> SampleGroup:
    """Return the project's library, private if it is new."""
    try:
        library = find_sample_group(client, organization, project.accession)
    except NotFound:
        library = identified(
            client.create_sample_group(
                name=project.accession,
                organization=organization,
                is_library=True,
                is_public=False,
                metadata=project.metadata(),
            )
        )
        if library.is_public:
            raise OmicsError(
                f"The group {library.name!r} ({library.uuid}) was requested as private, but the server made it public",
                remedy="Delete it or make it private.",
            ) from None
    if not library.is_library:
        raise OmicsError(
            f"The group {library.name!r} is not a library", remedy="Delete it, or link into another organization."
        )
    return library


def _link_runs(client: PangeaApi, sample: Sample, record: SRARecord) -> bool:
    """Link the runs of an experiment; whether it has any."""
    try:
        runs = record.runs()
    except NotFound as error:
        _log.warning("%s: %s", sample.name, error)
        return False
    result = ensure_result(client, sample.uuid, READS, record.accession, private=False, metadata=record.metadata())
    fields = {field.name: field.stored_data for field in ResultId(result.uuid).fields(client)}
    stored = [data for data in fields.values() if is_object(data)]
    linked = {text for data in stored for name in _IDENTITY if isinstance(text := data.get(name), str)}
    free_names = (name for name in chain(["sra_run"], map("sra_run_{}".format, count(2))) if name not in fields)
    for data in runs:
        # Not by its position, which changes when NCBI releases a run before it.
        if linked.isdisjoint(data[name] for name in _IDENTITY):
            client.create_sample_analysis_result_field(
                name=next(free_names), stored_data=data, analysis_result=result.uuid
            )
    return True
