"""Which programs and projects a commons has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.core.answer import json_of
from omicsdk.core.errors import NotFound
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.names import choice
from omicsdk.gen3.records.projects import Project, linked_names

if TYPE_CHECKING:
    from omicsdk.gen3.client import Gen3


def programs_of(commons: Gen3) -> list[str]:
    """Lists the names of the programs of a commons.

    Args:
        commons: The commons.
    """
    return linked_names(json_of(commons.sheepdog.get_programs.raw()))


def projects_of(commons: Gen3, program: str) -> list[str]:
    """Lists the codes of the projects of a program.

    Args:
        commons: The commons.
        program: The program's name.

    Raises:
        NotFound: There is no such program; the nearest is named.
    """
    try:
        return linked_names(json_of(commons.sheepdog.get_projects.raw(program=program)))
    except NotFound as error:
        error.remedy = choice(program, programs_of(commons))
        raise


def project_there(commons: Gen3, program: str, project: str) -> Project:
    """Gives a project that there is.

    Args:
        commons: The commons.
        program: The program's name.
        project: The project's code.

    Raises:
        NotFound: There is no such program; the nearest is named.
        Gen3UserError: There is no such project in it; the nearest is named.
    """
    codes = projects_of(commons, program)
    if project not in codes:
        raise Gen3UserError(f"The program {program} has no project {project!r}", remedy=choice(project, codes))
    return Project(program, project)
