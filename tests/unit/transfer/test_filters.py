"""Rules of filters: patterns, their order, sizes and dates."""

import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from omicsdk.core import UsageError
from omicsdk.transfer.filters import Filters, WrongPattern, fits_rules, parse_moment, regular_expression, rules_in


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("a.bam", ["a.bam", "x/a.bam"], ["xa.bam", "a.bam/x", "aXbam"]),
        ("/a.bam", ["a.bam"], ["x/a.bam"]),
        ("*.bam", ["a.bam", "x/y/a.bam", ".bam"], ["a.bam.bai", "a.bam/x"]),
        ("/*.bam", ["a.bam"], ["x/a.bam"]),
        ("x/*.bam", ["x/a.bam", "y/x/a.bam"], ["x/y/a.bam", "xx/a.bam"]),
        ("x/**", ["x/a", "x/y/a", "y/x/a"], ["x", "xx/a"]),
        ("/x/**.bam", ["x/a.bam", "x/y/a.bam"], ["y/x/a.bam", "x/a.bai"]),
        ("a?c", ["abc", "a.c"], ["a/c", "ac"]),
        ("[a-c][^0-9].x", ["bb.x"], ["b1.x", "db.x"]),
        ("[[:digit:]x]", ["1", "x"], ["y"]),
        ("[[:blank:]]", [" ", "\t"], ["b"]),
        ("*.{bam,bai}", ["a.bam", "a.bai"], ["a.ba", "a.bam,bai"]),
        ("{a*,b?}", ["axx", "bx"], ["b", "bxx", "a/x"]),
        ("a,b", ["a,b"], ["a"]),
        (r"a\*b", ["a*b"], ["axb"]),
        (r"\{a\}", ["{a}"], ["a"]),
        (r"{{\d+}}.txt", ["12.txt", "x/1.txt"], ["a.txt"]),
        ("a b+(c)|^$", ["a b+(c)|^$"], ["a b"]),
        ("é*", ["écoli"], ["ecoli"]),
    ],
)
def test_patterns(pattern, matches, others):
    expression = re.compile(regular_expression(pattern))
    assert [name for name in (*matches, *others) if expression.search(name)] == matches


@pytest.mark.parametrize("pattern", ["a**" * 14 + "b", "*a" * 14 + "b", "/**a*?" * 14 + "b", "{" + "a**" * 14 + "b,c}"])
def test_many_stars_take_no_exponential_time(pattern):
    assert not re.search(regular_expression(pattern), "a" * 100 + "/a" * 100)
    assert re.search(regular_expression(pattern), "/a/aaa" * 30 + "a" * 20 + "ab")


def is_match(pattern: str, path: str) -> bool:
    """Whether the whole of a path matches a pattern of stars, question marks and letters, by trying all places."""
    if not pattern:
        return not path
    star = "**" if pattern.startswith("**") else "*" if pattern[0] == "*" else ""
    if not star:
        return (
            bool(path)
            and (path[0] == pattern[0] or (pattern[0] == "?" != path[0] != "/"))
            and is_match(pattern[1:], path[1:])
        )
    ends = range(len(path) + 1)
    return any(is_match(pattern[len(star) :], path[end:]) for end in ends if star == "**" or "/" not in path[:end])


@given(st.lists(st.sampled_from(["*", "**", "?", "a", "b", "/"]), max_size=9), st.text("ab/", max_size=12))
def test_stars_match_as_if_all_places_were_tried(tokens, path):
    pattern = "/" + "".join(tokens)
    assume("***" not in pattern)
    assert bool(re.search(regular_expression(pattern), path)) == is_match(pattern[1:], path)


@pytest.mark.parametrize(
    ("name", "has"),
    [
        ("alnum", str.isalnum),
        ("alpha", str.isalpha),
        ("ascii", str.isascii),
        ("blank", " \t".__contains__),
        ("cntrl", lambda letter: letter < " " or letter == "\x7f"),
        ("digit", str.isdigit),
        ("graph", lambda letter: letter.isprintable() and letter != " "),
        ("lower", str.islower),
        ("print", str.isprintable),
        ("upper", str.isupper),
        ("space", lambda letter: letter in string.whitespace),
        ("word", lambda letter: letter.isalnum() or letter == "_"),
        ("xdigit", string.hexdigits.__contains__),
        ("punct", string.punctuation.__contains__),
    ],
)
def test_classes_are_those_of_posix(name, has):
    expression = re.compile(regular_expression(f"[[:{name}:]]"))
    letters = [chr(code) for code in range(256)]
    assert [letter for letter in letters if expression.search(letter)] == [
        letter for letter in letters if letter.isascii() and has(letter)
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        "a***b",
        "[a",
        "a]",
        "{a",
        "a}",
        "{a{b}}",
        "a\\",
        "[b-a]",
        "{{(}}",
        "[[:foo:]]",
        "{{a{99999999999}}}",
        f"{{{{{'(' * 999}}}}}",
    ],
)
def test_malformed_patterns_are_refused(pattern):
    with pytest.raises(WrongPattern, match=re.escape(repr(pattern))):
        Filters(exclude=[pattern])


def test_the_first_rule_that_matches_decides():
    rules = rules_in(["# kept", "", "- tmp/", "; and", "+ *.bam", "- *"])
    names = ["a.bam", "tmp/a.bam", "x/tmp/y/a.bam", "a.txt", "tmp.bam"]
    assert [name for name in names if fits_rules(rules, name)] == ["a.bam", "tmp.bam"]
    assert rules_in(["- *", "!", "- *.txt"], rules)[0].pattern.search("a.txt")


def test_the_order_of_options(tmp_path):
    (tmp_path / "rules").write_text("- a1*\n")
    filters = Filters(include=["a*"], exclude=["ab*", "c*"], filter_from=[tmp_path / "rules"])
    assert [name for name in ("a", "ab", "a1", "c", "d") if filters.fits(name, 1)] == ["a", "ab", "a1"]
    filters = Filters(exclude="ab*", filter_from=tmp_path / "rules")
    assert [name for name in ("a", "ab", "a1", "c") if filters.fits(name, 1)] == ["a", "c"]


def test_including_a_folder_selects_no_file():
    assert not Filters(include=["x/"]).fits("x/a", 1)
    assert Filters(include=["x/**"]).fits("x/a", 1)


@pytest.mark.parametrize("line", ["*.bam", "+*.bam", "-", "! x", "= a"])
def test_lines_that_are_no_rules_are_named(line, tmp_path):
    (tmp_path / "rules").write_text(f"# one\n{line}\n")
    with pytest.raises(WrongPattern, match=r"rules, line 2: .* is no rule"):
        Filters(filter_from=[tmp_path / "rules"])


def test_a_line_of_rules_ends_with_a_line_feed_alone(tmp_path):
    (tmp_path / "rules").write_text("- a\u2028b\x85c\r\n", encoding="utf-8")
    assert not Filters(filter_from=[tmp_path / "rules"]).fits("a\u2028b\x85c", 1)


def test_files_of_rules_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        Filters(filter_from=[tmp_path / "none"])


def test_sizes_and_dates():
    filters = Filters(min_size="1K", max_size=2048, newer="2026-01-01", older="2026-01-31T12:00:00Z")
    inside = parse_moment("2026-01-15")
    assert [size for size in (None, 1023, 1024, 2048, 2049) if filters.fits("a", size, inside)] == [1024, 2048]
    days = ("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01")
    assert [day for day in days if filters.fits("a", 1024, parse_moment(day))] == ["2026-01-01", "2026-01-31"]
    assert not filters.fits("a", 1024, None)
    assert Filters(min_size=0).fits("a", 0, None)
    assert parse_moment("90m", now=10_000) == 10_000 - 5400


@given(st.text(max_size=12), st.text(st.characters(exclude_characters="/"), min_size=1, max_size=6))
def test_any_pattern_is_one_or_is_refused(pattern, name):
    try:
        filters = Filters(exclude=[pattern])
    except WrongPattern:
        return
    assert filters.fits(name, None) in (True, False)


@given(st.text(st.characters(exclude_characters="/"), min_size=1, max_size=8))
def test_an_escaped_name_matches_itself(name):
    escaped = "".join(f"\\{character}" for character in name)
    assert not Filters(exclude=[f"/{escaped}"]).fits(name, None)
    assert Filters(exclude=[f"/{escaped}"]).fits(f"{name}x", None)
