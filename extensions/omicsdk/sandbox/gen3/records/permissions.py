"""Permissions on projects, and the states that they require; refusals in the service's words and order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.records.store import Record
from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.service import Call

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

SERVICE = "sheepdog"
# The prefix of the service's paths.
ROOT = "/v0/submission"
# Users with the permission on this resource may make and delete programs.
PROGRAMS = "/services/sheepdog/submission/program"
# Users with the permission on this resource, or on the program's, may make and delete projects.
PROJECTS = "/services/sheepdog/submission/project"


def refuse(status: int, message: str, *, crashes: bool = False) -> Problem:
    """A refusal in the service's shape; or one on which the real service fails."""
    return Problem(status, "", message, crashes=crashes)


def error_body(problem: Problem) -> Mapping[str, object]:
    """The JSON that a refusal carries."""
    return {"message": problem.title}


@dataclass(frozen=True, slots=True)
class Visit:
    """A request to a project, let in.

    Attributes:
        person: Its sender.
        program: The program's name.
        code: The project's code.
        project: The project.
    """

    person: Person
    program: str
    code: str
    project: Record

    @property
    def project_id(self) -> str:
        """The project, as PROGRAM-PROJECT."""
        return f"{self.program}-{self.code}"


def principal(commons: Gen3, call: Call) -> Person:
    """The sender of a request.

    Raises:
        Problem: 401; there is no valid token.
    """
    try:
        return commons.access.somebody(call.headers, refuse(401, "Didn't receive JWT correctly"))
    except Problem as problem:
        raise refuse(problem.status, f"Authentication Error: {problem.title}") from problem


def permit(person: Person, method: str, *resources: str) -> None:
    """Refuse who may not do something with any of some resources.

    Raises:
        Problem: 403; they may not.
    """
    if not any(person.may(method, resource, SERVICE) for resource in resources):
        raise refuse(403, f"You don't have {method} permission on {resources[-1]}")


def resource_of(program: str, code: str) -> str:
    """The resource that represents a project."""
    return f"/programs/{program}/projects/{code}"


def enter_empty(commons: Gen3, call: Call, method: str) -> tuple[Person, str, str]:
    """Allow a request to a project that need not be there.

    Raises:
        Problem: 401, 403.
    """
    person = principal(commons, call)
    program, code = call.arguments["program"], call.arguments["project"]
    permit(person, method, resource_of(program, code))
    return person, program, code


def enter(commons: Gen3, call: Call, method: str, *states: str) -> Visit:
    """Allow a request to a project.

    Args:
        commons: The commons.
        call: The request.
        method: What its sender has to be allowed: read, create, update, delete.
        states: In which of these states the project has to be; none for any.

    Raises:
        Problem: 401, 403; 404 where there is no such project; 400 in another state.
    """
    person, program, code = enter_empty(commons, call, method)
    if commons.records.program(program) is None:
        raise refuse(404, f"Program {program} not found")
    project = or_raise(commons.records.project(program, code), refuse(404, f"Project {code} not found"))
    state: Any = project.properties.get("state", "open")
    if states and state not in states:
        raise refuse(
            400,
            f"Project is in state '{state}', which prevents {call.path}. In order to perform this action, the project"
            f" must be in state <{'> or <'.join(states)}>.",
        )
    return Visit(person, program, code, project)


def found_program(commons: Gen3, call: Call) -> Record:
    """The program that a request names.

    Raises:
        Problem: 404; there is none of that name.
    """
    name = call.arguments["program"]
    return or_raise(commons.records.program(name), refuse(404, f"program {name} not found"))
