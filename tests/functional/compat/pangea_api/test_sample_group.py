"""Organizations and groups: who sees them, and which samples are in them."""

import pytest
from omicsdk.compat.pangea_api import (
    Knex,
    Organization,
    PangeaForbiddenError,
    PangeaInternalError,
    RemoteObjectError,
    RemoteObjectOverwriteError,
    SampleGroup,
)
from omicsdk.pangea.listings import BATCH
from omicsdk.sandbox import Rule, Sandbox
from pangea_users import create_samples


def group(knex: Knex, name: str, org: str = "An Org") -> SampleGroup:
    return Organization(knex, org).sample_group(name)


# -- private or public


@pytest.mark.parametrize(("is_public", "made"), [(True, True), (False, False), (None, True)])
def test_a_new_group_is_as_private_as_requested(knex: Knex, org: Organization, is_public: bool | None, made: bool):
    assert org.sample_group("g", is_public=is_public).create().is_public is made
    assert group(knex, "g").get().is_public is made


def test_none_sends_nothing(org: Organization, sandbox: Sandbox):
    bodies: list[dict[str, object]] = []
    post = org.knex.post
    org.knex.post = lambda url, json=None, **more: bodies.append(json) or post(url, json, **more)
    org.sample_group("g", is_public=None).create()
    org.sample_group("h", is_public=False).create()
    assert ["is_public" in body for body in bodies] == [False, True]


def test_a_server_that_makes_it_public_anyway_is_reported(org: Organization):
    post = org.knex.post
    org.knex.post = lambda url, json=None, **more: {**post(url, json, **more), "is_public": True}
    private = org.sample_group("g", is_public=False)
    with pytest.raises(RemoteObjectError, match="set to private, but is still public on the server"):
        private.create()
    private.delete()
    assert not group(org.knex, "g").exists()


@pytest.mark.parametrize(("is_public", "there"), [(True, False), (False, True)])
def test_a_group_that_is_otherwise_is_not_loaded(knex: Knex, org: Organization, is_public: bool, there: bool):
    org.sample_group("g", is_public=there).create()
    for call in ("get", "idem", "exists"):
        with pytest.raises(
            RemoteObjectOverwriteError, match="is private, not public" if is_public else "is public, not private"
        ):
            getattr(org.sample_group("g", is_public=is_public), call)()
    assert org.sample_group("g").get().is_public is there
    assert org.sample_group("g", is_public=None).get().is_public is there


def test_a_group_is_made_private_later(knex: Knex, library: SampleGroup, anonymous: Knex):
    library.is_public = False
    library.save()
    with pytest.raises(PangeaForbiddenError):
        group(anonymous, "A Library").get()


# -- descriptions


def test_blank_descriptions_are_not_sent(knex: Knex, org: Organization):
    made = org.sample_group("g", is_public=True)
    made.description = ""
    made.create()
    made.long_description = "Words."
    made.save()
    assert group(knex, "g").get().long_description == "Words."
    made.description = "Set."
    made.save()
    made.long_description = ""
    made.save()
    assert (group(knex, "g").get().description, group(knex, "g").get().long_description) == ("Set.", "")
    made.description = " "
    with pytest.raises(RemoteObjectError, match="description cannot be blank"):
        made.save()


# -- lists


def test_groups_that_were_listed_can_be_used(knex: Knex, library: SampleGroup):
    (listed,) = Organization(knex, "An Org").get_sample_groups()
    assert (listed.uuid, listed.is_library, listed.org.name) == (library.uuid, True, "An Org")
    listed.sample("s").create()
    listed.description = "Changed."
    listed.save()
    assert group(knex, "A Library").get().description == "Changed."


def test_samples_are_remembered_until_something_is_written(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    library.sample("one").create()
    first = list(library.get_samples())
    before = len(sandbox.requests("/pangea/"))
    assert [id(sample) for sample in library.get_samples()] == [id(sample) for sample in first]
    assert len(sandbox.requests("/pangea/")) == before
    assert len(list(library.get_samples(cache=False))) == 1
    assert len(sandbox.requests("/pangea/")) == before + 1
    library.sample("two").create()
    assert [sample.name for sample in library.get_samples()] == ["one", "two"]


def test_a_list_that_was_read_in_part_is_not_remembered_as_whole(knex: Knex, library: SampleGroup):
    create_samples(library, ["a", "b", "c"])
    next(library.get_samples())
    assert len(list(library.get_samples())) == 3


def test_an_error_of_a_page_goes_to_the_handler_and_is_not_remembered(
    knex: Knex, library: SampleGroup, sandbox: Sandbox
):
    create_samples(library, [f"s{number:03}" for number in range(150)])
    sandbox.add_faults(Rule("status", path="*/samples", query={"page": "2"}, status=500, times=1))
    errors: list[Exception] = []
    assert len(list(library.get_samples(error_handler=errors.append))) == 100
    assert isinstance(errors[0], PangeaInternalError)
    assert len(list(library.get_samples(error_handler=errors.append))) == 150
    assert len(errors) == 1


# -- membership


def test_samples_are_added_and_taken_out_when_the_group_is_saved(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    plain = library.org.sample_group("Plain", is_public=True).create()
    one, two = library.sample("one").create(), library.sample("two")
    assert plain.add_sample(one).add_sample(two) is plain
    assert list(group(knex, "Plain").get_samples()) == []
    plain.save()
    assert [sample.name for sample in group(knex, "Plain").get_samples()] == ["one", "two"]
    assert library.sample("two").exists()
    assert plain.remove_sample(one) is plain
    plain.save()
    assert [sample.name for sample in group(knex, "Plain").get_samples()] == ["two"]
    assert library.sample("one").exists()
    before = len(sandbox.requests("/pangea/"))
    plain.save()
    assert len(sandbox.requests("/pangea/")) == before


def test_many_samples_go_by_few_requests(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    create_samples(library, [f"s{number:04}" for number in range(BATCH + 1)])
    plain = library.org.sample_group("Plain").create()
    samples = list(library.get_samples())
    posts = len([request for request in sandbox.requests("/pangea/") if request["method"] == "POST"])
    plain.add_samples(samples).save()
    assert len([request for request in sandbox.requests("/pangea/") if request["method"] == "POST"]) - posts == 2
    assert len(list(plain.get_samples())) == BATCH + 1
    plain.remove_samples(samples[1:]).save()
    assert [sample.name for sample in plain.get_samples()] == ["s0000"]


def test_what_could_not_be_added_is_tried_again_when_the_group_is_saved_next(
    knex: Knex, library: SampleGroup, sandbox: Sandbox
):
    plain = library.org.sample_group("Plain").create()
    plain.add_sample(library.sample("s").create())
    sandbox.add_faults(Rule("status", path="*/samples", method="POST", status=500, times=1))
    with pytest.raises(PangeaInternalError):
        plain.save()
    plain.save()
    assert [sample.name for sample in plain.get_samples()] == ["s"]


def test_samples_added_before_the_group_was_fetched_are_not_forgotten(knex: Knex, library: SampleGroup):
    library.org.sample_group("Plain").create()
    plain = group(knex, "Plain").add_sample(library.sample("s"))
    plain.idem()
    plain.save()
    assert [sample.name for sample in group(knex, "Plain").get_samples()] == ["s"]


def test_samples_of_a_group_know_their_library(knex: Knex, library: SampleGroup):
    other = library.org.sample_group("Other Library", is_library=True).create()
    plain = library.org.sample_group("Plain").create()
    plain.add_samples([library.sample("one"), other.sample("two")]).save()
    samples = list(group(knex, "Plain").get_samples())
    assert [(sample.name, sample.lib.name) for sample in samples] == [("one", "A Library"), ("two", "Other Library")]
    samples[0].description = "Changed."
    samples[0].save()
    assert library.sample("one").get().description == "Changed."
    assert group(knex, "Plain").sample("two").get().lib.uuid == other.uuid


# -- what is asked of the whole group


def test_manifest_and_counts(knex: Knex, library: SampleGroup):
    sample = library.sample("s", metadata={"x": 1}).create()
    sample.analysis_result("mod::x").create()
    manifest = group(knex, "A Library").get_manifest()
    assert [entry["name"] for entry in manifest["samples"]] == ["s"]
    assert group(knex, "A Library").get_module_counts() == {"n_samples": 1, "mod::x": 1}
    assert sample.get_manifest()["analysis_results"][0]["module_name"] == "mod::x"


def test_results_are_listed_and_remembered(knex: Knex, library: SampleGroup):
    sample = library.sample("s").create()
    for number in range(3):
        library.analysis_result(f"m{number}", replicate="1").create()
        sample.analysis_result(f"m{number}", replicate="1").create()
    listed = group(knex, "A Library")
    results = list(listed.get_analysis_results())
    assert [id(result) for result in listed.get_analysis_results()] == [id(result) for result in results]
    assert sorted(result.module_name for result in results) == ["m0", "m1", "m2"]
    assert results[0].grp.name == "A Library"
    assert sorted(result.module_name for result in sample.get_analysis_results()) == ["m0", "m1", "m2"]
