"""What a workflow did is told from two tables of checksums, for any tables."""

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from omicsdk.crunch.dataset_files import compare
from omicsdk.crunch.hashing import files_below, hash_files

TABLES = st.dictionaries(st.text(min_size=1, max_size=3), st.sampled_from(["0" * 32, "1" * 32, "2" * 32]))


@given(TABLES, TABLES)
def test_every_name_is_in_exactly_the_list_that_it_belongs_to(before: dict[str, str], after: dict[str, str]) -> None:
    changes = compare(before, after)

    for name in before.keys() | after.keys():
        assert (name in changes.new) == (name not in before)
        assert (name in changes.deleted) == (name not in after)
        assert (name in changes.modified) == (name in before and name in after and before[name] != after[name])
    for names in changes:
        assert list(names) == sorted(set(names))


@given(TABLES, TABLES)
def test_changes_lead_from_the_one_table_to_the_other(before: dict[str, str], after: dict[str, str]) -> None:
    changes = compare(before, after)

    made = {name: md5 for name, md5 in before.items() if name not in changes.deleted}
    made |= {name: after[name] for name in (*changes.new, *changes.modified)}

    assert made == after


@given(TABLES)
def test_nothing_changed_is_nothing(table: dict[str, str]) -> None:
    assert compare(table, table) == ((), (), ())


@given(TABLES, TABLES)
def test_the_other_way_about_new_and_deleted_change_places(before: dict[str, str], after: dict[str, str]) -> None:
    there, back = compare(before, after), compare(after, before)

    assert (there.new, there.modified, there.deleted) == (back.deleted, back.modified, back.new)


def test_files_are_hashed_in_whatever_size(tmp_path: Path) -> None:
    sizes = (0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024 + 5)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for size in sizes:
        (tmp_path / "deep" / "er" / f"{size}").write_bytes(bytes(size % 251 for _ in range(size)))

    hashed = hash_files(dict(files_below(tmp_path)))

    expected = {
        path.relative_to(tmp_path).as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert {name: known.md5 for name, known in hashed.items()} == expected
    assert list(hashed) == sorted(expected)
