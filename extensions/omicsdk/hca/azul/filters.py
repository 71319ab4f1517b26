"""Filters of searches: conditions as users write them, and the JSON object that Azul takes. Nothing here sends a request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qs

from omicsdk.core.arguments import check_text, check_texts
from omicsdk.core.errors import UsageError
from omicsdk.core.json_coding import decoded
from omicsdk.core.likeness import nearest
from omicsdk.core.redaction import url_parts
from omicsdk.core.type_guards import is_list, is_mapping
from omicsdk.hca.azul.files import UUID_FORM

# Conditions as Azul takes them: `{"fileFormat": {"is": ["h5ad"]}}`.
Filters: TypeAlias = Mapping[str, Mapping[str, Sequence[Any]]]

# Conditions as Azul takes them, with values alone such as `{"organ": "brain"}` or `{"organ": ["brain", "eye"]}`, or as
# text: `organ=brain`, `fileFormat!=bam`, `fileSize=0..1000000`, a JSON object, or the UUID or URL of a project or
# dataset, `https://explore.data.humancellatlas.org/projects/UUID`; a catalog in the URL counts, too.
Conditions: TypeAlias = Mapping[str, Any] | str | Iterable[str]

FORMS = (
    "Write FIELD=VALUE, FIELD!=VALUE or FIELD=LOW..HIGH with both bounds, or the UUID or URL of a project; give values that are not text as "
    "JSON, such as null or 20."
)
# The field of a condition that is only a UUID: each atlas has another for its containers of files.
CONTAINER = "project or dataset"
# Types of these containers, and the fields with their UUIDs.
CONTAINERS: Mapping[str, str] = {"projects": "projectId", "datasets": "datasets.document_id"}
_PAGE = re.compile(rf"https?://[^/?#]+(?:/explore)?/({'|'.join(CONTAINERS)})/({UUID_FORM.pattern})(?:[/?#].*)?")
_CONDITION = re.compile(r"\s*([A-Za-z][\w.]*)\s*(!?=)(.*)", re.DOTALL)
_RANGE = re.compile(r"([^.]+|[^.].*?[^.])\.\.(.*[^.])")
# Only these fields contain numbers: a value of 20 is text in every other one.
_NUMERIC = re.compile(r"(size|count|_age)$", re.IGNORECASE)


class Container(NamedTuple):
    """A project or dataset that a user named by its UUID or URL.

    Attributes:
        uuid: Its UUID.
        kind: `projects` or `datasets`; empty if only its UUID was given.
        catalog: The catalog in its URL; empty for none.
    """

    uuid: str
    kind: str = ""
    catalog: str = ""


def container_in(text: str) -> Container | None:
    """Return the project or dataset that a text names; None if it is neither a UUID nor the URL of one.

    Args:
        text: The text.
    """
    check_text("uuid", text)
    text = text.strip()
    if UUID_FORM.fullmatch(text):
        return Container(text)
    if (page := _PAGE.fullmatch(text)) is None:
        return None
    return Container(page[2], page[1], parse_qs(url_parts(text).query).get("catalog", [""])[0])


class InvalidFilter(UsageError, ValueError):
    """A condition that is not one, or that no single request of Azul can express."""


class UnknownFacet(UsageError, ValueError):
    """A field that the catalog does not have; the message names similar ones."""

    def __init__(self, field: str, names: Iterable[str]) -> None:
        near = nearest(field, sorted(names), count=3)
        meant = f": did you mean {' or '.join(near)}?" if near else ""
        super().__init__(
            f"No facet {field!r} in this catalog{meant}",
            remedy="List all of them: omics azul facets, or Azul.facets().",
        )
        self.near = near


def unmatched(filters: Filters, facets: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Describe the conditions whose value nothing in a catalog has, with similar values.

    Args:
        filters: The conditions.
        facets: The values of each facet; fields that are no facets are not examined.
    """
    for field, conditions in filters.items():
        values = facets.get(field, ())
        for value in conditions.get("is", ()) if values else ():
            if value not in values:
                near = nearest(text_of(value), (text_of(value) for value in values if value is not None), count=3)
                meant = f" Did you mean {' or '.join(near)}?" if near else ""
                yield f"nothing has {field}={text_of(value)}.{meant} List the values: omics azul facets --facet {field}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a user.

    Attributes:
        field: The field.
        relation: The relation, such as `is` or `within`; `is not` has no counterpart at the service.
        values: The values.
        catalog: The catalog that it names; empty for none.
    """

    field: str
    relation: str
    values: tuple[Any, ...]
    catalog: str = ""


def read_conditions(conditions: Conditions) -> list[Condition]:
    """Read conditions in any of their forms.

    Args:
        conditions: The conditions.

    Raises:
        InvalidFilter: One of them is malformed.
    """
    if is_mapping(conditions):
        return list(_of_object(conditions))
    check_texts("what", conditions)
    texts: Iterable[Any] = [conditions] if isinstance(conditions, str) else conditions
    return [condition for text in texts for condition in _of_text(text)]


def _of_text(text: str) -> list[Condition]:
    check_texts("what", text)
    if not text.strip():
        return []
    if text.lstrip().startswith("{"):
        try:
            return list(_of_object(decoded(text.encode())))
        except ValueError as error:
            raise InvalidFilter(f"The filters are not valid JSON: {error}", remedy=FORMS) from error
    if (container := container_in(text)) is not None:
        field = CONTAINERS.get(container.kind, CONTAINER)
        return [Condition(field, "is", (container.uuid,), container.catalog)]
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise InvalidFilter(f"{text!r} is not a condition", remedy=FORMS)
    field, sign, value = match[1], match[2], match[3].strip()
    bounds = _RANGE.fullmatch(value)
    if bounds is None:
        return [Condition(field, "is not" if sign == "!=" else "is", (_value(field, value),))]
    if sign == "!=":
        raise InvalidFilter(f"{text!r}: a range cannot be negated", remedy="State a range that remains.")
    return [Condition(field, "within", ([_value(field, bounds[1]), _value(field, bounds[2])],))]


def _value(field: str, text: str) -> Any:
    """A value: JSON where it can only be that, a number in a field of numbers, else the text as it is."""
    if text in ("null", "true", "false") or text[:1] in ('"', "{", "["):
        try:
            return decoded(text.encode())
        except ValueError as error:
            raise InvalidFilter(f"{field}: {text!r} is not valid JSON", remedy=FORMS) from error
    if _NUMERIC.search(field):
        try:
            number = float(text)
        except ValueError:
            raise InvalidFilter(f"{field}: {text!r} is not a number", remedy=FORMS) from None
        return int(number) if number.is_integer() else number
    return text


def text_of(value: object) -> str:
    """Return a value of a facet as it is written in a condition: JSON where it is not text.

    Args:
        value: The value.
    """
    return value if isinstance(value, str) else json.dumps(value)


def _of_object(object_: object) -> Iterable[Condition]:
    if not is_mapping(object_):
        raise InvalidFilter("The filters are not a JSON object", remedy=FORMS)
    for field, condition in object_.items():
        if not is_mapping(condition):  # a value, or a list of alternatives
            condition = {"is": condition if is_list(condition) else [condition]}
        relation, values = next(iter(condition.items())) if len(condition) == 1 else ("", None)
        if not is_list(values):
            raise InvalidFilter(
                f"{field}: a filter is a value, or one relation with a list of values",
                remedy=f'Such as {{"{field}": {{"is": []}}}}.',
            )
        yield Condition(field, relation, tuple(values))


def needs_facets(conditions: Iterable[Condition]) -> bool:
    """Whether `to_filters` needs the values of the facets: Azul has no relation for "is not"."""
    return any(condition.relation == "is not" for condition in conditions)


def to_filters(conditions: Iterable[Condition], facets: Mapping[str, Sequence[Any]]) -> dict[str, dict[str, list[Any]]]:
    """Combine conditions into the object that Azul takes: values of one field are alternatives, fields are all met.

    Args:
        conditions: The conditions.
        facets: The values of each facet in the catalog, for conditions with `!=`; empty where there are none.

    Raises:
        UnknownFacet: A field with `!=` is not a facet.
        InvalidFilter: A field has two relations, or two ranges.
    """
    filters: dict[str, dict[str, list[Any]]] = {}
    excluded: dict[str, list[Any]] = {}
    for condition in conditions:
        if condition.relation == "is not":
            if condition.field not in facets:
                raise UnknownFacet(condition.field, facets)
            excluded.setdefault(condition.field, []).extend(condition.values)
            continue
        relations = filters.setdefault(condition.field, {})
        if relations and condition.relation not in relations:
            raise InvalidFilter(
                f"{condition.field} has the relations {next(iter(relations))} and {condition.relation}",
                remedy="Use one relation for each field.",
            )
        if relations and condition.relation != "is":
            raise InvalidFilter(
                f"{condition.field} has two ranges, and the service returns only what is within both",
                remedy="Use one range, or search for each separately.",
            )
        relations.setdefault(condition.relation, []).extend(condition.values)
    for field, values in excluded.items():
        relations = filters.setdefault(field, {"is": list(facets[field])})
        if "is" not in relations:
            raise InvalidFilter(f"{field} has a range and !=", remedy="Use one relation for each field.")
        relations["is"] = [value for value in relations["is"] if value not in values]
    return filters


def facet_values(term_facets: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The values of each facet, as `termFacets` of a page states them; truth values come as text there.

    Args:
        term_facets: The object `termFacets`.
    """
    truth = {"true": True, "false": False}
    return {
        name: [truth.get(value, value) if isinstance(value := term.get("term"), str) else value for term in terms]
        for name, facet in term_facets.items()
        for terms in [facet.get("terms") or ()]
    }
