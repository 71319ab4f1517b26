"""What `omics pangea create field` and `upload group-field` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea.lines import field_line, told
from omicsdk.cli.commands.pangea.places import group, sample, sample_result
from omicsdk.cli.commands.pangea.sending import check_files, sent
from omicsdk.core.errors import UsageError
from omicsdk.pangea.blob_constructors import sample_ar_from_blob, sample_ar_from_uuid, sample_group_from_blob
from omicsdk.pangea.files.reads import has_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told
    from omicsdk.pangea.objects.analysis_result import AnalysisResult
    from omicsdk.pangea.objects.field import AnalysisResultField


def of_sample(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea create field`."""
    names: list[str] = arguments["names"]
    if len(names) not in (3, 6):
        raise UsageError(
            f"NAMES: expected 3 or 6 words, got {len(names)}",
            remedy="Give ORGANIZATION LIBRARY SAMPLE MODULE FIELD FILE, or RESULT_UUID FIELD FILE.",
        )
    check_files(names[-1:])
    if len(names) == 3:
        result = sample_ar_from_uuid(access.knex, names[0].lower())
    else:
        result = sample_ar_from_blob(access.knex, sample_result(access, sample(access, *names[:3]), names[3]))
    return _filled(access, result, names[-2], names[-1], arguments, console)


def of_group(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea upload group-field`."""
    path: str = arguments["file_path"]
    check_files([path])
    of = sample_group_from_blob(access.knex, group(access, arguments["org_name"], arguments["grp_name"]))
    result = of.analysis_result(arguments["module_name"])
    if not result.exists():
        result.create()
    return _filled(access, result, arguments["field_name"], path, arguments, console)


def _filled(
    access: Access,
    result: AnalysisResult[Any],
    name: str,
    path: str,
    arguments: Mapping[str, Any],
    console: Console,
) -> Told:
    """Makes a field, or takes the one that an upload which failed has left, and uploads a file into it."""
    there: list[AnalysisResultField] = [field for field in result.get_fields() if field.name == name]
    if there and has_file(there[0]):
        raise UsageError(
            f"the field {name!r} of {result} holds something already",
            remedy=f"Choose another name, or delete the field ({there[0].uuid}) first.",
        )
    field = there[0] if there else result.field(name).create()
    line = field_line({"name": field.name, "uuid": field.uuid})
    console.message(f"Created: {line}")
    console.message(f"Uploading file: {path}")
    sent(field, path, arguments, console, f"uploading to {access.endpoint}")
    made = {"name": field.name, "uuid": field.uuid, "analysis_result": result.uuid, "file": path}
    return told(line, made, arguments, made=True)
