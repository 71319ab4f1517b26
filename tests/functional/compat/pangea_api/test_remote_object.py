"""Common behaviour of objects on a server: fetching, creating, saving, deleting, and no silent overwriting."""

import copy
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
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
from omicsdk.compat.pangea_api.remote_object import RemoteObject
from omicsdk.core import NO_RETRY
from omicsdk.core import errors as core
from omicsdk.sandbox import Rule, Sandbox


def sent(sandbox: Sandbox) -> list[str]:
    """What changed something."""
    return [f"{entry['method']} {entry['path']}" for entry in sandbox.requests("/pangea/") if entry["method"] != "GET"]


def anew(knex: Knex, name: str = "s", **options: Any) -> Sample:
    return Organization(knex, "An Org").sample_group("A Library").sample(name, **options)


def test_a_response_without_its_fields_confirms_nothing():
    stated = {"uuid": "u", "name": "Org", "created_at": "then", "updated_at": "then"}
    responses = iter([{}, stated, {"name": "New"}, stated | {"name": "New"}])
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=next(responses)))
    with Knex("https://pangea.example.org", transport=transport) as knex:
        organization = Organization(knex, "Org")
        with pytest.raises(KeyError, match="uuid is missing"):
            organization.create()
        assert organization.create().uuid == "u"
        organization.name = "New"
        with pytest.raises(KeyError, match="uuid is missing"):
            organization.save()
        assert (organization.name, organization.uuid) == ("New", "u")
        organization.save()
    assert list(responses) == []


# -- get


def test_what_is_fetched_brings_what_it_belongs_to(knex: Knex, library: SampleGroup):
    made = library.sample("s", metadata={"city": "Paris"}).create()
    sample = anew(knex)
    assert sample.get() is sample
    assert (sample.uuid, sample.metadata, sample.library) == (made.uuid, {"city": "Paris"}, library.uuid)
    assert (sample.lib.uuid, sample.lib.org.uuid) == (library.uuid, library.org.uuid)
    assert sample.blob is not None
    assert sample.blob["name"] == "s"


def test_fetching_never_creates_anything(knex: Knex, sandbox: Sandbox):
    sandbox.requests("/pangea/")
    before = sent(sandbox)
    with pytest.raises(PangeaNotFoundError):
        Organization(knex, "Nowhere").sample_group("Nothing", is_library=True).sample("nobody").get()
    assert sent(sandbox) == before
    assert not Organization(knex, "Nowhere").exists()


def test_fetching_does_not_save_what_it_belongs_to(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    library.sample("s").create()
    group = Organization(knex, "An Org").sample_group("A Library").get()
    group.long_description = "changed, not saved"
    before = sent(sandbox)
    group.sample("s").get()
    assert sent(sandbox) == before


@pytest.mark.parametrize(
    "name", ["a/b", "a?b#c", "50% x", "é 🧬", ".", "..", "data.json", "11111111-1111-4111-8111-111111111111", "a&b=c+d"]
)
def test_every_name_that_can_be_made_can_be_found(knex: Knex, name: str):
    org = Organization(knex, f"o {name}").create()
    library = org.sample_group(f"{name}", is_library=True).create()
    sample = library.sample(name, metadata={"x": 1}).create()
    again = Organization(knex, f"o {name}").sample_group(name).sample(name)
    assert again.get().uuid == sample.uuid
    assert library.sample(name).exists()
    assert not library.sample(f"{name}{name}").exists()
    assert [sample.name for sample in Organization(knex, f"o {name}").sample_group(name).get_samples()] == [name]
    group = org.sample_group(f"plain {name}").create().add_sample(sample)
    group.save()
    assert Organization(knex, f"o {name}").sample_group(f"plain {name}").sample(name).get().lib.uuid == library.uuid


def test_another_case_is_another_name(knex: Knex, library: SampleGroup):
    lower, upper = library.sample("case").create(), library.sample("CASE").create()
    assert anew(knex, "case").get().uuid == lower.uuid
    assert anew(knex, "CASE").get().uuid == upper.uuid
    assert not anew(knex, "Case").exists()
    assert anew(knex, "Case").idem().uuid not in (lower.uuid, upper.uuid)
    one, other = Organization(knex, "Two").create(), Organization(knex, "TWO").create()
    assert Organization(knex, "Two").get().uuid == one.uuid
    assert Organization(knex, "TWO").get().uuid == other.uuid


# -- what was set here


def test_something_else_that_was_set_here_is_not_overwritten(knex: Knex, library: SampleGroup):
    library.sample("s", metadata={"city": "Paris", "n": 1}).create()
    sample = anew(knex, metadata={"city": "Rome"})
    with pytest.raises(RemoteObjectOverwriteError, match="metadata") as caught:
        sample.get()
    assert isinstance(caught.value, RemoteObjectError)
    assert isinstance(caught.value, core.UsageError)
    assert (sample.metadata, sample.uuid) == ({"city": "Rome"}, None)
    sample = anew(knex)
    sample.description = "set here"
    with pytest.raises(RemoteObjectOverwriteError, match="description"):
        sample.get()


def test_a_blob_that_lacks_a_field(knex: Knex):
    org = Organization(knex, "x")
    with pytest.raises(KeyError, match="updated_at"):
        org.load_blob({"uuid": "1", "created_at": "t", "name": "x"})
    assert org.uuid is None


def test_a_kept_blob_that_does_not_fit_is_fetched_again(knex: Knex, library: SampleGroup):
    library.sample("s", metadata={"city": "Paris"}).create()
    sample = anew(knex, metadata={"city": "Paris"})
    sample.lib.get()
    sample.cache_blob({**library.sample("s").get().blob, "metadata": {"city": "Oslo"}})
    assert sample.get_cached_blob()["metadata"] == {"city": "Oslo"}
    assert sample.get().metadata == {"city": "Paris"}
    sample.invalidate_cache()
    assert sample.get_cached_blob() is None


# -- create


def test_creating_brings_about_what_it_belongs_to(knex: Knex):
    sample = Organization(knex, "New").sample_group("New Library", is_library=True).sample("s").create()
    assert Organization(knex, "New").sample_group("New Library").sample("s").get().uuid == sample.uuid


def test_creating_twice(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    sample = library.sample("s").create()
    before = sent(sandbox)
    assert sample.create() is sample
    assert sent(sandbox) == before
    with pytest.raises(PangeaOtherError, match="must make a unique set") as caught:
        library.sample("s").create()
    assert isinstance(caught.value, core.BadRequest)
    with pytest.raises(PangeaOtherError, match="already exists"):
        Organization(knex, "An Org").create()


def test_two_objects_share_no_metadata(knex: Knex, library: SampleGroup):
    one, other = library.sample("one"), library.sample("other")
    one.metadata["x"] = 1
    assert other.metadata == {}
    assert SampleGroup(knex, library.org, "g").metadata == {}


# -- save


def test_only_what_was_changed_is_sent(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    sample = library.sample("s", metadata={"city": "Paris"}).create()
    mine, other = anew(knex).get(), anew(knex).get()
    other.description = "by another"
    other.save()
    mine.metadata["n"] = 2
    mine.save()
    stored = anew(knex).get()
    assert (stored.uuid, stored.metadata, stored.description) == (sample.uuid, {"city": "Paris", "n": 2}, "by another")
    before = sent(sandbox)
    mine.save()
    mine.name = "s"
    mine.save()
    assert sent(sandbox) == before


def test_what_was_never_fetched_is_not_saved(knex: Knex):
    with pytest.raises(RemoteObjectError, match="never fetched"):
        Organization(knex, "x").save()


def test_a_change_that_the_server_refuses_is_not_forgotten(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    sample = library.sample("s").create()
    library.sample("t").create()
    sample.name = "t"
    for _ in range(2):
        with pytest.raises(PangeaOtherError):
            sample.save()
    sample.name = "u"
    sample.save()
    assert anew(knex, "u").get().uuid == sample.uuid


# -- idem


def test_idem_fetches_or_creates_or_saves(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    sample = anew(knex)
    assert sample.idem() is sample
    assert anew(knex).idem().uuid == sample.uuid
    sample.metadata = {"x": 1}
    sample.idem()
    assert anew(knex).get().metadata == {"x": 1}


@pytest.mark.parametrize("status", [403, 500, 503])
def test_idem_creates_nothing_when_no_source_has_it_whether_it_is_there(
    knex: Knex, library: SampleGroup, sandbox: Sandbox, status: int
):
    before = sent(sandbox)
    sandbox.add_faults(Rule("status", path="/pangea/api/*", method="GET", status=status))
    with Knex(sandbox.pangea_url, retry=NO_RETRY) as quick:
        quick.auth = knex.auth
        for call in (anew(quick).idem, anew(quick).exists):
            with pytest.raises(PangeaGeneralError) as caught:
                call()
            assert getattr(caught.value, "status", None) == status
    assert sent(sandbox) == before


def test_idem_finds_what_another_user_made_meanwhile(knex: Knex, library: SampleGroup, monkeypatch: pytest.MonkeyPatch):
    mine = library.sample("s")
    read = mine._read
    made: list[Sample] = []

    def too_late(*, fresh: bool) -> None:
        if made:
            return read(fresh=fresh)
        try:
            return read(fresh=fresh)
        finally:
            made.append(anew(knex).create())

    monkeypatch.setattr(mine, "_read", too_late)
    assert mine.idem().uuid == made[0].uuid


def test_idem_of_a_name_that_another_organization_has(knex: Knex, library: SampleGroup):
    with pytest.raises(PangeaOtherError, match="already exists"):
        Organization(knex, "Another").create().sample_group("A Library").idem()


# -- delete


def test_what_was_deleted_is_gone_and_can_do_nothing_more(knex: Knex, library: SampleGroup):
    sample = library.sample("s").create()
    sample.delete()
    assert not anew(knex).exists()
    assert not sample.exists()
    for call in (sample.get, sample.create, sample.save, sample.idem, sample.delete):
        with pytest.raises(RemoteObjectError, match="was deleted"):
            call()
    with pytest.raises(RemoteObjectError, match="was deleted"):
        sample.load_blob({})


def test_what_was_not_fetched_is_deleted_by_its_name(knex: Knex, library: SampleGroup):
    library.sample("s").create()
    anew(knex).delete()
    assert not anew(knex).exists()
    with pytest.raises(PangeaNotFoundError):
        anew(knex).delete()


def test_everything_can_be_deleted(knex: Knex, library: SampleGroup):
    library.sample("s").create()
    library.delete()
    assert not Organization(knex, "An Org").sample_group("A Library").exists()
    library.org.delete()
    assert not Organization(knex, "An Org").exists()


def test_a_missing_permission_to_delete_is_reported(library: SampleGroup, outsider: Knex):
    group = Organization(outsider, "An Org").sample_group("A Library").get()
    with pytest.raises(PangeaForbiddenError):
        group.delete()
    assert group.exists()


# -- what is private


def test_anybody_may_read_what_is_public(library: SampleGroup, anonymous: Knex):
    library.sample("s", metadata={"x": 1}).create()
    group = Organization(anonymous, "An Org").sample_group("A Library").get()
    assert [sample.metadata for sample in group.get_samples()] == [{"x": 1}]
    with pytest.raises(PangeaForbiddenError, match=r"login\(\)"):
        group.sample("t").create()


# -- options


def test_options_are_inherited(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    library.url_options["work_order_uuid"] = "00000000-0000-4000-8000-000000000000"
    sample = library.sample("s")
    sample.url_options["more"] = "a b"
    assert sample.inherited_url_options == {"more": "a b", "work_order_uuid": "00000000-0000-4000-8000-000000000000"}
    assert library.inherited_url_options == {"work_order_uuid": "00000000-0000-4000-8000-000000000000"}


def test_a_separate_class(knex: Knex):
    class Prototype(RemoteObject):
        remote_fields = ("uuid", "name")
        route = "work_order_prototypes"

        def __init__(self, knex: Knex, name: str) -> None:
            super().__init__(knex)
            self.name = name

        def _segment(self) -> None:
            """Nothing refers to it by name."""

    assert not Prototype(knex, "none").exists()
    with pytest.raises(NotImplementedError):
        Prototype(knex, "none").nested_url()
    assert "Prototype none None" in repr(Prototype(knex, "none"))


# -- many at once, and values of all kinds


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
BLOB = {"uuid": "u", "created_at": "t", "updated_at": "t", "name": "s", "library": "l", "description": ""}


def unsaved_sample(**fields: Any) -> Sample:
    """A sample of a library that the server has, without a request."""
    knex = Knex("https://pangea.example.org")
    library = SampleGroup(knex, Organization(knex, "o"), "g")
    library.uuid = "l"
    return Sample(knex, library, "s", **fields)


@given(
    st.dictionaries(st.sampled_from("abc"), JSON, max_size=3), st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)
)
def test_nothing_that_was_set_is_ever_lost_by_loading(here: dict[str, Any], there: dict[str, Any]):
    sample = unsaved_sample(metadata=copy.deepcopy(here))
    try:
        sample.load_blob({**BLOB, "metadata": copy.deepcopy(there)})
    except RemoteObjectOverwriteError:
        assert any(name not in there or there[name] != value for name, value in here.items())
        assert (sample.metadata, sample.uuid) == (here, None)
    else:
        assert sample.metadata == there
        assert all(there[name] == value for name, value in here.items())


@given(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3), JSON)
def test_every_change_of_metadata_is_noticed(there: dict[str, Any], value: Any):
    sample = unsaved_sample()
    sample.load_blob({**BLOB, "metadata": copy.deepcopy(there)})
    assert sample._changes() == {}
    sample.metadata["a"] = value
    changed = "a" not in there or json.dumps(there["a"]) != json.dumps(value)
    assert sample._changes() == ({"metadata": {**there, "a": value}} if changed else {})


def test_a_place_by_unknown_names(knex: Knex):
    assert Organization(knex, "My Org").nested_url() == "nested/My%20Org"
    with pytest.raises(RemoteObjectError, match="does not exist on the server yet"):
        Organization(knex, "a/b").nested_url()
    made = Organization(knex, "a/b").create()
    assert made.sample_group("g").nested_url() == f"nested/{made.uuid}/sample_groups/g"
