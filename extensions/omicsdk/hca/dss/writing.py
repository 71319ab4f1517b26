"""Workflows that write to the Data Store, beside uploads: changes of any size, and checkouts. A part of `Dss`."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from omicsdk_api.dss import DssApi

from omicsdk.core.errors import Interrupted
from omicsdk.core.omit import OMIT, Omit
from omicsdk.hca.dss.version import create_version

if TYPE_CHECKING:
    from omicsdk.hca.dss.checkout import Checkout
    from omicsdk.hca.dss.replica import Replica


class Writing(DssApi):
    """What `Dss` can write beside uploads."""

    def register_file(
        self,
        uuid: str,
        source_url: str,
        *,
        creator_uid: int,
        version: str | None = None,
        timeout_seconds: float = 1200,
        stop: threading.Event | None = None,
    ) -> dict[str, Any]:
        """Have a staged object taken over as a file, and wait until it is: `put_file` returns before large ones are copied.

        Args:
            uuid: The file's UUID.
            source_url: The object, `s3://bucket/key` or `gs://bucket/key`, with its checksums as tags.
            creator_uid: Who makes it, a number.
            version: The file's version; by default the time now.
            timeout_seconds: How long the service may take to copy it.
            stop: Set it to end the waiting; the service goes on.

        Returns:
            The file's `version`.

        Raises:
            TransferError: The service refuses it, or hasn't copied it in time.
            AuthError: The service doesn't know the caller, or not as one who may store files.
            Interrupted: `stop` was set.
        """
        from pathlib import Path

        from omicsdk.hca.dss.uploads.local_files import LocalFile
        from omicsdk.hca.dss.uploads.registration import Registrar
        from omicsdk.hca.dss.waiting import EndingClock
        from omicsdk.transfer import Control

        def stopped(_: object) -> Interrupted:
            return Interrupted(
                f"waiting for file {uuid} was stopped", remedy="The service goes on: ask with head-file."
            )

        chosen = version or create_version()
        registrar = Registrar(
            self,
            version=chosen,
            creator_uid=creator_uid,
            # A replica copies from its own cloud first.
            replica="gcp" if source_url.startswith("gs://") else "aws",
            timeout_seconds=timeout_seconds,
            clock=EndingClock(stop or threading.Event(), Control(), stopped),
        )
        awaited = registrar.ask(0, LocalFile(Path(), uuid, uuid), source_url)
        for _, error in registrar.wait_for([] if awaited is None else [awaited], map):
            if error is not None:
                raise error
        return {"version": chosen}

    def create_collection(
        self,
        uuid: str | None,
        replica: "Replica",
        *,
        contents: Sequence[Mapping[str, Any]],
        name: str,
        description: str = "",
        details: Mapping[str, Any] | None = None,
        version: str | None = None,
    ) -> dict[str, Any]:
        """Make a collection of any number of links; over 1,000 they are added by further requests.

        Args:
            uuid: The collection's UUID; None makes a new one.
            replica: Where it is made, `aws` or `gcp`.
            contents: Its links: mappings with `type`, `uuid`, `version`, and `path` for parts of metadata.
            name: A short name.
            description: A longer text, Markdown.
            details: Any further facts, as JSON.
            version: Its version; by default the time now.

        Returns:
            `uuid` and `version`; the version is the one that has all links.

        Raises:
            OmicsError: A request failed; the remedy names the version that has what was added before.
        """
        from omicsdk.hca.dss.changes import create

        arguments = {
            "uuid": uuid or str(uuid4()),
            "replica": replica,
            "version": version or create_version(),
            "contents": contents,
            "name": name,
            "description": description,
            "details": dict(details or {}),
        }
        return create(_answers(self.put_collection), _answers(self.patch_collection), arguments)

    def change_collection(
        self,
        uuid: str,
        replica: "Replica",
        version: str,
        *,
        add_contents: Sequence[Mapping[str, Any]] = (),
        remove_contents: Sequence[Mapping[str, Any]] = (),
        name: str | Omit = OMIT,
        description: str | Omit = OMIT,
        details: Mapping[str, Any] | Omit = OMIT,
    ) -> dict[str, Any]:
        """Change a collection by any number of links; over 1,000 they are split over several requests.

        Each request makes a new version of the collection. What is removed goes first.

        Args:
            uuid: The collection.
            replica: Where it is, `aws` or `gcp`.
            version: The version to start from.
            add_contents: Links to add.
            remove_contents: Links to remove; they must equal those of the collection in every field.
            name: A new name.
            description: A new description.
            details: New facts.

        Returns:
            `uuid` and the new `version`.

        Raises:
            OmicsError: A request failed; the remedy names the version that has what was changed before.
        """
        facts = {"name": name, "description": description, "details": details}
        return self._change(
            "patch_collection",
            uuid,
            replica,
            version,
            add_contents=add_contents,
            remove_contents=remove_contents,
            **{key: value for key, value in facts.items() if value is not OMIT},
        )

    def change_bundle(
        self,
        uuid: str,
        replica: "Replica",
        version: str,
        *,
        add_files: Sequence[Mapping[str, Any]] = (),
        remove_files: Sequence[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """Add and remove any number of a bundle's files; over 1,000 they are split over several requests.

        Each request makes a new version of the bundle. What is removed goes first.

        Args:
            uuid: The bundle.
            replica: Where it is, `aws` or `gcp`.
            version: The version to start from.
            add_files: Files to add: mappings with `uuid`, `version`, `name` and `indexed`.
            remove_files: Files to remove; they must equal those of the bundle in every field.

        Returns:
            `uuid` and the new `version`.

        Raises:
            OmicsError: A request failed; the remedy names the version that has what was changed before.
        """
        return self._change("patch_bundle", uuid, replica, version, add_files=add_files, remove_files=remove_files)

    def _change(self, operation: str, uuid: str, replica: "Replica", version: str, **changes: Any) -> dict[str, Any]:
        from omicsdk.hca.dss.changes import change

        patch = _answers(getattr(self, operation))
        return change(operation, patch, {"uuid": uuid, "replica": replica, "version": version, **changes})

    def checkout(
        self,
        uuid: str,
        replica: "Replica",
        *,
        version: str | None = None,
        destination: str | None = None,
        email: str | None = None,
        timeout_seconds: float = 3600,
        started: Callable[[str], None] | None = None,
        stop: threading.Event | None = None,
    ) -> "Checkout":
        """Have a bundle copied to a bucket, and wait until it is there.

        Args:
            uuid: The bundle.
            replica: The replica to copy from, `aws` or `gcp`.
            version: The bundle's version; by default the latest.
            destination: A bucket of yours, in the replica's cloud; by default the service's own.
            email: Whom the service shall tell, too.
            timeout_seconds: How long to wait.
            started: Is told the job's id as soon as it has one.
            stop: Set it to end the waiting; the job goes on.

        Returns:
            The job's id, and where the files are.

        Raises:
            CheckoutFailed: The job failed, or isn't over in time.
            NotFound: There is no such bundle.
            Interrupted: `stop` was set.
        """
        from omicsdk.hca.dss.checkout import wait_for_checkout
        from omicsdk.hca.dss.waiting import EndingClock
        from omicsdk.transfer import Control

        answer = self.post_bundles_checkout.raw(
            uuid=uuid,
            replica=replica,
            version=version or OMIT,
            destination=destination or OMIT,
            email=email or OMIT,
        ).json()
        job_id: str = answer["checkout_job_id"]
        if started is not None:
            started(job_id)

        def stopped(_: object) -> Interrupted:
            remedy = f"The job goes on: ask with get-bundles-checkout, checkout_job_id {job_id}."
            return Interrupted(f"waiting for checkout {job_id} was stopped", remedy=remedy)

        clock = EndingClock(stop or threading.Event(), Control(), stopped)
        return wait_for_checkout(self, job_id, replica, timeout_seconds=timeout_seconds, clock=clock)


def _answers(operation: Any) -> Callable[..., dict[str, Any]]:
    """A call of an operation that gives its answer as JSON."""

    def call(**arguments: Any) -> dict[str, Any]:
        return operation.raw(**arguments).json()

    return call
