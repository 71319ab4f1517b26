"""Records in files of JSON: an array, an object, `{"data": [...]}` as nodes are exported, or one object on each line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.row import Place, Row


def json_rows(path: Path) -> Iterator[Row]:
    """Gives the records of a JSON file.

    Args:
        path: The file.

    Raises:
        Gen3UserError: It isn't JSON, or has something else than objects in it.
    """
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise Gen3UserError(f"{path} isn't JSON: {error}", remedy="Give an object, or an array of objects.") from error
    if is_object(found) and is_array(found.get("data")) and "type" not in found:
        found = found["data"]
    for number, each in enumerate(found if is_array(found) else [found], 1):
        yield _row(path, number, each)


def line_rows(path: Path) -> Iterator[Row]:
    """Gives the records of a file with one JSON object on each line; empty lines are passed over.

    Args:
        path: The file.

    Raises:
        Gen3UserError: A line isn't JSON, or no object.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _row(path, number, json.loads(line))
    except (OSError, ValueError, RecursionError) as error:
        raise Gen3UserError(f"{path} isn't JSON Lines: {error}", remedy="Give a JSON object on each line.") from error


def _row(path: Path, number: int, value: object) -> Row:
    if not is_object(value):
        raise Gen3UserError(
            f"{path}, record {number}: {json.dumps(value)[:80]} is no object",
            remedy='Write each record as an object, such as {"type": "case", "submitter_id": "c1"}.',
        )
    return Row(value, Place(str(path), row=number))
