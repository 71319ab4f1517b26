"""What differs between two trees, as far as what is stated tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.fs import Entry
from omicsdk.fs.copying.comparison import differences, why_different


def entry(size=1, modified=None, **checksums):
    return Entry("x", "file", size, checksums, modified=modified)


@pytest.mark.parametrize(
    ("source", "target", "by", "why"),
    [
        (entry(1), entry(2), "auto", "1 bytes, not 2"),
        (entry(md5="a"), entry(md5="a"), "auto", ""),
        (entry(md5="a"), entry(md5="b"), "auto", "another md5"),
        (entry(md5="a", modified=2), entry(md5="a", modified=1), "auto", ""),
        (entry(md5="a", sha256="x"), entry(md5="a", sha256="y"), "auto", "another sha256"),
        (entry(modified=2), entry(modified=1), "auto", "changed since"),
        (entry(modified=1), entry(modified=2), "auto", ""),
        (entry(md5="a"), entry(md5="b"), "size", ""),
        (entry(None), entry(1), "size", "its size is not stated"),
        (entry(None), entry(1), "auto", "its size is not stated"),
        (entry(s3_etag="a"), entry(md5="a"), "checksum", ""),
        (entry(s3_etag="a-2"), entry(md5="a"), "checksum", "no common checksum is known"),
        (entry(), entry(md5="b"), "checksum", "no common checksum is known"),
    ],
)
def test_two_files(source, target, by, why):
    assert why_different(source, target, by) == why


TREES = st.dictionaries(st.text("abc/", min_size=1, max_size=4), st.integers(0, 3), max_size=6)


@given(TREES, TREES)
def test_what_is_copied_and_removed_makes_both_equal(source, target):
    one, other = ({name: entry(size) for name, size in tree.items()} for tree in (source, target))
    found = differences(one, other)
    made = {name: size for name, size in target.items() if name not in found.remove}
    made |= {name: source[name] for name in found.copy}
    assert made == source
    assert found.same + len(found.copy) == len(source)
