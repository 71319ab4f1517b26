"""The commons: what its services share."""

import json
import uuid
from collections.abc import Sequence
from hashlib import md5
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute, Mount

from omicsdk.core.files import PRIVATE, in_place_of
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from omicsdk.sandbox.gen3.access import KEY_SECONDS, OPEN, Access
from omicsdk.sandbox.gen3.guppy import Guppy
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.metadata.documents import Documents
from omicsdk.sandbox.gen3.records.submission import Records
from omicsdk.sandbox.gen3.sower import Sower
from omicsdk.sandbox.gen3.storage import (
    BUCKET,
    GOOGLE_PREFIX,
    PREFIX,
    Files,
    GoogleStorage,
    Grant,
    Indexing,
    Storage,
    presigned,
)
from omicsdk.sandbox.gen3.wts import Wts
from omicsdk.sandbox.service import SandboxContext
from omicsdk.sandbox.state.objects import StoredObject


class Gen3:
    """The commons.

    Args:
        context: State and settings that all services share.
        folder: Where its key goes.

    Attributes:
        context: State and settings that all services share.
        access: Users and their tokens.
        files: The contents of the commons' buckets, by storage URL, and uploads in parts.
        indexing: Uploads whose records wait for size and hashes.
        wts: Other commons, and the users that are connected to them.
        index: The records of files, their aliases and bundles.
        metadata: The metadata service's documents, and metadata of other commons.
        guppy: Guppy's data types with their rows.
        sower: Sower's jobs.
        records: What was submitted about subjects, samples and files, by the dictionary's node types.
    """

    def __init__(self, context: SandboxContext, folder: Path) -> None:
        self.context = context
        self.access = Access(context, folder / "gen3.key")
        self.files = Files(context.database, context.objects, context.clock.now)
        self.wts = Wts(context, self.access)
        self.index = Index(context, self.access)
        self.indexing = Indexing(self.files, self.index, context)
        self.metadata = Documents(context.database)
        self.records = Records(context.database, context.clock)
        self.guppy = Guppy(context.database, self.access)
        self.sower = Sower(context, self.access, self.files, self.index)

    def routes(self) -> list[BaseRoute]:
        """The routes that no service has: the storage behind presigned URLs, and the commons' buckets as Google's storage."""
        google = GoogleStorage(self.files, self.access, self.context.signer, self.context.settings)
        storage = Storage(self.files, self.context.signer, self.indexing.stored)
        return [Mount(PREFIX, app=storage), Mount(GOOGLE_PREFIX, app=google)]

    def presigned(self, origin: str, grant: Grant, seconds: float) -> str:
        """A URL to read or write an object of the commons' buckets with.

        Args:
            origin: Scheme, host and port as the client reaches them.
            grant: Its permission.
            seconds: Validity in seconds.
        """
        return presigned(self.context.signer, origin, grant, seconds)

    def credentials_file(self, path: Path, origin: str, name: str = ADMINISTRATOR, *, lasting: bool = False) -> Path:
        """Make an API key of a user and write it as the commons' profile page gives it, `credentials.json`.

        Args:
            path: The file; rewritten, readable by its owner only.
            origin: Scheme, host and port of the commons as its clients reach it.
            name: The key's owner.
            lasting: Whether the key stays valid after a reset.

        Returns:
            The file.
        """
        id = str(uuid.uuid4())
        key = self.access.issue(name, origin, purpose="api_key", seconds=KEY_SECONDS, lasting=lasting, id=id)
        with in_place_of(path, mode=PRIVATE) as file:
            file.write(json.dumps({"api_key": key, "key_id": id}).encode())
        return path

    def add_file(
        self, name: str, content: bytes, *, authz: Sequence[str] = (OPEN,), did: str | None = None, **more: Any
    ) -> str:
        """Put bytes into the commons' bucket and a record of them, with md5, sha256 and size, into the index.

        Args:
            name: The file's name.
            content: Its bytes.
            authz: The resources that control who may read it; by default every user may.
            did: Its GUID; a new one by default.
            more: Further fields of the record, such as metadata, acl, or urls in place of the one in the bucket.

        Returns:
            The GUID.
        """
        stored, digest = self.context.objects.put_bytes(content), md5(content, usedforsecurity=False).hexdigest()
        return self.add_stored_file(name, stored, digest, authz=list(authz), did=did, **more)

    def add_stored_file(self, name: str, stored: StoredObject, md5: str, **more: Any) -> str:
        """Put a content that is in the store already into the commons' bucket, with a record of it.

        Args:
            name: The file's name.
            stored: The content.
            md5: Its MD5, in hex digits.
            more: Further fields of the record, which replace its own; by default every user may read it.

        Returns:
            The GUID.
        """
        url = f"s3://{BUCKET}/{uuid.uuid4()}/{name}"
        self.files.enter(url, stored, md5)
        record: dict[str, Any] = {"form": "object", "file_name": name, "size": stored.size}
        record |= {"hashes": {"md5": md5, "sha256": stored.sha256}, "urls": [url], "authz": [OPEN], **more}
        return self.index.create(record)["did"]

    def clear(self) -> None:
        """Restore the initial contents, after the database was emptied."""
        self.access.seed()
        self.records.reload()
        self.indexing.jobs.clear()

    def finish(self) -> int:
        """Finish what is under way at once and return how much it was."""
        return self.indexing.jobs.finish() + self.sower.finish()
