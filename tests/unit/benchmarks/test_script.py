"""Scripts with many cases say what they left out, and write results only of all of them."""

import pytest


@pytest.fixture
def session(monkeypatch):
    """Makes runs of a script with three cases: `one` gives a row, `two` fails, `three` needs what does not exist."""
    import script

    written = []
    monkeypatch.setattr(
        script, "write_results", lambda *arguments, some, **more: written.append((*arguments, some, more))
    )

    def measure(bench, name, goal, rounds):
        if name == "two":
            raise RuntimeError("it broke")
        return {"case": name, "ratio": 0.5, "goal": goal, "rounds": rounds, "bound": {"ratio": 1}}

    def make(*names, case="", quick=False, allow_missing=False, replace=False):
        entries = [script.Entry(name, 0.4, ("three",) if name == "three" else (), measure) for name in names]
        run = script.Session("some", entries, script.Options(case, 3, quick, allow_missing, replace))
        run.measure(None, lambda needs: [need for need in needs if need == "three"])
        return run.end("what ran", nginx="1"), written

    return make


def test_all_cases_are_written(session):
    code, written = session("one")
    row = {"case": "one", "ratio": 0.5, "goal": 0.4, "rounds": 3, "bound": {"ratio": 1}}
    assert (code, written) == (0, [("some", [row], "what ran", False, {"nginx": "1"})])


def test_rows_of_some_cases_replace_theirs_where_that_is_requested(session):
    code, written = session("one", "x", case="o", replace=True)
    assert code == 0
    assert [([row["case"] for row in rows], some) for _, rows, _, some, _ in written] == [(["one"], True)]


@pytest.mark.parametrize("how", [{"case": "o"}, {"quick": True}])
def test_some_cases_and_trials_are_not_written(session, how):
    code, written = session("one", "four", "x", **how)
    assert (code, written) == (0, [])


def test_a_case_that_fails_is_reported_and_nothing_is_written(session, capsys):
    code, written = session("one", "two")
    assert (code, written) == (1, [])
    assert "FAILED: two: it broke" in capsys.readouterr().err


@pytest.mark.parametrize(("allow", "code"), [(False, 1), (True, 0)])
def test_a_case_that_is_left_out_is_reported(session, capsys, allow, code):
    exit_code, written = session("one", "three", allow_missing=allow)
    assert exit_code == code
    assert [row["case"] for row in written[0][1]] == ["one"]
    assert "LEFT OUT: three: three isn't there" in capsys.readouterr().err


def test_a_name_that_fits_no_case_lists_them(session):
    with pytest.raises(SystemExit, match="four"):
        session("one", "four", case="z")
