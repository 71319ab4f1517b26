"""One file: getting, changing, copying, moving, deleting it."""

from typing import Any

import pytest
from omicsdk.compat.sevenbridges import Api, Conflict, File, NotFound, ResourceNotModified, SbgError, ValidationError

GET = "GET /files/f1"
METADATA = "/files/f1/metadata"


@pytest.fixture
def file(api: Api, platform: Any) -> File:
    """A file as `get` gives it; what requested it is forgotten."""
    platform.on(GET, platform.file())
    file = api.files.get("f1")
    platform.requests.clear()
    return file


def test_a_file_that_does_not_exist(api: Api) -> None:
    with pytest.raises(NotFound) as missing:
        api.files.get("nothing")
    assert (missing.value.code, missing.value.status) == (5002, 404)


def test_a_file_known_by_its_id_is_requested_once_when_it_is_read(api: Api, platform: Any) -> None:
    platform.on(GET, platform.file())
    file = api.files(id="f1")
    assert platform.lines == []
    assert (file.name, file.size) == ("f1.fastq", 10)
    assert file.secondary_files == []
    assert platform.lines == [GET]


# -- saving


def test_edited_metadata_is_merged(file: File, platform: Any) -> None:
    platform.on(f"PATCH {METADATA}", {"sample_id": "s2", "library": "l1", "lane": 3})
    file.metadata["sample_id"] = "s2"
    file.metadata["lane"] = 3
    assert file.save() is file
    assert platform.last.line == f"PATCH {METADATA}"
    assert platform.last.body == {"sample_id": "s2", "lane": 3}
    assert file.metadata == {"sample_id": "s2", "library": "l1", "lane": 3}
    assert len(platform.requests) == 1


def test_deleted_metadata_is_deleted_there(file: File, platform: Any) -> None:
    platform.on(f"PATCH {METADATA}", {"sample_id": "s1"})
    del file.metadata["library"]
    file.save()
    assert platform.last.body == {"library": None}
    assert "library" not in file.metadata


def test_metadata_that_was_put_as_a_whole_replaces(file: File, platform: Any) -> None:
    platform.on(f"PUT {METADATA}", {"sample_id": "s9", "lane": 1})
    file.metadata = {"sample_id": "s9"}
    file.metadata["lane"] = 1
    file.save()
    assert platform.last.line == f"PUT {METADATA}"
    assert platform.last.body == {"sample_id": "s9", "lane": 1}


def test_after_a_replacement_edits_merge_again(file: File, platform: Any) -> None:
    platform.on(f"PUT {METADATA}", {"a": "1"})
    platform.on(f"PATCH {METADATA}", {"a": "2"})
    file.metadata = {"a": "1"}
    file.save()
    file.metadata["a"] = "2"
    file.save()
    assert platform.last.line == f"PATCH {METADATA}"
    assert platform.last.body == {"a": "2"}


def test_tags_and_name_are_saved_in_the_documented_order(file: File, platform: Any) -> None:
    platform.on(f"PATCH {METADATA}", {"sample_id": "s2", "library": "l1"})
    platform.on("PUT /files/f1/tags", ["a", "b"])
    platform.on("PATCH /files/f1", platform.file(name="new.fastq", tags=["a", "b"], modified_on="2024-02-01T00:00:00Z"))
    file.name = "new.fastq"
    file.tags.append("b")
    file.metadata["sample_id"] = "s2"
    file.save()
    assert [(request.line, request.body) for request in platform.requests] == [
        (f"PATCH {METADATA}", {"sample_id": "s2"}),
        ("PUT /files/f1/tags", ["a", "b"]),
        ("PATCH /files/f1", {"name": "new.fastq"}),
    ]
    assert (file.name, file.tags, file.modified_on.day) == ("new.fastq", ["a", "b"], 1)
    with pytest.raises(ResourceNotModified):
        file.save()


def test_when_it_was_modified_is_requested_again_when_it_is_read(file: File, platform: Any) -> None:
    platform.on("PUT /files/f1/tags", ["b"])
    platform.on(GET, platform.file(tags=["b"], modified_on="2024-03-01T00:00:00Z"))
    file.tags = ["b"]
    file.save()
    assert platform.lines == ["PUT /files/f1/tags"]
    assert file.modified_on.month == 3


def test_nothing_to_save(file: File, platform: Any) -> None:
    file.metadata["sample_id"] = "s1"
    file.tags = ["a"]
    with pytest.raises(ResourceNotModified):
        file.save()
    assert file.save(silent=True) is file
    assert platform.requests == []


def test_saving_into_a_new_object_leaves_this_one_as_it_is(file: File, platform: Any) -> None:
    platform.on("PATCH /files/f1", platform.file(name="new.fastq"))
    platform.on(f"PATCH {METADATA}", {"sample_id": "s2", "library": "l1"})
    file.name = "new.fastq"
    file.metadata["sample_id"] = "s2"
    saved = file.save(inplace=False)
    assert saved is not file
    assert saved == file
    with pytest.raises(ResourceNotModified):
        saved.save()
    assert file.changes() == {"name": "new.fastq", "metadata": {"sample_id": "s2"}}


def test_what_was_saved_before_a_failure_is_not_saved_again(file: File, platform: Any) -> None:
    platform.on(f"PATCH {METADATA}", {"sample_id": "s2", "library": "l1"})
    platform.on("PUT /files/f1/tags", platform.refusal(403, 5001, "not yours"), ["b"])
    file.metadata["sample_id"] = "s2"
    file.tags = ["b"]
    with pytest.raises(SbgError, match="not yours"):
        file.save()
    assert file.changes() == {"tags": ["b"]}
    file.save()
    assert platform.lines == [f"PATCH {METADATA}", "PUT /files/f1/tags", "PUT /files/f1/tags"]


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a/b.txt", "x" * 256, "a\udcff", 5])
def test_a_name_that_the_platform_would_not_take(api: Api, file: File, name: Any) -> None:
    with pytest.raises(ValidationError):
        file.name = name
    with pytest.raises(ValidationError):
        api.files.create_folder(name, project="me/proj")


# -- copying, moving, deleting


def test_a_copy(api: Api, file: File, platform: Any) -> None:
    platform.on("POST /files/f1/actions/copy", platform.file("f2", project="me/other"))
    new = file.copy(project=api.projects(id="me/other"), name="z")
    assert platform.last.body == {"project": "me/other", "name": "z"}
    assert (new.id, new.project) == ("f2", "me/other")
    file.copy("me/other")
    assert platform.last.body == {"project": "me/other"}


def test_into_a_folder(api: Api, file: File, platform: Any) -> None:
    platform.on("POST /files/f1/actions/copy", platform.file("f2", parent="d1"))
    platform.on("POST /files/f1/actions/move", platform.file("f1", parent="d1"))
    folder = api.files(id="d1", type="folder")
    assert file.copy_to_folder(folder, "x").parent == "d1"
    assert platform.last.body == {"parent": "d1", "name": "x"}
    assert file.move_to_folder("d1").parent == "d1"
    assert platform.last.body == {"parent": "d1"}


def test_a_folder_is_copied_by_a_job(api: Api, platform: Any) -> None:
    with pytest.raises(SbgError, match="file_bulk_copy"):
        api.files(id="d1", type="folder").copy_to_folder("d2")
    with pytest.raises(SbgError, match="file_bulk_move"):
        api.files(id="d1", type="folder").move_to_folder("d2")
    assert platform.requests == []


def test_a_new_folder(api: Api, platform: Any) -> None:
    platform.on("POST /files", platform.file("d1", type="folder", name="n"), platform.refusal(409, 5003, "exists"))
    assert api.files.create_folder("n", project="me/proj").is_folder()
    assert platform.last.body == {"name": "n", "type": "folder", "project": "me/proj"}
    with pytest.raises(Conflict, match="exists"):
        api.files.create_folder("n", parent=api.files(id="d0"))
    assert platform.last.body == {"name": "n", "type": "folder", "parent": "d0"}
    for place in ({}, {"project": "me/proj", "parent": "d0"}):
        with pytest.raises(SbgError, match=r"Pass (project=|one of them)"):
            api.files.create_folder("n", **place)


def test_deleting(file: File, platform: Any) -> None:
    platform.on("DELETE /files/f1", None)
    file.delete()
    assert platform.lines == ["DELETE /files/f1"]


def test_secondary_files_are_files(api: Api) -> None:
    file = api.files(
        id="f1", _secondary_files=[{"class": "File", "path": "f2", "basename": "f1.bam.bai"}, {"id": "f3", "name": "x"}]
    )
    index, other = file.secondary_files
    assert (index.id, index.name, index.is_folder()) == ("f2", "f1.bam.bai", False)
    assert (other.id, other.name) == ("f3", "x")


def test_where_its_bytes_are_is_not_shown(file: File, platform: Any) -> None:
    platform.on("GET /files/f1/download_info", {"url": "https://storage.example.org/x?X-Amz-Signature=secret"})
    info = file.download_info()
    assert info.url.endswith("=secret")
    assert repr(info) == "<DownloadInfo: url=https://storage.example.org/x>"
