"""Fields of Pangea's analysis results as files: `pangea://ORGANIZATION/GROUP/SAMPLE/MODULE[.REPLICATE]/FIELD`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO, ClassVar, TypeVar, cast

from omicsdk.core.errors import APIError, OmicsError
from omicsdk.fs.places._shared import is_stopped
from omicsdk.fs.places.pangea import told as pangea_told
from omicsdk.fs.places.pangea.login import logged_in
from omicsdk.fs.places.pangea.names import OF_GROUP, escaped, module_and_replicate, plain, result_parts
from omicsdk.fs.places.pangea.puts import Puts
from omicsdk.fs.places.pangea.told import Held, field_entry
from omicsdk.fs.store import Entry, Put, PutOptions, Store
from omicsdk.fs.uri import IsFolder, NotAFolder, NotEmpty, PathError, PathNotFound, ReadOnly, WrongUri
from omicsdk.pangea.asking.pages import paginated_iterator
from omicsdk.pangea.asking.routes import is_uuid
from omicsdk.pangea.asking.values import Blob, name_in, object_of, objects_in
from omicsdk.pangea.blob_constructors import sample_from_uuid
from omicsdk.pangea.contents.stored_data import download_url, kind_of, without_signature
from omicsdk.pangea.downloads import item_of, locator
from omicsdk.pangea.errors import PangeaGeneralError, PangeaNotFoundError, RemoteObjectError, not_there
from omicsdk.pangea.knex import Knex
from omicsdk.pangea.objects.analysis_result import AnalysisResult
from omicsdk.pangea.objects.field import AnalysisResultField
from omicsdk.pangea.objects.organization import Organization
from omicsdk.pangea.objects.remote_object import RemoteObject
from omicsdk.pangea.objects.sample import Sample
from omicsdk.pangea.objects.sample_group import SampleGroup
from omicsdk.transfer import Item, Location, TransferReport
from omicsdk.transfer.calls import side_by_side

R = TypeVar("R", bound=RemoteObject)
Result = AnalysisResult[AnalysisResultField]
_Meant = tuple[str, str, str, str, str | None]

#: Parts of a path that lead to a sample, a result, a field.
_SAMPLE, _RESULT, _FIELD = 3, 4, 5
_FORM = "Write pangea://ORGANIZATION/GROUP/SAMPLE/MODULE/FIELD."
_ELSEWHERE = "Organizations and groups are made and removed with: omics pangea create, omics pangea delete."


class PangeaStore(Store):
    """Organizations, groups, samples and their results as folders, and the results' fields as files.

    Results of a group itself are below `pangea://ORGANIZATION/GROUP/.results`. A result is called by its module alone where
    that has no other one, else by `MODULE.REPLICATE`; the module alone means the newest then. Names stand as they are, but for
    what would be read as something else: a slash is `%2F`, a dot in a module's name `%2E`, and the `%` of a name that has such
    three characters itself `%25`. Samples that share a name in a group are called by their uuids.

    A field that refers to a file is that file; one that holds a value is a file with its JSON. What is public is read without
    a login.

    What is put makes fields, and results that aren't there, which only members of the organization see. Samples are made by
    `make_folder` alone, so that no mistyped name becomes one, and groups and organizations not at all, since somebody has to
    say who may see them. A file goes into a field of another name first (`FIELD~unfinished`), which takes the place of the old
    one when it is whole.

    Args:
        endpoint: The server's address; by default OMICS_PANGEA_URL, else PANGEA_ENDPOINT, else https://pangeabio.io.
        email: The address to log in with; by default PANGEA_USER.
        password: Its password; by default PANGEA_PASS.
        token: A token in the place of both; by default OMICS_PANGEA_TOKEN.
        knex: A connection that is ready, in place of all others; it isn't closed.
    """

    scheme: ClassVar[str] = "pangea"
    writable: ClassVar[bool] = True

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        email: str | None = None,
        password: str | None = None,
        token: str | None = None,
        knex: Knex | None = None,
    ) -> None:
        self._settings = endpoint, email, password, token
        self._given = knex
        self._made: Knex | None = None
        self._connecting = threading.Lock()
        self._known: dict[tuple[str, ...], RemoteObject] = {}

    @property
    def knex(self) -> Knex:
        """The connection.

        Raises:
            AuthError: The login isn't one.
            PangeaGeneralError: The server can't be asked.
        """
        if self._given is not None:
            return self._given
        with self._connecting:
            if self._made is None:
                self._made = logged_in(*self._settings)
            return self._made

    # -- finding

    def look(self, path: str) -> Entry:
        parts = _parts(path)
        with self._asking(path):
            if len(parts) > _FIELD:
                raise PathNotFound(self.uri(path), "isn't there: fields are files", remedy=_FORM)
            if len(parts) == _FIELD:
                field = self._result(parts).field(plain(parts[4]))
                if not field.exists():
                    raise PathNotFound(self.uri(path), "isn't there")
                return _field_entry(path, field)
            found = self._folder(parts)
        return Entry(path, "folder", details={"uuid": found.uuid} if found is not None else {})

    def _folder(self, parts: Sequence[str]) -> RemoteObject | None:
        """What a path to a folder names; None for the top."""
        match len(parts):
            case 0:
                return None
            case 1:
                return self._organization(parts)
            case 2:
                return self._group(parts)
            case 3:
                return self._owner(parts)
            case _:
                return self._result(parts)

    def _organization(self, parts: Sequence[str]) -> Organization:
        return self._remembered(parts[:1], Organization(self.knex, plain(parts[0])))

    def _group(self, parts: Sequence[str]) -> SampleGroup:
        return self._remembered(parts[:2], self._organization(parts).sample_group(plain(parts[1])))

    def _owner(self, parts: Sequence[str]) -> Sample | SampleGroup:
        """The sample that has results, or the group that has some of its own."""
        group = self._group(parts)
        if parts[2] == OF_GROUP:
            return group
        try:
            return self._remembered(parts[:3], group.sample(plain(parts[2])))
        except PangeaNotFoundError:
            if not is_uuid(parts[2]):
                raise
            if all(link.get("uuid") != parts[2] for link in objects_in(self._links(group), "links", "/".join(parts))):
                raise
            return sample_from_uuid(self.knex, parts[2])

    def _links(self, group: SampleGroup) -> Blob:
        """Names and uuids of all samples of a group as its `links`, by one request."""
        route = f"sample_groups/{group.uuid}/sample_links"
        return object_of(self.knex.get(route), route)

    def _result(self, parts: Sequence[str]) -> Result:
        """A result, asked for anew: which is the newest changes."""
        found = self._new_result(parts)
        if not found.exists():
            raise not_there(f"result {plain(parts[3])!r}", self.knex.endpoint_url)
        return found

    def _new_result(self, parts: Sequence[str]) -> Result:
        owner = self._owner(parts)
        module, replicate = module_and_replicate(parts[3])
        return cast("Result", owner.analysis_result(module, replicate=replicate))

    def _remembered(self, parts: Sequence[str], wanted: R) -> R:
        """Something that is there; it is asked for once."""
        key = tuple(parts)
        known = self._known.get(key)
        if known is not None:
            return cast("R", known)
        if not wanted.exists():
            raise not_there(f"{type(wanted).__name__} {plain(parts[-1])!r}", self.knex.endpoint_url)
        self._known[key] = wanted
        return wanted

    # -- listing

    def entries(self, path: str) -> Iterator[Entry]:
        parts = _parts(path)
        with self._asking(path):
            match len(parts):
                case 0:
                    found = paginated_iterator(self.knex, "organizations")
                    yield from (_named(path, name_in(each, "organizations"), str(each["uuid"])) for each in found)
                case 1:
                    groups = self._organization(parts).get_sample_groups()
                    yield from (_named(path, group.name, str(group.uuid)) for group in groups)
                case 2:
                    yield from self._in_group(path, self._group(parts))
                case 3:
                    yield from self._in_owner(path, self._owner(parts))
                case _ if len(parts) == _RESULT:
                    result = self._result(parts)
                    for field in result.get_fields(cache=False):
                        yield _field_entry(f"{path}/{escaped(field.name)}", field)
                case _:
                    self.look(path)
                    raise NotAFolder(self.uri(path), "is a field, which is a file")

    def _in_group(self, path: str, group: SampleGroup) -> Iterator[Entry]:
        for sample, part in pangea_told.samples_with_parts(self._links(group), "links", path):
            yield Entry(f"{path}/{part}", "folder", details={"uuid": sample.get("uuid")})
        if next(iter(group.get_analysis_results(cache=False)), None) is not None:
            yield Entry(f"{path}/{OF_GROUP}", "folder")

    def _in_owner(self, path: str, owner: Sample | SampleGroup) -> Iterator[Entry]:
        results = [result.blob or {} for result in owner.get_analysis_results(cache=False)]
        parts = result_parts(results)
        for result in results:
            uuid = str(result.get("uuid"))
            told = pangea_told.seconds(result.get("updated_at"))
            details = {"uuid": uuid, "replicate": result.get("replicate")}
            yield Entry(f"{path}/{parts[uuid]}", "folder", modified=told, details=details)

    def walk(self, path: str) -> Iterator[Entry]:
        """Gives all fields below a folder; those of a group or a sample by one request for all."""
        parts = _parts(path)
        if len(parts) < 2:
            for folder in self.entries(path):
                yield from self.walk(folder.path)
        elif len(parts) >= _FIELD:
            yield self.look(path)
        else:
            with self._asking(path):
                yield from self._walked(path, parts)

    def _walked(self, path: str, parts: Sequence[str]) -> Iterator[Entry]:
        if len(parts) == 2:
            yield from pangea_told.manifest_entries(path, self._group(parts).get_manifest())
        elif len(parts) == _RESULT:
            yield from self.entries(path)
        elif isinstance(owner := self._owner(parts), SampleGroup):
            for result in self._in_owner(path, owner):
                yield from self.entries(result.path)
        else:
            yield from pangea_told.results_entries(path, pangea_told.OF_SAMPLE_ROUTE, owner.get_manifest())

    # -- bytes

    def open(self, entry: Entry) -> BinaryIO | None:
        held = self._held(entry)
        return BytesIO(pangea_told.value_bytes(without_signature(held.data))) if held.is_value else None

    def location(self, entry: Entry) -> Location:
        held = self._held(entry)
        if held.is_value:
            raise PathError(self.uri(entry.path), "is a value, and has no URL", remedy="Have the store open it.")
        with self._asking(entry.path):
            if kind_of(held.data) == "s3":
                return locator(self.knex.client, held.route)()
            return Location(download_url(held.data))

    def item(self, entry: Entry, name: str) -> Item:
        held = self._held(entry)
        if held.is_value:
            return super().item(entry, name)
        return item_of(self.knex.client, held.route, held.data, name, label=self.uri(entry.path))

    def _held(self, entry: Entry) -> Held:
        if isinstance(entry.handle, Held):
            return entry.handle
        found = self.look(entry.path).handle
        if not isinstance(found, Held):
            raise IsFolder(self.uri(entry.path), "is a folder")
        return found

    def put(self, files: Sequence[Put], options: PutOptions) -> TransferReport:
        """Puts files into fields. What was stopped goes on within a day; Pangea keeps the journal of it, not `options`."""
        results = self._results_for([file.path for file in files], lambda: is_stopped(options))

        def field_for(path: str) -> AnalysisResultField:
            result = results.get(_meant(parts := _parts(path)))
            if result is None:
                raise WrongUri(f"{self.uri(path)} names no field", remedy=_FORM)
            if isinstance(result, OmicsError):
                raise result
            return result.field(plain(parts[4]))

        return Puts(self.uri, field_for).run(files, options)

    def _results_for(self, paths: Sequence[str], stopped: Callable[[], bool]) -> dict[_Meant, Result | OmicsError]:
        """The results that fields are put into, each made once where it isn't there; or why it can't be.

        Those of modules alone come first: what is made with a replicate would be the newest then.
        """
        wanted = {_meant(parts): path for path in paths if len(parts := _parts(path)) == _FIELD}
        found: dict[_Meant, Result | OmicsError] = {}
        for of_replicates in (False, True):
            some = {meant: path for meant, path in wanted.items() if (meant[-1] is not None) is of_replicates}
            found |= zip(some, side_by_side(self._made_result, list(some.values()), stopped), strict=True)
        return found

    def _made_result(self, path: str) -> Result:
        """A result, made where it isn't there, for members only."""
        with self._asking(path):
            try:
                found = self._new_result(_parts(path))
            except PangeaNotFoundError as error:
                remedy = "Check the names; samples are made as folders, groups with: omics pangea create."
                raise PathNotFound(self.uri(path), "has no sample to go to", remedy=remedy) from error
            if not found.exists():
                found.is_private = True
                found.create()
            return found

    # -- changes

    def make_folder(self, path: str) -> None:
        """Makes a sample in its library, or a result."""
        parts = _parts(path)
        if len(parts) >= _FIELD:
            raise WrongUri(f"{self.uri(path)} names a field, which is a file", remedy=_FORM)
        try:
            with self._asking(path):
                self._folder(parts)
            return
        except PathNotFound as error:
            if len(parts) < _SAMPLE:
                raise ReadOnly(self.uri(path), "isn't there, and isn't made", remedy=_ELSEWHERE) from error
        if parts[2] != OF_GROUP:
            self._make_sample(path, parts)
        if len(parts) == _RESULT:
            self._made_result(path)

    def _make_sample(self, path: str, parts: Sequence[str]) -> None:
        try:
            with self._asking(path):
                group = self._group(parts)
                self._known[tuple(parts[:3])] = group.sample(plain(parts[2])).idem()
        except PathNotFound as error:
            raise ReadOnly(self.uri(path), "isn't made: its group isn't there", remedy=_ELSEWHERE) from error
        except RemoteObjectError as error:
            raise ReadOnly(self.uri(path), f"isn't made: {error.message}", remedy=error.remedy) from error

    def remove(self, entry: Entry) -> None:
        """Removes a field, or a result without fields."""
        parts = _parts(entry.path)
        with self._asking(entry.path):
            if len(parts) == _FIELD:
                self.knex.delete(self._held(entry).route)
            elif len(parts) == _RESULT:
                result = self._result(parts)
                if next(iter(result.get_fields(cache=False)), None) is not None:
                    raise NotEmpty(self.uri(entry.path))
                result.delete()
            else:
                remedy = "Samples, groups and organizations hold more than files: omics pangea delete."
                raise ReadOnly(self.uri(entry.path), "isn't removed", remedy=remedy)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    @contextmanager
    def _asking(self, path: str) -> Generator[None]:
        """Has the server's word that something isn't there raised as ours; what is known may be outdated then."""
        try:
            yield
        except (PangeaGeneralError, APIError) as error:
            self._known.clear()
            # A list of what belongs to something that is gone is refused with 400.
            if isinstance(error, APIError) and (error.status, error.method) in ((404, error.method), (400, "GET")):
                raise PathNotFound(self.uri(path), "isn't there, or may not be seen") from error
            raise


def _meant(parts: Sequence[str]) -> _Meant:
    """What tells the result of a field's path from others."""
    if len(parts) != _FIELD:
        return ("", "", "", "", None)
    return (parts[0], parts[1], parts[2], *module_and_replicate(parts[3]))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _named(path: str, name: str, uuid: str) -> Entry:
    return Entry(f"{path}/{escaped(name)}" if path else escaped(name), "folder", details={"uuid": uuid})


def _field_entry(path: str, field: AnalysisResultField) -> Entry:
    told = {**(field.blob or {}), "stored_data": field.stored_data, "uuid": field.uuid}
    return field_entry(path, field.route, told)
