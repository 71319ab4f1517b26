"""The plan of a client's groups: a class for each, with its operations and the groups below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .code import Code, as_docstring, as_literal
from .groups import Groups
from .naming import NameRequest, operation_module, pascal_case, settle
from .operations import Draft
from .texts import one_line


@dataclass(frozen=True)
class GroupMember:
    """An operation of a group, with its attribute."""

    name: Code
    operation: Code


@dataclass(frozen=True)
class GroupModule:
    """A module of one group.

    Attributes:
        path: attributes from the client to the group, with dots between them.
        name: the last of them.
        module: the module.
        title: the module's docstring.
        group: the class.
        doc: its docstring.
        members: its operations by attribute.
        below: the groups below it.
    """

    path: str
    name: Code
    module: Code
    title: Code
    group: Code
    doc: Code
    members: list[GroupMember]
    below: list[GroupModule]

    @property
    def literal(self) -> Code:
        """Its path as a literal."""
        return as_literal(self.path)


def plan_groups(groups: Groups, drafts: Sequence[Draft]) -> list[GroupModule]:
    """Plan the groups of a client, those below others too.

    Args:
        groups: the groups of operations.
        drafts: the operations.
    """
    paths = groups.paths()
    # `a.b` and `a_b` are two groups.
    modules = settle(
        NameRequest(
            path,
            (operation_module(path.replace(".", "_")), operation_module(path.replace(".", "_in_"))),
            "." not in path,
        )
        for path in paths
    )
    classes = settle(NameRequest(path, (f"{pascal_case(modules[path])}Group",)) for path in paths)
    members: dict[str, list[GroupMember]] = {}
    for draft in drafts:
        if (member := groups.members.get(draft.operation.key)) is not None:
            members.setdefault(member.group, []).append(GroupMember(Code(member.name), Code(draft.name)))
    modules_by_path: dict[str, GroupModule] = {}
    for path in reversed(paths):
        modules_by_path[path] = _module(
            path, modules, classes[path], groups.about.get(path, ""), members.get(path, []), modules_by_path
        )
    return [modules_by_path[path] for path in paths]


def _module(
    path: str,
    modules: Mapping[str, str],
    class_: str,
    about: str,
    members: list[GroupMember],
    modules_by_path: Mapping[str, GroupModule],
) -> GroupModule:
    title = one_line(path.replace(".", " ").replace("_", " ")).strip()
    return GroupModule(
        path=path,
        name=Code(path.rpartition(".")[2]),
        module=Code(modules[path]),
        title=as_docstring(f"The group of operations {path}.", 0),
        group=Code(class_),
        doc=as_docstring(about or f"Operations of {title}.", 4),
        members=sorted(members, key=lambda member: member.name),
        below=[modules_by_path[module] for module in modules if module.rpartition(".")[0] == path],
    )
