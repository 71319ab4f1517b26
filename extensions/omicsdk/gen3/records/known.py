"""Which records a commons has already, to hold links against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from omicsdk.gen3.dictionary.node import PROJECT
from omicsdk.gen3.queries.asking import answer
from omicsdk.gen3.queries.literals import arguments, name_of
from omicsdk.gen3.records.project import Project, check_project

if TYPE_CHECKING:
    from omicsdk.gen3.commons import Commons

Known = Callable[[str, str, Sequence[str]], set[str]]
"""Given a node, a key (`id`, or what names its records) and values: those of the values that there are records of."""
#: Records that are asked for at once.
BATCH = 200


def known_to(commons: Commons, project: Project, *, at_once: bool = True) -> Known:
    """Gives what tells which records of a project there are.

    Args:
        commons: The commons.
        project: The project.
        at_once: Whether that it is there is made sure at once. Without, that is done when nothing is found in it: for a
            submission, which the commons refuses itself.

    Raises:
        NotFound: There is no such program.
        Gen3UserError: There is no such project in it. Records that link to nothing but their project would seem right.
    """
    if at_once:
        check_project(commons, project)
    is_there = at_once

    def known(node: str, key: str, values: Sequence[str]) -> set[str]:
        nonlocal is_there
        found: set[str] = set()
        for begin in range(0, len(values), BATCH):
            part = list(values[begin : begin + BATCH])
            sought: dict[str, Any] = {"ids" if key == "id" else key: part, "first": 0}
            if node != PROJECT:
                sought["project_id"] = project.id
            told = answer(commons.peregrine, f"{{ {name_of(node)}{arguments(sought)} {{ {key} }} }}")
            found.update(str(each[key]) for each in told["data"][node])
        if not found and values and not is_there:
            check_project(commons, project)
        is_there = True
        return found

    return known
