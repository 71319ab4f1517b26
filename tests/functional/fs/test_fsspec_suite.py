"""fsspec's own tests of file systems, from its wheel, with each kind of store that is written file by file.

Not with Pangea, whose paths have a fixed depth, nor with the Data Store, which takes whole folders as bundles.
Patterns are expanded, and targets of gets named, by fsspec from what `find` and `info` return: those tests are run once, with the
store of the tests.
"""

import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fsspec.tests import abstract
from omicsdk import SevenBridges
from omicsdk.fs.filesystems import OmicsFileSystem
from omicsdk.fs.stores.s3 import S3Store
from omicsdk.fs.uris import open_store
from omicsdk.sandbox import Sandbox
from served_store import ServedFileSystem
from unsettled import unsettled

pytestmark = pytest.mark.filterwarnings("ignore:Class-scoped fixtures")  # of the suite of older releases


class Puts(abstract.AbstractPutTests):
    """Their tests of puts; one has the name of a test of copies, which would hide it."""

    test_put_with_source_and_destination_as_list = (
        abstract.AbstractPutTests.test_copy_with_source_and_destination_as_list
    )


class Suite(
    abstract.AbstractFixtures,
    abstract.AbstractCopyTests,
    Puts,
    abstract.AbstractOpenTests,
    abstract.AbstractPipeTests,
):
    @pytest.fixture
    def fs_join(self) -> Callable[..., str]:
        return posixpath.join

    @pytest.fixture
    def fs_path(self) -> str:
        return "folder"


class TestServed(Suite, abstract.AbstractGetTests):
    @pytest.fixture
    def fs(self, served: ServedFileSystem) -> ServedFileSystem:
        return served


class WithoutPatterns(Suite):
    scheme: ClassVar[str]
    test_copy_glob_edge_cases = test_put_glob_edge_cases = None
    test_copy_glob_to_existing_directory = test_put_glob_to_existing_directory = None
    test_copy_glob_to_new_directory = test_put_glob_to_new_directory = None

    @pytest.fixture
    def fs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OmicsFileSystem]:
        monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
        kind: Any = type("FileSystem", (OmicsFileSystem,), {"protocol": self.scheme})
        with open_store(self.scheme) as store:
            yield kind.over(store)


class TestLocal(WithoutPatterns):
    scheme = "file"

    @pytest.fixture
    def fs_path(self, tmp_path: Path) -> str:
        return str(tmp_path / "folder")


@pytest.mark.sandbox
class OfThePlatform(WithoutPatterns):
    @pytest.fixture(autouse=True)
    def environment(self, omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        unsettled(monkeypatch, tmp_path)
        variables = omics_sandbox.environment() | omics_sandbox.s3_credentials
        for name, value in {**variables, "AWS_ENDPOINT_URL_S3": omics_sandbox.s3_url}.items():
            monkeypatch.setenv(name, value)


class TestS3(OfThePlatform):
    scheme = "s3"

    @pytest.fixture
    def fs_path(self, environment: None) -> str:
        with S3Store() as store:
            store.client.request("PUT", "bkt", doing="making a bucket")
        return "bkt"


class TestSevenBridges(OfThePlatform):
    scheme = "sb"

    @pytest.fixture
    def fs_path(self, environment: None) -> str:
        with SevenBridges() as sb:
            sb.create_project(name="p", billing_group=(sb.list_billing_groups().items or ())[0].id)
        return "sandbox-user/p"
