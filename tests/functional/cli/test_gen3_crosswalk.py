"""`omics gen3 objects crosswalk`: what subjects of one commons are called in others."""

import pytest

A, B, C = "https://a.org|guid|subject_id", "https://b.org|guid|case_id", "https://c.org|number|id"


@pytest.fixture
def gen3(gen3):
    return lambda *words, **how: gen3("objects", "crosswalk", *words, **how)


def test_a_crosswalk_is_published_verified_read_and_taken_back(gen3, work):
    (work / "one.csv").write_text(f"{A},{B}\na1,b1\na2,b2\n")
    (work / "two.csv").write_text(f"{B},{C}\nb1,7\n")
    (work / "info.csv").write_text("commons_url,identifier_name,description\nhttps://a.org,subject_id,The first name\n")
    made = gen3("publish", "one.csv", "-m", "By name.", "--info", "info.csv")
    assert (made.code, made.json) == (0, {"counts": {"created": 2}, "failures": []})
    assert gen3("publish", "two.csv", "--mapping_methodology", "By number.").json["counts"] == {"updated": 1}
    assert gen3("verify", "two.csv").json == []
    assert gen3("read", "--output-file", "all.csv").json == {"subjects": 2, "output": "all.csv", "info": "all_info.csv"}
    assert "a1,b1,7" in (work / "all.csv").read_text()
    assert "The first name" in (work / "all_info.csv").read_text()
    assert gen3("delete", "one.csv", "--dry-run").json == {"would delete": {"subjects": 2}}
    asked = gen3("delete", "one.csv", tty=True, typed="n\n")
    assert (asked.code, "nothing was deleted" in asked.err) == (130, True)
    assert gen3("delete", "one.csv").json["counts"] == {"updated": 1, "deleted": 1}
