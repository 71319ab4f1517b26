"""Fields of Pangea's analysis results as files: `pangea://ORGANIZATION/GROUP/SAMPLE/MODULE[.REPLICATE]/FIELD`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from dataclasses import field as attribute
from hashlib import blake2b
from io import BytesIO
from typing import Any, BinaryIO, ClassVar, NamedTuple, TypeVar

from omicsdk_api.pangea.models.organization import Organization
from omicsdk_api.pangea.models.sample_group import SampleGroup

from omicsdk.core.consistency import InconsistentListing, up_to_contradiction
from omicsdk.core.dates import seconds_of
from omicsdk.core.errors import APIError, NotFound, OmicsError, UsageError
from omicsdk.core.platform import deleting, unbound
from omicsdk.core.response import json_of
from omicsdk.core.threads import side_by_side
from omicsdk.fs.errors import AlreadyThere, IsFolder, NotAFolder, NotEmpty, PathError, PathNotFound, ReadOnly, WrongUri
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.store import ClientStore, Entry, Features, Put
from omicsdk.pangea.client import Pangea, logged_in
from omicsdk.pangea.downloads import json_bytes
from omicsdk.pangea.fields import (
    FieldId,
    ResultId,
    checksums_of,
    download_url,
    item_of,
    kind_of,
    locate,
    operation,
    size_of,
)
from omicsdk.pangea.listings import (
    check_bucket,
    ensure_result,
    ensure_sample,
    find_organization,
    find_result,
    find_sample,
    find_sample_group,
    is_uuid,
)
from omicsdk.pangea.responses import Blob, listed_by, name_in, object_of, objects_in
from omicsdk.pangea.uploads import FieldExists, FieldPut, begin_put, put_files
from omicsdk.transfer import Item, Location, Outcome, TransferReport

T = TypeVar("T")
_Meant = tuple[str, str, str, str, str | None]

#: Parts of a path to a sample, a result, a field.
_SAMPLE, _RESULT, _FIELD = 3, 4, 5
_FORM = "Write pangea://ORGANIZATION/GROUP/SAMPLE/MODULE/FIELD."
_CREATION_REMEDY = "Create and delete organizations and groups with: omics pangea create, omics pangea delete."
#: The part in place of a sample for the results of the group itself.
OF_GROUP = ".results"

_ESCAPED = re.compile(r"%(25|2E|2F)", re.IGNORECASE)
_CHARACTERS = {"25": "%", "2E": ".", "2F": "/"}


class _Owner(NamedTuple):
    """The owner of results: a sample, or a group with results."""

    uuid: str
    of_group: bool


@dataclass(frozen=True, slots=True)
class _FieldHandle:
    """The handle of a field.

    Attributes:
        field: The field.
        data: Its `stored_data`; may have a presigned URL in it.
    """

    field: FieldId
    data: Any = attribute(repr=False)

    @property
    def is_value(self) -> bool:
        """Whether it holds a value, and no file."""
        return kind_of(self.data) == "blob"


class PangeaStore(ClientStore[Pangea]):
    """Organizations, groups, samples and their results as folders, and the results' fields as files.

    Results of a group itself are below `pangea://ORGANIZATION/GROUP/.results`. A result is called by its module alone
    where that has no other one, else by `MODULE.REPLICATE`; the module alone means the newest then. Names are used as
    they are, except for what would be read as something else: a slash is `%2F`; a dot is `%2E` in a module's name, at the
    beginning of a sample's, and in a name of dots alone; and the `%` of a name that has such three characters itself is
    `%25`. Samples that share a name in a group are called by their uuids.

    A field that refers to a file is that file; one that holds a value is a file with its JSON. What is public is read
    without a login.

    What is put makes fields, and results that do not exist, which only members of the organization see. Samples are
    made by `make_folder` alone, so that no mistyped name becomes one, and groups and organizations not at all, since a
    user has to decide who may see them. A file goes into a field of another name first (`FIELD~unfinished`), which
    takes the place of the old one when it is whole.

    Args:
        endpoint: The server's URL; by default OMICS_PANGEA_URL, else PANGEA_ENDPOINT, else https://pangeabio.io.
        email: The address to log in with; by default PANGEA_USER.
        password: Its password; by default PANGEA_PASS.
        token: A token in place of both; by default OMICS_PANGEA_TOKEN.
        client: A client that is ready, in place of all others; it is not closed.
    """

    scheme: ClassVar[str] = "pangea"
    features: ClassVar[Features] = Features(writable=True, makes_folders=True, removal_batch=1)

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        email: str | None = None,
        password: str | None = None,
        token: str | None = None,
        client: Pangea | None = None,
    ) -> None:
        super().__init__(client, self._logged_in)
        self._settings = endpoint, email, password, token
        self._cache: dict[tuple[str, ...], Any] = {}

    def _logged_in(self) -> Pangea:
        """Create a client, with a login if there is one.

        Raises:
            AuthError: The server refuses the login.
            UsageError: Both a token and a login were given.
            ConfigError: Half of the given login is missing, or the endpoint is no address.
        """
        endpoint, email, password, token = self._settings
        if token and (email or password):
            raise UsageError("email and token are mutually exclusive", remedy="Use one of them.")
        return logged_in(unbound(endpoint), token, email, password)

    # -- finding

    def _stat(self, path: str) -> Entry:
        parts = _parts(path)
        with self._asking(path):
            if len(parts) > _FIELD:
                raise PathNotFound(self.uri(path), "not found: fields are files", remedy=_FORM)
            if len(parts) == _FIELD:
                result = self._result(parts)
                field = next(result.fields(self.client, plain(parts[4])), None)
                if field is None:
                    raise PathNotFound(self.uri(path), "not found")
                return _field_entry(path, result.field(field.uuid), field.stored_data, field.updated_at)
            uuid = self._folder(parts)
        return Entry(path, "folder", details={"uuid": uuid} if uuid else {})

    def _folder(self, parts: Sequence[str]) -> str:
        """The UUID of what a path to a folder names; empty for the top."""
        find = (self._organization, self._group, self._owner, self._result)
        return find[len(parts) - 1](parts).uuid if parts else ""

    def _organization(self, parts: Sequence[str]) -> Organization:
        return self._remembered(parts[:1], lambda: find_organization(self.client, plain(parts[0])))

    def _group(self, parts: Sequence[str]) -> SampleGroup:
        owner = self._organization(parts)
        return self._remembered(parts[:2], lambda: find_sample_group(self.client, owner.uuid, plain(parts[1])))

    def _owner(self, parts: Sequence[str]) -> _Owner:
        group = self._group(parts)
        if parts[2] == OF_GROUP:
            return _Owner(group.uuid, True)

        def find_owner() -> _Owner:
            name = plain(parts[2])
            if not is_uuid(name):
                return _Owner(find_sample(self.client, group.organization, group.uuid, name).uuid, False)
            # A sample that shares its name with another one is called by its UUID; one may also be named like a UUID.
            for link in objects_in(self._links(group), "links", "/".join(parts)):
                if name in (link.get("uuid"), link.get("name")):
                    return _Owner(name_in(link, name, "uuid"), False)
            raise NotFound(f"Unknown sample {name!r}", status=404, method="GET")

        return self._remembered(parts[:3], find_owner)

    def _links(self, group: SampleGroup) -> Blob:
        """The names and UUIDs of a group's samples."""
        return object_of(json_of(self.client.get_sample_group_sample_links.raw(id=group.uuid)), "sample_links")

    def _result(self, parts: Sequence[str]) -> ResultId:
        """Return a result, looked up each time: the newest one changes."""
        owner = self._owner(parts)
        analysis = find_result(self.client, owner.uuid, *module_and_replicate(parts[3]), of_group=owner.of_group)
        return ResultId(analysis.uuid, owner.of_group)

    def _remembered(self, parts: Sequence[str], find: Callable[[], T]) -> T:
        """Return an object that exists; it is looked up once."""
        key = tuple(parts)
        # Read once: another thread, whose request failed, may clear the cache at any moment.
        cached: T | None = self._cache.get(key)
        if cached is None:
            cached = self._cache[key] = find()
        return cached

    # -- listing

    def _entries(self, path: str) -> Iterator[Entry]:
        parts = _parts(path)
        with self._asking(path):
            match len(parts):
                case 0:
                    for member in listed_by(self.client.list_organizations):
                        yield _named(path, member)
                case 1:
                    owner = self._organization(parts)
                    groups = self.client.list_sample_groups
                    for member in listed_by(groups, organization_id=owner.uuid):
                        yield _named(path, member)
                case 2:
                    yield from self._in_group(path, self._group(parts))
                case 3:
                    yield from self._in_owner(path, self._owner(parts))
                case _ if len(parts) == _RESULT:
                    result = self._result(parts)
                    for member in result.listed(self.client):
                        below = f"{path}/{escaped(member.name)}"
                        yield _field_entry(below, result.field(member.uuid), member.stored_data, member.updated_at)
                case _:
                    self.stat(path)
                    raise NotAFolder(self.uri(path), "is a field, which is a file")

    def _in_group(self, path: str, group: SampleGroup) -> Iterator[Entry]:
        for sample, part in _samples(self._links(group), "links", path):
            yield Entry(f"{path}/{part}", "folder", details={"uuid": sample.get("uuid")})
        results = self.client.list_sample_group_analysis_results
        if next(listed_by(results, sample_group_id=group.uuid), None) is not None:
            yield Entry(f"{path}/{OF_GROUP}", "folder")

    def _in_owner(self, path: str, owner: _Owner) -> Iterator[Entry]:
        listing = operation(self.client, "list_{}_analysis_results", owner.of_group)
        narrowed = {"sample_group_id" if owner.of_group else "sample_id": owner.uuid}
        problems: list[InconsistentListing] = []  # raised after the last entry
        results = [record.to_dict() for record in up_to_contradiction(listed_by(listing, **narrowed), problems)]
        parts = result_parts(results)
        for result in results:
            details = {"uuid": result["uuid"], "replicate": result.get("replicate")}
            modified = seconds_of(result.get("updated_at"))
            yield Entry(f"{path}/{parts[result['uuid']]}", "folder", modified=modified, details=details)
        if problems:
            raise problems[0]

    def _below(self, path: str) -> Iterator[Entry]:
        """Yield all fields below a folder; those of a group or a sample by one request for all."""
        parts = _parts(path)
        if len(parts) < 2:
            for folder in self.entries(path):
                yield from self.below(folder.path)
        else:
            with self._asking(path):
                yield from self._walked(path, parts)

    def _walked(self, path: str, parts: Sequence[str]) -> Iterator[Entry]:
        if len(parts) == 2:
            manifest = object_of(json_of(self.client.get_sample_group_manifest.raw(id=self._group(parts).uuid)), path)
            for sample, part in _samples(manifest, "samples", path):
                yield from _results_entries(f"{path}/{part}", sample, of_group=False)
            yield from _results_entries(f"{path}/{OF_GROUP}", manifest, of_group=True)
            return
        if len(parts) == _RESULT:
            yield from self.entries(path)
            return
        owner = self._owner(parts)
        if owner.of_group:
            for result in self._in_owner(path, owner):
                yield from self.entries(result.path)
        else:
            manifest = object_of(json_of(self.client.get_sample_manifest.raw(id=owner.uuid)), path)
            yield from _results_entries(path, manifest, of_group=False)

    # -- bytes

    def open(self, entry: Entry) -> BinaryIO | None:
        content = self._handle(entry)
        return BytesIO(json_bytes(content.data)) if content.is_value else None

    def location(self, entry: Entry) -> Location:
        content = self._handle(entry)
        if content.is_value:
            raise PathError(self.uri(entry.path), "is a value, and has no URL", remedy="Open it with the store.")
        with self._asking(entry.path):
            if kind_of(content.data) == "s3":
                return locate(self.client, content.field)
            return Location(download_url(content.data))

    def item(self, entry: Entry, name: str) -> Item:
        content = self._handle(entry)
        if content.is_value:
            return super().item(entry, name)
        return item_of(self.client, content.field, content.data, name, label=self.uri(entry.path))

    def _handle(self, entry: Entry) -> _FieldHandle:
        content: object = self.handle_of(entry)
        if not isinstance(content, _FieldHandle):
            raise IsFolder(self.uri(entry.path), "is a folder")
        return content

    def put(self, files: Sequence[Put], options: CopyOptions) -> TransferReport:
        """Put files into fields. The same call resumes what was stopped, for a day; Pangea keeps the journal, not `options`."""
        # Of several files for one field the first is put; the others fail below.
        once = list({file.path: file for file in reversed(files)}.values())[::-1]
        results = self._results_for([file.path for file in once], lambda: options.stopped)

        def begin(path: str) -> FieldPut:
            parts = _parts(path)
            if len(parts) != _FIELD:
                raise WrongUri(f"{self.uri(path)} names no field", remedy=_FORM)
            result = results[_meant(parts)]
            if isinstance(result, OmicsError):
                raise result
            try:
                return begin_put(self.client, result, plain(parts[4]), overwrite=options.overwrite)
            except FieldExists as error:
                raise AlreadyThere(self.uri(path)) from error

        report = put_files(self.client, [(file.path, file.source) for file in once], begin, options)
        outcomes = {file.path: end._replace(name=file.path) for file, end in zip(once, report.outcomes, strict=True)}
        return report.with_outcomes(
            outcomes.pop(file.path, None)
            or Outcome.of_error(
                file.path,
                UsageError(f"Two files go to {self.uri(file.path)}", remedy="Use a separate field for each file."),
            )
            for file in files
        )

    def _results_for(self, paths: Sequence[str], stopped: Callable[[], bool]) -> dict[_Meant, ResultId | OmicsError]:
        """The results that fields are put into, each created once where it does not exist; or why it cannot be.

        Those of modules alone come first: what is created with a replicate would be the newest then.
        """
        requested = {_meant(parts): path for path in paths if len(parts := _parts(path)) == _FIELD}
        results: dict[_Meant, ResultId | OmicsError] = {}
        for of_replicates in (False, True):
            some = {meant: path for meant, path in requested.items() if (meant[-1] is not None) is of_replicates}
            results |= zip(some, side_by_side(self._result_for_files, list(some.values()), stopped), strict=True)
        return results

    def _result_for_files(self, path: str) -> ResultId:
        """The same as `_made_result`; nothing is created where no file can be uploaded."""
        parts = _parts(path)
        with self._asking(path), suppress(NotFound):  # which is explained when the result is looked up
            group = self._group(parts)
            if parts[2] == OF_GROUP or group.is_library:  # of a sample of another library the upload states it
                check_bucket(group)
        return self._made_result(path)

    def _made_result(self, path: str) -> ResultId:
        """Return a result, created if missing, for members only."""
        parts = _parts(path)
        with self._asking(path):
            try:
                owner = self._owner(parts)
            except NotFound as error:
                remedy = "Check the names; create samples with omics mkdir, groups with omics pangea create."
                raise PathNotFound(self.uri(path), "not found: the sample does not exist", remedy=remedy) from error
            module, replicate = module_and_replicate(parts[3])
            analysis = ensure_result(self.client, owner.uuid, module, replicate, of_group=owner.of_group, private=True)
            return ResultId(analysis.uuid, owner.of_group)

    # -- changes

    def make_folder(self, path: str) -> None:
        """Create a sample in its library, or a result."""
        parts = _parts(path)
        if len(parts) >= _FIELD:
            raise WrongUri(f"{self.uri(path)} names a field, which is a file", remedy=_FORM)
        try:
            with self._asking(path):
                self._folder(parts)
            return
        except PathNotFound as error:
            if len(parts) < _SAMPLE or parts[2:] == [OF_GROUP]:
                raise ReadOnly(self.uri(path), "not found, and cannot be created", remedy=_CREATION_REMEDY) from error
        if parts[2] != OF_GROUP:
            self._make_sample(path, parts)
        if len(parts) == _RESULT:
            self._made_result(path)

    def _make_sample(self, path: str, parts: Sequence[str]) -> None:
        try:
            with self._asking(path):
                group = self._group(parts)
                if not group.is_library:
                    remedy = "Create it in a library, then add it to the group."
                    raise ReadOnly(self.uri(path), "cannot be created: its group is not a library", remedy=remedy)
                sample = ensure_sample(self.client, group.uuid, plain(parts[2]))
                self._cache[tuple(parts[:3])] = _Owner(sample.uuid, False)
        except PathNotFound as error:
            raise ReadOnly(
                self.uri(path), "cannot be created: its group does not exist", remedy=_CREATION_REMEDY
            ) from error

    def check_removal(self, path: str) -> None:
        if len(_parts(path)) not in (_RESULT, _FIELD):
            remedy = "Delete samples, groups and organizations with: omics pangea delete."
            raise ReadOnly(self.uri(path), "is not removed", remedy=remedy)

    def remove(self, entry: Entry) -> None:
        """Remove a field, or a result without fields."""
        self.check_removal(entry.path)
        parts = _parts(entry.path)
        with self._asking(entry.path):
            if len(parts) == _FIELD:
                self._handle(entry).field.delete(self.client)
                return
            result = self._result(parts)
            if next(result.fields(self.client), None) is not None:
                raise NotEmpty(self.uri(entry.path))
            with deleting():
                operation(self.client, "delete_{}_analysis_result", result.of_group)(uuid=result.uuid)

    @contextmanager
    def _asking(self, path: str) -> Generator[None]:
        """Convert the server's response that an object does not exist to an error of paths; caches may be outdated then."""
        try:
            yield
        except APIError as error:
            self._cache.clear()
            # A list of what belongs to something that was deleted is refused with 400.
            if error.status == 404 or (error.status, error.method) == (400, "GET"):
                raise PathNotFound(self.uri(path), "not found, or not visible to you") from error
            raise


# -- paths


def _meant(parts: Sequence[str]) -> _Meant:
    """What distinguishes the result of a field's path from others."""
    return (parts[0], parts[1], parts[2], *module_and_replicate(parts[3]))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def escaped(name: str) -> str:
    """A name as a part of a path.

    Args:
        name: The name of an organization, a group, a sample or a field.
    """
    text = _escaped(name)
    return text.replace(".", "%2E") if not text.strip(".") else text


def sample_part(name: str) -> str:
    """A sample's name as a part of a path, which is not read as OF_GROUP.

    Args:
        name: The name.
    """
    text = escaped(name)
    return f"%2E{text[1:]}" if text.startswith(".") else text


def result_part(module: str, replicate: str = "") -> str:
    """A result as a part of a path: `MODULE`, or `MODULE.REPLICATE`.

    Args:
        module: Its module.
        replicate: Distinguishes it from the newest of the module; empty for that one.
    """
    escaped_module = escaped(module).replace(".", "%2E")
    return f"{escaped_module}.{_escaped(replicate)}" if replicate else escaped_module


def plain(part: str) -> str:
    """The name that is written as a part of a path.

    Args:
        part: The part.
    """
    return _ESCAPED.sub(lambda match: _CHARACTERS[match[1].upper()], part)


def module_and_replicate(part: str) -> tuple[str, str | None]:
    """The module and the replicate that are written as a part of a path; None for the newest.

    Args:
        part: The part; its first dot is before the replicate.
    """
    module, dot, replicate = part.partition(".")
    return plain(module), plain(replicate) if dot and replicate else None


def result_parts(results: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What results of one sample, or of one group, are called: by the module where it has no other one.

    Which of several is the newest changes, so that all of them have their replicates in their names.

    Args:
        results: What the server states of all of them.

    Returns:
        From uuid to part.
    """
    rows = [
        (str(result.get("uuid")), str(result.get("module_name")), str(result.get("replicate") or ""))
        for result in results
    ]
    counts = Counter(module for _, module, _ in rows)
    return {uuid: result_part(module, replicate if counts[module] > 1 else "") for uuid, module, replicate in rows}


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: f"%25{match[1]}", text).replace("/", "%2F")


# -- entries


def _named(path: str, member: Organization | SampleGroup) -> Entry:
    part = escaped(member.name)
    return Entry(f"{path}/{part}" if path else part, "folder", details={"uuid": member.uuid})


def _field_entry(path: str, field: FieldId, data: object, updated_at: object) -> Entry:
    encoded = json_bytes(data)
    content = _FieldHandle(field, data)
    return Entry(
        path,
        "file",
        len(encoded) if content.is_value else size_of(data),
        checksums_of(data),
        seconds_of(updated_at),
        f"{field.uuid}-{blake2b(encoded, digest_size=8).hexdigest()}",
        {"uuid": field.uuid, "kind": "value" if content.is_value else kind_of(data)},
        content,
    )


def _results_entries(path: str, manifest: Blob, *, of_group: bool) -> Iterator[Entry]:
    """All fields of the results that a manifest, or a part of one, has."""
    results = objects_in(manifest, "analysis_results", path, "sample_group" if of_group else "sample")
    for result in results:
        name_in(result, path, "module_name")
    parts = result_parts(results)
    for result in results:
        below = f"{path}/{parts[str(result.get('uuid'))]}"
        for field in objects_in(result, "fields", path, "analysis_result"):
            part = escaped(name_in(field, below))
            field_id = FieldId(str(field.get("uuid")), of_group)
            yield _field_entry(f"{below}/{part}", field_id, field.get("stored_data"), field.get("updated_at"))


def _samples(response: Blob, field: str, path: str) -> Iterator[tuple[Blob, str]]:
    """Samples of a response with their parts of a path; those that share a name are called by their UUIDs."""
    samples = objects_in(response, field, path)
    counts = Counter(name_in(sample, path) for sample in samples)
    for sample in samples:
        name = str(sample["name"])
        yield sample, sample_part(name) if counts[name] == 1 else name_in(sample, path, "uuid")
