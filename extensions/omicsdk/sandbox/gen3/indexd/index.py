"""The index: its tables, what its parts share, and its interface for other services of the commons."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.indexd import record as records
from omicsdk.sandbox.gen3.indexd.requests import no_record, refuse, spellings
from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.service import Call, JsonObject, SandboxContext, basic_login
from omicsdk.sandbox.state.database import Database, Table

PREFIX = "gen3.guid_prefix"
NEIGHBOURS = "gen3.index_neighbours"
PASSPORTS = "gen3.passport_issuers"
# A service of the commons that may do everything, as Fence and Sheepdog do it in a real one; its password is the sandbox's.
SERVICE_NAME = "sandbox-service"
# The resource whose creators and deleters may do the same with bundles.
BUNDLES = "/services/indexd/bundles"
# The resource whose methods apply to all records; those on the second one to records without resources as well.
_ADMINISTERED, _PROGRAMS = "/services/indexd/admin", "/programs"
# Number of DRS objects that may be requested at once; the service's default.
MAX_BULK = 100
BY_GUID = "did"
# Orders of lists. New and changed records come last by the second, so that counted pages do not shift.
BY_CHANGE = "updated_date, rowid"


@dataclass(frozen=True, slots=True)
class Kept:
    """A bundle or an old alias record, by its identifier or name."""

    key: str
    document: JsonObject


@dataclass(frozen=True, slots=True)
class _Record:
    """A record, with the fields that lists are selected and sorted by."""

    did: str
    baseid: str
    size: int | None
    file_name: str | None
    version: str | None
    uploader: str | None
    created_date: str
    updated_date: str
    document: JsonObject


_FIELDS = ("did", "baseid", "size", "file_name", "version", "uploader", "created_date", "updated_date")


@dataclass(frozen=True, slots=True)
class _Term:
    """A word that a record is found by, of a kind such as url."""

    kind: str
    word: str
    did: str


class RecordStore:
    """Records in the order in which they were added, and the words that they are found by.

    Args:
        database: The file that they are in.

    Attributes:
        transaction: Context whose changes are made together, or not at all.
    """

    def __init__(self, database: Database) -> None:
        self.transaction = database.transaction
        self._database = database
        indexes = ("baseid", "updated_date", "size", "created_date, size")
        indexes += tuple(f"{name}, did" for name in ("file_name", "version", "uploader"))
        self._records = Table(database, "gen3_index_records", _Record, indexes=indexes)
        indexes = ("did, kind, word",)
        self._terms = Table(database, "gen3_index_terms", _Term, key="kind word did", indexes=indexes)

    def find(self, did: str) -> JsonObject | None:
        """A record by its whole GUID."""
        record = self._records.get(did)
        return record and record.document

    def put(self, document: JsonObject, *, instead: bool = True) -> bool:
        """Write a record, unless one exists that must not be replaced; return whether it was written."""
        fields = {name: document[name] for name in _FIELDS}
        with self.transaction():
            # Changed, not replaced, which would move it to the end.
            written = instead and self._records.change(fields["did"], **fields, document=document)
            written = written or self._records.add_new(_Record(**fields, document=document))
            if written:
                self._terms.remove(did=fields["did"])
                self._terms.put_all(_Term(kind, word, fields["did"]) for kind, word in records.terms(document))
        return written

    def remove(self, did: str) -> bool:
        """Remove a record; False when there is none."""
        with self.transaction():
            self._terms.remove(did=did)
            return self._records.remove(did=did) > 0

    # -- several

    def versions(self, baseid: str) -> list[JsonObject]:
        """The versions of a file, the oldest first."""
        return self._records.column("document", "baseid = ?", baseid)

    def several(self, dids: Iterable[str]) -> list[JsonObject]:
        """The records of those of some whole GUIDs that exist, by GUID."""
        return self.listed("did IN (SELECT value FROM json_each(?))", (json.dumps([*dids]),))

    def listed(
        self, where: str, values: Sequence[Any], *, order: str = BY_GUID, limit: int = -1, offset: int = 0
    ) -> list[JsonObject]:
        """Records that fulfil a condition.

        Args:
            where: The condition, as SQL over the columns of the table.
            values: Values of its question marks.
            order: BY_GUID or BY_CHANGE.
            limit: Largest number of items; negative for all.
            offset: Number of items to skip.
        """
        found = self._records.all(where, *values, order=order, limit=limit, offset=offset)
        return [record.document for record in found]

    def counted(self, month: str = "") -> tuple[int, int]:
        """The number of records, and of their bytes.

        Args:
            month: Only those made in it, such as 2024-01.
        """
        query = "SELECT size FROM gen3_index_records WHERE created_date >= ? AND created_date < ?"
        sizes = [row["size"] or 0 for row in self._database.rows(query, (month, f"{month}\U0010ffff"))]
        return len(sizes), sum(sizes)

    def urls(self, where: str, values: Sequence[Any], limit: int, offset: int) -> list[tuple[str, str]]:
        """GUIDs and URLs of records that fulfil a condition, by GUID.

        Args:
            where: The condition, as SQL over the columns of the table of records.
            values: Values of its question marks.
            limit: Largest number of URLs.
            offset: Number of URLs to skip.
        """
        query = (
            "SELECT t.did, t.word FROM gen3_index_terms t JOIN gen3_index_records r ON r.did = t.did"  # noqa: S608 - our own words
            f" WHERE t.kind = 'url' AND r.did IN (SELECT did FROM gen3_index_records WHERE {where})"
            " ORDER BY t.did, t.word LIMIT ? OFFSET ?"
        )
        return [(row[0], row[1]) for row in self._database.rows(query, (*values, limit, offset))]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a record."""

    alias: str
    did: str


class Aliases(Table[Alias]):
    """Aliases of records; each belongs to one record only."""

    def of(self, did: str) -> list[str]:
        """The aliases of a record, sorted."""
        return [row.alias for row in self.all(order="alias", did=did)]


class Index:
    """The index of the commons.

    Its methods check no permission: the handlers do.

    Args:
        context: State and settings that all services share.
        access: The users of the commons.

    Attributes:
        context: State and settings that all services share.
        records: The records.
        aliases: Their aliases.
        bundles: The bundles.
        alias_records: The old alias records, which represent themselves.
    """

    def __init__(self, context: SandboxContext, access: Access) -> None:
        self.context = context
        self._access = access
        database = context.database
        self.records = RecordStore(database)
        self.bundles = Table(database, "gen3_index_bundles", Kept)
        self.alias_records = Table(database, "gen3_index_alias_records", Kept)
        self.aliases = Aliases(database, "gen3_index_aliases", Alias, indexes=("did, alias",))

    @property
    def prefix(self) -> str:
        """The prefix of the commons' GUIDs."""
        return self.context.settings.text(PREFIX)

    def json_setting(self, name: str) -> Any:
        """The value of a setting that is JSON.

        Raises:
            Problem: 500; a user set it to an invalid value.
        """
        try:
            return json.loads(self.context.settings.text(name))
        except ValueError as error:
            raise refuse(500, f"The sandbox's setting {name} isn't JSON: {error}") from error

    # -- permission: services have a name and password, users the policies of their tokens

    def permit(self, call: Call, method: str, resources: Iterable[str]) -> None:
        """Refuse unless the sender of a request may do something with all resources.

        Args:
            call: The request.
            method: create, update or delete.
            resources: Their paths. Records without any are open to administrators of the index.

        Raises:
            Problem: 401 without a valid token or without permission, as Arborist's refusals become; 403 for a wrong password.
        """
        if not any(self._may(call, method, paths) for paths in ([*resources] or [_PROGRAMS], [_ADMINISTERED])):
            raise _denied()

    def permit_upload(self, call: Call, method: str, resources: Iterable[str]) -> None:
        """The same, but being allowed to upload files is enough; with no resources it is what is requested."""
        resource_paths = [*resources]
        if resource_paths and self._may(call, method, resource_paths):
            return
        # Lists of users give this policy for Fence, for which Indexd keeps the records of uploads.
        if not any(self._may(call, "file_upload", ["/data_file"], service) for service in ("indexd", "fence")):
            raise _denied()

    def _may(self, call: Call, method: str, resources: list[str], service: str = "indexd") -> bool:
        if login := basic_login(call.headers):
            expected = f"{SERVICE_NAME}:{self._access.secrets.password}"
            if not secrets.compare_digest(":".join(login).encode(), expected.encode()):
                raise refuse(403, "username / password mismatch")
            return True
        person = self._access.somebody(call.headers, _denied())
        return all(person.may(method, resource, service) for resource in resources)

    # -- reading

    def get(self, did: str) -> JsonObject | None:
        """A record as GET /index/{GUID} returns it.

        Args:
            did: Its whole GUID, or that without the commons' prefix, or the `baseid` of its versions.

        Returns:
            The record; None when there is none.
        """
        record = self.kept(did)
        return None if record is None else records.single(record)

    def find(self, name: str) -> JsonObject | None:
        """A record as GET /{GUID} returns it.

        Args:
            name: What `get` takes, or an alias.

        Returns:
            The record; None when there is none.
        """
        alias = self.aliases.get(name)
        record = self.kept(name) or (self.records.find(alias.did) if alias else None)
        return None if record is None else records.in_list(record)

    def latest(self, name: str) -> JsonObject | None:
        """The latest version of a file as GET /index/{GUID}/latest returns it; the argument is that of `find`."""
        record = self.find(name)
        return None if record is None else records.in_list(self.records.versions(record["baseid"])[-1])

    def kept(self, did: str) -> JsonObject | None:
        """A stored record; the argument is that of `get`."""
        for spelling in spellings(did, self.prefix):
            record = self.records.find(spelling) or next(reversed(self.records.versions(spelling)), None)
            if record is not None:
                return record
        return None

    def find_bundle(self, id: str) -> JsonObject | None:
        """A stored bundle, by its identifier with or without the commons' prefix."""
        candidates = (self.bundles.get(spelling) for spelling in spellings(id, self.prefix))
        return next((bundle.document for bundle in candidates if bundle is not None), None)

    def either(self, id: str) -> JsonObject:
        """A stored record or bundle, by its GUID with or without the commons' prefix.

        Raises:
            Problem: 404; there is neither.
        """
        return or_raise(self.kept(id) or self.find_bundle(id), no_record())

    def existing(self, did: str) -> JsonObject:
        """A record by its whole GUID.

        Raises:
            Problem: 404; there is none.
        """
        return or_raise(self.records.find(did), no_record())

    def versions(self, did: str) -> list[JsonObject]:
        """The versions of a file, the oldest first.

        Args:
            did: The whole GUID of any of them, or their `baseid`.

        Raises:
            Problem: 404; there are none.
        """
        record = self.records.find(did)
        versions = self.records.versions(record["baseid"] if record else did)
        if not versions:
            raise no_record()
        return versions

    # -- writing

    def create(self, record: Mapping[str, Any]) -> JsonObject:
        """Create a record.

        Args:
            record: Its fields; without `did` it gets a new GUID, without `baseid` it is the first version of its file.

        Returns:
            Its `did`, `baseid` and `rev`.

        Raises:
            Problem: 409 for a GUID that is taken, 400 for fields that do not fit each other.
        """
        return self._enter(record, 'did "{did}" already exists')

    def create_version(self, older: Mapping[str, Any], record: Mapping[str, Any]) -> JsonObject:
        """Create a record as a new version of a file; otherwise as `create`.

        Args:
            older: Another version of it.
            record: The fields of the new one; a `baseid` in it has no meaning.
        """
        return self._enter({**record, "baseid": older["baseid"]}, "{did} already exists")

    def create_blank(self, uploader: str | None, file_name: str | None = None, authz: Iterable[str] = ()) -> JsonObject:
        """Create the record of a file that is going to be uploaded.

        Args:
            uploader: The uploader.
            file_name: Its name.
            authz: Resources that it will belong to.

        Returns:
            Its `did`, `baseid` and `rev`.
        """
        return self.create({"uploader": uploader, "file_name": file_name, "authz": [*authz]})

    def _enter(self, record: Mapping[str, Any], conflict: str) -> JsonObject:
        did = record.get("did") or records.new_guid(self.prefix)
        baseid = record.get("baseid") or records.new_guid("")
        new = records.made(record, did=did, baseid=baseid, now=self.context.clock.now())
        _check_urls(record, conflict.format(did=did))
        if not self.records.put(new, instead=False):
            raise refuse(409, conflict.format(did=did))
        return records.identifiers(new)

    def update(self, did: str, changes: Mapping[str, Any]) -> JsonObject:
        """Replace fields of a record.

        Args:
            did: Its whole GUID.
            changes: The new values; size and checksums too.

        Returns:
            Its `did`, `baseid` and new `rev`.

        Raises:
            Problem: 404 without the record, 400 for values that do not fit each other.
        """
        with self.records.transaction():
            record = self.existing(did)
            _check_urls(changes, "a URL is given twice")
            new = records.changed(record, changes, self.context.clock.now())
            self.records.put(new)
        return records.identifiers(new)

    def delete(self, did: str) -> bool:
        """Delete a record by its whole GUID, and its aliases; False when there was none."""
        with self.records.transaction():
            self.aliases.remove(did=did)
            return self.records.remove(did)

    def add_aliases(self, did: str, aliases: Iterable[str]) -> None:
        """Add aliases that nothing has to a record.

        Args:
            did: Its whole GUID.
            aliases: The aliases.

        Raises:
            Problem: 409; one is taken.
        """
        sent = [*aliases]
        with self.records.transaction():
            if len(set(sent)) < len(sent) or any(map(self.aliases.get, sent)):
                raise refuse(
                    409, f"One or more aliases in request already associated with this or another GUID: {sent}"
                )
            self.aliases.put_all(Alias(alias, did) for alias in sent)


def _denied() -> Problem:
    return refuse(401, "Permission denied.")


def _check_urls(record: Mapping[str, Any], message: str) -> None:
    """Refuse a URL that is given twice: the service's table has each once for a record, and it takes that for the record.

    Raises:
        Problem: 409.
    """
    urls = record.get("urls") or ()
    if len(set(urls)) < len(urls):
        raise refuse(409, message)
