"""The index: what all of its parts share, and what other services of the commons ask of it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.indexd import record as records
from omicsdk.sandbox.gen3.indexd.record import JsonObject
from omicsdk.sandbox.gen3.indexd.refusals import mismatch, no_record, refuse
from omicsdk.sandbox.gen3.indexd.requests.rights import Sender
from omicsdk.sandbox.gen3.indexd.stores.aliases import AliasStore
from omicsdk.sandbox.gen3.indexd.stores.bundles import BundleStore
from omicsdk.sandbox.gen3.indexd.stores.records import RecordStore
from omicsdk.sandbox.service import Call, Grounds
from omicsdk.sandbox.state.settings import Setting

PREFIX = "gen3.guid_prefix"
NEIGHBOURS = "gen3.index_neighbours"
PASSPORTS = "gen3.passport_issuers"
MAX_BULK = 100
"""How many DRS objects may be asked for at once, as the service has it by default."""


class Index:
    """The index of the commons.

    Its methods ask nobody for permission: the handlers do.

    Args:
        grounds: What the sandbox stands on.
        access: The people of the commons.

    Attributes:
        grounds: What the sandbox stands on.
        records: The records.
        aliases: Their aliases, and old alias records.
        bundles: The bundles.
    """

    def __init__(self, grounds: Grounds, access: Access) -> None:
        self.grounds = grounds
        self._access = access
        self.records = RecordStore(grounds.database)
        self.aliases = AliasStore(grounds.database)
        self.bundles = BundleStore(grounds.database)
        grounds.settings.declare(
            Setting(PREFIX, "dg.TEST/", "What new GUIDs of the commons begin with; empty for nothing."),
            Setting(
                NEIGHBOURS,
                "[]",
                "Other commons that the index asks for unknown GUIDs, as JSON: a list of objects with name, host, hints"
                " (regular expressions) and type. Only those on this machine are asked.",
            ),
            Setting(
                PASSPORTS,
                "{}",
                "Resources that passports open, as JSON: a resource's path with a list of their issuers.",
            ),
        )

    @property
    def prefix(self) -> str:
        """What GUIDs of the commons begin with."""
        return self.grounds.settings.text(PREFIX)

    def json_setting(self, name: str) -> Any:
        """The value of a setting that is JSON.

        Raises:
            Problem: 500; somebody turned it to something else.
        """
        try:
            return json.loads(self.grounds.settings.text(name))
        except ValueError as error:
            raise refuse(500, f"The sandbox's setting {name} isn't JSON: {error}") from error

    def sender(self, call: Call) -> Sender:
        """Who sent a request."""
        return Sender(self._access, call.headers)

    # -- reading

    def get(self, did: str) -> JsonObject | None:
        """A record as GET /index/{GUID} tells it.

        Args:
            did: Its whole GUID, or that without the commons' prefix, or the `baseid` of its versions.

        Returns:
            The record; None when there is none.
        """
        found = self.kept(did)
        return None if found is None else records.told_alone(found)

    def find(self, name: str) -> JsonObject | None:
        """A record as GET /{GUID} tells it.

        Args:
            name: What `get` takes, or an alias.

        Returns:
            The record; None when there is none.
        """
        found = self.kept(name) or self.records.find(self.aliases.owner(name) or "")
        return None if found is None else records.told(found)

    def latest(self, name: str) -> JsonObject | None:
        """The latest version of a file as GET /index/{GUID}/latest tells it; the argument is that of `find`."""
        found = self.find(name)
        return None if found is None else records.told(self.records.versions(found["baseid"])[-1])

    def kept(self, did: str) -> JsonObject | None:
        """A record as it is kept; the argument is that of `get`."""
        return next((found for each in self.spellings(did) if (found := self._version(each)) is not None), None)

    def find_bundle(self, id: str) -> JsonObject | None:
        """A bundle as it is kept, by its identifier with or without the commons' prefix."""
        return next((found for each in self.spellings(id) if (found := self.bundles.find(each)) is not None), None)

    def spellings(self, did: str) -> list[str]:
        """What a GUID may mean: itself, or it with the commons' prefix or without."""
        prefix = self.prefix
        if not prefix:
            return [did]
        return [did, did.removeprefix(prefix) if did.startswith(prefix) else prefix + did]

    def _version(self, did: str) -> JsonObject | None:
        return self.records.find(did) or next(reversed(self.records.versions(did)), None)

    def existing(self, did: str) -> JsonObject:
        """A record by its whole GUID.

        Raises:
            Problem: 404; there is none.
        """
        found = self.records.find(did)
        if found is None:
            raise no_record()
        return found

    def versions(self, did: str) -> list[JsonObject]:
        """The versions of a file, the oldest first.

        Args:
            did: The whole GUID of any of them, or their `baseid`.

        Raises:
            Problem: 404; there are none.
        """
        found = self.records.find(did)
        versions = self.records.versions(found["baseid"] if found else did)
        if not versions:
            raise no_record()
        return versions

    # -- writing

    def create(self, record: Mapping[str, Any]) -> JsonObject:
        """Creates a record.

        Args:
            record: Its fields; without `did` it gets a new GUID, without `baseid` it is the first version of its file.

        Returns:
            Its `did`, `baseid` and `rev`.

        Raises:
            Problem: 409 for a GUID that is taken, 400 for fields that don't fit each other.
        """
        taken = 'did "{did}" already exists'
        new = self.new(record)
        _check_urls(record, taken.format(did=new["did"]))
        return self.enter(new, taken)

    def create_version(self, older: Mapping[str, Any], record: Mapping[str, Any]) -> JsonObject:
        """Creates a record as a new version of a file; otherwise as `create`.

        Args:
            older: Another version of it.
            record: The fields of the new one; a `baseid` in it has no meaning.
        """
        taken = "{did} already exists"
        new = self.new({**record, "baseid": older["baseid"]})
        _check_urls(record, taken.format(did=new["did"]))
        return self.enter(new, taken)

    def create_blank(
        self, uploader: str | None, file_name: str | None = None, authz: Iterable[str] = (), did: str | None = None
    ) -> JsonObject:
        """Creates the record of a file that is going to be uploaded.

        Args:
            uploader: Who uploads it.
            file_name: Its name.
            authz: Resources that it will belong to.
            did: Its GUID; None for a new one.

        Returns:
            Its `did`, `baseid` and `rev`.

        Raises:
            Problem: 409; the GUID is taken.
        """
        return self.create({"uploader": uploader, "file_name": file_name, "authz": [*authz], "did": did})

    def new(self, record: Mapping[str, Any]) -> JsonObject:
        """A record that isn't entered yet; the arguments are those of `create`."""
        did = record.get("did") or records.new_guid(self.prefix)
        baseid = record.get("baseid") or records.new_guid("")
        return records.made(record, did=did, baseid=baseid, now=self.grounds.clock.now())

    def enter(self, record: JsonObject, taken: str) -> JsonObject:
        """Enters a record.

        Args:
            record: The record.
            taken: What is said when its GUID is taken; `{did}` stands for that.
        """
        if not self.records.add(record):
            raise refuse(409, taken.format(did=record["did"]))
        return records.identifiers(record)

    def update(self, did: str, changes: Mapping[str, Any], rev: str | None = None) -> JsonObject:
        """Replaces fields of a record.

        Args:
            did: Its whole GUID.
            changes: The new values; size, checksums and `baseid` too.
            rev: The revision that it must have; None for any.

        Returns:
            Its `did`, `baseid` and new `rev`.

        Raises:
            Problem: 404 without the record, 409 for another revision, 400 for values that don't fit each other.
        """
        with self.records.transaction():
            found = self.existing(did)
            if rev is not None and rev != found["rev"]:
                raise mismatch()
            _check_urls(changes, "a URL is given twice")
            new = records.changed(found, changes, self.grounds.clock.now())
            self.records.replace(new)
        return records.identifiers(new)

    def add_aliases(self, did: str, aliases: Iterable[str]) -> None:
        """Adds aliases that nothing has to a record.

        Args:
            did: Its whole GUID.
            aliases: The aliases.

        Raises:
            Problem: 409; one is taken.
        """
        sent = [*aliases]
        with self.records.transaction():
            if len(set(sent)) < len(sent) or any(self.aliases.owner(alias) is not None for alias in sent):
                raise refuse(
                    409, f"One or more aliases in request already associated with this or another GUID: {sent}"
                )
            self.aliases.add(did, sent)

    def delete(self, did: str) -> bool:
        """Deletes a record and its aliases.

        Args:
            did: Its whole GUID.

        Returns:
            Whether there was one.
        """
        with self.records.transaction():
            self.aliases.remove(did)
            return self.records.remove(did)


def _check_urls(given: Mapping[str, Any], told: str) -> None:
    """Refuses a URL that is given twice: the service's table has each once for a record, and it takes that for the record.

    Raises:
        Problem: 409.
    """
    urls = given.get("urls") or ()
    if len(set(urls)) < len(urls):
        raise refuse(409, told)
