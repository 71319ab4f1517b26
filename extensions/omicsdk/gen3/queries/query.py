"""Queries over the records of a commons, written in Python and checked against its dictionary."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from logging import getLogger
from typing import Any, Self

from omicsdk.core.type_guards import is_list, is_mapping
from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.dictionary.node import key_of
from omicsdk.gen3.errors import Gen3UserError, choice

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def name_of(text: str) -> str:
    """Return a name that stands in a query as it is.

    Args:
        text: The name.

    Raises:
        Gen3UserError: It can't be one.
    """
    if not _NAME.fullmatch(text):
        raise Gen3UserError(f"{text!r} is no name of GraphQL", remedy="Give one of letters, digits and underscores.")
    return text


def literal(value: Any) -> str:
    """Write a value into a query, so that the service reads that value and nothing else.

    Args:
        value: A text, number, truth value, a list of them, or an object with names.

    Raises:
        Gen3UserError: There is no such value in a query: None, which the service doesn't take, or a number that is none.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Gen3UserError(f"{value} can't stand in a query", remedy="Give a number.")
        return repr(value)
    if is_mapping(value):
        return "{" + ", ".join(f"{name_of(str(key))}: {literal(each)}" for key, each in value.items()) + "}"
    if is_list(value):
        return "[" + ", ".join(literal(each) for each in value) + "]"
    told = "None" if value is None else f"A {type(value).__name__}"
    raise Gen3UserError(
        f"{told} can't stand in a query", remedy="Give texts, numbers, truth values, or lists of them; leave None out."
    )


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Gen3UserError(
            f"{value!r} is no text that can be sent", remedy="Remove the half of a pair in it."
        ) from error
    # JSON's escapes are among those of GraphQL; what it leaves as it is, GraphQL takes as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def arguments(stated: Mapping[str, Any]) -> str:
    """Write arguments in their brackets; nothing where there are none.

    Args:
        stated: The values by their names.

    Raises:
        Gen3UserError: A name or a value can't stand in a query.
    """
    if not stated:
        return ""
    return "(" + ", ".join(f"{name_of(name)}: {literal(value)}" for name, value in stated.items()) + ")"


_log = getLogger("omicsdk.gen3")
#: What every record has, besides its node's properties.
COMMON = ("id", "type", "project_id", "submitter_id", "state", "created_datetime", "updated_datetime")
#: What records can be chosen by, besides their node's properties.
CHOOSING = ("id", "ids", "quick_search", "created_before", "created_after", "updated_before", "updated_after")
_CUTTING = ("first", "offset", "order_by_asc", "order_by_desc")


@dataclass(frozen=True)
class Query:
    """A query for records of a node; each method gives a new one.

    `Query("case", dictionary).where(sex="F").fields("submitter_id", "age").links("experiments")` asks for the women and the
    experiments that they are in. Without a dictionary, names are taken as they are; with it one that there isn't is an error
    that names the nearest. Values are written so that the commons reads them and nothing else.

    Args:
        node: The node.
        dictionary: The dictionary of the commons.

    Attributes:
        chosen: The arguments of the query.
        selected: The properties that are asked for; its id and its name by default.
        linked: Links, and what is asked for of their targets.

    Raises:
        Gen3UserError: The dictionary has no such node.
    """

    node: str
    dictionary: Dictionary | None = None
    chosen: tuple[tuple[str, Any], ...] = ()
    selected: tuple[str, ...] = ()
    linked: tuple[tuple[str, Query], ...] = ()

    def __post_init__(self) -> None:
        name_of(self.node)
        if self.dictionary is not None:
            self.dictionary.node(self.node)

    def where(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """Choose records by what they have; of several values in a list, any.

        A number may find nothing: services are known whose filters never match those, and the log has a warning.

        Args:
            values: Values by the names of properties, or of `id`, `ids`, `project_id`, `submitter_id`, `quick_search` (a part
                of the id or submitter_id), `created_before`, `created_after`, `updated_before`, `updated_after`.
            more: The same.

        Raises:
            Gen3UserError: There is no such property, or it has no such value.
        """
        wanted = {**(values or {}), **more}
        for name, value in wanted.items():
            self._check_value(name, value)
        return self._with(**wanted)

    def excluding(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """Leave out records that have a value; arguments and errors as those of `where`, properties only."""
        wanted = {**(values or {}), **more}
        for name, value in wanted.items():
            self._check_value(name, value)
        return self._with(**{"not": [*self._listed("not"), *({name: value} for name, value in wanted.items())]})

    def project(self, project_id: str | Sequence[str]) -> Self:
        """Choose records of a project, or of several.

        Args:
            project_id: PROGRAM-CODE.
        """
        return self._with(project_id=project_id)

    def with_links(self, *names: str) -> Self:
        """Choose records that are linked by all of these links, or ways back."""
        self._check_links(names)
        return self._with(with_links=[*self._listed("with_links"), *names])

    def without_links(self, *names: str) -> Self:
        """Choose records that aren't linked by any of these links, or ways back."""
        self._check_links(names)
        return self._with(without_links=[*self._listed("without_links"), *names])

    def with_path_to(self, node: str, /, **values: Any) -> Self:
        """Choose records from which links lead, over any number of others, to a record of a node.

        Args:
            node: The node.
            values: What that record has.
        """
        return self._with(with_path_to=[*self._listed("with_path_to"), self._target(node, values)])

    def without_path_to(self, node: str, /, **values: Any) -> Self:
        """Leave out records from which links lead to a record of a node; arguments as those of `with_path_to`."""
        return self._with(without_path_to=[*self._listed("without_path_to"), self._target(node, values)])

    def first(self, count: int) -> Self:
        """Return so many records at most; 0, the default, is all."""
        if count < 0:
            raise Gen3UserError(f"There are no {count} records", remedy="Give 0 for all, or more.")
        return self._with(first=count)

    def offset(self, count: int) -> Self:
        """Pass over so many records."""
        if count < 0:
            raise Gen3UserError(f"{count} records can't be passed over", remedy="Give 0 or more.")
        return self._with(offset=count)

    def order_by(self, name: str, *, descending: bool = False) -> Self:
        """Order by a property.

        Args:
            name: The property.
            descending: Whether the greatest comes first.
        """
        self._check_property(name)
        kept = tuple(pair for pair in self.chosen if not pair[0].startswith("order_by_"))
        return replace(self, chosen=(*kept, ("order_by_desc" if descending else "order_by_asc", name)))

    def fields(self, *names: str) -> Self:
        """Request properties; of what is linked they are written with dots: `experiments.submitter_id`."""
        asked = self
        for name in names:
            link, dot, inner = name.partition(".")
            if dot:
                asked = asked._linking(link, asked._link(link).fields(inner))
            else:
                self._check_field(name)
                asked = replace(asked, selected=tuple(dict.fromkeys((*asked.selected, name))))
        return asked

    def links(self, *names: str, **selections: Query | Iterable[str]) -> Self:
        """Request what is linked, either way; all of it, unless a query says otherwise.

        Args:
            names: Links or ways back, of whose records the id and the name are given.
            selections: By a link's name the properties that are asked for of its records, or a query for them.

        Raises:
            Gen3UserError: There is no such link, or a query is one for another node.
        """
        asked = self
        for name in names:
            asked = asked._linking(name, asked._link(name))
        for name, wanted in selections.items():
            if isinstance(wanted, Query):
                target = self._target_of(name)
                if target is not None and wanted.node != target:
                    raise Gen3UserError(
                        f"{name} leads to {target}, and the query is one for {wanted.node}",
                        remedy=f"Give a Query({target!r}).",
                    )
                asked = asked._linking(name, wanted)
            else:
                asked = asked._linking(name, asked._link(name).fields(*wanted))
        return asked

    # -- as text

    @property
    def text(self) -> str:
        """The query in GraphQL."""
        return f"{{ {self._written(self.node)} }}"

    @property
    def count_text(self) -> str:
        """The query for how many records there are, without first, offset and order."""
        stated = {name: value for name, value in self.chosen if name not in _CUTTING}
        return f"{{ {self.count_field}{arguments(stated)} }}"

    @property
    def count_field(self) -> str:
        """The field of the answer to `count_text`."""
        return f"_{self.node}_count"

    def argument(self, name: str) -> Any:
        """Return an argument of the query; None where it isn't stated."""
        return dict(self.chosen).get(name)

    def __str__(self) -> str:
        return self.text

    def _written(self, field: str) -> str:
        stated = {"first": 0, **dict(self.chosen)}
        selected = self.selected or (() if self.linked else ("id", key_of(self.node) if self.node else "id"))
        inner = [*selected, *(query._written(name) for name, query in self.linked)]
        return f"{name_of(field)}{arguments(stated)} {{ {' '.join(inner)} }}"

    # -- what is checked

    def _with(self, **values: Any) -> Self:
        for value in values.values():
            literal(value)
        return replace(self, chosen=tuple({**dict(self.chosen), **values}.items()))

    def _listed(self, name: str) -> list[Any]:
        return list(self.argument(name) or ())

    def _link(self, name: str) -> Query:
        """What is asked for of a link's records so far."""
        target = self._target_of(name_of(name))
        return dict(self.linked).get(name) or Query(target or name, self.dictionary if target else None)

    def _linking(self, name: str, wanted: Query) -> Self:
        self._target_of(name_of(name))
        return replace(self, linked=tuple({**dict(self.linked), name: wanted}.items()))

    def _target_of(self, link: str) -> str | None:
        """The node that a link or way back leads to; None where there is no dictionary to tell."""
        if self.dictionary is None:
            return None
        self._check_links([link])
        node = self.dictionary.node(self.node)
        if link in node.links:
            return node.links[link].target
        return self.dictionary.backrefs[self.node][link][0].name

    def _check_links(self, names: Sequence[str]) -> None:
        if self.dictionary is None:
            return
        known = [*self.dictionary.node(self.node).links, *self.dictionary.backrefs[self.node]]
        for name in names:
            if name not in known:
                raise Gen3UserError(f"{self.node} has no link {name!r}", remedy=choice(name, known))

    def _check_property(self, name: str) -> None:
        name_of(name)
        if self.dictionary is None:
            return
        known = (*self.dictionary.node(self.node).properties, *COMMON)
        if name not in known:
            raise Gen3UserError(f"{self.node} has no property {name!r}", remedy=choice(name, dict.fromkeys(known)))

    def _check_field(self, name: str) -> None:
        if name == "__typename":
            return
        if self.dictionary is not None and name.startswith("_") and name.endswith("_count"):
            self._check_links([name[1 : -len("_count")]])
            return
        self._check_property(name)

    def _check_value(self, name: str, value: Any) -> None:
        if name in CHOOSING:
            return
        self._check_property(name)
        stated = None if self.dictionary is None else self.dictionary.node(self.node).properties.get(name)
        if stated is not None and {"integer", "number"} & set(stated.kinds):
            _log.warning("%s is a number: services are known whose filters never match those", name)
        choices = [] if stated is None else [str(each) for each in stated.choices]
        for each in value if is_list(value) else [value]:
            if choices and str(each) not in choices:
                raise Gen3UserError(f"{name} is never {each!r}", remedy=choice(str(each), choices))

    def _target(self, node: str, values: Mapping[str, Any]) -> dict[str, Any]:
        if self.dictionary is not None:
            Query(node, self.dictionary).where(values)
        return {"type": node, **values}
