"""Fields: what is read, what may be set, and what each kind refuses."""

import copy
import pickle
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pytest
from omicsdk.compat.sevenbridges import File, Project, ReadOnlyPropertyError, User, ValidationError
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.fields import DictView, moment
from omicsdk.compat.sevenbridges.meta.resource import Resource
from omicsdk.compat.sevenbridges.meta.transformer import Transform
from omicsdk.compat.sevenbridges.models.member import Permissions
from omicsdk.core import DecodeError, UsageError


class Small(Resource):
    id = fields.text()
    size = fields.whole()


class Thing(Resource):
    id = fields.text()
    title = fields.text("name", read_only=False)
    count = fields.whole(read_only=False)
    price = fields.number()
    active = fields.switch(read_only=False)
    group = fields.uuid(read_only=False)
    created_on = fields.time()
    tags = fields.listing(read_only=False)
    settings = fields.mapping(read_only=False)
    rights = fields.View(Permissions, "permissions")
    small = fields.Part(lambda: Small)
    smalls = fields.Parts(lambda: Small)


def a_thing(**data: object) -> Thing:
    return Thing.of(data, None)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2024-01-31T12:00:00Z", datetime(2024, 1, 31, 12)),
        ("2024-01-31T12:00:00.250Z", datetime(2024, 1, 31, 12, 0, 0, 250_000)),
        ("2024-01-31T12:00:00", datetime(2024, 1, 31, 12)),
        ("2024-01-31T12:00:00.5", datetime(2024, 1, 31, 12, 0, 0, 500_000)),
        ("2024-01-31T14:00:00+02:00", datetime(2024, 1, 31, 12)),
        ("2024-01-31", datetime(2024, 1, 31)),
    ],
)
def test_times_are_utc_without_a_zone(text, read):
    assert moment(text) == read
    assert a_thing(created_on=text).created_on.tzinfo is None


@pytest.mark.parametrize("text", ["yesterday", "", 17, None, "0001-01-01T00:00:00+01:00"])
def test_an_invalid_time(text):
    with pytest.raises(ValidationError, match="is not a time"):
        moment(text)


def test_what_is_read():
    read = a_thing(name="a", count=0, price="1.5", active=False, tags=["x"], settings={"a": 1})
    assert (read.title, read.count, read.price, read.active) == ("a", 0, 1.5, False)
    assert (read.tags, read.settings) == (["x"], {"a": 1})
    assert (a_thing().title, a_thing().price, a_thing().created_on, a_thing().rights, a_thing().small) == (None,) * 5
    assert Thing.title.name == "name"
    assert Thing.count.read_only is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", 1),
        ("count", "1"),
        ("count", True),
        ("active", 1),
        ("active", "true"),
        ("group", "no-uuid"),
        ("group", 5),
        ("tags", "x"),
        ("tags", ("x",)),
        ("settings", []),
        ("rights", [("read", True)]),
    ],
)
def test_what_can_not_be_set(name, value):
    one = a_thing()
    with pytest.raises(ValidationError, match=repr(value)[:5].replace("(", r"\(").replace("[", r"\[")) as caught:
        setattr(one, name, value)
    assert isinstance(caught.value, UsageError)
    assert one.changes() == {}


@pytest.mark.parametrize("name", ["id", "price", "created_on", "small", "smalls"])
def test_read_only_fields(name):
    with pytest.raises(ReadOnlyPropertyError, match=f"Thing.{name} can only be read"):
        setattr(a_thing(), name, None)


def test_what_is_set_is_sent_by_the_platforms_name():
    one = a_thing(name="a")
    one.title, one.group, one.tags = "b", "296a98a9-424c-43f3-aec5-306e0e41c799", None
    assert one.changes() == {"name": "b", "group": "296a98a9-424c-43f3-aec5-306e0e41c799", "tags": None}
    assert one.title == "b"


def test_a_callers_own_list_stays_its_own():
    tags, rights = ["x"], {"read": True}
    one, two = a_thing(), a_thing()
    for item in (one, two):
        item.tags, item.rights = tags, rights
    one.tags.append("y")
    one.rights["write"] = True
    assert (tags, rights, two.tags, dict(two.rights)) == (["x"], {"read": True}, ["x"], {"read": True})


@pytest.mark.parametrize("value", [True, " ", ["read"], 5])
def test_a_view_of_something_else_than_an_object_is_an_error(value: object):
    with pytest.raises(SbgError, match="permissions") as raised:
        a_thing(permissions=value).rights  # noqa: B018 - reading it raises
    assert isinstance(raised.value, DecodeError)


def test_a_view_is_a_dictionary_whose_missing_keys_are_none():
    one = a_thing(permissions={"read": True})
    view = one.rights
    assert isinstance(view, Permissions)
    assert isinstance(view, DictView)
    assert view is one.rights
    assert (view["read"], view["none"], "none" in view, view.get("none", 5)) == (True, None, False, 5)
    assert repr(view) == "<Permissions {'read': True}>"
    assert pickle.loads(pickle.dumps(view)) == view
    assert copy.copy(view) == view
    assert view == {"read": True}
    assert view.equals(Permissions(read=True))
    assert not view.equals(None)


@pytest.mark.parametrize(
    ("edit", "sent"),
    [
        (lambda view: view.update(write=True), {"write": True}),
        (lambda view: view.__setitem__("read", False), {"read": False}),
        (lambda view: view.__delitem__("read"), {"read": None}),
        (lambda view: view.pop("read"), {"read": None}),
        (lambda view: view.clear(), {"read": None, "copy": None}),
        (lambda view: view.setdefault("admin", False), {"admin": False}),
        (lambda view: view.setdefault("read", False), None),
        (lambda view: view.popitem(), {"copy": None}),
        (lambda view: view.__ior__({"read": False}), {"read": False}),
    ],
)
def test_what_is_done_to_a_view_is_an_edit(edit, sent):
    one = a_thing(permissions={"read": True, "copy": False})
    edit(one.rights)
    assert one.changes() == ({} if sent is None else {"permissions": sent})


def test_what_is_done_to_lists_and_inner_dictionaries_is_an_edit():
    one = a_thing(tags=["x"], settings={"a": {"b": [1]}, "c": 1})
    one.tags.append("y")
    one.settings["a"]["b"].append(2)
    assert one.changes() == {"tags": ["x", "y"], "settings": {"a": {"b": [1, 2]}}}
    assert one.tags == ["x", "y"]


def test_reading_is_no_edit():
    one = a_thing(tags=["x"], settings={"a": {"b": [1]}}, permissions={"read": True})
    _ = one.tags, one.settings, one.rights, one.field("settings")
    assert one.changes() == {}


def test_parts_are_the_same_object_each_time():
    one = a_thing(small={"id": "a", "size": 1}, smalls=[{"id": "b"}, {"id": "c"}])
    assert one.small is one.small
    assert (one.small.id, one.small.size) == ("a", 1)
    assert [part.id for part in one.smalls] == ["b", "c"]
    assert one.smalls[0] is one.smalls[0]
    assert isinstance(one.small, Small)


def test_a_mapping_that_is_no_dict_is_a_dictionary_too():
    item = a_thing(name="n")
    item.settings = MappingProxyType({"a": MappingProxyType({"b": 1})})
    assert item.changes() == {"settings": {"a": {"b": 1}}}
    assert type(item.changes()["settings"]["a"]) is dict


def test_ids_of_resources_and_text() -> None:
    assert Transform.to_project(Project(id="me/p")) == Transform.to_project("me/p") == "me/p"
    assert Transform.to_user(User(username="bob")) == "bob"
    assert Transform.to_resource(File(id="f")) == "f"


@pytest.mark.parametrize("value", [None, "", b"", [], {}, type, 5, File(id="f"), Project()])
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(SbgError):
        Transform.to_project(value)


def test_values_that_are_not_ids() -> None:
    assert Transform.to_datestring(datetime(2017, 1, 10, 14, 4, 23, 838)) == "2017-01-10T14:04:23"
    assert Transform.to_datestring("2017") == Transform.to_location("2017") == "2017"
    assert Transform.to_tags(["a"]) == ["a"]
    for refused in (
        lambda: Transform.to_tags(["a,b"]),
        lambda: Transform.to_tags("a"),
        lambda: Transform.to_location([]),
    ):
        with pytest.raises(SbgError):
            refused()
