"""Requests are built from arguments without sending anything."""

import json
import os
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from gzip import compress
from gzip import open as gzip_open
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import NamedTemporaryFile, SpooledTemporaryFile, TemporaryFile
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import OMIT, UsageError
from omicsdk.core.bodies import Joined, json_body, plain
from omicsdk.core.file_bodies import multipart_body, raw_body
from omicsdk.core.forms import cookie_pairs, deep_fields, deep_object, form_body, json_text, styled, whole_query
from omicsdk.core.request import OperationFacts, joined, query_text, request, segment

FACTS = OperationFacts(name="get_bundle", method="GET", path="/bundles/{uuid}")


def test_a_request_holds_only_what_was_given():
    made = request(FACTS, "/bundles/1", query=(("replica", "aws"), ("version", OMIT), ("token", None)))
    assert made.url == "/bundles/1?replica=aws"
    assert made.headers == (("accept", "application/json"),)
    assert made.content is None
    assert made.idempotent


@pytest.mark.parametrize(
    ("method", "idempotent"),
    [
        *((name, True) for name in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE")),
        *((name, False) for name in ("POST", "PATCH", "CONNECT")),
    ],
)
def test_what_may_be_sent_again_by_its_method(method: str, idempotent: bool):
    made = request(OperationFacts(name="do_it", method=method, path="/x"), "/x")
    assert (made.method, made.idempotent) == (method, idempotent)
    assert request(OperationFacts(name="do_it", method=method, path="/x", idempotent=True), "/x").idempotent


def test_a_request_states_what_the_document_states_of_its_operation():
    usual = request(FACTS, "/x")
    assert (usual.operation, usual.secured, usual.public) == ("get_bundle", False, False)
    facts = OperationFacts(name="ask", method="POST", path="/x", accept="text/csv", secured=True, public=True)
    made = request(facts, "/x", body=json_body({"a": 1}))
    assert (made.operation, made.secured, made.public) == ("ask", True, True)
    assert made.headers == (("accept", "text/csv"), ("content-type", "application/json"))
    assert made.content == b'{"a":1}'


def test_bytes_that_are_not_utf_8_are_refused():
    for made in (
        lambda: query_text([("query", "mou\udcffse")]),
        lambda: query_text([("query", {"mou\udcffse": 1})]),
        lambda: segment("query", "mou\udcffse"),
    ):
        with pytest.raises(UsageError, match=r"^query cannot be sent: 'mou\\udcffse' is not UTF-8"):
            made()


def test_the_same_request_at_another_url():
    made = request(
        OperationFacts(name="ask", method="POST", path="/x", secured=True, idempotent=True),
        "/x",
        query=[("a", 1)],
        headers=[("x-a", 1)],
        body=raw_body(b"bytes"),
    )
    moved = made.at("https://a.org/y")
    assert moved.url == "https://a.org/y"
    assert moved.at(made.url) == made


def test_a_request_for_items_takes_their_media_type_and_stays_the_same_otherwise():
    made = request(FACTS, "/x", headers=[("x-accept", "a"), ("x-b", "accept")])
    items = made.for_items("application/x-ndjson")
    assert items.headers == (("accept", "application/x-ndjson"), *made.headers[1:])
    assert (made.live, items.live) == (False, True)
    assert (items.url, items.method, items.operation) == (made.url, made.method, made.operation)


def test_headers_and_cookies_of_the_document():
    made = request(FACTS, "/x", headers=(("x-a", 1), ("x-b", OMIT)), cookies=(("session", "a b"), ("c", None)))
    assert ("x-a", "1") in made.headers
    assert ("cookie", "session=a%20b") in made.headers
    assert not any(name == "x-b" for name, _ in made.headers)
    two = request(FACTS, "/x", headers=(("x-a", None), ("x-b", True)), cookies=(("a", 1), ("b", OMIT), ("c", "x;y")))
    assert two.headers == (("accept", "application/json"), ("x-b", "true"), ("cookie", "a=1; c=x%3By"))
    assert request(FACTS, "/x", cookies=(("a", None),)).headers == (("accept", "application/json"),)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "a=true"),
        (3, "a=3"),
        (False, "a=false"),
        (0, "a=0"),
        (1, "a=1"),
        ("", "a="),
        (OMIT, ""),
        (None, ""),
        ([], ""),
        ("a b&c=d/e", "a=a%20b%26c%3Dd/e"),
        (["x", "y"], "a=x&a=y"),
        (["x", None, True, OMIT], "a=x&a=true"),
        ({"k": {"l": 1, "m": OMIT}}, "l=1"),
        (datetime(2020, 1, 2, 3, tzinfo=UTC), "a=2020-01-02T03:00:00%2B00:00"),
        ({"k": 1}, "k=1"),
        ({"k": ["x", "y"], "n": None}, "k=x&k=y"),
        (date(2020, 1, 2), "a=2020-01-02"),
    ],
)
def test_values_in_a_query(value: object, text: str):
    assert query_text([("a", value)]) == text


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_a_query_reads_back_as_it_was(pairs: list[tuple[str, str]]):
    assert parse_qsl(query_text(pairs), keep_blank_values=True) == pairs


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_a_path_segment_stays_one_segment(text: str):
    quoted = segment("uuid", text)
    assert "/" not in quoted
    assert "?" not in quoted
    assert unquote(quoted) == text


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        (7, "7"),
        (True, "true"),
        ("a/b", "a%2Fb"),
        ("a?b#c d%", "a%3Fb%23c%20d%25"),
        ("it's:(a+b)@c;d=e,f&g", "it's:(a+b)@c;d=e,f&g"),
        (["a", 2], "a,2"),
        (date(2020, 1, 2), "2020-01-02"),
        ("...", "..."),
    ],
)
def test_path_segments(value: object, quoted: str):
    assert segment("uuid", value) == quoted


def test_a_raw_path_keeps_its_slashes_and_refuses_to_climb():
    assert segment("key", "a/b c", raw=True) == "a/b%20c"
    assert segment("key", "a//b.c", raw=True) == "a//b.c"
    for wrong in ("a/../b", "./b", "a/.", "..", ""):
        with pytest.raises(ValueError, match="key"):
            segment("key", wrong, raw=True)


@pytest.mark.parametrize(
    ("value", "message"), [("", "uuid cannot be empty"), (".", "uuid cannot be '.'"), ("..", "uuid can")]
)
@pytest.mark.parametrize("caught", [UsageError, ValueError])
def test_a_segment_that_would_change_the_path_is_refused(value: str, message: str, caught: type[Exception]):
    with pytest.raises(caught, match=message) as raised:
        segment("uuid", value)
    again = pickle.loads(pickle.dumps(raised.value))
    assert (type(again), str(again)) == (type(raised.value), str(raised.value))
    assert isinstance(again, UsageError)
    assert again.remedy


def test_other_styles():
    assert query_text([("ids", joined([1, 2], "|"))]) == "ids=1%7C2"
    assert query_text(deep_object("filter", {"a": 1})) == "filter%5Ba%5D=1"
    assert query_text([("ids", joined(7, ",")), ("more", joined(None, ",")), ("most", joined(OMIT, ","))]) == "ids=7"


def test_deep_objects_name_their_members():
    value = {"a": 1, "b": {"c": [2], "d": True}}
    fields = {"f[a]": 1, "f[b][c]": [2], "f[b][d]": True}
    assert list(deep_object("f", value)) == list(fields.items())
    assert deep_fields("f", value) == fields
    assert deep_fields("f", "text") == {"f": "text"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (OMIT, OMIT),
        (None, None),
        ({"a": [1, "é"], "b": OMIT}, '{"a":[1,"é"]}'),
        ([], "[]"),
        (False, "false"),
        ("x", '"x"'),
    ],
)
def test_parameters_in_json(value: object, text: object):
    assert json_text(value) == text


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ([], False),
        ([("directurl", True)], True),
        ([("directurl", "true")], True),
        ([("directurl", False)], False),
        ([("directurl", OMIT)], False),
        ([("other", True)], False),
        ([("other", 1), ("directurl", True)], True),
    ],
)
def test_a_response_may_be_an_address_where_that_is_requested(query: list[tuple[str, object]], location: bool):
    facts = OperationFacts(name="get_file", method="GET", path="/files/{uuid}", location="directurl")
    assert request(facts, "/files/1", query=query).location is location
    assert not request(FACTS, "/files/1", query=query).location


def test_null_is_left_out_and_an_object_in_a_list_is_json():
    assert joined([1, None, True, OMIT], ",") == "1,true"
    assert joined({"a": 1, "b": None, "c": OMIT}, ",") == "a,1"
    assert query_text([("q", [{"a": [1]}, None])]) == "q=%7B%22a%22:%5B1%5D%7D"


def test_json_bodies_leave_out_what_is_omitted_and_keep_null():
    body = json_body({"a": OMIT, "b": None, "c": {"d": OMIT, "e": datetime(2020, 1, 1, tzinfo=UTC)}})
    assert isinstance(body.content, bytes)
    assert json.loads(body.content) == {"b": None, "c": {"e": "2020-01-01T00:00:00+00:00"}}
    assert body.media_type == "application/json"
    assert json_body(OMIT).content is None


def test_json_bodies_say_what_values_mean():
    value = {"id": UUID(int=1), "n": Decimal("1.50"), "kind": Colour.RED, "numpy": NumpyInteger()}
    content = json_body(value).content
    assert isinstance(content, bytes)
    assert json.loads(content) == {"id": str(UUID(int=1)), "n": "1.50", "kind": "red", "numpy": 7}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": [1, float("nan")]}, r"a\[1\] is nan"),
        ({"a": {"b": b"bytes"}}, "a.b is b'bytes'"),
        ({"a": object}, "a is <class 'object'>"),
        ({"half": "\ud83e"}, "half is"),
    ],
)
def test_what_has_no_json_is_refused_with_its_place(value, place):
    with pytest.raises(UsageError, match=place):
        json_body(value)


def test_form_bodies():
    assert form_body({"a": [1, OMIT, "x y"], "b": OMIT}).content == b"a=1&a=x+y"
    with pytest.raises(UsageError, match="size is nan"):
        form_body({"size": float("nan")})


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: form_body({"f": text}),
        lambda text: form_body({"f": Joined(["", ","], ["a", text], ",")}),
        lambda text: multipart_body({"f": text}),
        lambda text: multipart_body({"f": (text, b"content")}),
        lambda text: raw_body(text, "text/plain"),
    ],
)
def test_bodies_with_a_text_that_is_not_utf_8_are_refused(encode):
    with pytest.raises(UsageError, match=r"^(f|the body) cannot be sent: 'mou\\udcffse' is not UTF-8"):
        encode("mou\udcffse")


def test_multipart_bodies_can_be_sent_again(tmp_path):
    path = tmp_path / 'reads "1".fq'
    path.write_bytes(b"ACGT")
    body = multipart_body({"name": "x", "file": path, "skipped": OMIT, "more": [b"x", OMIT]}, files=("file", "more"))
    assert callable(body.content)
    first, second = b"".join(body.content()), b"".join(body.content())
    assert first == second
    assert b'filename="reads %221%22.fq"' in first
    assert b"ACGT\r\n" in first
    assert b"skipped" not in first
    assert first.count(b' name="more"') == 1


@pytest.mark.parametrize("value", ["a\r\nx-b: c", "a\0", "a\ud800"])
def test_headers_of_parts_that_cannot_be_sent_are_refused(value):
    with pytest.raises(UsageError, match="its header 'x-a' contains a character"):
        multipart_body({"file": ("a", b"x", "text/plain", {"x-a": value})}, ("file",))


def test_files_without_a_name_have_that_of_their_field(tmp_path):
    path = tmp_path / "reads.fq"
    path.touch()
    with TemporaryFile() as unnamed, SpooledTemporaryFile() as spooled, path.open("rb") as named:
        for file, name in ((unnamed, b"file"), (spooled, b"file"), (BytesIO(), b"file"), (named, b"reads.fq")):
            assert b'; filename="%b"\r\n' % name in b"".join(multipart_body({"file": file}, ("file",)).content())


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}]])
def test_objects_are_not_sent_as_xml(value):
    with pytest.raises(UsageError, match="meta cannot be sent as application/xml"):
        multipart_body({"meta": value}, types={"meta": "application/xml"})
    assert b"<a/>" in b"".join(multipart_body({"meta": "<a/>"}, types={"meta": "application/xml"}).content())


def test_raw_bodies():
    assert raw_body("é").content == "é".encode()
    assert raw_body(OMIT).content is None


def test_a_file_opened_as_text_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("text")
    with path.open() as opened, NamedTemporaryFile("w+") as temporary:
        for file in (opened, temporary, StringIO("")):
            with pytest.raises(UsageError, match="not a binary file"):
                raw_body(file)
            with pytest.raises(UsageError, match="not a binary file"):
                multipart_body({"file": ("a", file)}, files=("file",))


def test_bodies_of_files_have_a_length_if_it_is_known(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(compress(b"x" * 1000))
    with path.open("rb") as file, gzip_open(path) as unpacked:
        file.seek(3)
        for source in (b"bytes", path, file, unpacked, BytesIO(b"in memory"), BytesIO()):
            for body in (raw_body(source), multipart_body({"é": "1", "file": [source, b"x"]}, files=("file",))):
                if callable(body.content):
                    lengths = [(body.content.length, len(b"".join(body.content()))) for _ in range(2)]
                    assert lengths[0] == lengths[1]
                    assert lengths[0][0] == lengths[0][1]


def test_bodies_of_pipes_and_missing_files_have_no_length(tmp_path):
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert raw_body(pipe).content.length is None
        assert multipart_body({"file": pipe}, files=("file",)).content.length is None
    file = BytesIO(b"x")
    assert multipart_body({"file": [file, file]}, files=("file",)).content.length is None
    (tmp_path / "empty").touch()
    assert raw_body(tmp_path / "missing").content.length is None
    assert raw_body(tmp_path / "empty").content.length is None


def test_a_raw_body_that_is_no_file_is_refused():
    with pytest.raises(UsageError, match="dict is not a binary file"):
        raw_body({"password": "x"})


class Colour(Enum):
    RED = "red"


class Level(float, Enum):
    """Numbers, whose text would be that of the member."""

    HIGH = 1.5


class NumpyInteger:
    """What numpy's integers look like from outside."""

    ndim = 0

    def item(self):
        return 7

    def __float__(self):
        return 7.0

    def __str__(self):
        return "7"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        (1, b"1"),
        (1.5, b"1.5"),
        (True, b"true"),
        (None, b"null"),
        (Colour.RED, b"red"),
        (datetime(2024, 1, 31, 12, tzinfo=UTC), b"2024-01-31T12:00:00+00:00"),
        (UUID(int=1), b"00000000-0000-0000-0000-000000000001"),
        (Path("reads/a.fq"), b"reads/a.fq"),
        (NumpyInteger(), b"7"),
    ],
)
def test_names_of_members_are_the_texts_of_values(name: object, sent: bytes):
    assert json_body({name: 0}).content == b'{"%s":0}' % sent


@pytest.mark.parametrize("name", [b"a", ("a",), frozenset("a"), datetime(2024, 1, 31)])
def test_a_name_that_json_cannot_represent_is_refused(name: object):
    with pytest.raises(UsageError, match=r"in what is sent (is|cannot be sent)"):
        json_body({name: 0})


def test_plain_turns_tuples_and_sets_into_lists():
    assert plain({"a": (1, 2), "b": {3}}) == {"a": [1, 2], "b": [3]}


def test_members_of_an_enumeration_are_sent_as_their_values_everywhere():
    values = [Colour.RED, Level.HIGH]
    assert query_text([("a", values)]) == "a=red&a=1.5"
    assert joined(values, ",") == "red,1.5"
    assert form_body({"a": values}).content == b"a=red&a=1.5"
    assert request(FACTS, "/x", headers=[("x-a", Level.HIGH)]).headers[1:] == (("x-a", "1.5"),)
    assert plain(values) == ["red", 1.5]


def test_booleans_of_numpy_are_sent_as_those_of_python():
    numpy = pytest.importorskip("numpy")
    assert query_text([("flag", numpy.bool_(True)), ("n", numpy.float32(1.1))]) == "flag=true&n=1.1"


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), ["a", float("nan")]])
def test_numbers_that_are_not_finite_are_refused_everywhere(value: object):
    for sent in (lambda value: query_text([("q", value)]), lambda value: joined(value, ","), json_body):
        with pytest.raises(UsageError, match=r"nan|-inf"):
            sent(value)
    with pytest.raises(UsageError, match=r"^uuid cannot be sent: .* Use text, a finite number, "):
        segment("uuid", float("nan"))


@pytest.mark.parametrize(
    "value",
    [10**5000, [10**5000], [{10**5000}], {"a": {"b": 10**5000}}, {10**5000: 1}],
    ids=["scalar", "list", "set", "object", "name"],
)
def test_integers_of_more_digits_than_python_writes_are_refused(value: Any):
    senders = [lambda value: query_text([("q", value)]), lambda value: joined(value, ","), json_body]
    for sent in senders[2 * isinstance(value, dict) :]:
        with pytest.raises(UsageError, match=r"\(Exceeds the limit \(4300 digits\)"):
            sent(value)


def test_missing_dates_and_columns_of_pandas_are_refused():
    pandas = pytest.importorskip("pandas")
    for value in (pandas.NaT, pandas.Series(["a", "b"]), pandas.DataFrame({"a": [1]})):
        for sent in (lambda value: query_text([("ids", value)]), lambda value: joined(value, ","), json_body):
            with pytest.raises(UsageError):
                sent(value)


@pytest.mark.parametrize(
    ("value", "style", "explode", "text"),
    [
        ("blue", "simple", False, "blue"),
        (["b", "c"], "simple", True, "b,c"),
        ({"R": 1, "G": True}, "simple", False, "R,1,G,true"),
        ({"R": 1, "G": 2}, "simple", True, "R=1,G=2"),
        ("blue", "label", False, ".blue"),
        (["b", "c"], "label", False, ".b,c"),
        (["b", "c"], "label", True, ".b.c"),
        ({"R": 1, "G": 2}, "label", False, ".R,1,G,2"),
        ({"R": 1, "G": 2}, "label", True, ".R=1.G=2"),
        (5, "matrix", False, ";color=5"),
        (["b", "c"], "matrix", False, ";color=b,c"),
        (["b", "c"], "matrix", True, ";color=b;color=c"),
        ({"R": 1, "G": 2}, "matrix", False, ";color=R,1,G,2"),
        ({"R": 1, "G": 2}, "matrix", True, ";R=1;G=2"),
        (OMIT, "label", False, OMIT),
        (None, "matrix", True, None),
    ],
)
def test_styles_of_rfc_6570(value: object, style: Any, explode: bool, text: object) -> None:
    # The table of OpenAPI's style examples.
    assert styled("color", value, style, explode=explode) == text


@pytest.mark.parametrize("value", [print, object(), object, b"bytes", float])
def test_what_has_no_text_is_refused_by_name(value: object) -> None:
    for build in (lambda: segment("uuid", value), lambda: query_text([("uuid", value)])):
        with pytest.raises(UsageError, match=r"uuid cannot be sent: .* is of type"):
            build()


@pytest.mark.parametrize("value", [None, OMIT, [], joined([], ",")])
def test_a_path_without_its_value_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="uuid cannot be empty"):
        segment("uuid", value)


def test_an_empty_list_is_nothing() -> None:
    assert query_text([("ids", joined([], ",")), ("more", joined([""], ","))]) == "more="
    assert styled("ids", [], "matrix", explode=False) is OMIT


def test_a_scalar_is_no_list_of_one() -> None:
    header = request(FACTS, "/x", headers=(("x-date", joined("Mon, 1 Jan", ",")),)).headers[1]
    assert header == ("x-date", "Mon, 1 Jan")
    assert query_text([("q", joined("a,b", ","))]) == "q=a%2Cb"


def test_a_member_with_brackets_has_no_deep_style() -> None:
    with pytest.raises(UsageError, match=r"filter\[in\] cannot be sent: its member 'a\]\[b' contains a bracket"):
        deep_object("filter", {"in": {"a][b": 1}})


@pytest.mark.parametrize(
    ("value", "style", "explode", "quoted"),
    [
        (["a,b", "c;d", "e/f"], "simple", False, "a%2Cb,c;d,e%2Ff"),
        (["a,b", "c"], "label", False, ".a%2Cb,c"),
        (["a.b", "c,d"], "label", True, ".a%2Eb.c,d"),
        (["a,b", "c;d"], "matrix", False, ";ids=a%2Cb,c%3Bd"),
        (["a,b", "c;d"], "matrix", True, ";ids=a,b;ids=c%3Bd"),
        ({"a=b": "c,d"}, "simple", False, "a=b,c%2Cd"),
        ({"a=b": "c,d", "e": True}, "simple", True, "a%3Db=c%2Cd,e=true"),
        ({"a": "b.c", "d": 1}, "label", True, ".a=b%2Ec.d=1"),
        ({"a": "b;c", "d": 1}, "matrix", True, ";a=b%3Bc;d=1"),
        ("a,b.c;d", "simple", False, "a%2Cb.c;d"),
        (["a", None, "b"], "simple", False, "a,b"),
    ],
)
def test_items_stay_apart_in_a_path(value: object, style: Any, explode: bool, quoted: str) -> None:
    assert segment("ids", styled("ids", value, style, explode=explode)) == quoted


@pytest.mark.parametrize(
    ("value", "separator", "text"),
    [
        (["a,b", "c"], ",", "q=a%2Cb,c"),
        (["a&b", "c,d"], "|", "q=a%26b%7Cc,d"),
        (["a", "b"], " ", "q=a%20b"),
        ({"a": "b,c", "d": False}, ",", "q=a,b%2Cc,d,false"),
        ([{"a": 1}, "b"], ",", "q=%7B%22a%22:1%7D,b"),
    ],
)
def test_items_stay_apart_in_a_query(value: object, separator: str, text: str) -> None:
    assert query_text([("q", joined(value, separator))]) == text


@pytest.mark.parametrize(
    ("items", "message"),
    [(["a,b", "c"], "its item 'a,b' contains ','"), (["a", " b"], "begins or ends with a space"), (["a\t"], "a space")],
)
def test_items_that_a_header_would_not_keep_apart_are_refused(items: list[str], message: str) -> None:
    kept = request(FACTS, "/x", headers=[("x-ids", joined(["a b", "c;d"], ","))])
    assert kept.headers[1:] == (("x-ids", "a b,c;d"),)
    with pytest.raises(UsageError, match=rf"x-ids cannot be sent: .*{message}"):
        request(FACTS, "/x", headers=[("x-ids", joined(items, ","))])


@pytest.mark.parametrize("value", [["a,b", "c"], {"a,b": "c"}, {"c": "a,b"}])
@pytest.mark.parametrize("explode", [False, True])
def test_a_styled_header_refuses_what_would_be_read_as_several(value: Any, explode: bool) -> None:
    with pytest.raises(UsageError, match=r"x-a cannot be sent: .*its item 'a,b' contains ','"):
        request(FACTS, "/x", headers=[("x-a", styled("x-a", value, "simple", explode=explode))])


def test_an_item_without_a_text_is_refused() -> None:
    message = r"^ids cannot be sent: <built-in function print> is of type"
    for value in (["a", print], {"a": print}, print):
        for build in (
            lambda value=value: joined(value, ",", "ids"),
            *(
                lambda value=value, style=style, explode=explode: styled("ids", value, style, explode=explode)
                for style in ("simple", "label", "matrix")
                for explode in (False, True)
            ),
        ):
            with pytest.raises(UsageError, match=message):
                build()
    with pytest.raises(UsageError, match=r"^A value cannot be sent: "):
        joined([print], ",")


@pytest.mark.parametrize("style", ["simple", "label", "matrix"])
@pytest.mark.parametrize("explode", [False, True])
def test_members_that_are_none_are_passed_over(style: Any, explode: bool) -> None:
    def text(value: object) -> object:
        return styled("p", value, style, explode=explode)

    assert text(["a", None, "b"]) == text(["a", "b"])
    assert text({"a": "b", "c": None, "d": OMIT, "e": 1}) == text({"a": "b", "e": 1})
    assert text([None]) is text({"a": None}) is OMIT


def test_a_header_of_one_value_is_sent_as_it_is() -> None:
    sent = request(FACTS, "/x", headers=[("x-a", styled("x-a", "b, c", "simple", explode=False)), ("x-d", " e,f")])
    assert sent.headers[1:] == (("x-a", "b, c"), ("x-d", " e,f"))


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (OMIT, "form", ""),
        (None, "form", ""),
        (None, "json", ""),
        (OMIT, "text", ""),
        ({}, "form", ""),
        ({"a": "b c&d", "ids": [1, 2], "no": None}, "form", "a=b+c%26d&ids=1&ids=2"),
        ({"n": [1, 2]}, "json", "%7B%22n%22:%5B1,2%5D%7D"),
        ([1, "a"], "json", "%5B1,%22a%22%5D"),
        ("a", "json", "%22a%22"),
        ("$.a b#c", "text", "$.a%20b%23c"),
        (7, "text", "7"),
    ],
)
def test_a_whole_query(value: Any, form: Any, text: str) -> None:
    assert whole_query("filter", value, form) == text


def test_fields_of_a_whole_query_have_their_styles() -> None:
    value = {"tags": ["x", "y,z"], "range": {"from": 3}, "bars": ["a", "b"]}
    styles = {"tags": ",", "range": "deep", "bars": "|"}
    assert whole_query("filter", value, "form", styles) == "tags=x,y%2Cz&range%5Bfrom%5D=3&bars=a%7Cb"


@pytest.mark.parametrize("value", ["text", 5, ["a"]])
def test_a_whole_query_without_fields_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="filter cannot be sent: it has no fields"):
        whole_query("filter", value, "form")


@pytest.mark.parametrize(
    ("value", "explode", "text"),
    [
        ("a b%", True, "id=a b%"),
        ("~ !", False, "id=~ !"),
        ([1, 2], True, "id=1; id=2"),
        ([1, 2], False, "id=1,2"),
        ({"a": 1, "b": "c"}, True, "a=1; b=c"),
        ({"a": 1, "b": "c"}, False, "id=a,1,b,c"),
    ],
)
def test_a_cookie_in_its_own_style_is_sent_as_it_is(value: Any, explode: bool, text: str) -> None:
    sent = request(FACTS, "/x", cookies=cookie_pairs("id", value, explode=explode))
    assert sent.headers[1:] == (("cookie", text),)


def test_a_cookie_that_is_not_given_is_not_sent() -> None:
    assert cookie_pairs("id", OMIT, explode=True) == cookie_pairs("id", None, explode=False) == []


@pytest.mark.parametrize("sign", [";", "\n", "\x1f", "\x7f", "é", "\0"])
def test_what_no_cookie_has_is_refused(sign: str) -> None:
    for value, explode in ((f"a{sign}", True), ([f"a{sign}"], False), ({f"a{sign}": "b"}, True)):
        with pytest.raises(
            UsageError, match=r"^id cannot be sent: the cookie .* contains a character that cookies cannot have"
        ):
            cookie_pairs("id", value, explode=explode)
