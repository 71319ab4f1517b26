"""Models keep what they do not know and give back exactly what came."""

import copy
import gc
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import attrs
import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import DecodeError, json_coding
from omicsdk.core.bodies import json_body, plain
from omicsdk.core.checked_json import check_fields
from omicsdk.core.errors import NotJson
from omicsdk.core.file_bodies import multipart_body
from omicsdk.core.forms import form_body, json_text, styled, whole_query
from omicsdk.core.json_coding import LARGE, decoded
from omicsdk.core.model import (
    ANY,
    INTEGER,
    STRING,
    Field,
    JsonObject,
    Model,
    Shape,
    array,
    blank,
    check,
    literal,
    mapping,
    members,
    model,
    optional,
    rest_of,
    tagged_union,
    union,
)
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.request import exploded, joined
from omicsdk.core.response import Response, as_it_came, model_of
from omicsdk.core.type_guards import number_in


@define(eq=False, init=False, repr=False, getstate_setstate=False)
class File(Model):
    name: str
    size: int | None
    owner: str | None
    additional_properties: dict[str, Any] | None

    FIELDS: ClassVar = (
        Field("name", "name", True, False, STRING),
        Field("size", "size", False, False, INTEGER),
        Field("owner", "owner", True, True, STRING),
    )

    def __init__(
        self,
        name: str,
        size: int | Omit = OMIT,
        owner: str | Omit | None = OMIT,
        additional_properties: dict[str, Any] | None = None,
    ) -> None:
        self._assign(locals())

    @classmethod
    def from_dict(cls, data: JsonObject) -> "File":
        made = blank(cls)
        for name in ("name", "size", "owner"):
            if name in data:
                setattr(made, name, data[name])
        made.additional_properties = rest_of(data, frozenset({"name", "size", "owner"}))
        return made


FILE = model(lambda: File)


@given(
    st.dictionaries(
        st.sampled_from(["name", "size", "owner", "extra", "x-y"]), st.none() | st.text() | st.integers() | st.just({})
    )
)
def test_a_round_trip_loses_nothing(data: dict[str, Any]):
    assert File.from_dict(data).to_dict() == data


def test_none_is_null_and_what_is_not_given_is_absent():
    file = File("a")
    assert (file.size, file.owner, file.to_dict()) == (None, None, {"name": "a"})
    file.owner = None
    assert (file.owner, file.to_dict(), file.null_fields) == (None, {"name": "a", "owner": None}, {"owner"})
    del file.owner
    assert (file.owner, file.to_dict(), file.null_fields) == (None, {"name": "a"}, frozenset())
    assert File("a", owner=None).to_dict() == {"name": "a", "owner": None}
    assert File("a", OMIT, "x").to_dict() == {"name": "a", "owner": "x"}


class Uploaded(File):
    """Its owner is set by the service."""

    FIELDS: ClassVar = (*File.FIELDS[:2], Field("owner", "owner", True, True, STRING, read_only=True))


def test_what_the_service_sets_is_kept_but_not_sent():
    file = Uploaded("a", 1, "me")
    assert plain({"file": file}) == {"file": {"name": "a", "size": 1, "owner": "me"}}
    assert json_body({"file": file}).content == b'{"file":{"name":"a","size":1}}'
    assert form_body({"file": file}).content == b"file=%7B%22name%22%3A+%22a%22%2C+%22size%22%3A+1%7D"
    multipart = multipart_body({"file": file}).content
    assert callable(multipart)
    assert b'\r\n\r\n{"name": "a", "size": 1}\r\n' in b"".join(multipart())
    assert json_text(file) == '{"name":"a","size":1}'
    assert str(styled("file", file, "simple", explode=False)) == str(joined(file, ",")) == "name,a,size,1"
    assert exploded("file", file) == [("name", "a"), ("size", "1")]
    assert exploded("file", [file]) == [("file", '{"name":"a","size":1}')]
    assert whole_query("file", file, "json") == "%7B%22name%22:%22a%22,%22size%22:1%7D"


def test_a_model_equals_another_only_if_both_give_the_same_json():
    assert File("a") == File.from_dict({"name": "a"})
    assert File("a", owner=None) == File.from_dict({"name": "a", "owner": None})
    assert File("a") != File("a", owner=None)
    assert File("a") != {"name": "a"}
    assert (repr(File("a")), repr(File("a", owner=None))) == ("File(name='a')", "File(name='a', owner=None)")
    with pytest.raises(TypeError, match="unhashable"):
        hash(File("a"))


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda file: pickle.loads(pickle.dumps(file)), attrs.evolve],
    ids=["copy", "deepcopy", "pickle", "evolve"],
)
@pytest.mark.parametrize("data", [{}, {"name": "a", "owner": None}, {"size": 1, "x": None}])
def test_a_copy_distinguishes_absent_from_null_too(again: Callable[[File], File], data: dict[str, Any]):
    file = File.from_dict(data)
    copied = again(file)
    assert copied is not file
    assert copied.to_dict() == data


def test_evolve_sets_a_field_to_null():
    assert attrs.evolve(File("a", 1), owner=None).to_dict() == {"name": "a", "size": 1, "owner": None}
    assert attrs.evolve(File("a", 1), size=OMIT).to_dict() == {"name": "a"}


def test_slots_refuse_fields_that_do_not_exist():
    with pytest.raises(AttributeError):
        File("a").nmae = "b"
    with pytest.raises(AttributeError, match="'File' object has no attribute 'nmae'"):
        _ = File("a").nmae


def test_a_member_that_is_no_attribute_is_named_in_the_error():
    file = File.from_dict({"name": "a", "projects": []})
    with pytest.raises(AttributeError, match=r"read it as \['projects'\]"):
        _ = file.projects
    assert not hasattr(file, "projects")
    assert file["projects"] == []


@pytest.mark.parametrize(
    ("value", "shape", "place"),
    [
        ({"name": 1, "owner": None}, FILE, "name"),
        ({"owner": "x"}, FILE, "name"),
        ([{"name": "a", "owner": None}, {"name": "a", "owner": 3}], array(FILE), "[1].owner"),
        ({"k": {"name": True, "owner": "x"}}, mapping(FILE), "k.name"),
        (True, INTEGER, ""),
        ("x", union(INTEGER, array(STRING)), ""),
        (3, literal("aws", "gcp"), ""),
        ("other", literal("aws", "gcp"), ""),
        (2, literal(1), ""),
        (1, literal(True), ""),
        (False, literal(True), ""),
        ({"file": "a", "name": 5, "owner": None}, tagged_union("file", {"a": FILE}, FILE, mapping(ANY)), "name"),
        ({"file": "b", "name": "x", "owner": None}, tagged_union("file", {"a": FILE}, FILE), "file"),
    ],
)
def test_strict_decoding_names_the_place(value: object, shape: Shape, place: str):
    with pytest.raises(DecodeError) as caught:
        check("get_bundle", "", value, shape)
    assert caught.value.operation == "get_bundle"
    assert caught.value.field == place


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("gcp", literal("aws", "gcp")),
        (1.0, literal(1)),
        (True, literal(True)),
        ({"file": "a", "name": "x", "owner": None}, tagged_union("file", {"a": FILE}, FILE)),
        ({"name": "x", "owner": None}, tagged_union("file", {"a": FILE}, FILE)),
        ("text", tagged_union("file", {"a": FILE}, FILE, STRING)),
        (1, union(INTEGER, STRING)),
        ({"a": [1]}, ANY),
        ({"name": "a", "owner": None}, FILE),
    ],
)
def test_strict_decoding_lets_the_right_pass(value: object, shape: Shape):
    check("get_bundle", "", value, shape)


def test_a_response_that_is_not_json_is_an_error_naming_the_operation():
    response = Response("get_bundle", 200, {}, b"<html>sign in</html>")
    with pytest.raises(DecodeError, match="get_bundle"):
        response.json(as_it_came, ANY)


def test_an_empty_response_is_null_and_a_model_of_it_is_kept_as_it_is():
    assert Response("x", 200, {}, b"").json(model_of(File), FILE) is None


def test_an_empty_object_is_a_model():
    empty = Response("x", 200, {}, b"{}").json(model_of(File), FILE)
    assert (type(empty), empty.to_dict(), empty.name) == (File, {}, None)


def test_the_collector_pauses_for_large_bodies_only_and_comes_back():
    assert gc.isenabled()
    with json_coding.paused_for(LARGE):
        assert not gc.isenabled()
        with json_coding.paused_for(LARGE):
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with json_coding.paused_for(10):
        assert gc.isenabled()


@pytest.fixture
def thawed():
    """Nothing is frozen and no collection starts; the tests' conftest froze what it had collected."""
    threshold = gc.get_threshold()
    gc.unfreeze()
    gc.set_threshold(1_000_000)
    yield
    gc.set_threshold(*threshold)
    gc.freeze()


def test_what_was_made_in_a_pause_is_no_longer_young(thawed):
    with json_coding.paused_for(LARGE):
        made = [[number] for number in range(2 * json_coding.SETTLE_FROM)]
    young = {id(item) for item in gc.get_objects(generation=0)}
    assert not any(id(item) in young for item in made)


def test_frozen_objects_stay_frozen(thawed):
    gc.freeze()
    try:
        with json_coding.paused_for(LARGE):
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_frozen_objects_are_counted_only_after_a_pause_that_made_much(monkeypatch):
    counted: list[bool] = []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: counted.append(True) or 1)
    with json_coding.paused_for(LARGE):
        gc.collect(0)
    assert not counted
    with json_coding.paused_for(LARGE):
        made = [[number] for number in range(2 * json_coding.SETTLE_FROM)]
    assert counted
    del made


def test_the_collector_stays_off_where_it_was_off():
    gc.disable()
    try:
        with json_coding.paused_for(LARGE):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


LONG = b" " * LARGE


@pytest.mark.parametrize(
    "text", [b'{"a": [1, 2.5, "x", null, true]}', b"[12345678901234567890123]", '["é"]'.encode("utf-16")]
)
@pytest.mark.parametrize("fast", [True, False])
def test_long_and_short_texts_mean_the_same(text: bytes, fast: bool, monkeypatch: pytest.MonkeyPatch):
    if not fast:
        monkeypatch.setattr(json_coding, "_fast_decoder", lambda: None)
    padded = text if text[:1] == b"\xff" else text + LONG
    assert decoded(padded) == decoded(text)


def test_a_msgspec_whose_errors_are_no_value_errors_is_not_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("msgspec.DecodeError", KeyError)  # as it is before 0.21: an Exception of its own
    monkeypatch.setattr(json_coding, "_fast_decoder", json_coding._fast_decoder.__wrapped__)
    monkeypatch.setattr("msgspec.json.decode", lambda content: {}[content])
    assert decoded(b"[1]" + LONG) == [1]


def test_a_long_text_may_hold_what_only_json_takes():
    assert decoded(b"[NaN]" + LONG)[0] != 0
    with pytest.raises(ValueError, match=r"Expecting|Extra"):
        decoded(b"[1" + LONG)


# -- what workflows read


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "list_files: the response's field 'name' is None, not string"),
        ({"name": ["a"]}, r"'name' is \['a'\], not string"),
        ({"name": "a", "size": "1"}, "'size' is '1', not integer"),
        ({"name": "a", "size": True}, "'size' is True, not integer"),
    ],
)
def test_a_field_that_a_workflow_reads_is_checked_without_strict(data: dict[str, Any], message: str):
    with pytest.raises(DecodeError, match=message):
        check_fields("list_files", File.from_dict(data), "name", optional=("size",))


def test_fields_that_no_workflow_reads_may_be_anything():
    check_fields("list_files", File.from_dict({"name": "a", "size": None, "owner": 7}), "name", optional=("size",))
    check("get", "", {"uuid": "u", "other": 7}, members(uuid=STRING, size=optional(INTEGER)))


@pytest.mark.parametrize(
    ("shape", "right", "wrong", "place", "expected"),
    [
        (union(STRING, INTEGER), 1, [1], "value", "string"),
        (literal("a", 1), "new", 1.5, "value", "str"),
        (Shape("tuple", (STRING, INTEGER)), ("a", 1), ("a", "b"), r"value\[1\]", "integer"),
        (mapping(array(STRING)), {"a": ["b"]}, {"a": ["b", 1]}, r"value.a\[1\]", "string"),
        (Shape("date"), "2020", 5, "value", "date"),
        (Shape("date-time"), "2020", 5, "value", "date-time"),
        (model(lambda: File), File.from_dict({}), {}, "value", "an object"),
    ],
)
def test_a_decoded_value_of_another_type_is_named(
    shape: Shape, right: object, wrong: object, place: str, expected: str
):
    class Entry(Model):
        value: object
        FIELDS: ClassVar = (Field("value", "value", True, False, shape),)

    entry = blank(Entry)
    entry.value = right
    check_fields("list", entry, "value")
    entry.value = wrong
    with pytest.raises(DecodeError, match=rf"'{place}' is .*, not {expected}\. "):
        check_fields("list", entry, "value")


@pytest.mark.parametrize("entry", [None, "a", {"name": "a"}, []])
def test_an_entry_that_is_no_model_is_reported(entry: object):
    with pytest.raises(DecodeError, match=r"files\[2\]' is .*, not an object"):
        check_fields("list_files", entry, "name", path="files[2]")


def test_a_member_is_named_with_its_place():
    shape = members(bundle=members(files=array(members(size=INTEGER))))
    with pytest.raises(
        DecodeError, match=r"get_bundle: the response's field 'bundle.files\[1\].size' is 'x', not integer"
    ):
        check("get_bundle", "", {"bundle": {"files": [{"size": 1}, {"size": "x"}]}}, shape)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), (str(2**63 - 1), 2**63 - 1)])
def test_a_number_in_a_text_is_read(text: str, number: int):
    assert number_in(text) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "abc", "\u0661", str(2**63), "7" * 5_000])
def test_what_is_no_number_below_2_to_the_63_is_none(text: str):
    assert number_in(text) is None


@pytest.mark.parametrize("field", [b"data", b"event", b"id", b"retry"])
def test_a_stream_of_events_in_place_of_json_is_named(field: bytes):
    with pytest.raises(NotJson, match=r"is a stream of events, not JSON\. State text/event-stream"):
        Response("listen", 200, {}, field + b": 1\n\n").json(as_it_came, ANY)


@pytest.mark.parametrize("size", [1, LARGE])
def test_a_number_of_5000_digits_is_no_json(size: int):
    with pytest.raises(NotJson, match="list_files"):
        Response("list_files", 200, {}, b'{"pad": "%s", "size": %s}' % (b"x" * size, b"7" * 5_000)).json(
            as_it_came, ANY
        )
