"""Downloads: which files, under which names, and from where; the bytes are the transfer engine's."""

from __future__ import annotations

import io
import os
import pickle
import string
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Literal, TypeAlias, Unpack
from urllib.parse import parse_qsl, quote
from zlib import compress, decompress

from omicsdk.core.batches import batches, grouped
from omicsdk.core.consistency import despite_contradictions, read_again_if_doubtful
from omicsdk.core.errors import (
    Forbidden,
    Interrupted,
    NameClash,
    NotFound,
    OmicsError,
    ServerError,
    TransferError,
    UsageError,
)
from omicsdk.core.omit import OMIT
from omicsdk.core.plain_client import clock_of
from omicsdk.core.platform import settings_of
from omicsdk.core.redaction import url_parts
from omicsdk.core.type_guards import number_in
from omicsdk.hca.azul.client import RULE, Azul, duration
from omicsdk.hca.azul.files import AzulFile
from omicsdk.hca.azul.filters import CONTAINERS, Conditions
from omicsdk.hca.azul.index import (
    BUNDLE_FIELDS,
    FILE_FIELDS,
    Catalog,
    catalogs,
    container_type,
    file_of,
    files,
    get,
    matrices,
    resolved,
)
from omicsdk.hca.azul.manifests import checked_state, read_manifest
from omicsdk.transfer import Item, Location, Outcome, SelectionOptionsDict, TransferReport
from omicsdk.transfer import verify as compare
from omicsdk.transfer.engine.options import check_choice
from omicsdk.transfer.items import MappedItems
from omicsdk.transfer.names import NameSet, first_of_each

Layout: TypeAlias = Literal["flat", "project", "bundle"]

# Name templates of the layouts.
LAYOUTS: Mapping[str, str] = {"flat": "{name}", "project": "{project}/{name}", "bundle": "{bundle}/{name}"}
# Folder of files without a project or bundle.
UNNAMED = "other"
# Files of a manifest without addresses that one search finds: what is filtered by comes back in the next page's address.
LOOKED_UP = 200
# Seconds for which the service may prepare a file.
PATIENCE = 600.0

ACCESS = (
    "The data may be under managed access: accept the terms of service at https://app.terra.bio, request access to the "
    "dataset, then run `omics login azul`."
)


def download(
    client: Azul,
    what: Conditions = (),
    folder: str | os.PathLike[str] = ".",
    *,
    matrices: str = "",
    bundle: str = "",
    manifest: str | os.PathLike[str] = "",
    catalog: str = "",
    layout: Layout = "flat",
    name_template: str = "",
    mirror: bool = True,
    on_message: Callable[[str], None] | None = None,
    **options: Unpack[SelectionOptionsDict],
) -> TransferReport:
    """Download files by conditions, by project or bundle, or from a manifest.

    Each file is verified by its SHA-256 (AnVIL: MD5). Complete files are not fetched again; run it again to resume. A file
    that fails does not stop the others.

    Args:
        what: Conditions that files must meet, such as `fileFormat=h5ad`, or the UUID or URL of a project.
        folder: Folder for the files; created if missing.
        matrices: UUID or URL of a project, to download its matrices instead.
        bundle: UUID of a bundle, to download its files.
        manifest: Compact or curl manifest of Azul, or manifest of the Data Store, to download its files. What it does not
            state (sizes and checksums in a curl manifest) is looked up. A file of the Data Store that was replaced since
            fails, and the error states its new version.
        catalog: The catalog; by default that of the manifest, or the default one. A manifest's catalog that no longer
            exists is replaced by the default one.
        layout: Put all files into the folder (flat), or into folders named by `project` or `bundle`.
        name_template: Path of each file in the folder, with any of {name}, {uuid}, {version}, {format}, {project},
            {bundle}, {catalog}, {sha256}, {stem} and {suffix}; replaces the layout.
        mirror: Fetch files from the public mirror where it has them. Otherwise each file costs one request of those that
            the service accepts, 1,000 in 5 minutes.
        on_message: Called with what a user should know.
        **options: See `omicsdk.transfer.TransferOptions`. Times of change are not known, so that `newer` and `older`
            select nothing.

    Returns:
        The outcome of each file; a listing that contradicts itself, also when it is read again, is a failure beside them.

    Raises:
        UsageError: Nothing, or two things at once, are selected; there is no such layout; or the template has unknown
            fields.
        ManifestError: The manifest is not one.
        NameClash: Two files would get one name; nothing was fetched.
        NotFound: There is no such bundle, project or dataset.
        TransferFailed: A file failed, or the listing contradicts itself.
        Interrupted: It was stopped.

    Example:
        client.download(["organ=lung", "fileFormat=h5ad"], "lung")
    """
    from omicsdk.transfer import TransferOptions
    from omicsdk.transfer import download as fetch

    chosen = TransferOptions.of(options, selects=True)
    plan = planned(client, what, matrices, bundle, manifest, catalog, chosen.stop)
    files = plan.files if chosen.fit_all else FileStack()
    if not chosen.fit_all:
        for file, name in _Named(plan.files, name_template or _template_of(layout)):
            if chosen.fits(name, file.size):
                files.add(file)
    named = names_of(files, layout, name_template)
    sources = Sources(client, catalog)
    slow = sum(not (mirror and file.mirror_uri) for file in files)
    if on_message is not None and (seconds := duration(slow)):
        on_message(f"{slow:,} files are not mirrored: at {RULE}, the service needs {seconds / 60:.0f} minutes for them")
    how: dict[str, Any] = {
        "run": "azul",
        "environ": settings_of(client).environ,
        "clock": settings_of(client).clock,
        "options": chosen,
    }
    report = fetch(MappedItems(sources.item if mirror else sources.direct, named), folder, **how)
    expired = {at for at, outcome in enumerate(report.outcomes) if outcome.is_gone}
    if mirror and expired and not report.why_stopped:
        # The index states a file's location in the mirror before the file is copied there.
        again = {at: file for at, file in enumerate(named) if at in expired and file[0].mirror_uri}
        if again:
            rerun = fetch(MappedItems(sources.direct, list(again.values())), folder, **how)
            report = report.with_rerun(list(again), rerun)
    return chosen.checked(report.with_outcomes([*report.outcomes, *plan.lost_outcomes]) if plan.lost else report)


def verify(
    client: Azul,
    what: Conditions = (),
    folder: str | os.PathLike[str] = ".",
    *,
    matrices: str = "",
    bundle: str = "",
    manifest: str | os.PathLike[str] = "",
    catalog: str = "",
    layout: Layout = "flat",
    name_template: str = "",
    stop: threading.Event | None = None,
) -> TransferReport:
    """Compare downloaded files with the sizes and checksums that Azul states.

    Args:
        what: Conditions that files must meet, as for `download`.
        folder: Folder of the files.
        matrices: UUID of a project whose matrices were downloaded.
        bundle: UUID of a bundle.
        manifest: Manifest whose files were downloaded.
        catalog: Catalog; by default that of the service.
        layout: The layout of the download.
        name_template: The template of the download.
        stop: Set it to end the comparison.

    Returns:
        The outcome of each file: done where it is right, failed where it is missing or differs.
    """
    plan = planned(client, what, matrices, bundle, manifest, catalog, stop)
    named = names_of(plan.files, layout, name_template)
    report = compare(list(map(Sources(client, catalog).item, named)), folder, stop=stop)
    return report.with_outcomes([*report.outcomes, *plan.lost_outcomes])


@contextmanager
def open_file(client: Azul, uuid: str, *, catalog: str = "") -> Generator[BinaryIO]:
    """Open a file for reading; it can be sought, and nothing is stored.

    A broken connection is resumed where it broke. The checksum is not verified: it is of the whole file.

    Args:
        uuid: UUID of the file.
        catalog: Catalog; by default that of the service.

    Raises:
        NotFound: There is no such file.
    """
    from omicsdk.transfer.network.connection_pool import ConnectionPool
    from omicsdk.transfer.ranges import RangeFile, Ranges

    file = file_of(client, uuid, catalog)
    where = partial(Sources(client, catalog).locate, file)
    pool, clock = ConnectionPool(client=client), settings_of(client).clock
    ranges = Ranges(where, file.size, title=file.name, pool=pool, clock=clock)
    with io.BufferedReader(RangeFile(ranges), 1 << 18) as opened:
        yield opened


class FileStack(Iterable[AzulFile]):
    """Files in compressed batches: a filter may find 100,000, and an object takes a kilobyte and a half."""

    def __init__(self) -> None:
        self._batches: list[bytes] = []
        self._last: list[AzulFile] = []

    def add(self, file: AzulFile) -> None:
        """Add a file after the others."""
        self._last.append(file)
        if len(self._last) == LOOKED_UP:
            self._batches.append(compress(pickle.dumps(self._last, 5), 1))
            self._last = []

    def __iter__(self) -> Iterator[AzulFile]:
        for some in self._batches:
            yield from pickle.loads(decompress(some))  # noqa: S301 - of this object
        yield from self._last


@dataclass(frozen=True, slots=True)
class Plan:
    """The files to download.

    Attributes:
        files: The files, each once.
        lost: Files of a manifest that cannot be had any more, and a selection that may have more files, since its listing
            contradicts itself; with the reasons.
    """

    files: FileStack = field(default_factory=FileStack)
    lost: list[tuple[str, OmicsError]] = field(default_factory=list[tuple[str, OmicsError]])

    @property
    def lost_outcomes(self) -> list[Outcome]:
        """The failure of each of `lost`."""
        return [Outcome.of_error(name, error) for name, error in self.lost]


def planned(
    client: Azul,
    what: Conditions,
    project: str,
    bundle: str,
    manifest: str | os.PathLike[str],
    catalog: str,
    stop: threading.Event | None = None,
) -> Plan:
    """Find the files of a selection.

    Args:
        client: The service.
        what: Conditions.
        project: A project, whose matrices are meant.
        bundle: A bundle.
        manifest: A manifest.
        catalog: The catalog; empty for the default one.
        stop: Set it to end the search.

    Raises:
        UsageError: Nothing, or two things at once, are selected.
        Interrupted: `stop` was set.
    """
    filters, catalog = resolved(client, what, catalog)
    sources = {"matrices": project, "bundle": bundle, "manifest": manifest}
    selected = [name for name, value in sources.items() if value]
    if len(selected) + bool(filters) != 1:
        selection = " and ".join([*(["conditions"] if filters else []), *selected]) or "nothing"
        raise UsageError(f"What to download is not clear: {selection} given", remedy="Use one of them.")
    if manifest:
        return _of_manifest(client, manifest, catalog)
    if project:
        return _plan_of(matrices(client, project, catalog=catalog), stop)
    if bundle:
        filters = {BUNDLE_FIELDS[container_type(catalogs(client), catalog)]: {"is": [bundle]}}
    plan, doubts = read_again_if_doubtful(  # the catalog may have been replaced meanwhile
        lambda doubts: _plan_of(despite_contradictions(files(client, filters, catalog), doubts), stop)
    )
    plan.lost.extend(("the selection", doubt) for doubt in doubts)
    if not plan.lost and next(iter(plan.files), None) is None:
        if bundle:
            raise _absent("bundle", bundle, catalog)
        _check_container(client, filters, catalog)
    return plan


def _absent(kind: str, uuid: str, catalog: str, remedy: str = "") -> NotFound:
    remedy = remedy or "Check its UUID, or name another catalog: omics azul catalogs lists them."
    return NotFound(f"{catalog or 'The default catalog'} has no {kind} {uuid}", status=404, remedy=remedy)


def _check_container(client: Azul, filters: Mapping[str, Mapping[str, Sequence[Any]]], catalog: str) -> None:
    """Refuse a selection without files if its only condition is a project or dataset that does not exist."""
    kind = next((kind for kind, field in CONTAINERS.items() if set(filters) == {field}), "")
    uuids = filters[CONTAINERS[kind]].get("is", ()) if kind else ()
    if len(uuids) != 1:
        return
    uuid = str(uuids[0])
    of_file = f"It is the UUID of a file: use {FILE_FIELDS[kind]}={uuid}."
    of_bundle = "It is the UUID of a bundle: pass it as bundle (--bundle)."
    for entity, remedy in ((kind, ""), ("files", of_file), ("bundles", of_bundle)):
        try:
            get(client, uuid, entity=entity, catalog=catalog)
        except NotFound:
            continue
        if entity == kind:
            return  # it has no files, or none that are public
        raise _absent(kind[:-1], uuid, catalog, remedy)
    raise _absent(kind[:-1], uuid, catalog)


def _plan_of(files: Iterable[AzulFile], stop: threading.Event | None) -> Plan:
    """The plan of files, each once."""
    plan = Plan()
    for file in first_of_each(files, _identity):
        if stop is not None and stop.is_set():
            raise Interrupted("Stopped while listing files", remedy="Repeat the call to resume.")
        plan.files.add(file)
    return plan


def _identity(file: AzulFile) -> str:
    return f"{file.uuid} {file.version}"


def _of_manifest(client: Azul, manifest: str | os.PathLike[str], catalog: str) -> Plan:
    """The files of a manifest; those without an address, as the Data Store's manifests have them, are looked up."""
    sources, plan = Sources(client, catalog), Plan()
    for some in batches(first_of_each(read_manifest(manifest, catalog), _identity), LOOKED_UP):
        for file in sources.completed([file for file in some if file.url or file.mirror_uri]):
            plan.files.add(file)
        _look_up([file for file in some if not (file.url or file.mirror_uri)], sources, plan)
    return plan


def _look_up(unknown: Sequence[AzulFile], sources: Sources, plan: Plan) -> None:
    """Plan files of which only the identity is known."""
    for file, current in zip(unknown, sources.current(unknown), strict=True):
        if current is None:
            error: OmicsError = NotFound(f"{file.name}: Azul no longer has the file {file.uuid}", status=404)
        elif file.sha256 and current.sha256 != file.sha256:
            error = TransferError(
                f"{file.name} was replaced since the manifest was made: version {current.version} has another SHA-256",
                remedy="Download the new version by its UUID: --filter fileId=" + file.uuid,
            )
        else:
            plan.files.add(_named_as(file, current))
            continue
        plan.lost.append((file.name, error))


def _named_as(file: AzulFile, current: AzulFile) -> AzulFile:
    """What the index states of a file, in the place that a manifest states."""
    return replace(current, name=file.name, bundle_uuid=file.bundle_uuid or current.bundle_uuid)


class _Named(Iterable[tuple[AzulFile, str]]):
    """Files with their names, which are made each time that it is gone through."""

    def __init__(self, files: Iterable[AzulFile], pattern: str) -> None:
        self._files, self._pattern, self._used = files, pattern, _fields_in(pattern)

    def __iter__(self) -> Iterator[tuple[AzulFile, str]]:
        for file in self._files:
            yield file, self._pattern.format_map({field: NAME_FIELDS[field](file) for field in self._used})


def names_of(chosen: Iterable[AzulFile], layout: Layout = "flat", template: str = "") -> Iterable[tuple[AzulFile, str]]:
    """Name files by a layout or a template.

    Args:
        chosen: The files, each once; gone through as often as the result.
        layout: The layout.
        template: The template, in the layout's place.

    Raises:
        UsageError: There is no such layout, or the template names an unknown field.
        NameClash: Two files would get one name.
    """
    named, seen = _Named(chosen, template or _template_of(layout)), NameSet()
    for file, name in named:
        if seen.add(name) is not None:
            other = next(other_file for other_file, its_name in named if its_name == name)
            raise NameClash(
                name,
                f"is the name of two files, {other.uuid} and {file.uuid}",
                remedy="Choose --layout bundle, or a --name-template with {uuid}; in Python layout and name_template.",
            )
    return named


def _template_of(layout: Layout) -> str:
    check_choice("layout", layout, LAYOUTS)
    return LAYOUTS[layout]


def _fields_in(pattern: str) -> list[str]:
    try:
        used = [name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None]
    except ValueError as error:
        raise UsageError(f"The name template {pattern!r} is malformed: {error}") from error
    unknown = [name for name in used if name not in NAME_FIELDS]
    if unknown:
        raise UsageError(
            f"The name template has the unknown field {{{unknown[0]}}}",
            remedy=f"Known fields are {', '.join(NAME_FIELDS)}.",
        )
    return used


def _suffix(file: AzulFile) -> str:
    return "".join(PurePosixPath(file.name).suffixes)


# Fields of name templates.
NAME_FIELDS: Mapping[str, Callable[[AzulFile], str]] = {
    "name": lambda file: file.name,
    "stem": lambda file: PurePosixPath(file.name).name.removesuffix(_suffix(file)),
    "suffix": _suffix,
    "uuid": lambda file: file.uuid,
    "version": lambda file: file.version,
    "format": lambda file: file.format,
    "sha256": lambda file: file.sha256,
    "bundle": lambda file: file.bundle_uuid or UNNAMED,
    "project": lambda file: file.project.replace("/", "_").strip(". ") or UNNAMED,
    "catalog": lambda file: file.parameters.get("catalog", ""),
}


class Sources:
    """Where files are: in the public mirror, else at the address that the service gives. Safe to use from several threads.

    Args:
        client: The service.
        catalog: The catalog that is asked, whatever addresses state; empty for theirs.
    """

    def __init__(self, client: Azul, catalog: str = "") -> None:
        self._client = client
        self._catalog = catalog

    def item(self, named: tuple[AzulFile, str]) -> Item:
        """Return what the engine fetches: from the mirror where it has the file, without a request for its address.

        Args:
            named: The file, and its path in the folder.
        """
        file, name = named
        if not file.mirror_uri:
            return self.direct(named)
        # The service takes 1,000 requests in five minutes from an IP address; a file of the mirror needs none.
        location = Location(mirror_url(file.mirror_uri, settings_of(self._client).environ or os.environ))
        return Item(name, location, file.size, file.checksums, renew=partial(self.locate, file))

    def direct(self, named: tuple[AzulFile, str]) -> Item:
        """Return what the engine fetches past the mirror.

        Args:
            named: The file, and its path in the folder.
        """
        file, name = named
        return Item(name, partial(self.locate, file), file.size, file.checksums, source=file.url or file.uuid)

    def locate(self, file: AzulFile) -> Location:
        """Ask the service where a file is.

        Args:
            file: The file.

        Raises:
            NotFound: The catalog does not have it, or the user may not read it.
            ServerError: It is in a repository that the service does not read.
            TransferError: The service still prepares it after ten minutes.
            Interrupted: A stop of the client was requested.
        """
        clock, query = clock_of(self._client), self._live(file.parameters)
        end = clock.monotonic() + PATIENCE
        try:
            while True:
                state = self._client.get_file_state(file_uuid=file.uuid, **_arguments(query))
                # 301 comes from the retired back end alone, while it prepares a file: the location has further parameters.
                if checked_state("get_file_state", state).status != 301:
                    return Location(state.location)
                wait = state.retry_after or 1.0
                if clock.monotonic() + wait > end:
                    problem = f"{file.name}: the service still prepares it"
                    raise TransferError(problem, name=file.name, remedy="Run the same command again later.")
                clock.sleep(wait)
                query = dict(parse_qsl(url_parts(state.location).query))
        # To users who may not read a file, Azul responds with 404 as if it did not exist.
        except (Forbidden, NotFound) as error:
            error.remedy = ACCESS
            raise
        except ServerError as error:
            # Of some catalogs, such as LungMAP's, files are in commons, whose DRS URIs are all that is known of them.
            if error.status == 501 and file.drs_uri:
                error.remedy = f"It is in another repository. Run: omics drs download {file.drs_uri}"
            raise

    def completed(self, files: Sequence[AzulFile]) -> Iterator[AzulFile]:
        """Complete files that lack a size or checksum, as those of a curl manifest do, from the index.

        Args:
            files: Files with addresses.

        Yields:
            Each file in order; as it is where it lacks nothing, or where the index does not have its version.
        """

        def is_lacking(file: AzulFile) -> bool:
            return file.size is None or not file.checksums

        current = self.current(list(filter(is_lacking, files)))
        for file in files:
            known_file = next(current) if is_lacking(file) else None
            is_same = known_file is not None and file.version in ("", known_file.version)
            yield _named_as(file, replace(known_file, url=file.url)) if known_file is not None and is_same else file

    def current(self, requested: Sequence[AzulFile]) -> Iterator[AzulFile | None]:
        """Look files up in the index, many in a request.

        Args:
            requested: The files.

        Yields:
            For each, in order, its current version; None where the catalog does not have it.
        """
        for some in batches(requested, LOOKED_UP):
            by_catalog = grouped((self._live(file.parameters).get("catalog", ""), file.uuid) for file in some)
            files_by_uuid = {
                file.uuid: file
                for catalog, uuids in by_catalog.items()
                for field in [FILE_FIELDS[container_type(self._catalogs, catalog)]]
                for file in files(self._client, {field: {"is": uuids}}, catalog)
            }
            yield from (files_by_uuid.get(file.uuid) for file in some)

    def _live(self, query: Mapping[str, str]) -> dict[str, str]:
        """Parameters of a request, in a catalog that exists."""
        named = self._catalog or query.get("catalog", "")
        # Catalogs are removed every few weeks, and addresses in older manifests still name them; the file is mostly in a newer one.
        if named not in ("", self._catalog) and all(named != catalog.name for catalog in self._catalogs):
            named = ""  # which is the default one
        return {name: value for name, value in {**query, "catalog": named}.items() if value}

    @cached_property
    def _catalogs(self) -> list[Catalog]:
        return catalogs(self._client)


_ARGUMENTS = {"fileName": "file_name", "requestIndex": "request_index", "drsUri": "drs_uri"}


def _arguments(query: Mapping[str, str]) -> dict[str, Any]:
    """Parameters of an address as arguments of the operation."""
    named = {_ARGUMENTS.get(name, name): value for name, value in query.items()}
    numbers = {name: number_in(named[name]) or 0 for name in ("request_index", "wait") if name in named}
    return {**named, **numbers} or {"catalog": OMIT}


def mirror_url(uri: str, environ: Mapping[str, str]) -> str:
    """Return the public address of an object in S3.

    Args:
        uri: `s3://BUCKET/KEY`, or its public address itself.
        environ: The environment's variables, which may name another endpoint.
    """
    if not uri.startswith("s3://"):
        return uri
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or ""
    root = f"{endpoint.rstrip('/')}/{bucket}" if endpoint else f"https://{bucket}.s3.amazonaws.com"
    return f"{root}/{quote(key)}"
