"""What `omics pangea create field` and `upload group-field` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea.lines import field_line, result_line, told
from omicsdk.cli.commands.pangea.places import group, plain, sample, sample_result
from omicsdk.cli.commands.pangea.sending import sent
from omicsdk.core.errors import UsageError
from omicsdk.pangea.fields import ResultId, has_file
from omicsdk.pangea.listings import ensure_result
from omicsdk.pangea.uploads import check_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told


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
        found = plain(access.api.get_sample_analysis_result, uuid=names[0].lower())
    else:
        found = sample_result(access, sample(access, *names[:3]), names[3])
    return _filled(access, ResultId(found["uuid"]), result_line(found), names[-2], names[-1], arguments, console)


def of_group(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea upload group-field`."""
    path: str = arguments["file_path"]
    check_files([path])
    of = group(access, arguments["org_name"], arguments["grp_name"])
    found = ensure_result(access.api, of["uuid"], arguments["module_name"], of_group=True, private=False)
    line = result_line(found.to_dict())
    return _filled(access, ResultId(found.uuid, True), line, arguments["field_name"], path, arguments, console)


def _filled(
    access: Access,
    result: ResultId,
    title: str,
    name: str,
    path: str,
    arguments: Mapping[str, Any],
    console: Console,
) -> Told:
    """Create a field, or take the one that an upload which failed has left, and upload a file into it."""
    found = next(result.fields(access.api, name), None)
    if found is not None and has_file(access.api, result.field(found.uuid), found.stored_data):
        raise UsageError(
            f"the field {name!r} of {title} holds something already",
            remedy=f"Choose another name, or delete the field ({found.uuid}) first.",
        )
    field = found or result.create_field(access.api, name)
    made = {"name": field.name, "uuid": field.uuid, "analysis_result": result.uuid, "file": path}
    line = field_line(made)
    console.message(f"Created: {line}")
    console.message(f"Uploading file: {path}")
    sent(access, result.field(field.uuid), path, arguments, console, f"uploading to {access.endpoint}")
    return told(line, made, arguments, made=True)
