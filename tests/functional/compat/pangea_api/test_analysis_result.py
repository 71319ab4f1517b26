"""Analysis results and fields on a server: newest and by replicate, private, in all pages, under any name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.pangea_api import (
    Knex,
    Organization,
    PangeaForbiddenError,
    PangeaGeneralError,
    PangeaNotFoundError,
    PangeaOtherError,
    RemoteObjectError,
    RemoteObjectOverwriteError,
    Sample,
    SampleGroup,
)
from omicsdk.sandbox import Rule, Sandbox


@pytest.fixture
def sample(library: SampleGroup) -> Sample:
    return library.sample("s 1").create()


@pytest.fixture
def stored(knex: Knex) -> SampleGroup:
    """A library with a bucket."""
    return Organization(knex, "Sandbox").sample_group("Sandbox Library").get()


def seen_by(knex: Knex) -> Sample:
    return Organization(knex, "An Org").sample_group("A Library").sample("s 1")


def test_a_result_without_a_replicate_gets_one_and_is_the_newest(sample: Sample, knex: Knex):
    first = sample.analysis_result("mod::x", replicate="r1").create()
    second = sample.analysis_result("mod::x").create()
    assert first.replicate == "r1"
    assert second.replicate not in (None, "", "r1")
    assert seen_by(knex).analysis_result("mod::x").get().uuid == second.uuid
    assert seen_by(knex).analysis_result("mod::x", replicate="r1").get().uuid == first.uuid
    for name, missing in (("mod::x", "replicate=r2"), ("a/b", "'a/b' with the replicate 'r2' in")):
        with pytest.raises(PangeaNotFoundError, match=missing):
            seen_by(knex).analysis_result(name, replicate="r2").get()


@pytest.mark.parametrize("status", [404, 500])
def test_a_result_that_its_path_does_not_give_is_searched(sample: Sample, knex: Knex, sandbox: Sandbox, status: int):
    made = sample.analysis_result("m").create()
    sandbox.add_faults(Rule("status", path="*/nested/*/analysis_results/*", status=status, times=1))
    assert seen_by(knex).analysis_result("m").get().uuid == made.uuid


def test_a_result_of_one_replicate_is_there_once(sample: Sample):
    sample.analysis_result("m", replicate="1").create()
    with pytest.raises(PangeaOtherError, match="unique"):
        sample.analysis_result("m", replicate="1").create()
    assert sample.analysis_result("m", replicate="1").idem().replicate == "1"


def test_metadata_and_description_are_sent_and_saved(sample: Sample, knex: Knex):
    made = sample.analysis_result("m", metadata={"v": 1}).create()
    made.metadata["w"] = [2]
    made.description = "said"
    made.save()
    again = seen_by(knex).analysis_result("m").get()
    assert (again.metadata, again.description) == ({"v": 1, "w": [2]}, "said")
    assert again.replicate == made.replicate  # a change does not draw another one


@pytest.mark.parametrize("name", ["a/b", 'say "hi"', "é 🧬", "a?b#c", "..", "00000000-0000-4000-8000-000000000000"])
def test_any_name_can_be_fetched(sample: Sample, knex: Knex, name: str):
    result = sample.analysis_result(name, replicate=name).create()
    field = result.field(name, data={"n": name}).create()
    again = seen_by(knex).analysis_result(name, replicate=name).get()
    assert again.uuid == result.uuid
    assert again.field(name).get().uuid == field.uuid
    assert [field.name for field in again.get_fields()] == [name]


def test_names_that_differ_in_case_are_different(library: SampleGroup, knex: Knex):
    uuids = dict[str, str | None]()
    for name in ("case", "CASE"):
        result = library.sample(name).create().analysis_result("m", replicate="1").create()
        result.field("f", data={"of": name}).create()
        result.field("F", data={"of": name, "large": True}).create()
        uuids[name] = result.uuid
    library.sample("case").get().analysis_result("M", replicate="1").create()
    for name, uuid in uuids.items():
        result = Organization(knex, "An Org").sample_group("A Library").sample(name).analysis_result("m").get()
        assert result.uuid == uuid
        assert result.field("f").get().stored_data == {"of": name}
        assert result.field("F").get().stored_data == {"of": name, "large": True}


def test_fields_are_searched_in_their_own_result(sample: Sample, knex: Knex):
    old = sample.analysis_result("m", replicate="old").create()
    old.field("f", data={"of": "old"}).create()
    sample.analysis_result("m", replicate="new").create().field("f", data={"of": "new"}).create()
    of = seen_by(knex)
    assert of.analysis_result("m", replicate="old").field("f").get().stored_data == {"of": "old"}
    assert of.analysis_result("m").field("f").get().stored_data == {"of": "new"}
    with pytest.raises(PangeaNotFoundError):
        of.analysis_result("m", replicate="old").field("other").get()


def test_creating_a_field_creates_what_is_above_it(library: SampleGroup):
    field = library.sample("new").analysis_result("m").field("f", data={"a": 1}).create()
    assert field.uuid
    assert [sample.name for sample in library.get_samples(cache=False)] == ["new"]


def test_data_that_json_changes_create_nothing(library: SampleGroup):
    with pytest.raises(RemoteObjectError, match="JSON Serialization modifies object"):
        library.sample("new").analysis_result("m").field("f", data={"a": (1, 2)}).create()
    assert list(library.get_samples(cache=False)) == []
    field = library.sample("new").analysis_result("m").field("f", data={"a": 1}).create()
    field.stored_data = {"a": (1, 2)}
    with pytest.raises(RemoteObjectError, match="JSON Serialization modifies object"):
        field.save()


def test_what_exists_is_not_overwritten_unseen(sample: Sample, knex: Knex):
    field = sample.analysis_result("m").field("f", data={"a": 1}).create()
    with pytest.raises(RemoteObjectOverwriteError):
        seen_by(knex).analysis_result("m").field("f", data={"a": 2}).get()
    field.stored_data = {"a": 2}
    field.idem()
    assert seen_by(knex).analysis_result("m").field("f").get().stored_data == {"a": 2}


def test_fields_that_shant_be_remembered_are_requested_again(sample: Sample):
    result = sample.analysis_result("m").create()
    result.field("f", data=1).create()
    passing = next(result.get_fields(cache=False))
    assert next(result.get_fields()) is not passing
    kept = list(result.get_fields())
    assert [id(field) for field in result.get_fields()] == [id(field) for field in kept]


def test_deletion(sample: Sample, knex: Knex):
    result = sample.analysis_result("m").create()
    field = result.field("f", data={"a": 1}).create()
    field.delete()
    assert list(result.get_fields(cache=False)) == []
    for call in (field.get, field.refresh):
        with pytest.raises(RemoteObjectError, match="deleted"):
            call()
    result.delete()
    assert not seen_by(knex).analysis_result("m").exists()


def test_groups_have_results_too(library: SampleGroup, knex: Knex):
    made = library.analysis_result("gmod", replicate="1").create()
    made.field("table", data={"rows": 3}).create()
    again = Organization(knex, "An Org").sample_group("A Library").analysis_result("gmod").get()
    assert [(field.name, field.stored_data) for field in again.get_fields()] == [("table", {"rows": 3})]
    assert again.field("table").get().get_blob_filename() == "A Library/A Library.gmod.table.json"
    assert [result.module_name for result in library.get_analysis_results(cache=False)] == ["gmod"]


@pytest.mark.parametrize("of", ["sample", "group"])
def test_private_means_private(sample: Sample, library: SampleGroup, outsider: Knex, of: str):
    make: Callable[..., Any] = sample.analysis_result if of == "sample" else library.analysis_result
    hidden = make("secret")
    hidden.is_private = True
    hidden.create().field("f", data={"a": 1}).create()
    assert hidden.is_private is True
    group = Organization(outsider, "An Org").sample_group("A Library")
    theirs = group.sample("s 1").analysis_result("secret") if of == "sample" else group.analysis_result("secret")
    with pytest.raises((PangeaNotFoundError, PangeaForbiddenError)):
        theirs.get()
    with pytest.raises((PangeaNotFoundError, PangeaForbiddenError)):
        theirs.field("f").get()
    hidden.is_private = False
    hidden.save()
    assert theirs.get().is_private is False


def test_a_server_that_makes_a_result_public_anyway_is_reported(sample: Sample):
    post = sample.knex.post
    sample.knex.post = lambda url, json=None, **more: {**post(url, json, **more), "is_private": False}
    hidden = sample.analysis_result("m")
    hidden.is_private = True
    with pytest.raises(RemoteObjectError, match="was created, but is not private"):
        hidden.create()


# -- files


def test_files_of_all_sizes_go_and_come(stored: SampleGroup, tmp_path: Path):
    result = stored.sample("é/🧬 1").idem().analysis_result("raw::x").idem()
    for name, size in (("empty.txt", 0), ("small.fastq.gz", 5_000), ("large.bin", 11_264_000)):
        path = tmp_path / name
        path.write_bytes(bytes(range(250)) * (size // 250))
        field = result.field(name).create().upload_file(path)
        assert field.stored_data["uri"].endswith(name)
        again = result.field(name).get()
        assert again.stored_data["presigned_url"] != ""
        assert Path(again.download_file(tmp_path / "back")).read_bytes() == path.read_bytes()


def test_a_library_without_a_bucket_takes_no_file(sample: Sample, tmp_path: Path):
    path = tmp_path / "x.txt"
    path.write_text("x")
    field = sample.analysis_result("m").field("f").create()
    with pytest.raises(PangeaGeneralError, match="has no bucket"):
        field.upload_file(path)


def test_a_groups_field_takes_a_file(stored: SampleGroup, tmp_path: Path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n")
    field = stored.analysis_result("gmod").field("table").create().upload_file(path)
    assert field.stored_data["uri"] == "s3://pangea-sandbox/pangea/v1/Sandbox Library/results/table.csv"
    assert field.get_referenced_filename() == "Sandbox Library/Sandbox Library.gmod.table.csv"
    assert Path(field.download_file()).read_text() == "a,b\n"
