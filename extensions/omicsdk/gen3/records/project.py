"""Which project is meant."""

from typing import NamedTuple

from omicsdk.gen3.errors import Gen3UserError


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


def project_of(given: str | tuple[str, str]) -> Project:
    """Gives the project that is meant.

    Args:
        given: PROGRAM-CODE, of which the program ends at the first hyphen; PROGRAM/CODE, or both as a tuple, where the
            program's name has hyphens.

    Raises:
        Gen3UserError: It is none of these.
    """
    if isinstance(given, tuple):
        program, code = given
    else:
        program, _, code = given.partition("/" if "/" in given else "-")
    if not program or not code or "/" in code:
        raise Gen3UserError(f"{given!r} is no project", remedy="Give PROGRAM-CODE or PROGRAM/CODE.")
    return Project(program, code)
