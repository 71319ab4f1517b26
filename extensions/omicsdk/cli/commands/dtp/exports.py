"""What `omics dtp export` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.output_files import STDOUT
from omicsdk.core.errors import UsageError
from omicsdk.dtp.commons import FORMATS, Exporter
from omicsdk.dtp.convertor import Gen3Convertor
from omicsdk.dtp.metadata import records_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.dtp.access import Workflow
    from omicsdk.cli.console import Console


def export(workflow: Workflow, arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics dtp export`: records, or which files were written."""
    node, record, sds = arguments.get("node"), arguments.get("record"), arguments.get("sds")
    if [node, record, sds].count(None) != 2:
        raise UsageError(
            "it isn't clear what is wanted",
            remedy="Give one of: NODE, --record ID, --sds FOLDER for a data set's tables.",
        )
    program, project = workflow.project(arguments)
    if sds is not None:
        return _data_set(workflow, arguments, console, program, project)
    file, kind = _target(arguments)
    with Exporter(workflow.auth) as exporter:
        if node is not None:
            found = exporter.export_node(program, project, node, kind)
            shown: Any = found
        else:
            shown = exporter.export_record(program, project, str(record), kind)
            found = [shown]
        if file is None:
            return shown
        exporter.save(shown, kind, file)
    console.message(f"{len(found)} records are in {file}" if len(found) != 1 else f"1 record is in {file}")
    return {"file": str(file), "records": len(found)}


def _target(arguments: Mapping[str, Any]) -> tuple[Path | None, str]:
    """The file to write, and what it is."""
    named, kind = arguments.get("file"), arguments.get("format")
    if named in (None, STDOUT):
        if kind is not None:
            raise UsageError("--format says what a file is", remedy="Give --file, or --output tsv for stdout.")
        return None, "json"
    file = Path(named)
    kind = kind or file.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise UsageError(f"--file {named}: its name doesn't say what it is", remedy="Give --format json or tsv.")
    if file.exists() and not arguments.get("overwrite"):
        raise UsageError(f"{file} is there already", remedy="Choose another name, or give --overwrite.")
    if not file.absolute().parent.is_dir():
        raise UsageError(
            f"there is no folder {file.absolute().parent}", remedy="Name a file in a folder that is there."
        )
    return file, kind


def _data_set(
    workflow: Workflow, arguments: Mapping[str, Any], console: Console, program: str, project: str
) -> list[dict[str, str]]:
    experiment, folder = arguments.get("experiment"), arguments["sds"]
    if experiment is None:
        raise UsageError("--sds needs the data set's name", remedy="Give --experiment NAME.")
    with Exporter(workflow.auth) as exporter:
        records = records_of(exporter.commons, experiment, program, project)
    convertor = Gen3Convertor(project, experiment, arguments.get("sds_version"))
    tables = convertor.restore(records, folder, overwrite=bool(arguments.get("overwrite")))
    console.message(f"{len(tables)} tables are in {folder}")
    return [{"file": str(each)} for each in tables]
