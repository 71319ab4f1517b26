"""Files that are submitted as they are: what a commons takes, refuses, passes over, or refuses as a whole, row by row."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core import ANONYMOUS, NO_RETRY
from omicsdk.gen3 import Gen3, Gen3UserError
from omicsdk.gen3.records.file_submission import FileResult, submit_file

COLUMNS = "type\tsubmitter_id\tage"


class Commons(httpx.MockTransport):
    """Takes cases unless they are named `bad`, passes over other nodes, and refuses documents with `stop` as a whole."""

    def __init__(self) -> None:
        super().__init__(self._respond)
        self.documents = list[Any]()

    def _respond(self, request: httpx.Request) -> httpx.Response:
        text = request.content.decode()
        is_json = request.headers["content-type"] == "application/json"
        rows: Any = json.loads(text) if is_json else [line.split("\t") for line in text.splitlines()[1:]]
        self.documents.append(rows)
        nodes = [row["type"] if is_json else row[0] for row in rows]
        names = [row["submitter_id"] if is_json else row[1] for row in rows]
        if "stop" in names:
            return httpx.Response(400, json={"message": "no", "transactional_errors": ["stopped"], "entities": []})
        entities = [
            {
                "type": node,
                "unique_keys": [{"submitter_id": name}],
                "valid": name != "bad",
                "errors": [{"message": "wrong"}] if name == "bad" else [],
            }
            for node, name in zip(nodes, names, strict=True)
            if node in ("case", "sample")
        ]
        is_taken = "bad" not in names
        return httpx.Response(200 if is_taken else 400, json={"success": is_taken, "entities": entities, "message": ""})


def submitted(path: Path, commons: Commons | None = None, **options: int) -> FileResult:
    client = Gen3("https://commons.example.org", credentials=ANONYMOUS, transport=commons or Commons(), retry=NO_RETRY)
    return submit_file(client, "demo-one", path, **options)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.tsv"


def write(file: Path, *rows: str) -> Path:
    file.write_text("\n".join([COLUMNS, *(row.replace(" ", "\t") for row in rows)]) + "\n")
    return file


def test_rows_that_are_refused_and_passed_over_do_not_stop_the_others(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="omicsdk.gen3")
    result = submitted(write(file, "case a 1", "case bad 2", "unknown u 3", "sample bad 4", "case b 5"))
    assert result["succeeded"] == ["a", "b"]
    assert result["invalid"] == {
        "bad": "[{'message': 'wrong'}]",
        "u": "The commons skipped it: it has no type, or one that the dictionary lacks",
        "row 5": "[{'message': 'wrong'}]",
    }
    assert caplog.messages == result["responses"]
    assert result["responses"][0] == "Chunk 1 Failed: 5 entities."
    assert (result["other"], result["details"]) == ([], [])


def test_the_refusal_of_a_document_is_that_of_its_rows_and_kept_as_a_whole(file: Path) -> None:
    result = submitted(write(file, "case stop 1", "case a 1"), chunk_size=1)
    assert result["succeeded"] == ["a"]
    assert result["invalid"] == {"stop": result["other"][0]}
    assert "stopped" in result["details"][0]


def test_a_document_has_thirty_rows_and_begins_after_those_that_are_passed_over(file: Path) -> None:
    commons = Commons()
    submitted(write(file, *(f"case c{number} 1" for number in range(33))), commons, row_offset=2)
    assert [len(rows) for rows in commons.documents] == [30, 1]
    assert commons.documents[0][0][1] == "c2"


def test_objects_are_sent_as_json(tmp_path: Path) -> None:
    commons, path = Commons(), tmp_path / "rows.json"
    rows = [{"type": "case", "submitter_id": name} for name in ("a", "b")]
    path.write_text(json.dumps(rows))
    assert submitted(path, commons)["succeeded"] == ["a", "b"]
    assert commons.documents == [rows]


@pytest.mark.parametrize("options", [{"chunk_size": 0}, {"row_offset": -1}])
def test_numbers_out_of_bounds_and_twins_are_refused_before_anything_is_sent(
    file: Path, options: dict[str, int]
) -> None:
    commons = Commons()
    with pytest.raises(Gen3UserError, match=r"chunk_size=\d+, row_offset=-?\d"):
        submitted(write(file, "case a 1"), commons, **options)
    with pytest.raises(Gen3UserError, match=r"rows\.tsv: the submitter_id 'a' is in row 2 and in row 4"):
        submitted(write(file, "case a 1", "sample a 2", "case a 3"), commons)
    assert commons.documents == []
