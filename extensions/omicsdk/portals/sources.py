"""Sources of listed files: one per kind of URL, each with the credentials of its service.

A source completes what a list does not state (names, sizes, checksums), many files at a time, and makes the items of the transfer engine.
Credentials go to the service that they were issued for, and to no URL that only a list names.
"""

from __future__ import annotations

import json
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import quote, unquote

from omicsdk_api.archives.gdc import GdcApi

from omicsdk.core.batches import batches, grouped
from omicsdk.core.checked_json import check_fields
from omicsdk.core.checksums import hexadecimal
from omicsdk.core.clock import never
from omicsdk.core.closing import Closing
from omicsdk.core.consistency import declared_number
from omicsdk.core.credentials import ANONYMOUS, Credentials, is_confidential, origin_of
from omicsdk.core.curl_files import Netrc
from omicsdk.core.errors import (
    ConfigError,
    DecodeError,
    Forbidden,
    Gone,
    NotFound,
    OmicsError,
    Unauthorized,
    error_class,
)
from omicsdk.core.omit import OMIT
from omicsdk.core.plain_client import PlainClient, plain_request, stopping_by
from omicsdk.core.redaction import mask_url
from omicsdk.core.threads import side_by_side
from omicsdk.core.type_guards import only_objects
from omicsdk.drs.credentials import GOOGLE, GOOGLE_VARIABLE, PROJECT_VARIABLE, google_path, google_query
from omicsdk.drs.downloads import expect, item_for, locator_of
from omicsdk.drs.identifiers import parse_drs_id
from omicsdk.drs.objects import DrsObject, in_order
from omicsdk.drs.planning import DrsFile, RequestedObject, find_each
from omicsdk.fs.copying.planning import fitting, source_to_copy
from omicsdk.fs.errors import PathNotFound, Unsupported
from omicsdk.fs.store import Cache, Entry
from omicsdk.fs.uris import WEB, Uri, open_store, parse_uri
from omicsdk.hca.azul.files import AzulFile, of_download, service_of
from omicsdk.portals import gdc
from omicsdk.portals.cells import STORES, URLS
from omicsdk.portals.file_kinds import companions_of
from omicsdk.portals.headings import last_part
from omicsdk.portals.lists import ListedFile, scheme_of
from omicsdk.portals.names.archive import CONTROLLED
from omicsdk.portals.names.gdc import BASIC_FIELDS, file_of, found_files, replaced_by
from omicsdk.transfer import Item, Location
from omicsdk.transfer.network.representations import google_checksums, quickest_checksum

if TYPE_CHECKING:
    from omicsdk_api.archives.sdl import SdlApi
    from omicsdk_api.archives.sdl.models.file import File
    from omicsdk_api.archives.sdl.models.location import Location as LocatedCopy
    from omicsdk_api.archives.sdl.models.run import Run

    from omicsdk.drs.servers import Servers
    from omicsdk.fs.stores.drs import DrsStore
    from omicsdk.fs.stores.s3 import S3Store
    from omicsdk.hca.azul import Azul
    from omicsdk.hca.azul.downloads import Sources as AzulSources
    from omicsdk.hca.dss import Dss, DSSFile
    from omicsdk.hca.dss.files import Locator
    from omicsdk.sb import SevenBridges

# Responses that a source keeps from the plan to the fetch, at most; what is missing is requested again.
KEPT = 10_000


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Options of sources.

    Attributes:
        prefer: Types, clouds or regions of storage that are tried first.
        environ: The environment's variables.
        stopped: Whether to stop; called ten times a second while files are completed.
    """

    prefer: Sequence[str]
    environ: Mapping[str, str]
    stopped: Callable[[], bool] = never


class Source(Closing):
    """Files of one kind. Safe to use from several threads.

    Args:
        kind: The kind: a key of SOURCES.
        options: How it works.

    Attributes:
        missing_login: Where no credentials are configured, how to configure them; "" otherwise.
        refused_login: What to do about credentials that are refused; "" where its error states that.
    """

    missing_login: str = ""
    refused_login: ClassVar[str] = ""
    is_one: ClassVar[bool] = False
    """Whether an address names one file, whatever `complete` states of it."""
    states_all: ClassVar[bool] = False
    """Whether `complete` never states more than a list."""

    def __init__(self, kind: str, options: SourceOptions) -> None:
        self.kind = kind
        self.options = options

    @classmethod
    def states(cls, file: ListedFile) -> bool:
        """Whether a list states all of a file that `complete` would.

        Args:
            file: The file.
        """
        del file
        return cls.states_all

    def complete(self, files: Sequence[ListedFile]) -> list[Sequence[ListedFile]]:
        """Complete what a list states of files.

        Args:
            files: Some files of a list.

        Returns:
            For each, in order, the files that it is: itself, or those of a folder. One that cannot be had has the error.

        Raises:
            ConfigError: The service or its credentials are not configured.
        """
        return [[file] for file in files]

    def related(self, files: Sequence[ListedFile], is_new: Callable[[str], bool]) -> Sequence[Sequence[ListedFile]]:
        """Look up the companions of files: indexes, checksums and annotations.

        Args:
            files: Files that can be had.
            is_new: Whether no file has a name yet, which is then taken.

        Returns:
            For each, in order, those that exist; one that could not be looked up has the error.
        """
        del is_new
        return [()] * len(files)

    @abstractmethod
    def locate(self, file: ListedFile) -> Location:
        """Return where a file's bytes are; called again when a URL has ended.

        Args:
            file: The file.
        """

    def item(self, file: ListedFile, skip: int = 0) -> Item | None:
        """Make the item of a file.

        Args:
            file: The file, which has a name.
            skip: Copies that were tried before.

        Returns:
            The item; None where there is no further copy.
        """
        return (
            None if skip else Item(file.name, partial(self.locate, file), file.size, file.checksums, source=file.source)
        )

    def close(self) -> None:
        if "client" in vars(self):  # made at its first use
            vars(self)["client"].close()


# Errors of a companion that does not exist, or whose existence a service does not state.
_MISSING = (NotFound, PathNotFound, Gone, Unauthorized, Forbidden)


class Beside(Source):
    """Files whose companions are beside them, and are found by a HEAD request each."""

    @cached_property
    def netrc(self) -> Netrc:
        """The logins of the user's netrc file, for files at URLs."""
        return Netrc(self.options.environ)

    def related(self, files: Sequence[ListedFile], is_new: Callable[[str], bool]) -> Sequence[Sequence[ListedFile]]:
        companions = [[companion for companion in companions_of(file) if is_new(companion.name)] for file in files]
        flat = [companion for some in companions for companion in some]
        # Consumed in order below: each file takes as many as it has companions, missing ones included.
        answers = zip(flat, side_by_side(self.examined, flat, self.options.stopped), strict=True)
        return [
            [
                companion._replace(error=answer) if isinstance(answer, OmicsError) else answer
                for companion, answer in islice(answers, len(some))
                if not isinstance(answer, _MISSING)
            ]
            for some in companions
        ]

    @abstractmethod
    def examined(self, file: ListedFile) -> ListedFile:
        """Complete a companion's size and checksums.

        Args:
            file: The companion.

        Raises:
            OmicsError: It does not exist, or cannot be examined.
        """


def _headers_for(url: str, stated: Mapping[str, str], netrc: Netrc) -> Mapping[str, str]:
    """The headers of a list, with a login of the user's netrc file if neither these nor the URL have one."""
    user, at, host = url.split("/", 3)[2].rpartition("@")
    if "authorization" in stated or ":" in user:
        return stated
    return {**netrc.headers(url.replace(f"{user}{at}{host}", host, 1), unquote(user)), **stated}


def _at_url(file: ListedFile, netrc: Netrc) -> ListedFile:
    """A file at a URL with what its server states of it."""
    from omicsdk.fs.stores.http import PAGES, HttpsStore

    info = HttpsStore().head(Location(file.address, _headers_for(file.address, file.headers, netrc)))
    if info.media_type in PAGES:  # some servers send a page in the place of anything
        raise NotFound(f"{file.source}: a web page")
    return file._replace(size=info.size, checksums=info.checksums)


class Urls(Beside):
    """Files at URLs. The only credentials are the headers of the list, sent to the origin of the URL, and the user's netrc file."""

    states_all = True

    def locate(self, file: ListedFile) -> Location:
        return Location(file.address, _headers_for(file.address, file.headers, self.netrc))

    def item(self, file: ListedFile, skip: int = 0) -> Item | None:
        copies = [file.address, *(mirror for mirror in file.mirrors if scheme_of(mirror) in URLS)]
        if skip >= len(copies):
            return None
        # Headers of a list may be secrets for its URL's origin: a mirror elsewhere gets none.
        is_own = origin_of(copies[skip]) == origin_of(file.address)
        headers = _headers_for(copies[skip], file.headers if is_own else {}, self.netrc)
        return Item(file.name, Location(copies[skip], headers, states=quickest_checksum), file.size, file.checksums)

    def examined(self, file: ListedFile) -> ListedFile:
        return _at_url(file, self.netrc)


class Service(Source):
    """Files of a service with its own credentials.

    Raises:
        ConfigError: Its credentials cannot be read, or its URL is one that no secret is sent to.

    Attributes:
        base_url: The URL of the service.
        url_variable: The environment variable of its URL.
        address: Its URL by default.
    """

    url_variable: ClassVar[str]
    address: ClassVar[str]

    def __init__(self, kind: str, options: SourceOptions) -> None:
        super().__init__(kind, options)
        self.base_url = (options.environ.get(self.url_variable) or self.address).rstrip("/")
        self._login = self.credentials()
        if self._login is not None:
            self.missing_login = ""
            if not is_confidential(self.base_url):
                raise ConfigError(f"{self.base_url}: credentials are not sent over http", remedy="Use its https URL.")

    def credentials(self) -> Credentials | None:
        """Its credentials; None if none are configured."""
        return None

    def located(self, url: str) -> Location:
        """A URL of the service, with its credentials.

        Args:
            url: The URL.
        """
        return Location(url, {} if self._login is None else self._login.headers("GET", url))


# -- GDC

# The GDC's endpoint of annotations, at which the companion with those of a file is.
_ANNOTATIONS = "annotations"


class Gdc(Service):
    """Files of the GDC by their UUIDs; controlled ones need a token, which goes to the GDC only."""

    url_variable: ClassVar[str] = gdc.URL_VARIABLE
    address: ClassVar[str] = gdc.HOST
    is_one = True
    missing_login = gdc.REMEDY
    refused_login = gdc.REFUSED

    def credentials(self) -> Credentials | None:
        return gdc.login(self.options.environ)

    def locate(self, file: ListedFile) -> Location:
        if file.address.startswith(f"{_ANNOTATIONS}?"):
            return self.located(f"{self.base_url}/{file.address}")
        return self.located(f"{self.base_url}/data/{quote(file.address, safe='')}")

    @classmethod
    def states(cls, file: ListedFile) -> bool:
        return bool(file.name and file.checksums and file.size is not None)

    @cached_property
    def client(self) -> GdcApi:
        """The client of its interface."""
        client = GdcApi(self.base_url, credentials=self._login, environ=self.options.environ)
        return stopping_by(client, self.options.stopped)

    def complete(self, files: Sequence[ListedFile]) -> list[Sequence[ListedFile]]:
        """Complete names, sizes and checksums, which sample sheets lack, in one request for up to 500."""
        ids = [file.address for file in files if not self.states(file)]
        files_by_id = {
            hit["file_id"]: file_of(hit)
            for some in batches(ids, 500)
            for hit in found_files(self.client, ("file_id",), some, BASIC_FIELDS)
        }
        # A file with a name was complete, or the response lacks it: the download reports why.
        unknown = [file.address for file in files if not file.name and file.address not in files_by_id]
        latest = {old: new for some in batches(unknown, 100) for old, new in replaced_by(self.client, some).items()}
        return [[self._completed(file, files_by_id.get(file.address), latest)] for file in files]

    def related(self, files: Sequence[ListedFile], is_new: Callable[[str], bool]) -> Sequence[Sequence[ListedFile]]:
        """Look up the indexes of files and their annotations, in one request for up to 500 files."""
        fields = ("file_id", *(f"index_files.{field}" for field in BASIC_FIELDS), "annotations.annotation_id")
        hits_by_id = {
            hit["file_id"]: hit
            for some in batches([file.address for file in files], 500)
            for hit in found_files(self.client, ("file_id",), some, fields)
        }
        return [[*self._companions(file, hits_by_id.get(file.address, {}), is_new)] for file in files]

    def _companions(
        self, file: ListedFile, hit: Mapping[str, Any], is_new: Callable[[str], bool]
    ) -> Iterator[ListedFile]:
        folder = file.name[: file.name.rfind("/") + 1]
        for index in map(file_of, only_objects(hit.get("index_files"))):
            if is_new(name := folder + index.name):
                yield index._replace(name=name, folder=file.folder)
        ids = [str(annotation.get("annotation_id")) for annotation in only_objects(hit.get("annotations"))]
        if ids and is_new(name := f"{file.name}.annotations.tsv"):
            filters = {"op": "in", "content": {"field": "annotation_id", "value": ids}}
            # Without a size, the GDC returns ten of them.
            query = f"filters={quote(json.dumps(filters, separators=(',', ':')))}&format=TSV&size={len(ids)}"
            yield ListedFile("gdc", f"{_ANNOTATIONS}?{query}", name, folder=file.folder)

    @staticmethod
    def _completed(file: ListedFile, complete: ListedFile | None, latest: Mapping[str, str]) -> ListedFile:
        if complete is not None:
            return file._replace(
                name=file.name or complete.name,
                size=complete.size if file.size is None else file.size,
                checksums=file.checksums or complete.checksums,
            )
        if file.name:
            return file
        problem, remedy = f"The GDC has no file {file.address}", "Check the UUID."
        if file.address in latest:
            problem, remedy = (
                f"The GDC replaced the file {file.address}",
                f"Use its latest version: {latest[file.address]}.",
            )
        return file._replace(error=NotFound(problem, remedy=remedy))


# -- SRA


class Sra(Source):
    """Runs of the SRA, resolved by its data locator (SDL), a hundred accessions a request.

    The kind says which files of a run are meant: the first of its types that the SRA has.
    """

    batch = 100

    def __init__(self, kind: str, options: SourceOptions) -> None:
        super().__init__(kind, options)
        self._types = SRA_TYPES[kind]
        self._links: Cache[tuple[str, str], tuple[str, ...]] = Cache(KEPT, 300)  # signed links end after a while

    @cached_property
    def client(self) -> SdlApi:
        """The locator."""
        from omicsdk_api.archives.sdl import SdlApi

        url = self.options.environ.get("OMICS_SDL_URL") or None
        return stopping_by(SdlApi(url, environ=self.options.environ), self.options.stopped)

    def complete(self, files: Sequence[ListedFile]) -> list[Sequence[ListedFile]]:
        """Resolve runs to their files, which no list of accessions states."""
        by_run: dict[str, Sequence[ListedFile]] = {}
        for some in batches([file.address for file in files], self.batch):
            by_run.update(self._resolved(some))
        return [by_run.get(file.address) or [self._missing(file.address)] for file in files]

    def locate(self, file: ListedFile) -> Location:
        return self._copy(file, 0)

    def item(self, file: ListedFile, skip: int = 0) -> Item | None:
        if skip and len(self._links_of(file)) <= skip:
            return None
        return Item(file.name, partial(self._copy, file, skip), file.size, file.checksums, source=file.source)

    def _copy(self, file: ListedFile, number: int) -> Location:
        links = self._links_of(file)
        if not links:
            name = file.name.rpartition("/")[2]
            raise NotFound(f"{file.address}: the SRA no longer lists {name}", remedy="Run the command again.")
        # Links end, and a run that is resolved again may have fewer copies.
        return Location(links[min(number, len(links) - 1)])

    def _links_of(self, file: ListedFile) -> tuple[str, ...]:
        key = file.address, file.name.rpartition("/")[2]
        links = self._links.get(key)
        if links is None:
            responses = self._resolved([file.address]).get(file.address) or [self._missing(file.address)]
            if responses[0].error is not None:
                raise responses[0].error
            links = self._links.get(key)
        return links or ()

    def _missing(self, run: str) -> ListedFile:
        error = NotFound(f"{run}: the SRA returned nothing for it", remedy="Check the accession.")
        return ListedFile(self.kind, run, run, error=error)

    def _resolved(self, runs: Sequence[str]) -> dict[str, Sequence[ListedFile]]:
        alternate = OMIT if self.kind == "sra" else "yes"  # lists files as they were submitted, too
        located = self.client.locate_runs(acc=runs, accept_alternate_locations=alternate)
        check_fields(_LOCATE, located, optional=("status", "message", "result"))
        if located.result is None:
            if located.status is not None and located.status != 200:
                problem = f"The SRA's locator failed: {located.message or located.status}"
                raise error_class(located.status)(problem, status=located.status, remedy="Try again later.")
            raise DecodeError(_LOCATE, "result", located.result, expected="a list of runs")
        for run in located.result:
            check_fields(_LOCATE, run, optional=("bundle", "status", "msg", "files"))
            for file in run.files or ():
                check_fields(_LOCATE, file, optional=("type", "name", "md5", "locations"))
        return {run.bundle: self._of_run(run.bundle, run) for run in located.result if run.bundle is not None}

    def _of_run(self, name: str, run: Run) -> Sequence[ListedFile]:
        if run.status != 200:
            kind, remedy = (Forbidden, CONTROLLED) if run.status in (401, 403) else (NotFound, "Check the accession.")
            problem = f"{name}: the SRA returned {run.status} {run.msg or ''}".rstrip()
            return [ListedFile(self.kind, name, name, error=kind(problem, remedy=remedy))]
        is_any = False
        for types in self._types:
            files = [file for file in run.files or () if file.type in types and not _is_beside(file)]
            if any(file.name == name for file in files):  # beside it there may be an archive of reduced quality
                files = [file for file in files if not (file.name or "").endswith(_REDUCED)]
            is_any = is_any or bool(files)
            files_of_run = [self._file(name, file, links) for file in files if (links := _open_links(file.locations))]
            if files_of_run:
                return files_of_run
        what = "alignments" if self.kind == "sra-bam" else "files"
        error: OmicsError = NotFound(
            f"{name}: the SRA has no {what} of it", remedy="Download other files: --fastq or --sra."
        )
        if is_any:
            problem = f"{name}: the SRA lists no copy that is free to download"
            error = Forbidden(problem, remedy="Use its own tools.")
        return [ListedFile(self.kind, name, name, error=error)]

    def _file(self, run: str, file: File, links: tuple[str, ...]) -> ListedFile:
        name_at_sra = (file.name or run).rpartition("/")[2]
        name = f"{run}.sra" if name_at_sra == run else f"{run}.sralite" if name_at_sra == f"{run}.lite" else name_at_sra
        if self.kind == "sra-bam":
            name = f"{run}/{name}"  # such as possorted_genome_bam.bam of each run
        self._links.keep((run, name.rpartition("/")[2]), links)
        size = declared_number(file.size, "size", f"the run {run}", text=True)
        md5 = hexadecimal("md5", file.md5 or "")
        return ListedFile(self.kind, run, name, size or None, {"md5": md5} if md5 else {}, run)


_LOCATE = "SDL retrieve"
# Suffixes of archives with reduced qualities.
_REDUCED = (".lite", ".sralite", ".noqual")
_ARCHIVE = frozenset(("sra",))
# Kind of files of a run to the types that the locator calls them, the preferred ones first.
SRA_TYPES = {
    "sra": (_ARCHIVE,),
    "sra-fastq": (frozenset(("fastq",)), _ARCHIVE),
    "sra-bam": (frozenset(("bam", "cram", "TenX", "bai", "crai")),),
}


def _is_beside(file: File) -> bool:
    """Whether a file is one beside an archive, which the locator calls an archive, too."""
    return (file.name or "").endswith((".pileup", ".vdbcache"))


def _open_links(locations: Sequence[LocatedCopy] | None) -> tuple[str, ...]:
    """Return the links that require neither payment nor a machine in its cloud."""
    return tuple(
        location.link
        for location in locations or ()
        if not location.pay_required
        and not location.ce_required
        and isinstance(location.link, str)
        and scheme_of(location.link) in URLS
    )


# -- Google


class GoogleStorage(Beside, Service):
    """Objects of Google Cloud Storage: public ones, or those that the user's Google login may read."""

    url_variable: ClassVar[str] = GOOGLE_VARIABLE
    address: ClassVar[str] = GOOGLE
    is_one = True

    def credentials(self) -> Credentials | None:
        from omicsdk.core.oauth.google import READ_STORAGE, REMEDY, found_credentials

        self.missing_login = REMEDY
        return found_credentials(self.options.environ, READ_STORAGE, [self.base_url])

    @cached_property
    def client(self) -> PlainClient:
        """The client of its interface."""
        client = PlainClient(self.base_url, credentials=self._login, environ=self.options.environ)
        return stopping_by(client, self.options.stopped)

    def locate(self, file: ListedFile) -> Location:
        payer = google_query(self.options.environ.get(PROJECT_VARIABLE, ""))
        return self.located(f"{self.base_url}{google_path(file.address)}{payer}")

    @classmethod
    def states(cls, file: ListedFile) -> bool:
        return bool(file.checksums)

    def complete(self, files: Sequence[ListedFile]) -> list[Sequence[ListedFile]]:
        """Complete sizes and checksums by a HEAD request each. What is refused is planned as it is: the fetch states why."""
        incomplete = [file for file in files if not self.states(file)]
        descriptions = iter(side_by_side(self.examined, incomplete, self.options.stopped))
        return [
            [file if file.checksums or isinstance(more := next(descriptions), OmicsError) else more] for file in files
        ]

    def examined(self, file: ListedFile) -> ListedFile:
        project = self.options.environ.get(PROJECT_VARIABLE) or None
        request = plain_request(
            "HEAD gs", "HEAD", google_path(file.address), query=[("userProject", project)], headers={"accept": "*/*"}
        )
        headers = self.client.send(request).headers
        sums = dict(google_checksums(headers))
        # The length of the stored bytes, which the checksums are of, even if Google decompresses them on the way.
        length = headers.get("x-goog-stored-content-length") or headers.get("content-length") or None
        size = (
            declared_number(length, "Content-Length", request.operation, text=True) if file.size is None else file.size
        )
        return file._replace(size=size, checksums={name: value for name, value in sums.items() if value})


# -- platforms of the SDK


class DrsObjects(Source):
    """Objects of DRS servers, and of Gen3 commons by GUID, each with the login for its own host."""

    def __init__(self, kind: str, options: SourceOptions) -> None:
        super().__init__(kind, options)
        self._store = cast("DrsStore", open_store(kind.partition("-")[0], prefer=tuple(options.prefer)))
        self._objects: Cache[str, DrsObject] = Cache(KEPT)

    @cached_property
    def _servers(self) -> Servers:
        servers = self._store.client
        servers.storage.project = self.options.environ.get(PROJECT_VARIABLE, "")
        return servers

    def close(self) -> None:
        self._store.close()

    def complete(self, files: Sequence[ListedFile]) -> list[Sequence[ListedFile]]:
        """Request objects whose name, size or checksum is not stated; bundles become folders."""
        requested = [
            RequestedObject(parse_drs_id(file.address), file.name, file.size, file.checksums) for file in files
        ]
        objects = find_each(requested, self._servers, self.options.stopped)
        expect([object_ for some in objects for object_ in some if object_.error is None], self.options.prefer)
        return [[self._file(file, object_) for object_ in some] for file, some in zip(files, objects, strict=True)]

    def _file(self, file: ListedFile, drs_file: DrsFile) -> ListedFile:
        object_info, server = drs_file.found, drs_file.server
        if drs_file.error is not None or object_info is None or server is None:
            return file._replace(name=drs_file.name, error=drs_file.error)
        # A file of a bundle is fetched by its own id, at the server of the bundle.
        is_own = drs_file.requested.identifier.text == file.address
        address = file.address if is_own else f"drs://{server.host}/{quote(object_info.id, safe='')}"
        self._objects.keep(address, object_info)
        size = object_info.size if drs_file.requested.size is None else drs_file.requested.size
        checksums = {**object_info.checksums, **drs_file.requested.checksums}
        return file._replace(address=address, name=drs_file.name, size=size, checksums=checksums)

    def locate(self, file: ListedFile) -> Location:
        return locator_of(self._find(file), self.options.prefer)()

    def item(self, file: ListedFile, skip: int = 0) -> Item | None:
        drs_file = self._find(file)
        if skip and (drs_file.found is None or len(in_order(drs_file.found.methods, self.options.prefer)) <= skip):
            return None
        item = item_for(drs_file, locator_of(drs_file, self.options.prefer, skip))
        return replace(item, label="")  # files are called by the names that their list or server states

    def _find(self, file: ListedFile) -> DrsFile:
        identifier = parse_drs_id(file.address)  # its server is known since it was completed
        requested = RequestedObject(identifier, file.name, file.size, file.checksums)
        return DrsFile(requested, file.name, self._objects.get(file.address), self._servers.of(identifier))


class SevenBridgesFiles(Source):
    """Files of Seven Bridges and CAVATICA by their ids, with the login of the profile in use."""

    is_one = True

    @cached_property
    def client(self) -> SevenBridges:
        """The platform."""
        from omicsdk.sb import SevenBridges

        return stopping_by(SevenBridges(environ=self.options.environ), self.options.stopped)

    def complete(self, files: Sequence[ListedFile]) -> list[Sequence[ListedFile]]:
        _ = self.client  # a missing login is an error of the whole list, before anything is fetched
        return [[file] for file in files]

    def locate(self, file: ListedFile) -> Location:
        from omicsdk.sb.downloads import url_of

        return Location(url_of(self.client, file.address))


class DssFiles(Source):
    """Files of the Data Store by REPLICA/UUID.VERSION."""

    states_all = True

    @cached_property
    def client(self) -> Dss:
        """The Data Store."""
        from omicsdk.hca.dss import Dss

        return stopping_by(Dss(environ=self.options.environ), self.options.stopped)

    @cached_property
    def _locator(self) -> Locator:
        from omicsdk.hca.dss.files import Locator

        return Locator(self.client, has_answered=False)

    def locate(self, file: ListedFile) -> Location:
        return self._locator.locate(self._named(file))

    def item(self, file: ListedFile, skip: int = 0) -> Item | None:
        if skip:
            return None
        location, renew = self._locator.locators_of(self._named(file))
        return Item(file.name, location, file.size, file.checksums, renew=renew)

    @staticmethod
    def _named(file: ListedFile) -> DSSFile:
        from omicsdk.hca.dss.files import DSSFile

        replica, _, named = file.address.partition("/")
        uuid, _, version = named.partition(".")
        return DSSFile(file.name, uuid, version, file.checksums.get("sha256", ""), file.size, False, replica)


class AzulFiles(Source):
    """Files of Azul by their addresses there, from the public mirror where a list or the index names their place in it.

    The login goes to the service that it is for; addresses at others are requested without one.
    """

    is_one = True

    def __init__(self, kind: str, options: SourceOptions) -> None:
        super().__init__(kind, options)
        self._lock = threading.Lock()
        self._services: dict[str, AzulSources] = {}
        self._clients: list[Azul] = []

    def close(self) -> None:
        while self._clients:
            self._clients.pop().close()

    def complete(self, files: Sequence[ListedFile]) -> list[Sequence[ListedFile]]:
        """Look up sizes and checksums, which curl manifests lack, and places in the mirror: 200 files in a request."""
        by_service = grouped((service_of(file.address), _azul_file(file)) for file in files)
        completed = {base: self._at(base).completed(some) for base, some in by_service.items()}
        files_completed = (next(completed[service_of(file.address)]) for file in files)
        return [
            [
                file._replace(
                    size=complete.size,
                    checksums=complete.checksums,
                    mirrors=(complete.mirror_uri,) if complete.mirror_uri else (),
                )
            ]
            for file, complete in zip(files, files_completed, strict=True)
        ]

    def locate(self, file: ListedFile) -> Location:
        return self._at(service_of(file.address)).locate(_azul_file(file))

    def item(self, file: ListedFile, skip: int = 0) -> Item | None:
        sources, named = self._at(service_of(file.address)), (_azul_file(file), file.name)
        copies = [sources.item, sources.direct] if file.mirrors else [sources.direct]
        return copies[skip](named) if skip < len(copies) else None

    def _at(self, base_url: str) -> AzulSources:
        """The files of a service, which any list may name."""
        from omicsdk.hca.azul import Azul
        from omicsdk.hca.azul.downloads import Sources as AzulSources

        with self._lock:
            if base_url not in self._services:
                client = Azul(environ=self.options.environ)
                # Any list may name a service: the login goes to the configured one only.
                if client.base_url != base_url:
                    client.close()
                    client = Azul(base_url, credentials=ANONYMOUS, environ=self.options.environ)
                self._clients.append(client)
                self._services[base_url] = AzulSources(stopping_by(client, self.options.stopped))
            return self._services[base_url]


def _azul_file(file: ListedFile) -> AzulFile:
    file_of_azul = of_download(file.address, file.name)
    return replace(file_of_azul, size=file.size, checksums=file.checksums, mirror_uri="".join(file.mirrors[:1]))


def _name_at(address: str) -> str:
    """The last part of an address; of a URL without its query, which may be a signature, and without a password."""
    return last_part(mask_url(address)) if scheme_of(address) in URLS else address.rpartition("/")[2]


class StoreFiles(Source):
    """Files and folders by their URIs, as `omics cp` takes them, with the credentials of each platform's store."""

    def __init__(self, kind: str, options: SourceOptions) -> None:
        super().__init__(kind, options)
        self._store = open_store(kind)
        self._entries: Cache[str, Entry] = Cache(KEPT)

    def close(self) -> None:
        self._store.close()

    @classmethod
    def states(cls, file: ListedFile) -> bool:
        return bool(file.name and file.checksums and file.size is not None)

    def complete(self, files: Sequence[ListedFile]) -> list[Sequence[ListedFile]]:
        """Look up names, sizes and checksums; a folder is all files below it."""
        responses = side_by_side(self._below, files, self.options.stopped)
        return [
            [file._replace(name=file.name or _name_at(file.address), error=response)]
            if isinstance(response, OmicsError)
            else response
            for file, response in zip(files, responses, strict=True)
        ]

    def _below(self, file: ListedFile) -> Sequence[ListedFile]:
        uri = parse_uri(file.address)
        top = self._store.entry(uri)
        if not top.is_folder:
            return [self._file(file, top, file.name or top.file_name or top.name, file.address)]
        name = file.name or top.file_name or top.name
        listing = source_to_copy(self._store, uri, entry=top)
        files, unfit = fitting(listing.files, Uri("file", "."))
        return [
            *(self._file(file, source.entry, f"{name}/{source.name}") for source in files),
            *(self._file(file, source.entry, f"{name}/{source.name}")._replace(error=error) for source, error in unfit),
            *(file._replace(name=name, error=error) for _, error in listing.unlisted),
        ]

    def _file(self, file: ListedFile, entry: Entry, name: str, address: str = "") -> ListedFile:
        address = address or self._store.uri(entry.path)
        self._entries.keep(address, entry)
        size = entry.size if file.size is None else file.size
        return file._replace(address=address, name=name, size=size, checksums=file.checksums or entry.checksums)

    def locate(self, file: ListedFile) -> Location:
        entry = self._entries.get(file.address) or self._store.stat(parse_uri(file.address).path)
        with self._store.open(entry) or nullcontext() as stream:
            if stream is not None:
                raise Unsupported(file.address, "has no URL to download from", remedy="Copy it: omics cp.")
        return self._store.location(entry)


class S3Objects(Beside, StoreFiles):
    """Objects of S3 and of stores that speak its language."""

    def complete(self, files: Sequence[ListedFile]) -> list[Sequence[ListedFile]]:
        """As of other stores. Lists state no checksums, so that those of a folder's objects take a HEAD request each."""
        completed = super().complete(files)
        listed = [
            entry
            for file, some in zip(files, completed, strict=True)
            for entry in some
            if entry.error is None and not entry.checksums and entry.address != file.address
        ]
        responses = zip(listed, side_by_side(self.examined, listed, self.options.stopped), strict=True)
        examined = {
            id(entry): entry._replace(error=response) if isinstance(response, OmicsError) else response
            for entry, response in responses
        }
        return [[examined.get(id(entry), entry) for entry in some] for some in completed]

    def examined(self, file: ListedFile) -> ListedFile:
        entry = cast("S3Store", self._store).head(parse_uri(file.address).path)
        return self._file(file, entry, file.name, file.address)


class WebFiles(Beside, StoreFiles):
    """Files at URLs that the user names, each looked up for its name and size."""

    def examined(self, file: ListedFile) -> ListedFile:
        return _at_url(file, self.netrc)._replace(kind="url")


SOURCES: dict[str, type[Source]] = {
    "url": Urls,
    "azul": AzulFiles,
    "gs": GoogleStorage,
    "drs": DrsObjects,
    "gdc": Gdc,
    **dict.fromkeys(SRA_TYPES, Sra),
    "sb-file": SevenBridgesFiles,
    "dss-file": DssFiles,
    "gen3-guid": DrsObjects,
    **dict.fromkeys(STORES, StoreFiles),
    **dict.fromkeys(WEB, WebFiles),
    "s3": S3Objects,
}
"""Kind of address to the source of its files, which is made with its kind and `SourceOptions`."""


class Sources(Closing):
    """The sources of whatever kinds of files lists name, opened when one is first needed.

    Args:
        options: How they work.
    """

    def __init__(self, options: SourceOptions) -> None:
        self._options = options
        self._open: dict[str, Source] = {}

    def of(self, kind: str) -> Source:
        """The source of a kind of files.

        Args:
            kind: A key of SOURCES.
        """
        if kind not in self._open:
            self._open[kind] = SOURCES[kind](kind, self._options)
        return self._open[kind]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()
