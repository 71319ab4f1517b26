"""The sandbox's refget: sequences by each name, parts of them, and refusals."""

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from omicsdk.sandbox.ga4gh import refget
from omicsdk.sandbox.ga4gh.refget import AS_SEQREPO, CIRCULAR, Refget
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.objects import ObjectStore
from omicsdk.sandbox.state.settings import Setting, Settings

# Of the letters ACGT, as the standard's identifiers are made.
MD5 = "f1f8f4bf413b16ad135722aa4591043e"
TRUNC512 = "68a178f7c740c5c240aa67ba41843b119d3bf9f8b0f0ac36"
GA4GH = "SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2"
PLAIN, JSON = "text/vnd.ga4gh.refget.v2.0.0+plain", "application/vnd.ga4gh.refget.v2.0.0+json"


@pytest.fixture
def state(tmp_path: Path) -> Generator[Refget]:
    """The sequences line, which is ACGT, and ring, which is AACCGGTT."""
    with closing(Database(tmp_path / "state.sqlite")) as database:
        settings = Settings(database)
        settings.declare(Setting(CIRCULAR, True, ""), Setting(AS_SEQREPO, False, ""))
        context: Any = SimpleNamespace(
            database=database, objects=ObjectStore(tmp_path / "objects", database), settings=settings
        )
        state = Refget(context)
        state.add("line", "acgt")
        state.add("ring", "AACCGGTT", circular=True)
        yield state


def call(id: str = "", headers: dict[str, str] | None = None, **arguments: int) -> Call:
    operation: Any = None
    return Call(operation, {"id": id, **arguments}, None, None, "", "", "", [], headers or {})


def letters(reply: Reply) -> str:
    assert reply.headers == {"Content-Type": PLAIN}
    assert reply.content is not None
    return reply.content.decode()


def test_a_sequence_has_the_standards_identifiers(state: Refget):
    made = state.add("line", "acgt")
    assert (made.md5, made.trunc512, made.ga4gh, made.name, made.length, made.circular) == (
        MD5,
        TRUNC512,
        GA4GH,
        "line",
        4,
        False,
    )


@pytest.mark.parametrize("id", [MD5, MD5.upper(), TRUNC512, TRUNC512.upper(), GA4GH, f"ga4gh:{GA4GH}", "line"])
def test_a_sequence_is_found_by_each_identifier(state: Refget, id: str):
    assert letters(refget.get_sequence(state, call(id))) == "ACGT"


@pytest.mark.parametrize("id", ["other", "LINE", GA4GH.lower(), ""])
def test_no_sequence_is_found_by_another(state: Refget, id: str):
    for read in (refget.get_sequence, refget.get_metadata):
        with pytest.raises(Problem, match=f"There is no sequence {id}$") as caught:
            read(state, call(id))
        assert caught.value.status == 404


def test_the_sequences_of_a_file_are_added(state: Refget):
    assert state.add_fasta("; none\n>one A>G\nAC\ngt\n\n>two\nA C\n>\n", circular=True) == ["one", "two", ""]
    assert letters(refget.get_sequence(state, call("one"))) == "ACGT"
    assert letters(refget.get_sequence(state, call("two"))) == "AC"
    assert state.find("two").circular
    state.add_fasta(">two\nAC")
    assert not state.find("two").circular


def test_the_service_and_a_sequence_are_described(state: Refget):
    state.context.settings.turn({CIRCULAR: False})
    reply = refget.get_service_info(state, call())
    assert reply.headers == {"Content-Type": JSON}
    assert reply.body["type"] == {"group": "org.ga4gh", "artifact": "refget", "version": "2.0.0"}
    assert reply.body["refget"] == {
        "circular_supported": False,
        "subsequence_limit": None,
        "algorithms": ["md5", "trunc512", "ga4gh"],
        "identifier_types": ["sandbox"],
    }
    reply = refget.get_metadata(state, call("line"))
    aliases = [{"alias": "line", "naming_authority": "sandbox"}]
    described = {"id": MD5, "md5": MD5, "trunc512": TRUNC512, "ga4gh": GA4GH, "length": 4, "aliases": aliases}
    assert (reply.headers, reply.body) == ({"Content-Type": JSON}, {"metadata": described})


@pytest.mark.parametrize(
    ("id", "start", "end", "expected"),
    [
        ("line", 0, None, "ACGT"),
        ("line", 1, None, "CGT"),
        ("line", None, 3, "ACG"),
        ("line", None, 0, ""),
        ("line", 1, 3, "CG"),
        ("line", 2, 2, ""),
        ("line", 3, 4, "T"),
        ("ring", 6, 3, "TTAAC"),
        ("ring", 7, 0, "T"),
    ],
)
@pytest.mark.parametrize("as_seqrepo", [False, True])
def test_parts_are_served(state: Refget, id: str, start: int | None, end: int | None, expected: str, as_seqrepo: bool):
    state.context.settings.turn({AS_SEQREPO: as_seqrepo})
    limits = {name: value for name, value in (("start", start), ("end", end)) if value is not None}
    reply = refget.get_sequence(state, call(id, **limits))
    assert (reply.status, letters(reply)) == (200, expected)


@pytest.mark.parametrize(
    ("header", "expected"),
    [("bytes=0-0", "A"), ("bytes=1-2", "CG"), ("bytes=3-3", "T"), ("bytes=0-99", "ACGT"), ("bytes=2-99", "GT")],
)
def test_ranges_are_served(state: Refget, header: str, expected: str):
    reply = refget.get_sequence(state, call("line", {"range": header}))
    assert (reply.status, letters(reply)) == (206, expected)


@pytest.mark.parametrize(
    ("id", "headers", "limits", "status", "message"),
    [
        ("line", {}, {"start": 4}, 416, "The sequence has 4 letters"),
        ("line", {}, {"start": 4, "end": 2}, 416, "The sequence has 4 letters"),
        ("line", {}, {"start": 0, "end": 5}, 416, "The sequence has 4 letters"),
        ("line", {}, {"start": 3, "end": 2}, 416, "The sequence is not circular"),
        ("line", {"range": "bytes=4-5"}, {}, 416, "The sequence has 4 letters"),
        ("ring", {"range": "bytes=3-1"}, {}, 416, "The sequence has 8 letters"),
        ("line", {"range": "bytes=-1"}, {}, 400, "bytes=-1 is not a range"),
        ("line", {"range": "bytes=0-1"}, {"start": 0}, 400, "A range and start or end were given"),
        ("line", {"range": "bytes=0-1"}, {"end": 1}, 400, "A range and start or end were given"),
    ],
)
def test_what_no_sequence_has_is_refused(
    state: Refget, id: str, headers: dict[str, str], limits: dict[str, int], status: int, message: str
):
    with pytest.raises(Problem, match=message) as caught:
        refget.get_sequence(state, call(id, headers, **limits))
    assert caught.value.status == status


def test_parts_across_the_origin_may_be_off(state: Refget):
    state.context.settings.turn({CIRCULAR: False})
    with pytest.raises(Problem, match="Parts across the origin are not supported") as caught:
        refget.get_sequence(state, call("ring", start=6, end=3))
    assert caught.value.status == 501


OLD_PLAIN, OLD_JSON = (text.replace("v2", "v1") for text in (PLAIN, JSON))


@pytest.mark.parametrize(
    ("accepted", "as_standard", "as_seqrepo"),
    [
        ("", "plain json", "plain json"),
        ("*/*", "plain json", "plain json"),
        ("text/plain", "plain", "plain json"),
        ("application/json", "json", "plain json"),
        (OLD_PLAIN, "plain", "plain json"),
        (OLD_JSON, "json", "plain json"),
        (PLAIN, "plain", ""),
        (JSON, "json", ""),
        ("text/*", "plain", ""),
        ("application/*", "json", ""),
        ("image/png, TEXT/*; q=0.5", "plain", ""),
        ("text/html", "", ""),
    ],
)
def test_a_response_has_a_type_that_is_accepted(state: Refget, accepted: str, as_standard: str, as_seqrepo: str):
    def is_served(read: Callable[[Refget, Call], Reply]) -> bool:
        try:
            return bool(read(state, call("line", {"accept": accepted})).headers)
        except Problem as problem:
            return str(problem) != "406 Not Acceptable: Invalid Accept header"

    def served() -> str:
        readers = {"plain": refget.get_sequence, "json": refget.get_metadata}
        return " ".join(name for name, read in readers.items() if is_served(read))

    assert served() == as_standard
    state.context.settings.turn({AS_SEQREPO: True})
    assert served() == as_seqrepo


def test_seqrepos_server_differs(state: Refget):
    state.context.settings.turn({AS_SEQREPO: True})
    assert letters(refget.get_sequence(state, call(f"ga4gh:{GA4GH}"))) == "ACGT"
    assert letters(refget.get_sequence(state, call("line", start=4))) == ""
    for problem, read, request in (
        ("404 not_found", refget.get_sequence, call(GA4GH)),
        ("500 Internal", refget.get_service_info, call()),
        ("416 range", refget.get_sequence, call("line", start=4, end=3)),
        ("416 range", refget.get_sequence, call("line", {"range": "bytes=4-9"})),
    ):
        with pytest.raises(Problem, match=problem):
            read(state, request)
