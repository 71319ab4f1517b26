"""Resources: lazy fields that lose no edit, saving, equality, copies, and the Api that each belongs to."""

import copy
import json
import pickle

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.sevenbridges import Api, ResourceNotModified, SbgError
from omicsdk.compat.sevenbridges.errors import NotFound, SettingsError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.changes import same
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier
from omicsdk.compat.sevenbridges.models.member import Permissions
from omicsdk.core import ManualClock

BASE = "https://api.example.org/v2"
HREF = f"{BASE}/things/1"


class Part(Resource):
    id = fields.text()


class Thing(Resource):
    href = fields.text()
    id = fields.text()
    name = fields.text(read_only=False)
    size = fields.whole()
    tags = fields.listing(read_only=False)
    metadata = fields.View(Permissions)
    origin = fields.Part(lambda: Part)

    def save(self, inplace: bool = True):
        sent = self._changed()
        whole = {"whole": sorted(self._assigned)}
        payload = self.api.patch(self.href, params=whole, data=sent, append_base=False).json()
        return self._saved(payload, inplace)


class Platform:
    """Has one thing; a PATCH merges dictionaries that are not whole, and null deletes a member."""

    def __init__(self, **has: object) -> None:
        self.has = {"href": HREF, "id": "1", **has}
        self.requests: list[tuple[str, object]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url).partition("?")[0] == HREF
        whole = request.url.params.get_list("whole")
        sent = json.loads(request.content) if request.content else None
        self.requests.append((request.method, sent))
        for name, value in (sent or {}).items():
            if isinstance(value, dict) and isinstance(self.has.get(name), dict) and name not in whole:
                value = {key: item for key, item in {**self.has[name], **value}.items() if item is not None}
            self.has[name] = value
        return httpx.Response(200, json=self.has)

    @property
    def gets(self) -> int:
        return sum(method == "GET" for method, _ in self.requests)


def api_of(platform) -> Api:
    return Api(BASE, "secret-token", transport=httpx.MockTransport(platform), clock=ManualClock())


def partial_thing(platform: Platform, *names: str) -> Thing:
    """The object with only some members, as in a list."""
    return Thing.of({name: platform.has[name] for name in ("href", "id", *names)}, api_of(platform))


# -- lazy fields


def test_what_was_not_reported_is_requested_once():
    platform = Platform(name="a", size=5)
    one = partial_thing(platform)
    assert (one.field("size"), platform.gets) == (None, 0)
    assert (one.size, one.name, one.tags, one.metadata) == (5, "a", None, None)
    assert platform.gets == 1
    assert one.field("size") == 5


def test_what_was_reported_as_null_is_not_requested():
    platform = Platform(name=None)
    assert partial_thing(platform, "name").name is None
    assert platform.gets == 0


def test_setting_requests_nothing():
    platform = Platform(name="a", metadata={"x": 1})
    one = partial_thing(platform)
    one.name, one.metadata, one.tags = "b", {"y": 2}, ["t"]
    assert platform.gets == 0
    assert one.changes() == {"name": "b", "metadata": {"y": 2}, "tags": ["t"]}


def test_an_edit_outlives_the_fetch():
    platform = Platform(name="a", size=5, tags=["old"], metadata={"x": 1, "y": 2, "z": 3})
    one = partial_thing(platform, "metadata", "tags")
    metadata, tags = one.metadata, one.tags
    one.name = "b"
    metadata["x"] = 10
    del metadata["y"]
    tags.append("new")
    assert one.size == 5
    assert one.name == "b"
    assert one.metadata is metadata
    assert one.tags is tags
    assert one.changes() == {"name": "b", "metadata": {"x": 10, "y": None}, "tags": ["old", "new"]}


def test_what_was_returned_before_the_fetch_can_be_edited_after_it():
    platform = Platform(size=5, tags=["a"], metadata={"x": 1})
    one = partial_thing(platform, "metadata", "tags")
    metadata, tags = one.metadata, one.tags
    platform.has |= {"metadata": {"x": 2, "y": 3}, "tags": ["a", "b"]}
    assert one.size == 5
    assert (metadata, tags) == ({"x": 2, "y": 3}, ["a", "b"])
    assert one.changes() == {}
    metadata["z"] = 4
    tags.remove("a")
    assert one.changes() == {"metadata": {"z": 4}, "tags": ["b"]}


def test_what_others_changed_meanwhile_is_not_changed_back():
    platform = Platform(size=5, metadata={"x": 1, "y": 2, "gone": 3})
    one = partial_thing(platform, "metadata")
    one.metadata["x"] = 10
    platform.has["metadata"] = {"x": 1, "y": 20, "new": 4}
    assert one.size == 5
    assert one.metadata == {"x": 10, "y": 20, "new": 4}
    assert one.changes() == {"metadata": {"x": 10}}


def test_what_was_put_as_a_whole_is_not_merged_with_what_comes():
    platform = Platform(size=5, metadata={"x": 1})
    one = partial_thing(platform, "metadata")
    one.metadata = {"y": 2}
    platform.has["metadata"] = {"x": 1, "new": 3}
    assert one.size == 5
    assert one.metadata == {"y": 2}
    assert one.changes() == {"metadata": {"y": 2}}


def test_a_fetch_that_fails_is_tried_again():
    platform, broken = Platform(size=5), [True]

    def sometimes(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"code": 1}) if broken else platform(request)

    one = Thing.of({"href": HREF, "id": "1"}, api_of(sometimes))
    one.name = "b"
    with pytest.raises(NotFound):
        _ = one.size
    broken.clear()
    assert (one.size, one.name) == (5, "b")


def test_without_an_api_or_a_place_nothing_is_requested():
    assert Thing(id="1", href=HREF).size is None
    assert Thing(id="1", api=api_of(Platform())).size is None


keys = st.sampled_from("abc")
dictionaries = st.dictionaries(keys, st.integers(0, 3), max_size=3)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("set"), keys, st.integers(0, 3)),
        st.tuples(st.just("delete"), keys),
        st.tuples(st.just("whole"), dictionaries),
        st.tuples(st.just("read")),
        st.tuples(st.just("fetch")),
        st.tuples(st.just("save")),
        st.tuples(st.just("reload")),
    ),
    max_size=12,
)


@given(dictionaries, steps, st.booleans())
def test_whatever_is_done_the_platform_has_what_is_here_after_saving(metadata, steps, is_reported):
    """Edits through one dictionary that is held all the time, and through the field."""
    platform = Platform(metadata=dict(metadata), size=5)
    one = partial_thing(platform, *(["metadata"] if is_reported else []))
    expected = dict(metadata)
    if not is_reported:
        _ = one.metadata
    for kind, *arguments in steps:
        match kind, arguments:
            case "set", (key, value):
                one.metadata[key] = value
                expected[key] = value
            case "delete", (key,):
                one.metadata.pop(key, None)
                expected.pop(key, None)
            case "whole", (value,):
                one.metadata = expected = dict(value)
            case "fetch", ():
                assert one.size == 5
            case "save", ():
                try:
                    one.save()
                except ResourceNotModified:
                    assert one.changes() == {}
                assert same(platform.has["metadata"], expected)
            case "reload", ():
                one.reload()
                expected = dict(platform.has["metadata"])
            case _:
                pass
        assert same(dict(one.metadata), expected)


# -- saving


def test_a_held_dictionary_stays_the_objects_own_when_it_is_saved():
    platform = Platform(metadata={"x": 1}, tags=["a"])
    one = partial_thing(platform, "metadata", "tags")
    metadata, tags = one.metadata, one.tags
    metadata["x"] = 2
    assert one.save() is one
    metadata["y"] = 3
    tags.append("b")
    one.save()
    assert platform.has["metadata"] == {"x": 2, "y": 3}
    assert [sent for method, sent in platform.requests] == [
        {"metadata": {"x": 2}},
        {"metadata": {"y": 3}, "tags": ["a", "b"]},
    ]


def test_saving_nothing():
    one = partial_thing(Platform(name="a"), "name")
    with pytest.raises(ResourceNotModified):
        one.save()
    one.name = "a"
    with pytest.raises(ResourceNotModified):
        one.save()


def test_saving_to_another_object():
    platform = Platform(name="a", metadata={"x": 1})
    one = partial_thing(platform, "name", "metadata")
    one.name = "b"
    two = one.save(inplace=False)
    assert two is not one
    assert (two.name, two.changes(), one.changes()) == ("b", {}, {"name": "b"})
    two.metadata["x"] = 5
    assert one.metadata == {"x": 1}


def test_the_platforms_word_counts_after_saving():
    platform = Platform(name="a", size=1)
    one = partial_thing(platform, "name", "size")
    platform.has["size"] = 9
    one.name = "b"
    one.save()
    assert (one.size, one.changes()) == (9, {})


def test_reload_forgets_edits_and_gives_itself():
    platform = Platform(name="a", tags=["t"], metadata={"x": 1})
    one = partial_thing(platform, "name", "metadata")
    one.name = "b"
    metadata = one.metadata
    metadata["x"] = 2
    assert one.reload() is one
    assert (one.name, one.metadata, one.changes()) == ("a", {"x": 1}, {})
    assert one.metadata is metadata
    platform.has.pop("tags")
    assert one.reload().tags is None
    assert platform.gets == 2
    one.metadata = {"y": 1}
    one.reload().metadata["z"] = 3
    assert one.changes() == {"metadata": {"z": 3}}


def test_reload_where_nothing_states_where():
    with pytest.raises(SbgError, match="Thing '1' cannot be reloaded"):
        Thing(id="1", api=api_of(Platform())).reload()


def test_parts_are_those_of_what_the_platform_states():
    platform = Platform(origin={"id": "p"}, size=1)
    one = partial_thing(platform, "origin")
    part = one.origin
    assert one.size == 1
    assert one.origin is part
    platform.has["origin"] = {"id": "q"}
    assert one.reload().origin.id == "q"
    assert part.id == "p"


def test_update_old():
    one = partial_thing(Platform(name="a"), "name")
    one.name = "b"
    one.update_old()
    assert (one.changes(), one.name) == ({}, "b")


# -- as objects


def test_equal_by_id_and_hashable():
    platform = Platform(name="a")
    one, two = partial_thing(platform), partial_thing(platform, "name")
    assert one == two
    assert hash(one) == hash(two)
    assert len({one, two}) == 1
    assert one != Thing.of({"id": "2"}, None)
    assert one != Part.of({"id": "1"}, None)
    assert one != "1"
    assert Thing() != Thing()
    nameless = Thing()
    assert nameless == nameless
    assert {nameless: 1}[nameless] == 1


def test_equals_compares_all_members():
    platform = Platform(name="a", metadata={"x": 1})
    one, two = partial_thing(platform, "name", "metadata"), partial_thing(platform, "name", "metadata")
    assert one.equals(two)
    two.metadata["x"] = 2
    assert not one.equals(two)
    assert not one.equals(Part.of({"id": "1"}, None))
    assert not one.equals(None)


@pytest.mark.parametrize("way", [lambda one: one.deepcopy(), copy.copy, copy.deepcopy], ids=["own", "copy", "deepcopy"])
def test_a_copy_shares_nothing_but_the_api(way):
    platform = Platform(name="a", metadata={"x": 1}, origin={"id": "p"})
    one = partial_thing(platform, "name", "metadata", "origin")
    one.metadata["x"] = 2
    part = one.origin
    two = way(one)
    assert two.origin is not part
    assert type(two) is type(one)
    assert two.equals(one)
    assert two.api is one.api
    assert two.changes() == {"metadata": {"x": 2}}
    two.metadata["x"] = 3
    assert (one.metadata, one.changes()) == ({"x": 2}, {"metadata": {"x": 2}})


def test_a_pickle_has_the_edits_and_no_api():
    platform = Platform(name="a", metadata={"x": 1})
    one = api_of(platform).projects(id="o/p", name="a", settings={"x": 1})
    one.settings["x"] = 2
    data = pickle.dumps(one)
    assert b"secret-token" not in data
    two = pickle.loads(data)
    assert two == one
    assert two.changes() == {"settings": {"x": 2}}
    assert two.api_or_none is None
    with pytest.raises(SettingsError, match="is not bound to an Api"):
        _ = two.api


def test_shown_by_its_id():
    assert repr(Thing(id="1")) == "<Thing: id=1>"


def test_unknown_members_are_kept():
    assert Thing(id="1", unknown={"a": 1}).field("unknown") == {"a": 1}


def test_identifiers():
    assert identifier(Thing(id="1")) == "1"
    assert identifier("1") == "1"
    assert identifier(Thing(name="n"), "name") == "n"
    for nothing in (Thing(), "", None):
        with pytest.raises(SbgError, match="has no id"):
            identifier(nothing)
