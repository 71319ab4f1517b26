"""The operations by which a file or an automation's code goes to the platform in parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omicsdk.core.omit import OMIT

if TYPE_CHECKING:
    from omicsdk_api.sb import SbApi

    from omicsdk.core.request import Request


@dataclass(frozen=True, slots=True)
class Routes:
    """What is asked in the course of an upload.

    Attributes:
        start: Begins one: of a size, in parts of a size, in bytes.
        part: Asks where a part goes, by the upload's id and the part's number.
        report: Tells what the storage answered to a part, as headers.
        complete: Makes a file of the parts.
        abort: Gives it up.
        look: Lists the parts that are there; None where there is no such operation.
        find: Looks for the file under its name; None likewise.
    """

    start: Callable[[int, int], Request]
    part: Callable[[str, int], Request]
    report: Callable[[str, int, Mapping[str, str]], Request]
    complete: Callable[[str], Request]
    abort: Callable[[str], Request]
    look: Callable[[str], Request] | None = None
    find: Callable[[], Request] | None = None


def file_routes(client: SbApi, name: str, *, project: str | None, parent: str | None, overwrite: bool) -> Routes:
    """The operations for a file.

    Args:
        client: The generated client.
        name: What the file is called there.
        project: The project that it goes to, or None.
        parent: The folder that it goes to, or None.
        overwrite: Whether it takes the place of one of that name.
    """
    place: dict[str, Any] = {"project": project} if project is not None else {"parent": parent or ""}
    return Routes(
        start=lambda size, part_size: client.start_upload.build(
            name=name, size=size, part_size=part_size, overwrite=True if overwrite else OMIT, **place
        ),
        part=lambda upload_id, number: client.get_upload_part_url.build(upload_id=upload_id, part_number=number),
        report=lambda upload_id, number, headers: client.report_upload_part.build(
            upload_id=upload_id, part_number=number, response={"headers": dict(headers)}
        ),
        complete=lambda upload_id: client.complete_upload.build(upload_id=upload_id),
        abort=lambda upload_id: client.abort_upload.build(upload_id=upload_id),
        look=lambda upload_id: client.get_upload.build(upload_id=upload_id, list_parts=True),
        find=lambda: client.list_files.build(name=[name], fields="_all", **place),
    )


def code_routes(client: SbApi, name: str, automation_id: str) -> Routes:
    """The operations for an automation's code.

    Args:
        client: The generated client.
        name: What the package is called.
        automation_id: The automation.
    """
    return Routes(
        start=lambda size, part_size: client.start_automation_upload.build(
            name=name, size=size, automation_id=automation_id, part_size=part_size
        ),
        part=lambda upload_id, number: client.get_automation_upload_part_url.build(
            upload_id=upload_id, part_number=number
        ),
        report=lambda upload_id, number, headers: client.report_automation_upload_part.build(
            upload_id=upload_id, part_number=number, response={"headers": dict(headers)}
        ),
        complete=lambda upload_id: client.complete_automation_upload.build(upload_id=upload_id),
        abort=lambda upload_id: client.abort_automation_upload.build(upload_id=upload_id),
    )
