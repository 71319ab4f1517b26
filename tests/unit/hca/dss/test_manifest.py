"""Manifests as users have them: from spreadsheets, from scripts, with mistakes."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NotWritable
from omicsdk.hca.dss import DSSFile, ManifestError, tsv
from omicsdk.hca.dss.files import filestore_path
from omicsdk.hca.dss.manifests import COLUMNS, Manifest, row_fault, write_manifest

SHA = "b43cebcca9cd5213699acce7356d226de07edef5c5604510a697159af1a12149"
ROW = dict(zip(COLUMNS, ("b1", "2019-08-01T200147.836900Z", "cell_0.json", "f1", SHA, "847"), strict=True))


def write(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS, end: str = "\n") -> Path:
    lines = ["\t".join(columns), *("\t".join(row.get(column, "") for column in columns) for row in rows)]
    path.write_bytes((end.join(lines) + end).encode())
    return path


def test_six_columns_suffice(tmp_path: Path):
    manifest = Manifest.open(write(tmp_path / "m.tsv", [ROW]))
    assert manifest.check() == 1
    assert list(manifest.rows()) == [ROW]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_and_blank_lines(tmp_path: Path, end: str):
    path = write(tmp_path / "m.tsv", [ROW], end=end)
    path.write_bytes(path.read_bytes() + (end + "\t\t" + end).encode())
    assert list(Manifest.open(path).rows()) == [ROW]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_header_of_the_second_of_two_joined_manifests_is_no_row(mark: str, tmp_path: Path):
    path = write(tmp_path / "m.tsv", [ROW])
    text = path.read_text("utf-8")
    path.write_text(text + mark + text, "utf-8")
    assert list(Manifest.open(path).rows()) == [ROW, ROW]


def test_a_byte_order_mark(tmp_path: Path):
    path = write(tmp_path / "m.tsv", [ROW])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert list(Manifest.open(path).rows()) == [ROW]


@pytest.mark.parametrize("last", ["", '"5 end'], ids=["never closed", "closed by the next one"])
def test_a_quote_that_is_not_closed_takes_in_no_rows(tmp_path: Path, last: str):
    rows = [{**ROW, "note": note} for note in ("", '"open', "", last)]
    path = write(tmp_path / "m.tsv", rows, (*COLUMNS, "note"))
    assert [row["note"] for row in Manifest.open(path).rows()] == ["", '"open', "", last]


@pytest.mark.parametrize("row", ["b1\tv1\tc.json", "\t".join([*ROW.values(), "one more"])])
def test_a_row_with_a_wrong_number_of_cells_is_refused_by_number(tmp_path: Path, row: str):
    path = write(tmp_path / "m.tsv", [ROW])
    path.write_text(f"{path.read_text()}{row}\n")
    with pytest.raises(ManifestError, match=r"line 3: . cells, but the header row has 6 columns"):
        Manifest.open(path).check()


def test_a_missing_column_is_named(tmp_path: Path):
    path = write(tmp_path / "m.tsv", [ROW], tuple(column for column in COLUMNS if column != "file_sha256"))
    with pytest.raises(ManifestError, match=r"m\.tsv: the header row lacks file_sha256"):
        Manifest.open(path)


def test_commas_are_recognised(tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_text(",".join(COLUMNS) + "\n")
    with pytest.raises(ManifestError, match="separated by commas"):
        Manifest.open(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"a\0b\n", "not a text file"), (b"\xff\xfe\x00", "not UTF-8|not a text"), (None, "No such file")],
)
def test_an_invalid_table(tmp_path: Path, content: bytes | None, words: str):
    path = tmp_path / "m.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ManifestError, match=words):
        Manifest.open(path)


def test_all_faulty_lines_are_reported_at_once_with_their_numbers(tmp_path: Path):
    rows = [ROW, {**ROW, "file_size": "12 kB"}, {**ROW, "file_sha256": "abc"}, {**ROW, "file_uuid": ""}]
    manifest = Manifest.open(write(tmp_path / "m.tsv", rows))
    with pytest.raises(ManifestError) as caught:
        manifest.check()
    text = str(caught.value)
    assert "line 3: file_size is '12 kB'" in text
    assert "line 4: file_sha256" in text
    assert "line 5: file_uuid is empty" in text


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("file_name", "../../.profile", r"contains '\.\."),
        ("file_name", "/etc/passwd", "The file name '/etc/passwd' is absolute"),
        ("file_name", "a//b", "The file name 'a//b' contains an empty part"),
        ("file_name", "a\x00b", "contains a NUL"),
        ("bundle_uuid", "../x", r"contains '\.\."),
        ("bundle_uuid", "/x", "is absolute"),
    ],
)
def test_names_that_lead_out_of_the_folder_are_faults(tmp_path: Path, column: str, value: str, words: str):
    manifest = Manifest.open(write(tmp_path / "m.tsv", [ROW, {**ROW, column: value}]))
    with pytest.raises(ManifestError, match=f"line 3: .*{words}"):
        manifest.check()


def test_a_hundred_faults_are_counted_not_listed(tmp_path: Path):
    manifest = Manifest.open(write(tmp_path / "m.tsv", [{**ROW, "file_size": "x"}] * 100))
    with pytest.raises(ManifestError, match="and 90 more"):
        manifest.check()


def test_no_rows(tmp_path: Path):
    assert Manifest.open(write(tmp_path / "m.tsv", [])).check() == 0


@pytest.mark.parametrize("size", ["-1", "1.5", "٣", "1e3", "", " 1"])
def test_sizes_that_are_none(size: str):
    assert "file_size" in (row_fault({**ROW, "file_size": size}) or "")


def test_the_copy_has_paths_and_windows_line_ends(tmp_path: Path):
    source, target = write(tmp_path / "m.tsv", [ROW]), tmp_path / "copy.tsv"
    Manifest.open(source).write_with_paths(target, "data")
    header, row, end = target.read_bytes().split(b"\r\n")
    assert header.decode().split("\t") == [*COLUMNS, "file_path"]
    assert row.decode().split("\t")[-1] == f"data/.hca/v2/files_2_4/b4/3ceb/{SHA}"
    assert end == b""


def test_a_path_column_that_exists_is_replaced_in_its_place(tmp_path: Path):
    columns = ("file_path", *COLUMNS, "extra")
    path = write(tmp_path / "m.tsv", [{**ROW, "file_path": "old", "extra": "kept"}], columns)
    Manifest.open(path).write_with_paths(path, "")
    rows = list(Manifest.open(path).rows())
    assert Manifest.open(path).columns == columns
    assert rows[0]["file_path"] == f".hca/v2/files_2_4/b4/3ceb/{SHA}"
    assert rows[0]["extra"] == "kept"


CELL = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\u2028\u2029\x85"), max_size=8)


@given(st.lists(st.fixed_dictionaries({"extra": CELL})))
def test_extra_columns_survive_a_rewrite(tmp_path_factory: pytest.TempPathFactory, extras: list[dict[str, str]]):
    folder = tmp_path_factory.mktemp("m")
    source = folder / "m.tsv"
    with source.open("w", newline="", encoding="utf-8") as file:
        writer = tsv.DictWriter(file, [*COLUMNS, "extra"])
        writer.writeheader()
        writer.writerows({**ROW, **extra} for extra in extras)
    Manifest.open(source).write_with_paths(source, "d")
    with source.open(newline="", encoding="utf-8") as file:
        assert [row["extra"] for row in csv.DictReader(file, dialect="excel-tab")] == [
            extra["extra"] for extra in extras
        ]


def test_written_manifests_are_read_back_and_name_the_files_places(tmp_path: Path):
    row = {**ROW, "file_version": "2019-07-09T231935.003000Z"}
    write_manifest(tmp_path / "m.tsv", [row], "d")
    place = str(Path("d", filestore_path(SHA)))
    assert list(Manifest.open(tmp_path / "m.tsv").rows()) == [{**row, "file_path": place}]


def test_a_manifest_of_a_folder_whose_name_is_not_utf8_is_written_and_read(tmp_path: Path):
    write_manifest(tmp_path / "m.tsv", [{**ROW, "file_version": ""}], "d\udcff")
    (row,) = Manifest.open(tmp_path / "m.tsv").rows()
    assert row["file_path"] == str(Path(r"d\udcff", filestore_path(SHA)))


def test_a_manifest_that_could_not_be_written_whole_leaves_nothing(tmp_path: Path):
    def rows() -> Iterator[dict[str, str]]:
        yield {**ROW, "file_version": ""}
        raise OSError("no more")

    with pytest.raises(NotWritable, match="no more"):
        write_manifest(tmp_path / "m.tsv", rows(), "d")
    assert not list(tmp_path.iterdir())


def test_files_of_manifest_rows():
    row = {"file_name": "n", "file_uuid": "u", "file_sha256": "AB" * 32, "file_size": "3"}
    assert DSSFile.from_manifest_row(row, "gcp") == DSSFile("n", "u", "", "ab" * 32, 3, False, "gcp")
