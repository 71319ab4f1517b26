"""The documented download contexts do what the client's methods do, with separate settings."""

from pathlib import Path
from typing import Any

import pytest
from dss_manifests import WITH_VERSION, rows_of, write_manifest
from omicsdk.compat.hca.dss import DownloadContext, DSSClient, ManifestDownloadContext

pytestmark = pytest.mark.sandbox


@pytest.fixture
def client(omics_sandbox: Any) -> Any:
    with DSSClient(swagger_url=omics_sandbox.swagger_url) as made:
        yield made


@pytest.fixture
def manifest(bundle: Any, folder: Path) -> str:
    return str(write_manifest(folder / "manifest.tsv", rows_of(bundle, names=["reads/R1.fastq"]), WITH_VERSION))


def test_a_bundle_with_filters(client: DSSClient, bundle: Any, folder: Path):
    context = DownloadContext("there", client, "aws", num_retries=2, min_delay_seconds=0.0)
    response = context.download_bundle(bundle["bundle_uuid"], data_filter=("*.fastq",), metadata_filter=("links*",))
    names = {
        path.relative_to(folder / response["path"]).as_posix() for path in (folder / response["path"]).rglob("*.*")
    }
    assert names == {"reads/R1.fastq", "links.json", "bundle.json"}


def test_a_manifest_into_the_filestore(client: DSSClient, manifest: str, folder: Path, bundle: Any):
    context = ManifestDownloadContext(manifest, "there", client, "aws", 2, 0.0)
    context.download_manifest()
    sha256 = next(file["sha256"] for file in bundle["files"] if file["name"] == "reads/R1.fastq")
    first, second = context.DIRECTORY_NAME_LENGTHS
    stored = folder / "there/.hca/v2/files_2_4" / sha256[:first] / sha256[first : first + second] / sha256
    assert stored.is_file()
    assert "file_path" in Path(manifest).read_text()


@pytest.mark.parametrize("no_metadata", [True, False])
def test_a_manifest_into_folders_of_bundles(
    client: DSSClient, manifest: str, folder: Path, bundle: Any, no_metadata: bool
):
    context = ManifestDownloadContext(manifest, download_dir="there", dss_client=client, replica="aws")
    context.download_manifest_bundle_layout(no_metadata=no_metadata, no_data=False)
    made = folder / "there" / f"{bundle['bundle_uuid']}.{bundle['version']}"
    assert (made / "reads/R1.fastq").is_file()
    assert (made / "links.json").exists() is not no_metadata
