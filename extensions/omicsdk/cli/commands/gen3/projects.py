"""What `omics gen3 programs` and `projects` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.agreement import agreed
from omicsdk.core.answer import json_of
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.records.projects import Project, check_project, linked_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console


def programs(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, str]]:
    """`omics gen3 programs ls`: rows of programs."""
    del arguments, console
    return [{"program": name} for name in _programs(access)]


def projects(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, str]]:
    """`omics gen3 projects ls`: rows of projects."""
    del console
    chosen: list[str] = arguments.get("programs") or _programs(access)
    return [
        {"program": program, "project": code, "project_id": f"{program}-{code}"}
        for program in chosen
        for code in linked_names(json_of(access.commons.sheepdog.get_projects.raw(program=program)))
    ]


def create_program(access: Access, arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics gen3 programs create`: what the commons says of it."""
    del console
    name: str = arguments["program"]
    accession = arguments["dbgap_accession_number"] or name
    operation = access.commons.sheepdog.create_program
    return _made(operation.raw(type="program", name=name, dbgap_accession_number=accession))


def create_project(access: Access, arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics gen3 projects create`: what the commons says of it."""
    del console
    code: str = arguments["project"]
    further: dict[str, Any] = arguments.get("properties") or {}
    stated: Any = {
        **further,
        "type": "project",
        "code": code,
        "name": arguments.get("name") or code,
        "dbgap_accession_number": arguments["dbgap_accession_number"] or code,
    }
    return _made(access.commons.sheepdog.create_project.raw(program=arguments["program"], body=stated))


def delete_program(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, str] | None:
    """`omics gen3 programs delete`: what was deleted."""
    program: str = arguments["program"]

    def check() -> None:
        access.commons.sheepdog.get_projects.raw(program=program)

    def delete() -> None:
        access.commons.sheepdog.delete_program.raw(program=program)

    return _deleted(f"program {program}", check, delete, arguments, console)


def delete_project(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, str] | None:
    """`omics gen3 projects delete`: what was deleted."""
    program, code = arguments["program"], arguments["project"]

    def check() -> None:
        check_project(access.commons, Project(program, code))

    def delete() -> None:
        access.commons.sheepdog.delete_project.raw(program=program, project=code)

    return _deleted(f"project {program}-{code}", check, delete, arguments, console)


def _deleted(
    what: str,
    check: Callable[[], None],
    delete: Callable[[], None],
    arguments: Mapping[str, Any],
    console: Console,
) -> dict[str, str] | None:
    if arguments.get("dry_run"):
        check()
        return {"would delete": what}
    if not agreed(f"Deleting the {what} is for good. Go on?", console):
        return None
    delete()
    return {"deleted": what}


def _programs(access: Access) -> list[str]:
    return linked_names(json_of(access.commons.sheepdog.get_programs.raw()))


def _made(answer: httpx.Response) -> dict[str, Any]:
    told: object = json_of(answer)
    facts = told if is_object(told) else {}
    entities = facts.get("entities")
    first = entities[0] if is_array(entities) and entities and is_object(entities[0]) else facts
    return {name: first[name] for name in ("id", "type", "action", "name", "code") if name in first} or facts
