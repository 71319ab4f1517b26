"""`omics search`: its rows, what stderr says, and exit codes."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from omicsdk.cli.commands.portals import searched
from omicsdk.cli.output import Call, Console, Output
from omicsdk.core.errors import Forbidden, OmicsError, ServiceUnavailable, TimedOut
from omicsdk.portals.searches.search import Hit, SearchResult

ROWS = (
    Hit("ena", "PRJEB1", "Retina", "Homo sapiens", access="open"),
    Hit("zenodo", "zenodo:1", "Glioma", files=2, size=30, access="open"),
)
DOWN, LATE = ServiceUnavailable("Down", status=503), TimedOut("PRIDE did not answer within 9 s", remedy="Search again.")


def shown(
    *hits: Hit, failed: Mapping[str, OmicsError], form: str = "json", is_cut: bool = False
) -> tuple[str, str, int]:
    """What stdout and stderr have, and the exit code."""
    console, out = Console(stderr=(err := io.StringIO())), io.StringIO()
    result = SearchResult(hits, failed, ("ena", "pride", "zenodo"), is_cut)
    rows = searched(result, Call("", {}, {}, console))
    Output(form, stdout=out).result(rows)
    return out.getvalue(), err.getvalue(), console.exit_code


def test_rows_are_objects_of_one_form():
    out, err, code = shown(*ROWS, failed={})
    assert [list(row) for row in json.loads(out)] == [
        ["portal", "id", "title", "organism", "files", "size", "access"]
    ] * 2
    assert (err, code) == ("omics: 2 rows from 3 portals\n", 0)
    assert shown(*ROWS, failed={}, form="tsv")[0].splitlines()[-1] == "zenodo\tzenodo:1\tGlioma\t\t2\t30\topen"


def test_nothing_found_is_no_error():
    assert shown(failed={}) == ("[]\n", "omics: 0 rows from 3 portals\n", 0)


def test_more_rows_than_the_limit_are_said():
    assert shown(*ROWS, failed={}, is_cut=True)[1:] == ("omics: 2 rows from 3 portals; more match: set --limit\n", 0)


@pytest.mark.parametrize(
    ("failed", "code"),
    [({"pride": LATE}, 3), ({"pride": LATE, "ena": DOWN}, 3), (dict.fromkeys(("ena", "pride", "zenodo"), DOWN), 3)],
)
def test_portals_that_fail_are_named(failed: dict[str, OmicsError], code: int):
    out, err, ended = shown(*ROWS[1:], failed=failed)
    assert [row["portal"] for row in json.loads(out)] == ["zenodo"]
    lines = err.splitlines()
    assert [line.partition(": ")[2].partition(":")[0] for line in lines[:-1]] == list(failed)
    assert lines[-1] == f"omics: 1 row from {3 - len(failed)} portal{'s' if len(failed) != 2 else ''}"
    assert ended == code


def test_the_error_of_the_only_portal_is_that_of_the_command():
    console, denied = Console(stderr=io.StringIO()), Forbidden("No access", status=403)
    result: Any = SearchResult((), {"ena": denied}, ("ena",))
    with pytest.raises(Forbidden):
        searched(result, Call("", {}, {}, console))
