"""What of a group's results is wanted, by its manifest, and what each file is called. All of it is pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from omicsdk.core.errors import UnsafePath
from omicsdk.pangea.asking.values import Blob, name_in, objects_in
from omicsdk.pangea.contents.file_names import blob_file_name, referenced_file_name
from omicsdk.pangea.contents.stored_data import NoFile, download_url, kind_of
from omicsdk.transfer.names import check_name

MANIFEST = "the group's manifest"
"""What errors call it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which results of a group are wanted.

    Attributes:
        samples: Names of samples; None for all.
        module_name: The module; empty for all.
        field_name: The field; empty for all.
        of_group: Whether results of the group itself are wanted, too; they belong to no sample.
    """

    samples: Collection[str] | None = None
    module_name: str = ""
    field_name: str = ""
    of_group: bool = False


@dataclass(frozen=True, slots=True)
class ResultField:
    """A field of a group's results.

    Attributes:
        owner: The sample's name, or the group's.
        module: The module's name.
        replicate: The result's replicate.
        name: The field's name.
        route: Its flat route.
        data: What it holds.
        blob_name: What the file for its data is called, below the target folder.
        file_name: What its file is called; empty where it refers to none.
        problem: Why it can't be had; empty where there is nothing wrong.
    """

    owner: str
    module: str
    replicate: str
    name: str
    route: str
    data: object = attribute(repr=False)
    blob_name: str = ""
    file_name: str = ""
    problem: str = ""

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.owner} :: {self.module} {self.replicate} :: {self.name}"


def plan_results(manifest: Blob, wanted: Wanted) -> list[ResultField]:
    """Picks fields out of a group's manifest and names their files.

    Of several results of one module in a sample the newest has the plain names, as it is the one that the server finds by
    name; those of others have the replicate in them. Where names still clash, as "A" and "a" do on some systems, those
    that come later have the field's uuid in them.

    Args:
        manifest: What the server gave.
        wanted: Which fields.

    Returns:
        The fields: samples by name, the group's own results last.

    Raises:
        PangeaGeneralError: The manifest lacks one of its lists, or something in them has no name (a DecodeError, too).
    """
    taken = set[str]()
    planned = list[ResultField]()
    samples = [each for each in objects_in(manifest, "samples", MANIFEST) if _is_among(each, wanted.samples)]
    for sample in sorted(samples, key=lambda each: (name_in(each, MANIFEST), str(each.get("uuid")))):
        planned += _of_owner(name_in(sample, MANIFEST), sample, "sample_ar_fields", wanted, taken)
    if wanted.of_group:
        planned += _of_owner(name_in(manifest, MANIFEST), manifest, "sample_group_ar_fields", wanted, taken)
    return planned


def _of_owner(owner: str, told: Blob, route: str, wanted: Wanted, taken: set[str]) -> Iterator[ResultField]:
    results = objects_in(told, "analysis_results", MANIFEST)
    newest = dict[str, str]()  # of each module
    for result in sorted(results, key=lambda each: str(each.get("updated_at"))):
        newest[str(result.get("module_name"))] = str(result.get("uuid"))
    # Those with the plain names are named first: no other may take them.
    for result in sorted(results, key=lambda each: str(each.get("uuid")) not in newest.values()):
        module = name_in(result, MANIFEST, "module_name")
        if wanted.module_name and module != wanted.module_name:
            continue
        for field in objects_in(result, "fields", MANIFEST):
            if not wanted.field_name or name_in(field, MANIFEST) == wanted.field_name:
                yield _named(owner, result, field, route, newest[module] == str(result.get("uuid")), taken)


def _named(owner: str, result: Blob, field: Blob, route: str, plain: bool, taken: set[str]) -> ResultField:
    module, replicate = name_in(result, MANIFEST, "module_name"), str(result.get("replicate") or "")
    name = name_in(field, MANIFEST)
    uuid, data = str(field.get("uuid")), field.get("stored_data")
    is_file, problem = kind_of(data) != "blob", ""
    blob_name = file_name = ""
    names = set[str]()
    if is_file:
        try:
            download_url(data)
        except NoFile as error:
            problem = error.message
    for told_apart in ("" if plain else replicate, replicate, f"{replicate}~{uuid}"):
        blob_name = blob_file_name(owner, module, name, told_apart)
        file_name = ""
        if is_file and not problem:
            file_name = referenced_file_name(owner, module, name, data, told_apart)
            if file_name == blob_name:  # a file that is JSON itself
                blob_name = blob_name.removesuffix(".json") + ".field.json"
        names = {each.casefold() for each in (blob_name, file_name) if each}
        if not names & taken:
            break
    taken |= names
    try:
        for each in (blob_name, file_name):
            if each:
                check_name(each)
    except UnsafePath as error:  # one name that can't be had mustn't keep the others from being fetched
        problem = error.message
    return ResultField(owner, module, replicate, name, f"{route}/{uuid}", data, blob_name, file_name, problem)


def _is_among(sample: Mapping[str, Any], names: Collection[str] | None) -> bool:
    return names is None or str(sample.get("name")) in names
