"""What Pangea says of fields and manifests, as entries. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from omicsdk.core.json_encoding import written
from omicsdk.fs.places.pangea.names import OF_GROUP, escaped, result_parts, sample_part
from omicsdk.fs.store import Entry
from omicsdk.pangea.asking.values import Blob, name_in, objects_in
from omicsdk.pangea.contents.stored_data import checksums_of, kind_of, size_of, without_signature

OF_SAMPLE_ROUTE, OF_GROUP_ROUTE = "sample_ar_fields", "sample_group_ar_fields"


@dataclass(frozen=True, slots=True)
class Held:
    """A field as its store finds it again.

    Attributes:
        route: Its flat route.
        data: Its `stored_data`; may have a presigned URL in it.
    """

    route: str
    data: Any = field(repr=False)

    @property
    def is_value(self) -> bool:
        """Whether it holds a value of its own, and no file."""
        return kind_of(self.data) == "blob"


def value_bytes(data: object) -> bytes:
    """A value as the file that it is here: its JSON."""
    return written(data, ensure_ascii=False).encode("utf-8", "backslashreplace")


def field_entry(path: str, route: str, told: Mapping[str, Any]) -> Entry:
    """A field.

    Args:
        path: Its path.
        route: The flat list that it is in.
        told: What the server says of it.
    """
    data, uuid = told.get("stored_data"), str(told.get("uuid"))
    kept = value_bytes(without_signature(data))
    held = Held(f"{route}/{uuid}", data)
    return Entry(
        path,
        "file",
        len(kept) if held.is_value else size_of(data),
        checksums_of(data),
        seconds(told.get("updated_at")),
        f"{uuid}-{blake2b(kept, digest_size=8).hexdigest()}",
        {"uuid": uuid, "kind": "value" if held.is_value else kind_of(data)},
        held,
    )


def manifest_entries(path: str, manifest: Blob) -> Iterator[Entry]:
    """All fields of a group.

    Args:
        path: The group's path.
        manifest: Its manifest.
    """
    for sample, part in samples_with_parts(manifest, "samples", path):
        yield from results_entries(f"{path}/{part}", OF_SAMPLE_ROUTE, sample)
    yield from results_entries(f"{path}/{OF_GROUP}", OF_GROUP_ROUTE, manifest)


def results_entries(path: str, route: str, manifest: Blob) -> Iterator[Entry]:
    """All fields of a sample's results, or of a group's own.

    Args:
        path: The path that the results are below.
        route: The flat list that their fields are in.
        manifest: The manifest, or the part of one, with `analysis_results`.
    """
    results = objects_in(manifest, "analysis_results", path)
    for result in results:
        name_in(result, path, "module_name")
    parts = result_parts(results)
    for result in results:
        below = f"{path}/{parts[str(result.get('uuid'))]}"
        for each in objects_in(result, "fields", path):
            yield field_entry(f"{below}/{escaped(name_in(each, below))}", route, each)


def samples_with_parts(told: Blob, field: str, path: str) -> Iterator[tuple[Blob, str]]:
    """Samples with what they are called in a path; those of one name by their uuids.

    Args:
        told: What the server says of a group.
        field: Where it has the list of its samples.
        path: The group's path.

    Raises:
        PangeaGeneralError: There is no such list, or one of them has no name.
    """
    samples = objects_in(told, field, path)
    counts = Counter(name_in(sample, path) for sample in samples)
    for sample in samples:
        name = str(sample["name"])
        yield sample, sample_part(name) if counts[name] == 1 else name_in(sample, path, "uuid")


def seconds(moment: object) -> float | None:
    """A moment as the server writes it, in seconds since 1970; None where it says none."""
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        return None
