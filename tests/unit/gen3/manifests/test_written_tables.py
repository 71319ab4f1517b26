"""Tables that are written: whole, in UTF-8 whatever their texts are, and readable again."""

from pathlib import Path

import pytest
from omicsdk.gen3.manifests.discovery import DATASET, write_objects
from omicsdk.gen3.manifests.runs import Outputs
from omicsdk.gen3.manifests.tables import table_of, written_table

# Of a file's name that is not UTF-8, and of JSON, which may have half a character.
TEXTS = ("a\udcff", "b\ud83d")


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_utf8_cannot_encode_is_escaped(tmp_path: Path, text: str):
    escaped = text.encode("ascii", "backslashreplace").decode()
    with written_table(tmp_path / "table.tsv", ["path"]) as write:
        write([text])
    with table_of(tmp_path / "table.tsv") as table:
        assert [row.cells for row in table.rows] == [[escaped]]
    with Outputs([tmp_path / "rows.tsv"], {}, 1) as outputs:
        outputs.write(0, f"{text}\n")
        outputs.finish()
    assert (tmp_path / "rows.tsv").read_text("utf-8") == f"{escaped}\n"
    entry = {DATASET: "d", "guid": "g", "display_name": "n", "file_name": text}
    write_objects(iter([entry]), tmp_path / "objects.tsv", "tsv")
    assert (tmp_path / "objects.tsv").read_text("utf-8").endswith(f"{escaped}\n")


def test_a_cell_with_any_line_end_is_one_cell(tmp_path: Path):
    cells = ["a\rb", "c\nd", "e\r\nf"]
    with written_table(tmp_path / "table.tsv", ["x", "y", "z"]) as write:
        write(cells)
    with table_of(tmp_path / "table.tsv") as table:
        assert [row.cells for row in table.rows] == [cells]
