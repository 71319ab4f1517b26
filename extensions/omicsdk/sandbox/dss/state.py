"""What the Data Store's handlers work on, and the switches that belong to it."""

from collections.abc import Sequence

from omicsdk.sandbox.dss.courier import Courier
from omicsdk.sandbox.dss.index import index_document
from omicsdk.sandbox.dss.notifications import LOST, Event
from omicsdk.sandbox.dss.store import Bundle, BundleEntry, DssStore, FileRecord, JsonObject
from omicsdk.sandbox.dss.versions import format_version
from omicsdk.sandbox.problems import not_found
from omicsdk.sandbox.service import Grounds
from omicsdk.sandbox.state.settings import Setting

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
