"""All records of a node, with errors that name what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import BadRequest, NotFound
from omicsdk.dtp.projects import project_there
from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.names import choice
from omicsdk.gen3.records.exports import export_rows

if TYPE_CHECKING:
    from omicsdk.gen3.client import Gen3


def node_records(commons: Gen3, program: str, project: str, node: str) -> list[dict[str, Any]]:
    """Gives all records of a node.

    Args:
        commons: The commons.
        program: The program's name.
        project: The project's code.
        node: The node.

    Raises:
        BadRequest: The dictionary has no such node; the nearest is named.
        NotFound: There is no such program; the nearest is named.
        Gen3UserError: There is no such project in it; the nearest is named.
    """
    try:
        return list(export_rows(commons, (program, project), node))
    except NotFound:
        project_there(commons, program, project)
        raise
    except BadRequest as error:
        nodes = [each.name for each in Dictionary.of(commons) if each.submitted]
        if node not in nodes:
            error.remedy = choice(node, nodes)
        raise
