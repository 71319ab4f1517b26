"""The published client of the Data Store: its names, signatures and plain JSON responses, over `omicsdk.Dss`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.hca.operations import Documented
from omicsdk.compat.hca.util import DEFAULT_THREAD_COUNT, SwaggerClient
from omicsdk.compat.hca.util.exceptions import documented_errors
from omicsdk.core import logs
from omicsdk.hca.dss.bundles import ALL
from omicsdk.hca.dss.client import Dss
from omicsdk.hca.dss.collections import LISTS, change, create
from omicsdk.hca.dss.files import DSSFile as DSSFile

if TYPE_CHECKING:
    from omicsdk_api.dss import types

    from omicsdk.hca.config import HCAConfig
    from omicsdk.hca.dss.files import Replica
    from omicsdk.transfer import TransferOptionsDict


class DSSClient(SwaggerClient):
    """Documented client of the Data Store. New code should use `Dss`.

    Operations take keyword arguments and return plain JSON values. `.iterate(**arguments)` gives every item of every
    page, `.paginate(**arguments)` every page, `.stream(**arguments)` the bytes in a `with` block.

    Args:
        config: The HCA configuration; by default that of the user's files.
        swagger_url: Another deployment: the URL of its document, `https://dss.example.org/v1/swagger.json`. The service
            is at that URL less its last segment. Credentials go over http to this machine only.
        session_kwargs: Options of `Dss`: credentials, timeout, retry, headers, transport.
    """

    section = "DSSClient"
    package = "dss"

    UPLOAD_BACKOFF_FACTOR = 1.618
    """Growth of the waits while the service copies an uploaded file."""

    threads = DEFAULT_THREAD_COUNT
    """Number of concurrent transfers of the published client; here the engine decides."""

    delete_bundle: Documented[dict[str, Any]] = Documented()
    delete_collection: Documented[dict[str, Any] | None] = Documented()
    delete_subscription: Documented[types.DeleteSubscriptionResponseDict] = Documented()
    get_bundle: Documented[types.BundlePageDict] = Documented()
    get_bundles_all: Documented[types.BundleEnumerationResultDict] = Documented()
    get_bundles_checkout: Documented[types.GetBundlesCheckoutResponseDict] = Documented()
    get_collection: Documented[types.StoredCollectionDict] = Documented()
    get_collections: Documented[types.CollectionsPageDict] = Documented("replica")
    get_event: Documented[dict[str, Any]] = Documented()
    get_events: Documented[types.EventStreamsDict] = Documented()
    get_file: Documented[Any] = Documented()
    get_subscription: Documented[types.SubscriptionDict] = Documented()
    get_subscriptions: Documented[types.GetSubscriptionsResponseDict] = Documented()
    head_file: Documented[Any] = Documented()
    patch_bundle: Documented[types.PatchBundleResponseDict] = Documented()
    patch_collection: Documented[types.PatchCollectionResponseDict] = Documented()
    post_bundles_checkout: Documented[types.PostBundlesCheckoutResponseDict] = Documented()
    post_search: Documented[types.SearchResultDict] = Documented()
    put_bundle: Documented[types.BundleStoredDict] = Documented()
    put_collection: Documented[types.PutCollectionResponseDict] = Documented()
    put_file: Documented[types.FileStoredDict] = Documented("bundle_uuid")
    put_subscription: Documented[types.SubscriptionDict] = Documented()

    def __init__(self, config: HCAConfig | None = None, swagger_url: str | None = None, **session_kwargs: Any) -> None:
        super().__init__(Dss, config, swagger_url, session_kwargs)

    @property
    def _dss(self) -> Dss:
        return cast("Dss", self._api)

    def _requests(self, name: str) -> Callable[[Callable[..., Any], dict[str, Any]], Any] | None:
        if name == "put_collection":
            return lambda put, arguments: create(put, self.operation("patch_collection"), arguments)
        return partial(change, name) if name in LISTS else None

    def create_version(self) -> str:
        """Return a new version for a bundle, file or collection: the current time as DSS_VERSION."""
        return self._dss.create_version()

    def download(
        self,
        bundle_uuid: str,
        replica: str,
        version: str = "",
        download_dir: str = "",
        metadata_filter: Iterable[str] = ALL,
        data_filter: Iterable[str] = ALL,
        no_metadata: bool = False,
        no_data: bool = False,
        num_retries: int = 10,
        min_delay_seconds: float = 0.25,
    ) -> dict[str, Any]:
        """Download a bundle into `<download_dir>/<uuid>.<version>/`; arguments as `Dss.download`'s.

        Returns:
            The bundle's manifest, with the folder's `path` beside it.

        Raises:
            DownloadFailed: Some files failed; all others are in place.
        """
        with documented_errors():
            result = self._dss.download(
                bundle_uuid,
                _replica(replica),
                version=version,
                download_dir=download_dir,
                metadata_filter=metadata_filter,
                data_filter=data_filter,
                no_metadata=no_metadata,
                no_data=no_data,
                **_options(num_retries, min_delay_seconds),
            )
        # A bundle was requested, not a collection: there is exactly one.
        bundle = result.bundles[0]
        return {**bundle.manifest, "path": str(Path(download_dir) / bundle.folder)}

    def download_manifest(
        self,
        manifest: str,
        replica: str,
        layout: str = "none",
        no_metadata: bool = False,
        no_data: bool = False,
        num_retries: int = 10,
        min_delay_seconds: float = 0.25,
        download_dir: str = "",
    ) -> None:
        """Download the files that a manifest lists; arguments as `Dss.download_manifest`'s.

        Raises:
            DownloadFailed: Some files failed; all others are in place, and no copy of the manifest was written.
        """
        with documented_errors():
            self._dss.download_manifest(
                manifest,
                _replica(replica),
                layout=layout,
                no_metadata=no_metadata,
                no_data=no_data,
                download_dir=download_dir,
                **_options(num_retries, min_delay_seconds),
            )

    def download_collection(self, uuid: str, replica: str, version: str | None = None, download_dir: str = "") -> None:
        """Download all bundles of a collection; arguments as `Dss.download_collection`'s.

        Raises:
            DownloadFailed: Some bundles or files failed; all others are in place.
        """
        with documented_errors():
            self._dss.download_collection(uuid, _replica(replica), version=version, download_dir=download_dir)

    def upload(
        self,
        src_dir: str,
        replica: str,
        staging_bucket: str,
        timeout_seconds: float = 1200,
        no_progress: bool = False,
        bundle_uuid: str | None = None,
    ) -> dict[str, Any]:
        """Upload the files of a folder and create a bundle; arguments and result as for `Dss.upload`.

        Args:
            no_progress: Draws nothing either way; the command `omics dss upload` draws.
        """
        del no_progress
        with documented_errors():
            report = self._dss.upload(
                src_dir,
                _replica(replica),
                staging_bucket,
                timeout_seconds=timeout_seconds,
                bundle_uuid=bundle_uuid,
                # The service requires a number; the published client sends 0, too, where none is configured.
                creator_uid=int(self.config.value_of("creator_uid") or 0),
                check=False,
            )
            # In this block, so that it becomes the documented exception; failures of files have one of their own.
            if report.ended_by is not None:
                raise report.ended_by
        report.raise_if_failed()
        return report.response()


def _replica(name: str) -> Replica:
    """Return the name of a replica for the typed client; unknown names are left to the service."""
    return cast("Replica", name)


def _options(num_retries: int, min_delay_seconds: float) -> TransferOptionsDict:
    return {"retries": int(num_retries), "min_delay": float(min_delay_seconds)}


@dataclass(eq=False)
class DownloadContext:
    """Downloader of bundles with shared settings.

    Args:
        download_dir: The download folder; an empty text is the current one.
        dss_client: The client that sends the requests.
        replica: Where to fetch from, `aws` or `gcp`.
        num_retries: Consecutive failures after which a file fails; 0 for none.
        min_delay_seconds: Least wait before a retry.
    """

    DIRECTORY_NAME_LENGTHS = (2, 4)
    """Lengths of the names of nested folders in the filestore."""

    download_dir: str
    dss_client: DSSClient
    replica: str
    num_retries: int = 10
    min_delay_seconds: float = 0.25

    def download_bundle(
        self,
        bundle_uuid: str,
        version: str = "",
        metadata_filter: Iterable[str] = ALL,
        data_filter: Iterable[str] = ALL,
    ) -> dict[str, Any]:
        """Download a bundle; may be called repeatedly. Arguments, result and errors as for `DSSClient.download`."""
        return self.dss_client.download(
            bundle_uuid,
            self.replica,
            version,
            self.download_dir,
            metadata_filter,
            data_filter,
            num_retries=self.num_retries,
            min_delay_seconds=self.min_delay_seconds,
        )


class ManifestDownloadContext(DownloadContext):
    """Downloader of the files of a manifest.

    Args:
        manifest: Path of the manifest.
        args: As DownloadContext's.
        kwargs: As DownloadContext's.
    """

    def __init__(self, manifest: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manifest = manifest

    def download_manifest(self) -> None:
        """Download the files into the filestore; effects and errors are those of `DSSClient.download_manifest`."""
        self._download("none", no_metadata=False, no_data=False)

    def download_manifest_bundle_layout(self, no_metadata: bool, no_data: bool) -> None:
        """Download the files into the filestore, and link them into one folder per bundle.

        Args:
            no_metadata: Leave out all metadata.
            no_data: Leave out all data.
        """
        self._download("bundle", no_metadata=no_metadata, no_data=no_data)

    def _download(self, layout: str, *, no_metadata: bool, no_data: bool) -> None:
        self.dss_client.download_manifest(
            self.manifest,
            self.replica,
            layout,
            no_metadata,
            no_data,
            self.num_retries,
            self.min_delay_seconds,
            self.download_dir,
        )


logger = logs.logger("omicsdk.hca.dss")


class TaskRunner:
    """Runner of tasks in threads; tasks may submit further ones.

    Args:
        threads: How many run at once.
    """

    def __init__(self, threads: int = 2) -> None:
        self._executor = ThreadPoolExecutor(threads)
        self._futures: list[tuple[Any, Future[Any]]] = []
        self._errors = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()

    def submit(self, info: Any, task: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run a task.

        Args:
            info: What the task is about, for the log.
            task: What to call.
            args: Its positional arguments.
            kwargs: Its keyword arguments.
        """
        self._futures.append((info, self._executor.submit(task, *args, **kwargs)))

    def wait_for_futures(self) -> int:
        """Wait for all tasks, including those that they submit.

        Returns:
            How many failed so far.
        """
        while self._futures:
            # One at a time, since a task may submit others while this one is waited for.
            info, future = self._futures.pop(0)
            error = future.exception()
            if error is not None:
                self._errors += 1
                logger.warning("Download task failed: %s: %s", info, error)
        return self._errors

    def raise_if_errors(self) -> None:
        """Wait for all tasks, and raise when any failed.

        Raises:
            RuntimeError: Some failed; the message has their number.
        """
        if self.wait_for_futures():
            raise RuntimeError(f"{self._errors} download task(s) failed.")
