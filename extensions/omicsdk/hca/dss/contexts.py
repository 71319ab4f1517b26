"""The documented download contexts: a download's settings as an object. The work is the client's."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from omicsdk.hca.dss.downloads.bundle import ALL

if TYPE_CHECKING:
    from omicsdk.hca.dss.client import DSSClient


class DownloadContext:
    """Downloads bundles with the same settings.

    Args:
        download_dir: The download folder; an empty text is the current one.
        dss_client: What asks the service.
        replica: Where to fetch from, `aws` or `gcp`.
        num_retries: Failures in a row that end a file; 0 for none.
        min_delay_seconds: Least wait before a retry.
    """

    DIRECTORY_NAME_LENGTHS = (2, 4)
    """Lengths of the names of nested folders in the filestore."""

    def __init__(
        self,
        download_dir: str,
        dss_client: "DSSClient",
        replica: str,
        num_retries: int = 10,
        min_delay_seconds: float = 0.25,
    ) -> None:
        self.download_dir = download_dir
        self.dss_client = dss_client
        self.replica = replica
        self.num_retries = num_retries
        self.min_delay_seconds = min_delay_seconds

    def download_bundle(
        self,
        bundle_uuid: str,
        version: str = "",
        metadata_filter: Iterable[str] = ALL,
        data_filter: Iterable[str] = ALL,
    ) -> dict[str, Any]:
        """Download a bundle to its end, as often as you like; arguments, answer and errors as `DSSClient.download`'s."""
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
    """Downloads what a manifest lists.

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
        """Download them into the filestore and link them into a folder a bundle.

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
