"""The Data Store's state, what its handlers share, and what is indexed of a bundle."""

import json
import re
from collections.abc import Callable, Sequence

from omicsdk.sandbox.dss.notifications import LOST, Event
from omicsdk.sandbox.dss.store import Bundle, BundleEntry, DssStore, FileRecord, JsonObject, format_version
from omicsdk.sandbox.dss.webhooks import Courier
from omicsdk.sandbox.problems import Problem, not_found
from omicsdk.sandbox.service import Call, Caller, Grounds
from omicsdk.sandbox.state.settings import Setting

MANIFEST_FORMAT = "0.0.1"
# The platform documents that larger manifests aren't part of the index document.
MAX_INDEXED_FILES = 20_000


def manifest(version: str, creator_uid: int, entries: Sequence[BundleEntry]) -> JsonObject:
    """A bundle's manifest, as `PUT /bundles` answers it."""
    return {
        "format": MANIFEST_FORMAT,
        "version": version,
        "creator_uid": creator_uid,
        "files": [entry.manifest() for entry in entries],
    }


def schema_key(name: str) -> str:
    """Under which key of `files` a metadata file's content stands: cell_suspension_0.json is cell_suspension_json."""
    stem = re.sub(r"\.json$", "", name)
    return re.sub(r"_\d+$", "", re.sub(r"\W", "_", stem)) + "_json"


def index_document(
    uuid: str,
    version: str,
    creator_uid: int,
    entries: Sequence[BundleEntry],
    read: Callable[[str], bytes],
) -> JsonObject:
    """Makes the document.

    Args:
        uuid: The bundle's uuid.
        version: Its version.
        creator_uid: Who made it.
        entries: Its files.
        read: Reads the bytes of a content, by SHA-256.

    Returns:
        `uuid`, `state`, `manifest`, and `files`: schema key to the contents of that kind. An indexed file that isn't
        JSON is left out, as by the platform.
    """
    files: dict[str, list[object]] = {}
    for entry in entries:
        if not entry.indexed:
            continue
        try:
            content = json.loads(read(entry.file.sha256))
        except (ValueError, RecursionError):
            continue
        files.setdefault(schema_key(entry.name), []).append(content)
    document: JsonObject = {"uuid": uuid, "state": "new", "files": files}
    if len(entries) <= MAX_INDEXED_FILES:
        document["manifest"] = manifest(version, creator_uid, entries)
    return document


SETTINGS = (
    Setting("dss.url_seconds", 3600, "for how long presigned URLs are good, in seconds"),
    Setting("dss.async_bytes", 64 * 1024 * 1024, "files from so many bytes on are registered asynchronously (202)"),
    Setting("dss.async_seconds", 1.0, "how long an asynchronous registration takes, in seconds"),
    Setting("dss.checkout_seconds", 1.0, "how long a checkout job takes, in seconds"),
    Setting("dss.checkout_redirects", 0, "how many 301s a file, or a bundle with URLs, answers before its data"),
    Setting("dss.redirect_seconds", 0, "for how many seconds a file, or a bundle with URLs, answers 301"),
    Setting("dss.retry_after", 1, "the Retry-After of those 301s, in seconds"),
    Setting("dss.journal_events", 10, "how many events stand in one journal"),
    Setting("dss.restricted", False, "whether every operation needs a token, as in restricted deployments"),
    Setting("dss.read_only", False, "whether everything that writes is refused"),
)

SUBSCRIPTION = "subscription"
"""The kind of the secrets that notifications are signed with; they are held in memory only."""


class Dss:
    """The Data Store.

    Args:
        grounds: What it stands on.
    """

    def __init__(self, grounds: Grounds) -> None:
        self.grounds = grounds
        self.store = DssStore(grounds.database, grounds.clock.now)
        grounds.settings.declare(*SETTINGS)
        self._documents: dict[tuple[str, str], JsonObject] = {}
        self.courier = Courier(grounds.database, grounds.clock)

    def now(self) -> float:
        """The sandbox's time in seconds since 1970."""
        return self.grounds.clock.now()

    def new_version(self, latest: str) -> str:
        """A version of this moment, later than another one even if time stands still."""
        now = self.now()
        version = format_version(now)
        while version <= latest:
            now += 1e-6
            version = format_version(now)
        return version

    # -- finding

    def file(self, uuid: str, version: str | None) -> FileRecord:
        """A version of a file, the latest when none is named; a 404 when it isn't there."""
        found = self.store.file(uuid.lower(), version)
        if found is None:
            raise not_found(f"Cannot find file {uuid}{f' version {version}' if version else ''}")
        return found

    def bundle(self, uuid: str, version: str | None) -> Bundle:
        """A version of a bundle, the latest when none is named; a 404 when it isn't there or was deleted."""
        found = self.store.bundle(uuid.lower(), version)
        if found is None:
            raise not_found(f"Cannot find bundle {uuid}{f' version {version}' if version else ''}")
        return found

    def document(self, uuid: str, version: str) -> JsonObject:
        """The index document of a bundle's version, decoded once."""
        key = (uuid, version)
        found = self._documents.get(key)
        if found is None:
            found = self._documents[key] = self.store.document(uuid, version)
        return found

    # -- writing

    def add_bundle(self, uuid: str, version: str, creator_uid: int, entries: Sequence[BundleEntry]) -> None:
        """Enters a bundle's version, indexes it, records the event and tells subscribers."""
        document = index_document(uuid, version, creator_uid, entries, self.grounds.objects.read)
        with self.store.transaction():
            self.store.put_bundle(uuid, version, creator_uid, entries, document)
            self.store.put_event(uuid, version, format_version(self.now()), {"event_type": "CREATE", **document})
            self._tell(Event("CREATE", uuid, version, document))

    def delete_bundle(self, uuid: str, version: str, email: str, reason: str) -> None:
        """Deletes a bundle's version, or with an empty version all of them, and tells subscribers.

        Whoever replays events later doesn't meet the deleted bundle, as on the platform.
        """
        with self.store.transaction():
            self.store.put_tombstone(uuid, version, email, reason)
            self.store.delete_events(uuid, version)
            told = {"uuid": uuid, "email": email, "reason": reason, "admin_deleted": True}
            self._tell(Event("TOMBSTONE", uuid, version, {**told, "version": version} if version else told))

    def _tell(self, event: Event) -> None:
        self.courier.tell([self._with_secret(each) for each in self.store.subscriptions()], event)

    def _with_secret(self, subscription: JsonObject) -> JsonObject:
        if not subscription.get("hmac_secret_key"):
            return subscription
        held = self.grounds.secrets.held(SUBSCRIPTION, subscription["uuid"])
        return {**subscription, "hmac_secret_key": LOST if held is None else held}

    def finish(self) -> int:
        """Finishes file copies and checkouts that are under way and returns how many they were."""
        return self.store.finish_files() + self.store.finish_checkouts()

    def clear(self) -> None:
        """Forgets what isn't in the database."""
        self._documents.clear()
        self.courier.clear()

    def close(self) -> None:
        """Stops deliveries."""
        self.courier.close()


def writable(dss: Dss) -> None:
    """Raises a 503 while the Data Store is read-only."""
    if dss.grounds.settings.flag("dss.read_only"):
        wait = {"Retry-After": str(round(dss.grounds.settings.number("dss.retry_after")))}
        raise Problem(503, "read_only", "The Data Store is currently read-only", wait)


def writer(dss: Dss, call: Call, *, group: str = "hca") -> Caller:
    """The sender of a request that writes data.

    Args:
        dss: The Data Store.
        call: The request.
        group: What the sender must belong to.

    Returns:
        The sender.

    Raises:
        Problem: 403; the sender isn't in the group. 503; the Data Store is read-only.
    """
    writable(dss)
    call.sender.needs(group)
    return call.sender
