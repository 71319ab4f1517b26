"""What `omics gen3 discovery` does; files that are written are told by their names, as gen3's command does."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.agreement import agreed
from omicsdk.cli.commands.gen3.published import published
from omicsdk.cli.commands.output_files import file_to_write
from omicsdk.cli.told import Told
from omicsdk.core.errors import SomeFailed, UsageError
from omicsdk.gen3.manifests import combine_discovery
from omicsdk.gen3.manifests.discovery import name_for, objects_in_table, write_objects, write_template

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console

OBJECTS = "discovery_objects"


def read(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics gen3 discovery read`: the file, and how many studies are in it."""
    form: str = arguments["output_format"]
    suffix = arguments.get("output_filename_suffix") or ""
    named: str = arguments.get("output_file") or name_for(access.endpoint, arguments["guid_type"], suffix, f".{form}")
    file_to_write(named)
    count = access.commons.read_discovery(
        named,
        guid_type=arguments["guid_type"],
        limit=arguments["limit"],
        aggregate=bool(arguments.get("agg")),
        output_format=form,
        on_more=lambda: console.more_left(arguments["limit"], "documents"),
    )
    return Told(named, {"documents": count, "output": named})


def combine(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics gen3 discovery combine`: the file, and how many studies are in it."""
    limit: int | None = arguments["max_number_discovery_records"]

    def on_more() -> None:
        console.some_failed(
            f"there are more than {limit} documents; --max-number-discovery-records says how many are wanted"
        )

    output: str = arguments["output_filename"]
    with TemporaryDirectory(prefix="omics-discovery-") as folder:
        current = Path(folder, "current.tsv")
        aggregate = bool(arguments.get("agg"))
        access.logged_in.read_discovery(current, limit=limit, aggregate=aggregate, on_more=on_more)
        count = combine_discovery(
            current,
            arguments["file"],
            arguments["discovery_column_to_map_on"],
            arguments["metadata_column_to_map"],
            output,
            prefix=arguments.get("metadata_prefix") or "",
            exact=bool(arguments.get("exact")),
        )
    return Told(output, {"documents": count, "output": output})


def publish(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 discovery publish`: how many documents were created, updated and left out."""
    path: str | None = arguments.get("file")
    if path is None and arguments.get("default_file"):
        path = name_for(access.endpoint, arguments["guid_type"])
    if path is None:
        raise UsageError("nothing says which file to publish", remedy="Give FILE, or --default-file.")
    made = access.logged_in.publish_discovery(
        path,
        guid_type=arguments["guid_type"],
        guid_field=arguments.get("guid_field"),
        omit_empty=bool(arguments.get("omit_empty")),
    )
    return published(made, console)


def delete(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, str] | None:
    """`omics gen3 discovery delete`: what was deleted."""
    guid: str = arguments["guid"]
    access.logged_in.delete_study(guid, dry_run=True)
    if arguments.get("dry_run"):
        return {"would delete": guid}
    if not agreed(f"Deleting the metadata of {guid} is for good. Go on?", console):
        return None
    access.commons.delete_study(guid)
    return {"deleted": guid}


def read_objects(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics gen3 discovery objects read`: the file, and how many objects are in it; or their GUIDs."""
    datasets: list[str] = arguments.get("dataset_guids") or []
    form: str = arguments["output_format"]
    named = arguments.get("output_file")
    if arguments.get("template"):
        file: str = named or name_for(access.endpoint, OBJECTS, "TEMPLATE")
        write_template(file)
        return Told(file, {"objects": 0, "output": file})
    found = access.logged_in.discovery_objects(
        datasets,
        limit=arguments["limit"],
        on_more=lambda: console.more_left(arguments["limit"], "studies"),
        on_missing=lambda guid: console.some_failed(f"{guid}: there is no such study"),
    )
    if arguments.get("only_object_guids"):
        guids = [str(each.get("guid")) for each in found]
        return Told("\n".join(guids), guids)
    file = named or name_for(access.endpoint, OBJECTS, ending=f".{form}")
    return Told(file, {"objects": write_objects(found, file, form), "output": file})


def publish_object_table(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 discovery objects publish`: how many studies were created and updated."""
    overwrite = bool(arguments.get("overwrite"))
    return published(access.logged_in.publish_discovery_objects(arguments["file"], overwrite=overwrite), console)


def delete_object_lists(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any] | None:
    """`omics gen3 discovery objects delete`: how many objects were taken from each study."""
    given: list[str] = arguments.get("guids") or []
    file: str | None = arguments.get("file")
    if bool(given) == bool(file):
        raise UsageError("nothing says which objects are meant", remedy="Give GUIDs of studies, or --file TABLE.")
    wanted: dict[str, Collection[str] | None] = dict.fromkeys(given)
    if file is not None:
        wanted.update({dataset: set(study.objects) for dataset, study in objects_in_table(file).items()})
    named = ", ".join(wanted) if len(wanted) < 5 else f"{len(wanted)} studies"
    if arguments.get("dry_run"):
        there = _told(wanted, access.logged_in.delete_discovery_objects(wanted, dry_run=True), console)
        named_ones = {name: some for name, some in wanted.items() if name in there}
        return {"would delete": {name: "all" if some is None else sorted(some) for name, some in named_ones.items()}}
    if not agreed(f"Taking objects from {named} is for good; their files stay. Go on?", console):
        return None
    return {"counts": _told(wanted, access.logged_in.delete_discovery_objects(wanted), console)}


def _told(wanted: Collection[str], counts: dict[str, int], console: Console) -> dict[str, int]:
    """Tells which studies aren't there; gives how many objects each of the others loses."""
    missing = [each for each in wanted if each not in counts]
    for each in missing:
        console.some_failed(f"{each}: there is no such study")
    if missing and not counts:
        raise SomeFailed(f"none of {len(missing)} studies is there", remedy="Check their GUIDs.")
    return counts
