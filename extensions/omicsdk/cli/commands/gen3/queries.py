"""What `omics gen3 query` and `explore` do."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

from omicsdk.cli.commands.input_files import text_of
from omicsdk.core.errors import UsageError
from omicsdk.core.files import in_place_of
from omicsdk.core.json_encoding import written
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.queries import answer, rows

#: Records that a commons gives where the query doesn't say how many (peregrine and guppy).
USUAL = 10

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console


def query(access: Access, arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics gen3 query`: the answer's data."""
    text, variables = query_text(arguments["text"]), arguments.get("variables")
    if arguments.get("rows"):
        if arguments.get("guppy"):
            raise UsageError("--rows and --guppy exclude each other", remedy="Give all rows with: omics gen3 explore.")
        return list(rows(access.commons, text, variables))
    if arguments.get("guppy"):
        data: Any = access.commons.explorer_query(text, variables).get("data")
    else:
        data = answer(access.commons.peregrine, text, variables).get("data")
    if is_object(data) and "first" not in text:
        for name, found in data.items():
            if is_array(found) and len(found) == USUAL:
                told = f"{name}: {USUAL} records came, as many as a commons gives where the query doesn't say first:"
                console.warning(f"{told}; there may be more")
    return data


def explore(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]] | None:
    """`omics gen3 explore`: rows of records, or nothing where they go to a file."""
    limit, out = arguments.get("limit"), arguments.get("out")
    order = [_direction(each) for each in arguments.get("sort") or ()]
    found = access.commons.explore(
        arguments["data_type"],
        arguments["fields"],
        filter=arguments.get("filter"),
        sort=order,
        accessibility=arguments["accessibility"],
    )
    with closing(cast("Generator[dict[str, Any]]", found)):
        wanted = console.limited(found, limit, "records")
        if out is None:
            return list(wanted)
        count = 0
        with in_place_of(out) as file:
            for row in wanted:
                file.write(written(row, ensure_ascii=False).encode() + b"\n")
                count += 1
    console.message(f"{count} records are in {out}")
    return None


def _direction(text: str) -> dict[str, str]:
    field, _, order = text.partition(":")
    if order not in ("", "asc", "desc"):
        raise UsageError(f"--sort {text}: {order!r} is no order", remedy="Write FIELD, FIELD:asc or FIELD:desc.")
    return {field: order or "asc"}


def query_text(given: str) -> str:
    """A query as it was typed, or from where it was said to be.

    Args:
        given: The query, or `-` for what stdin has, or @FILE for what is in a file.

    Raises:
        UsageError: The file can't be read.
    """
    if given == "-":
        return text_of("-", "the query")
    return text_of(given[1:], "the query") if given.startswith("@") else given
