"""Studies of Gen3 commons as names: their files, and what is wrong with them."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from omicsdk.core.errors import NotFound
from omicsdk.portals.names import ArchiveOptions, Archives, NamedRow, names_in

from tests.unit.portals.names.recorded import Recorded, RecordedResponses

COMMONS = "https://gen3.example.org"
MDS = f"{COMMONS}/mds"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def rows(name: str, responses: Mapping[str, Recorded]) -> list[NamedRow]:
    options = ArchiveOptions(
        {"GEN3_ENDPOINT": COMMONS, "HOME": "/dev/null/nowhere"}, transport=RecordedResponses(responses)
    )
    with Archives(options) as archives:
        return list(archives.rows(names_in(name)))


def study(**shown: Any) -> httpx.Response:
    return httpx.Response(200, json={"_guid_type": "discovery_metadata", "gen3_discovery": shown})


def absent() -> httpx.Response:
    return httpx.Response(404, json={"detail": "Not found: S1"})


def test_the_files_of_a_study_are_those_of_its_manifest():
    manifest = [
        {"object_id": "dg.1/a", "file_name": "a.tsv", "file_size": 10, "md5sum": MD5},
        {"object_id": "dg.1/b", "file_name": "b.tsv", "file_size": 20, "commons_url": "other.example.org"},
    ]
    one, other = rows("gen3:S1", {f"{MDS}/metadata/S1": study(__manifest=manifest)})
    assert one.cells == {"accession": "S1", "file_name": "a.tsv", "guid": "dg.1/a"}
    ((file,), (placed,)) = (one.files, other.files)
    assert (file.kind, file.address, file.size, file.checksums) == ("gen3-guid", "dg.1/a", 10, {"md5": MD5})
    assert placed.address == "drs://other.example.org/dg.1/b"


def test_objects_that_were_published_beside_a_study_are_its_files():
    objects = [{"guid": "dg.1/c", "display_name": "Counts", "md5": MD5, "size": 5}]
    ((row),) = rows("gen3:S1", {f"{MDS}/metadata/S1": study(objects=objects)})
    ((file),) = row.files
    assert (file.name, file.address, file.size, file.checksums) == ("Counts", "dg.1/c", 5, {"md5": MD5})


def test_an_entry_that_names_no_file_fails_alone():
    manifest = [{"file_name": "a.tsv"}, {"object_id": "dg.1/b", "file_name": "b.tsv"}]
    one, other = rows("gen3:S1", {f"{MDS}/metadata/S1": study(__manifest=manifest)})
    assert isinstance(one.files[0].error, NotFound)
    assert "file 1 of the study" in str(one.files[0].error)
    assert other.files[0].error is None


def test_a_study_of_a_commons_that_is_gathered_is_found_there():
    responses = {
        f"{MDS}/metadata/S1": absent(),
        f"{MDS}/aggregate/metadata/guid/S1": study(__manifest=[{"object_id": "dg.1/a", "file_name": "a.tsv"}]),
    }
    ((row),) = rows("gen3:S1", responses)
    assert row.files[0].name == "a.tsv"


@pytest.mark.parametrize(
    ("responses", "words"),
    [
        ({f"{MDS}/metadata/S1": study(full_name="x")}, "the study lists no files"),
        ({f"{MDS}/metadata/S1": absent(), f"{MDS}/aggregate/metadata/guid/S1": absent()}, "has no such study"),
    ],
)
def test_a_study_without_files_and_an_unknown_one_are_errors(responses: Mapping[str, Recorded], words: str):
    with pytest.raises(NotFound, match=words):
        rows("gen3:S1", responses)
