"""Which files meet conditions, and how sizes, times and metadata are written."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import OmicsError, UsageError
from omicsdk.fs import Entry, Uri, open_store
from omicsdk.fs.copying.planning import Selected
from omicsdk.fs.queries import Conditions, Sum, find, parse_metadata, parse_range, sums
from omicsdk.transfer.filters import Filters, parse_moment, parse_size

NAMES = st.text("ab./*", min_size=1, max_size=8)
NUMBERS = st.none() | st.integers(0, 20)


@given(
    name=NAMES,
    size=NUMBERS,
    modified=NUMBERS,
    pattern=NAMES,
    least=NUMBERS,
    most=NUMBERS,
    after=NUMBERS,
    before=NUMBERS,
)
def test_a_file_meets_conditions_that_each_hold_for_it(name, size, modified, pattern, least, most, after, before):
    entry = Entry(name, "file", size, modified=modified)
    limits = Filters(min_size=least, max_size=most, newer=after, older=before)
    conditions = Conditions([pattern], limits)
    met = bool(list(find(open_store("file"), [Selected(Uri("file", name), entry, name)], conditions)))
    fits = fnmatchcase(name, pattern) or ("/" not in pattern and fnmatchcase(name.rpartition("/")[2], pattern))
    sized = (size is not None or least is most is None) and (least or 0) <= (size or 0) <= (
        20 if most is None else most
    )
    if size is None:
        sized = least is None and most is None
    timed = (
        after is None and before is None
        if modified is None
        else (0 if after is None else after) <= modified <= (20 if before is None else before)
    )
    assert met == (fits and sized and timed)


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["*.txt", "*.bam"], ["a.txt", "d/b.bam"]),
        (["d/*", "x/*"], ["d/b.bam", "d/c.csv"]),
        (["d/c*", "a*"], ["a.txt", "d/c.csv"]),
        (["b.bam", "a*"], ["a.txt", "d/b.bam"]),
        (["a|d"], []),
    ],
)
def test_a_file_matches_one_of_several_patterns(patterns, names):
    files = [Selected(Uri("file", name), Entry(name, "file"), name) for name in ("a.txt", "d/b.bam", "d/c.csv")]
    assert [file.name for file in find(open_store("file"), files, Conditions(patterns))] == names


@pytest.mark.parametrize(
    ("conditions", "is_alone"),
    [
        (Conditions(["a"]), True),
        (Conditions(["a"], Filters(min_size=1)), False),
        (Conditions(["a"], metadata={"b": "c"}), False),
    ],
)
def test_conditions_of_names_may_be_all(conditions, is_alone):
    assert conditions.of_names is is_alone


def test_metadata_that_cannot_be_read_is_an_error(monkeypatch):
    def refused(_):
        raise OmicsError("no")

    store = open_store("file")
    monkeypatch.setattr(store, "metadata", refused)
    with pytest.raises(OmicsError, match="no"):
        list(find(store, [Selected(Uri("file", "a"), Entry("a", "file"), "a")], Conditions(metadata={"b": "c"})))


@pytest.mark.parametrize(
    ("text", "bounds"), [("5-5", (5, 6)), ("0-", (0, None)), ("-3", (-3, None)), ("5-4", None), ("-0", None)]
)
def test_a_range_has_at_least_one_byte(text, bounds):
    if bounds is None:
        with pytest.raises(UsageError, match="range"):
            parse_range(text)
    else:
        assert parse_range(text) == bounds


def test_a_sum_is_of_the_whole_alone_by_default():
    assert list(sums([("a/b", Entry("a/b", "file", 3))])) == [Sum("", 1, 3)]


@given(size=NUMBERS, modified=NUMBERS)
def test_no_conditions_are_met_by_all(size, modified):
    assert Conditions().meets(Entry("a", "file", size, modified=modified))


@pytest.mark.parametrize(
    ("patterns", "metadata", "met"),
    [
        ([], {}, True),
        (["sample=S1*"], {"sample": "S17"}, True),
        (["sample=S1*"], {"sample": "S2"}, False),
        (["sample=*"], {"other": "x"}, False),
        (["sample=*"], {"sample": None}, False),
        (["tags=a", "tags=b"], {"tags": ["a", "b"]}, True),
        (["tags=c", "tags=b"], {"tags": ["a", "b"]}, False),
        (["n=7", "paired=true"], {"n": 7, "paired": True}, True),
        (["a=1", "b=2"], {"a": "1"}, False),
        (["a=b=c", "d="], {"a": "b=c", "d": ""}, True),
    ],
)
def test_metadata(patterns, metadata, met):
    assert Conditions(metadata=parse_metadata(patterns)).meets_metadata(metadata) is met


def test_metadata_is_requested_only_of_files_that_meet_the_rest(shelf, monkeypatch):
    shelf.files.update({f"p/{number}.{kind}": b"x" for number in range(100) for kind in ("bam", "txt")})
    store, paths = open_store("shelf"), []
    monkeypatch.setattr(
        shelf, "metadata", lambda _, entry: paths.append(entry.path) or {"number": entry.path[2:].partition(".")[0]}
    )
    files = [Selected(Uri("shelf", entry.path), entry, entry.name) for entry in store.walk("p")]
    matches = find(store, files, Conditions(["*.bam"], metadata=[("number", "?")]))
    assert [file.name for file in matches] == [f"{number}.bam" for number in range(10)]
    assert len(paths) == 100
    assert all(path.endswith(".bam") for path in paths)


@given(
    st.integers(0, 10**9),
    st.sampled_from([("", 1), ("K", 1024), ("MiB", 1024**2), (" gb", 1024**3), ("T", 1024**4), ("P", 1024**5)]),
)
def test_sizes_are_in_powers_of_1024(number, unit):
    assert parse_size(f"{number}{unit[0]}") == number * unit[1]


@pytest.mark.parametrize("text", ["", "x", "-1", "1X", "1 M M", "1e3", pytest.param("9" * 5000, id="5,000 digits")])
def test_an_invalid_size_is_refused(text):
    with pytest.raises(UsageError, match="is not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2001-09-09", 999993600), ("2001-09-09T01:46:40Z", 1e9), ("7d", 1e9 - 604800), ("1.5h", 1e9 - 5400)],
)
def test_moments(text, seconds):
    assert parse_moment(text, 1e9) == seconds


def test_an_invalid_moment_or_metadata_is_refused():
    with pytest.raises(UsageError, match="is not a time"):
        parse_moment("yesterday")
    with pytest.raises(UsageError, match="is not a time"):  # neither a date, nor a number of something
        parse_moment("12")
    with pytest.raises(UsageError, match="KEY=PATTERN"):
        parse_metadata(["=x"])


@given(
    st.lists(st.tuples(st.lists(st.sampled_from("ab"), min_size=1, max_size=4), st.none() | st.integers(0, 9))),
    st.integers(0, 4),
)
def test_the_whole_is_the_sum_of_all_files_at_every_depth(sized_paths, depth):
    files = [("/".join(parts), Entry("/".join(parts), "file", size)) for parts, size in sized_paths]
    *folders, whole = sums(iter(files), depth)
    assert (whole.name, whole.files) == ("", len(files))
    assert whole.size == sum(size or 0 for _, size in sized_paths)
    assert whole.unsized == sum(size is None for _, size in sized_paths)
    tops = [folder for folder in folders if "/" not in folder.name]
    if depth:
        assert sum(folder.files for folder in tops) == sum(len(parts) > 1 for parts, _ in sized_paths)
    assert all(folder.name.count("/") < depth for folder in folders)
