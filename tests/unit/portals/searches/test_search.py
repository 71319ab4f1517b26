"""The search itself: queries, terms and spellings, the table, portals that fail, and the deadline. Searchers are made in the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import pytest
from omicsdk.core.errors import ConfigError, OmicsError, ServiceUnavailable, TimedOut, UsageError
from omicsdk.core.manual_clock import ManualClock
from omicsdk.core.threads import Workers
from omicsdk.portals import searches
from omicsdk.portals.searches import Hit, Query, Searcher, assay_of, lucene, query_of, results, spellings, titled

# -- the query


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("retina glioma", [("retina",), ("glioma",)]),
        ('"optic nerve" retina', [("optic nerve",), ("retina",)]),
        ("retina  retina", [("retina",)]),
        ('"  two   blanks "', [("two blanks",)]),
        ("it's -- 5'UTR", [("it's",), ("5'UTR",)]),
        ('an "open quote', [("an",), ("open",), ("quote",)]),
    ],
)
def test_words_and_phrases_are_terms(text: str, terms: list[tuple[str, ...]]):
    assert list(query_of(text).terms) == terms


@pytest.mark.parametrize(
    "word", ["scRNA", "SCRNA-SEQ", "scRNAseq", "single-cell", "single cell", "single-cell rna-seq"]
)
def test_an_assay_is_found_in_each_of_its_spellings_the_users_first(word: str):
    first, *others = spellings(word)
    assert first == word
    assert {"snrna-seq", "single nucleus"} < {entry.lower() for entry in others}
    assert word.lower() not in {entry.lower() for entry in others}
    assert all(entry in ("single cell", "single nucleus", "single nuclei") for entry in others if " " in entry)
    assert assay_of([first]) == "scRNA-seq"
    assert query_of("x", assay=word).terms == (("x",), spellings(word))


def test_words_that_are_no_assay_have_one_spelling():
    assert spellings("retina") == ("retina",)
    assert (spellings("rna"), assay_of(["rna"])) == (("rna",), "")


@pytest.mark.parametrize(
    ("text", "name"), [("human", "Homo sapiens"), ("Mouse", "Mus musculus"), ("Homo sapiens",) * 2, ("", "")]
)
def test_organisms_have_common_names(text: str, name: str):
    assert query_of("x", organism=text).organism == name


@pytest.mark.parametrize("text", ["", "  ", '""', "-- *"])
def test_nothing_to_search_for_is_an_error(text: str):
    with pytest.raises(UsageError, match="Nothing to search for"):
        query_of(text)
    assert query_of(text, assay="ATAC-seq").terms == (spellings("ATAC-seq"),)


def test_a_limit_is_at_least_one():
    with pytest.raises(UsageError, match="limit=0"):
        query_of("x", limit=0)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("retina", True),
        ("RETINAL", True),
        ("tina", False),
        ("cell atlas", True),
        ('"atlas cell"', False),
        ("scRNA", True),
        ("RNA-seq", False),
        ("retina glioma", False),
    ],
)
def test_all_terms_occur_at_beginnings_of_words(text: str, matches: bool):
    texts = ("A single-cell atlas of the retinal tissue", "10x 3' v3")
    assert query_of(text).occurs_in(*texts) is matches


def test_the_organism_occurs_as_well():
    texts = ("retina", "Mus musculus (mouse)")
    assert query_of("retina", organism="mouse").occurs_in(*texts)
    assert not query_of("retina", organism="human").occurs_in(*texts)


def test_a_query_of_lucene_cannot_be_left_by_a_word():
    query = query_of('retina) OR "a:b" scATAC c\\d')
    assert lucene(query, 'organism:"x"').startswith('"retina)" AND "OR" AND "a:b" AND ("scATAC" OR "scATAC-seq" OR ')
    assert lucene(query, 'organism:"x"').endswith(' AND "c d" AND organism:"x"')


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<p>Cells &amp; <i>genes</i></p>", "Cells & genes"),
        ("p < 0.05 and q > 0.1", "p < 0.05 and q > 0.1"),
        (" two\n lines\t", "two lines"),
    ],
)
def test_titles_are_plain_text_on_one_line(title: str, shown: str):
    assert titled(title) == shown


# -- portals


class Made(Searcher):
    """A searcher whose rows are made in the test."""

    rows: Mapping[str, Callable[[Made], Iterator[Hit]]] = {}

    def hits(self, query: Query) -> Iterator[Hit]:
        del query
        return self.rows[self.portal](self)


def made(monkeypatch: pytest.MonkeyPatch, **rows: Callable[[Any], Iterator[Hit]]) -> None:
    """Portals whose rows are made in the test."""
    kinds = {name: type(name, (Made,), {"portal": name, "title": f"the {name}", "rows": rows}) for name in rows}
    monkeypatch.setattr(searches, "SEARCHERS", dict.fromkeys(rows, ""))
    monkeypatch.setattr(searches, "_searcher", kinds.__getitem__)


def listed(portal: str, *ids: str, error: OmicsError | None = None) -> Callable[[Any], Iterator[Hit]]:
    def rows(_: object) -> Iterator[Hit]:
        yield from (Hit(portal, id, id) for id in ids)
        if error is not None:
            raise error

    return rows


QUERY = query_of("x")


def test_the_best_of_each_portal_come_first_and_each_row_once(monkeypatch: pytest.MonkeyPatch):
    made(monkeypatch, a=listed("a", "1", "2", "3"), b=listed("b", "4", "2"), c=listed("c"))
    matches = results(QUERY, (), {})
    assert [(hit.portal, hit.id) for hit in matches] == [("a", "1"), ("b", "4"), ("a", "2"), ("a", "3")]
    assert (matches.failed, list(matches.searched), matches.is_cut, len(matches)) == ({}, ["a", "b", "c"], False, 4)


def test_copies_of_geo_in_arrayexpress_are_one_row(monkeypatch: pytest.MonkeyPatch):
    made(
        monkeypatch,
        geo=listed("geo", "GSE1", "GSE2"),
        biostudies=listed("biostudies", "E-GEOD-2", "E-GEOD-3", "E-MTAB-1"),
    )
    assert [hit.id for hit in results(QUERY, (), {})] == ["GSE1", "E-GEOD-2", "E-GEOD-3", "E-MTAB-1"]


def test_the_limit_is_of_all_portals_together(monkeypatch: pytest.MonkeyPatch):
    def endless(_: object) -> Iterator[Hit]:
        number = 0
        while True:
            number += 1
            yield Hit("a", f"a{number}", "")

    made(monkeypatch, a=endless, b=listed("b", "b1", "b2"))
    matches = results(query_of("x", limit=3), (), {})
    assert [hit.id for hit in matches] == ["a1", "b1", "a2"]
    assert matches.is_cut


def test_a_portal_that_fails_is_named_and_what_it_gave_before_is_kept(monkeypatch: pytest.MonkeyPatch):
    error = ServiceUnavailable("Down", status=503)
    made(monkeypatch, a=listed("a", "1", error=error), b=listed("b", "2"), c=listed("c", error=ConfigError("No URL")))
    matches = results(QUERY, (), {})
    assert [hit.id for hit in matches] == ["1", "2"]
    assert matches.failed == {"a": error, "c": matches.failed["c"]}
    assert isinstance(matches.failed["c"], ConfigError)


def test_a_mistake_in_a_searcher_is_no_failure_of_its_portal(monkeypatch: pytest.MonkeyPatch):
    def rows(_: object) -> Iterator[Hit]:
        raise KeyError("x")
        yield

    made(monkeypatch, a=rows)
    with pytest.raises(KeyError):
        results(QUERY, (), {})


def test_portals_are_chosen_and_unknown_ones_refused(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UsageError, match=r"'sra' is not a portal.*\bena\b"):
        results(QUERY, ["sra"], {})
    made(monkeypatch, a=listed("a", "1"), b=listed("b", "2"))
    assert [hit.id for hit in results(QUERY, ["b", "b"], {})] == ["2"]
    assert [hit.id for hit in results(QUERY, ["b", "a"], {})] == ["2", "1"]


def test_the_environment_states_the_portals_unless_the_call_does(monkeypatch: pytest.MonkeyPatch):
    made(monkeypatch, a=listed("a", "1"), b=listed("b", "2"), c=listed("c", "3"))
    monkeypatch.setenv("OMICS_SEARCH_PORTALS", "c, a,")
    assert list(searches.search("x").searched) == ["c", "a"]
    assert list(searches.search("x", portals="b").searched) == ["b"]
    monkeypatch.setenv("OMICS_SEARCH_PORTALS", "a, sra")
    with pytest.raises(UsageError, match="OMICS_SEARCH_PORTALS: 'sra' is not a portal"):
        searches.search("x")
    monkeypatch.delenv("OMICS_SEARCH_PORTALS")
    assert list(searches.search("x").searched) == ["a", "b", "c"]


def test_a_portal_that_is_not_configured_is_searched_only_by_name(monkeypatch: pytest.MonkeyPatch):
    made(monkeypatch, a=listed("a", "1"), b=listed("b", "2"))

    def is_first(searcher: Made) -> bool:
        return searcher.portal == "a"

    monkeypatch.setattr(Made, "is_configured", is_first)
    assert list(results(QUERY, (), {}).searched) == ["a"]
    assert list(results(QUERY, ["b"], {}).searched) == ["b"]


# -- the deadline


class Recorded(Workers):
    """Workers whose calls the test sees."""

    calls: list[Future[Any]] = []

    def submit(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        future = super().submit(function, *args, **kwargs)
        self.calls.append(future)
        return future


class AfterTheFirst(ManualClock):
    """A clock by which the time is over as soon as the first portal has answered."""

    def monotonic(self) -> float:
        is_over = bool(Recorded.calls) and Recorded.calls[0].done()
        return super().monotonic() + (searches.SECONDS if is_over else 0)


def test_what_has_arrived_at_the_deadline_is_shown(monkeypatch: pytest.MonkeyPatch):
    release, have_begun = threading.Event(), threading.Barrier(3)

    def slow(searcher: Made) -> Iterator[Hit]:
        yield Hit("slow", "2", "")
        have_begun.wait(60)
        release.wait(60)
        assert searcher.options.stopped(), "what is still running is told to stop"
        yield Hit("slow", "3", "")

    def fast(_: object) -> Iterator[Hit]:
        have_begun.wait(60)
        yield Hit("fast", "1", "")

    def silent(_: object) -> Iterator[Hit]:
        have_begun.wait(60)
        release.wait(60)
        yield Hit("silent", "4", "")

    made(monkeypatch, fast=fast, slow=slow, silent=silent)
    monkeypatch.setattr(searches, "Workers", Recorded)
    monkeypatch.setattr(Recorded, "calls", [])
    try:
        matches = results(QUERY, (), {}, clock=AfterTheFirst())
    finally:
        release.set()
    assert [hit.id for hit in matches] == ["1", "2"]
    assert {name: type(error) for name, error in matches.failed.items()} == {"slow": TimedOut, "silent": TimedOut}
    assert matches.failed["slow"].message == "the slow did not respond to the end within 9 s"
    assert matches.failed["silent"].message == "the silent did not respond within 9 s"
    assert [call.result(60) is None for call in Recorded.calls] == [True, False, False]
    assert [hit.id for hit in matches] == ["1", "2"], "what came later changes nothing"


def test_an_interrupt_ends_the_search_at_once(monkeypatch: pytest.MonkeyPatch):
    release, has_begun, stopped = threading.Event(), threading.Event(), list[bool]()

    def slow(searcher: Made) -> Iterator[Hit]:
        has_begun.set()
        release.wait(60)
        stopped.append(searcher.options.stopped())
        yield from ()

    def interrupted(*_: object) -> bool:
        has_begun.wait(60)
        raise KeyboardInterrupt

    made(monkeypatch, a=slow)
    monkeypatch.setattr(searches, "Workers", Recorded)
    monkeypatch.setattr(Recorded, "calls", [])
    monkeypatch.setattr(searches, "ended", interrupted)
    with pytest.raises(KeyboardInterrupt):
        results(QUERY, (), {})
    release.set()
    Recorded.calls[0].result(60)
    assert stopped == [True]
