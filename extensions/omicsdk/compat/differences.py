"""Intentional differences from the published packages: one table per package, `differences.toml` beside its modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple


class Behaviour(NamedTuple):
    """Difference that a program may observe.

    Attributes:
        topic: The section of the manual's page that it is in.
        old: What the published package does.
        here: What the face does.
    """

    topic: str
    old: str
    here: str


@dataclass(frozen=True, slots=True)
class Differences:
    """Table of one package. Reasons are sentences or phrases, in Markdown.

    Attributes:
        package: What the published package is called where it is installed from.
        version: The version that the face follows.
        modules: Modules that are left out with all below them, to the reasons.
        moved: Modules whose names are in another module of the face, to that one; both by their published names.
        replaced: Modules and names, by their whole dotted names, to what does their work here.
        names: Names (`File`) and members (`File.save`) that are left out or whose arguments differ, to the reasons.
        inherited: Members that classes inherit in the published package and that always fail there, to the reasons.
        behaviour: What a program may notice, in the order of the page.
    """

    package: str
    version: str
    modules: Mapping[str, str] = field(default_factory=dict[str, str])
    moved: Mapping[str, str] = field(default_factory=dict[str, str])
    replaced: Mapping[str, str] = field(default_factory=dict[str, str])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    inherited: Mapping[str, str] = field(default_factory=dict[str, str])
    behaviour: tuple[Behaviour, ...] = ()

    def module_left_out(self, module: str) -> str | None:
        """Return the entry of `modules` that a module is or is below; None if it is not left out."""
        return next((left_out for left_out in self.modules if f"{module}.".startswith(f"{left_out}.")), None)

    def reason(self, dotted: str) -> str | None:
        """Return the reason why a module or name is missing; None if the table has none.

        Args:
            dotted: The published name with its module, such as `hca.util.pool`.
        """
        left_out = self.module_left_out(dotted)
        if left_out is not None:
            return self.modules[left_out]
        direct_reason = self.replaced.get(dotted) or self.names.get(dotted.rpartition(".")[2])
        below = (reason for name, reason in self.replaced.items() if name.startswith(f"{dotted}."))
        return direct_reason or next(below, None)


@cache
def differences(face: str) -> Differences:
    """Read the table of a package.

    Args:
        face: One of `omicsdk.compat.FACES`.
    """
    import tomllib
    from importlib.resources import files

    with files("omicsdk.compat").joinpath(face, "differences.toml").open("rb") as file:
        table = tomllib.load(file)
    behaviour = tuple(Behaviour(**entry) for entry in table.pop("behaviour", ()))
    return Differences(**table, behaviour=behaviour)
