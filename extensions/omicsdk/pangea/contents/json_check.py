"""Whether data survive JSON as they are: keys that are numbers, and tuples, come back as something else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from omicsdk.core.narrowing import is_object
from omicsdk.pangea.errors import RemoteObjectError

Difference = tuple[str, object, object]
"""What differs and where, our value, the other's."""


def check_json_serialization(blob: object) -> None:
    """Makes sure that data are the same when they have been written as JSON and read again.

    Args:
        blob: The data.

    Raises:
        RemoteObjectError: They aren't, or can't be written as JSON; it lists each place.
    """
    try:
        read: object = json.loads(json.dumps(blob, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise RemoteObjectError(f"The data can't be written as JSON: {error}") from error
    if read == blob:
        return
    if is_object(blob) and is_object(read):
        issues = list(diff_dicts(blob, read))
    else:
        issues = [("MISMATCHED_VALUES:values_only:0", blob, read)]
    told = "\n".join(str(issue) for issue in issues)
    raise RemoteObjectError(f"JSON Serialization modifies object\nIssues:\n{told}")


def diff_dicts(blob1: Mapping[Any, object], blob2: Mapping[Any, object]) -> Iterator[Difference]:
    """Tells where two mappings differ, seen from each side.

    Args:
        blob1: The one, called "original".
        blob2: The other, called "serialized".

    Yields:
        What differs with its place ("MISMATCHED_TYPES:original:$.a"), the value there and the other's.
    """
    yield from _of_mappings("original", "$", blob1, blob2)
    yield from _of_mappings("serialized", "$", blob2, blob1)


def _of_mappings(
    side: str, place: str, ours: Mapping[Any, object], theirs: Mapping[Any, object]
) -> Iterator[Difference]:
    for key, value in ours.items():
        if key not in theirs:
            yield f"MISSING_KEY:{side}:{place}", key, None
        else:
            # A kind of value is told with the mapping that it stands in; what is inside it, with its own place.
            yield from _of_values(side, place, f"{place}.{key}", "MISMATCHED_DICT_VALUES", value, theirs[key])


def _of_lists(side: str, place: str, ours: Sequence[object], theirs: Sequence[object]) -> Iterator[Difference]:
    if len(ours) != len(theirs):
        yield f"MISMATCHED_LENGTHS:{side}:{place}", len(ours), len(theirs)
    for number, (value, other) in enumerate(zip(ours, theirs, strict=False)):
        here = f"{place}.index_{number}"
        yield from _of_values(side, here, here, "MISMATCHED_LIST_VALUES", value, other)


def _of_values(side: str, place: str, inside: str, words: str, ours: object, theirs: object) -> Iterator[Difference]:
    if ours == theirs:
        return
    if not isinstance(ours, type(theirs)):
        yield f"MISMATCHED_TYPES:{side}:{place}", ours, theirs
    elif isinstance(ours, dict):
        mapping, other = cast("dict[Any, object]", ours), cast("dict[Any, object]", theirs)
        yield from _of_mappings(side, inside, mapping, other)
    elif isinstance(ours, list):
        yield from _of_lists(side, inside, cast("list[object]", ours), cast("list[object]", theirs))
    else:
        yield f"{words}:{side}:{place}", ours, theirs
