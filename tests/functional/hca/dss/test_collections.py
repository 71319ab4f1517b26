"""Collections: what they refer to, however deep and round about, and changes of any size."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.hca.dss import Dss
from omicsdk.hca.dss.collections import MOST_CHANGES


def links_of(dss: Dss, uuid: str, version: str) -> list[Any]:
    return dss.get_collection.raw(uuid=uuid, replica="aws", version=version).json()["contents"]


@pytest.mark.sandbox
@pytest.mark.parametrize("documented", [True, False])
def test_collections_of_more_than_a_request_takes(dss: Dss, bundle: Any, omics_sandbox: Any, documented: bool):
    made = {"type": "bundle", "uuid": bundle["bundle_uuid"], "version": bundle["version"]}
    # Links are distinguished by all of their fields, so one bundle serves for thousands.
    many = [{**made, "path": f"/{number}"} for number in range(2100)]
    facts: Any = {"name": "n", "description": "d", "details": {}}
    uuid, version = str(uuid4()), dss.create_version()
    if documented:
        token = omics_sandbox.token()
        from omicsdk.core import BearerToken

        client = DSSClient(swagger_url=omics_sandbox.swagger_url, credentials=BearerToken(token))
        with client:
            response: Any = client.put_collection(uuid=uuid, replica="aws", version=version, contents=many, **facts)
            first: str = response["version"]
            response = client.patch_collection(uuid=uuid, replica="aws", version=first, remove_contents=many[:1500])
            second: str = response["version"]
    else:
        first = dss.create_collection(uuid, "aws", version=version, contents=many, **facts).version
        second = dss.change_collection(uuid, "aws", first, remove_contents=many[:1500]).version
    assert len(links_of(dss, uuid, first)) == 2100
    assert links_of(dss, uuid, second) == many[1500:]


@pytest.mark.sandbox
def test_a_collection_with_separate_files_is_downloaded(dss: Dss, bundle: Any, folder: Path):
    files = {one.name: one for one in dss.get_bundle.iterate(uuid=bundle["bundle_uuid"], replica="aws")}
    data, metadata = files["reads/R1.fastq"], files["cell_suspension_0.json"]
    links = [
        {"type": "file", "uuid": data.uuid, "version": data.version},
        {"type": "organ", "uuid": metadata.uuid, "version": metadata.version, "fragment": "/organ"},
    ]
    made = dss.create_collection(None, "aws", contents=links, name="files")
    dss.download_collection(made.uuid, "aws")
    assert (folder / "files" / f"{data.uuid}.{data.version}").stat().st_size == data.size
    assert (folder / "files" / f"{metadata.uuid}.{metadata.version}.json").read_bytes().startswith(b"{")


@pytest.mark.sandbox
def test_many_files_leave_a_bundle_at_once(dss: Dss, bundle: Any):
    files = [
        {"uuid": one.uuid, "version": one.version, "name": one.name, "indexed": one.indexed}
        for one in dss.get_bundle.iterate(uuid=bundle["bundle_uuid"], replica="aws")
    ]
    absent = [{**files[0], "uuid": str(uuid4())} for _ in range(MOST_CHANGES)]
    changed = dss.change_bundle(
        bundle["bundle_uuid"], "aws", bundle["version"], remove_files=[*absent, *files[:2]], add_files=[]
    )
    left = list(dss.get_bundle.iterate(uuid=bundle["bundle_uuid"], version=changed.version, replica="aws"))
    assert {one.name for one in left} == {one["name"] for one in files[2:]}
