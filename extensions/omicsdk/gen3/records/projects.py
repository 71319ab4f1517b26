"""The user of a commons, and the programs and projects that they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from omicsdk.core.errors import NotFound
from omicsdk.core.late_names import LateModule
from omicsdk.core.model import STRING
from omicsdk.core.page_items import items_at
from omicsdk.core.platform import deleting
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.discovery import LOG_IN
from omicsdk.gen3.errors import Gen3AuthError, Gen3UserError, choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx
    from omicsdk_api.gen3.fence import models
else:
    models = LateModule("omicsdk_api.gen3.fence.models")


class Project(NamedTuple):
    """A project of a commons.

    Attributes:
        program: The name of its program.
        code: Its code.
    """

    program: str
    code: str

    @property
    def id(self) -> str:
        """Its id, PROGRAM-CODE, as records have it as project_id."""
        return f"{self.program}-{self.code}"


def project_of(project: str | tuple[str, str]) -> Project:
    """Parse the name of a project.

    Args:
        project: PROGRAM-CODE, of which the program ends at the first hyphen; PROGRAM/CODE, or both as a tuple, where the
            program's name has hyphens.

    Raises:
        Gen3UserError: It is none of these.
    """
    if isinstance(project, tuple):
        program, code = project
    else:
        program, _, code = project.partition("/" if "/" in project else "-")
    if not program or not code or "/" in code:
        raise Gen3UserError(f"{project!r} is not a project", remedy="Use PROGRAM-CODE or PROGRAM/CODE.")
    return Project(program, code)


def linked_names(payload: object) -> list[str]:
    """Return the names of programs, or codes of projects, which a commons lists as links to them.

    Args:
        payload: The decoded response.

    Raises:
        DecodeError: It has no list of links.
    """
    links: list[str] = items_at(payload, "links", "get_projects", STRING)
    return [unquote(link.rstrip("/").rpartition("/")[2]) for link in links]


def check_project(commons: Gen3, project: Project) -> None:
    """Make sure that there is a project: exports and queries of one that there is not are empty, without an error.

    Args:
        commons: The commons.
        project: The project.

    Raises:
        NotFound: There is no such program; the nearest is named.
        Gen3UserError: There is no such project in it; the nearest is named.
    """
    try:
        codes = linked_names(json_of(commons.sheepdog.get_projects.raw(program=project.program)))
    except NotFound as error:
        error.remedy = choice(project.program, linked_names(json_of(commons.sheepdog.get_programs.raw())))
        raise
    if project.code not in codes:
        raise Gen3UserError(
            f"The program {project.program} has no project {project.code!r}",
            remedy=f"{choice(project.code, codes)} Projects that this login cannot read are not listed.",
        )


def whoami(client: Gen3) -> models.UserInfo:
    """Show the user that the login belongs to.

    Returns:
        The user, and what they may do.

    Raises:
        Gen3AuthError: There is no login.
        Unauthorized: The commons does not accept it.
    """
    if client.credentials is None:
        raise Gen3AuthError("There is no login", remedy=LOG_IN)
    return client.fence.get_user_info()


def projects(client: Gen3, program: str | None = None) -> list[Project]:
    """List the projects of a commons.

    Args:
        program: Only those of this program.

    Returns:
        The projects that this login may see.

    Raises:
        NotFound: There is no such program.
    """
    return [
        Project(name, code)
        for name in ([program] if program is not None else programs(client))
        for code in linked_names(json_of(client.sheepdog.get_projects.raw(program=name)))
    ]


def programs(client: Gen3) -> list[str]:
    """List the names of the programs that this login may see."""
    return linked_names(json_of(client.sheepdog.get_programs.raw()))


def create_program(client: Gen3, program: str, *, dbgap_accession_number: str | None = None) -> dict[str, Any]:
    """Create a program, or update the one with that name.

    Args:
        program: Name of the program.
        dbgap_accession_number: dbGaP accession of the program; by default its name.

    Returns:
        The commons' description of it.
    """
    accession = dbgap_accession_number or program
    return _created(client.sheepdog.create_program.raw(type="program", name=program, dbgap_accession_number=accession))


def create_project(
    client: Gen3,
    program: str,
    project: str,
    *,
    name: str | None = None,
    dbgap_accession_number: str | None = None,
    properties: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Create a project, or update the one with that code.

    Args:
        program: Name of its program.
        project: Code of the project.
        name: Name of the project; by default its code.
        dbgap_accession_number: dbGaP accession of the project; by default its code.
        properties: Further properties: a JSON object.

    Returns:
        The commons' description of it.
    """
    body: Any = {
        **(properties or {}),
        "type": "project",
        "code": project,
        "name": name or project,
        "dbgap_accession_number": dbgap_accession_number or project,
    }
    return _created(client.sheepdog.create_project.raw(program=program, body=body))


def delete_program(client: Gen3, program: str) -> None:
    """Delete a program that has no projects.

    Args:
        program: Name of the program.
    """
    with deleting():
        client.sheepdog.delete_program(program=program)


def delete_empty_project(client: Gen3, program: str, project: str) -> None:
    """Delete a project that has no records.

    Args:
        program: Name of its program.
        project: Code of the project.
    """
    with deleting():
        client.sheepdog.delete_project(program=program, project=project)


def _created(response: httpx.Response) -> dict[str, Any]:
    payload: object = json_of(response)
    facts = payload if is_object(payload) else {}
    entities = facts.get("entities")
    first = entities[0] if is_array(entities) and entities and is_object(entities[0]) else facts
    return {name: first[name] for name in ("id", "type", "action", "name", "code", "message") if name in first} or facts


def dictionary(client: Gen3) -> Dictionary:
    """Read the data dictionary of the commons; no login is needed.

    Raises:
        DictionaryError: What it gives is not one.
    """
    return Dictionary.of(client)
