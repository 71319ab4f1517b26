"""Classes and modules of models: one set of names, compared without case."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .directions import place_of
from .naming import NameRequest, class_name, module_name, pascal_case, settle, settle_modules
from .operations import class_stem
from .shapes import Model, models_in
from .values import Json, Object, join, list_in, object_in, tokens, value_at

# How much of a pointer a name includes, from the least: the fields and lists above the schema; statuses and
# bodies; the value that identifies a variant; all that a variant requires, and media types; every step, with the
# numbers of variants.
_Detail: TypeAlias = Literal[0, 1, 2, 3, 4]
_DETAILS: tuple[_Detail, ...] = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Names:
    """The names of everything.

    Attributes:
        classes: models' classes by key.
        modules: models' modules by key; models that refer to each other in a circle share one.
        single_modules: what the module of each model alone would be, by key; no two share one.
    """

    classes: Mapping[str, str]
    modules: Mapping[str, str]
    single_modules: Mapping[str, str]


def name_classes(
    data: Object, models: Iterable[Model], operations: Mapping[str, str], reserved: Collection[str]
) -> Names:
    """Name all classes.

    Args:
        data: the document.
        models: all models.
        operations: operations' names by key.
        reserved: names that none may have.
    """
    listing = list(models)
    candidates = [_candidates(data, model.key, operations) for model in listing]
    classes = settle(candidates, reserved)
    by_class = settle_modules(classes.values(), module_name)
    module_names = {key: by_class[class_] for key, class_ in classes.items()}
    modules: dict[str, str] = {}
    for group in _circles(listing):
        first = min(group, key=lambda key: classes[key])
        modules |= dict.fromkeys(group, module_names[first])
    return Names(classes, modules, module_names)


def _candidates(data: Object, key: str, operations: Mapping[str, str]) -> NameRequest:
    """What a model wants to be called; one that is only sent, while another is received, is a Request."""
    candidates = _model_name_request(data, place_of(key), operations)
    if place_of(key) == key:
        return candidates
    return NameRequest(key, tuple(class_name(f"{name.rstrip('_')}Request") for name in candidates.candidates))


def _model_name_request(data: Object, key: str, operations: Mapping[str, str]) -> NameRequest:
    parts = tokens(key)
    if parts[:2] == ["components", "schemas"]:
        root_name, rest, at_ = parts[2], parts[3:], 3
        if not rest:
            name = class_name(root_name)
            return NameRequest(key, (name, class_name(f"{name.rstrip('_')}Model")), exact=name.rstrip("_") == root_name)
        stem = pascal_case(root_name)
    else:
        # The innermost operation that contains it: a callback's is within another.
        steps = range(len(parts), 2, -1)
        at_ = next((step for step in steps if join("", *parts[:step]) in operations), 3)
        operation = join("", *parts[:at_])
        stem, rest = class_stem(operations.get(operation, parts[at_ - 1])), parts[at_:]
    names = (class_name(stem + _pointer_words(data, parts, at_, rest, detail)) for detail in _DETAILS)
    return NameRequest(key, tuple(dict.fromkeys(names)))


def _pointer_words(data: Object, parts: Sequence[str], start: int, rest: Sequence[str], detail: _Detail) -> str:
    """The steps of a pointer as one word: fields by their names, elements as Item, members of maps as Value."""
    step_names: list[str] = []
    index = 0
    while index < len(rest):
        step, following = rest[index], rest[index + 1] if index + 1 < len(rest) else ""
        step_length = 2
        if step in ("properties", "patternProperties"):
            step_names.append(pascal_case(following) if step == "properties" else "Value")
            step_names.append("Field" if detail == 4 and step == "properties" else "")
        elif step == "items":
            step_names.append("Item")
            step_length = 1
        elif step in ("additionalProperties", "unevaluatedProperties"):
            step_names.append("Value")
            step_length = 1
        elif step in ("oneOf", "anyOf"):
            step_names.append(_variant(data, parts[: start + index + 2], detail))
        elif step == "allOf" or step == "prefixItems":
            step_names.append("Item" if step == "prefixItems" else "")
            step_names.append(str(int(following) + 1) if detail == 4 and following.isdecimal() else "")
        elif step == "responses":
            step_names.append("Response" + (pascal_case(following) if detail else ""))
        elif step == "requestBody":
            # A body that is one argument is the Body; the fields of a flattened one are the operation's.
            step_names.append("Body" if detail or "properties" not in rest[index + 4 : index + 5] else "")
            step_length = 1
        elif step == "parameters":
            step_names.append(_parameter(data, parts[: start + index + 2]))
        elif step == "content":
            step_names.append(pascal_case(following.partition("/")[2]) if detail >= 3 else "")
        else:
            step_length = 1
        index += step_length
    return "".join(step_names)


def _variant(data: Object, parts: Sequence[str], detail: _Detail) -> str:
    """Name a variant by its title, else by a field; if others have that too, by more fields, and finally by its number."""
    schema = value_at(data, join("", *parts))  # None of one merged from several, which has no single place
    number = str(int(parts[-1]) + 1) if detail == 4 and parts[-1].isdecimal() else ""
    if not isinstance(schema, dict):
        return f"Variant{number}"
    title = schema.get("title")
    if isinstance(title, str) and title.strip():
        return pascal_case(title) + number
    fields = object_in(schema, "properties")
    names = list(dict.fromkeys(map(str, [*list_in(schema, "required"), *fields])))
    if detail in (2, 3):
        fixed = ((name, _only_value(fields.get(name))) for name in names)
        if constant := next((pascal_case(f"{name} {value}") for name, value in fixed if value), ""):
            return f"With{constant}"
    if detail == 3 and names:
        return f"With{'And'.join(map(pascal_case, names))}"
    return (f"With{pascal_case(names[0])}" if names else "Variant") + number


def _only_value(schema: Json) -> str:
    """The one value that a field may have, as text; empty if there is none."""
    if not isinstance(schema, dict):
        return ""
    choices = list_in(schema, "enum")
    value = choices[0] if len(choices) == 1 else schema.get("const")
    return str(value) if isinstance(value, (str, int)) else ""


def _parameter(data: Object, parts: Sequence[str]) -> str:
    parameter = value_at(data, join("", *parts))
    return pascal_case(str(parameter.get("name", ""))) if isinstance(parameter, dict) else "Parameter"


def _circles(models: Sequence[Model]) -> list[list[str]]:
    """Strongly connected groups of models (Tarjan), each from the first to the last of the document."""
    following = {model.key: [key for type_ in model.types() for key in models_in(type_)] for model in models}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: dict[str, None] = {}
    groups: list[list[str]] = []
    for root in following:
        if root in index:
            continue
        work = [(root, iter(following[root]))]
        index[root] = low[root] = len(index)
        stack[root] = None
        while work:
            key, successors = work[-1]
            for successor in successors:
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack[successor] = None
                    work.append((successor, iter(following[successor])))
                    break
                if successor in stack:
                    low[key] = min(low[key], index[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[key])
                if low[key] == index[key]:
                    group: list[str] = []
                    while key in stack:
                        group.append(stack.popitem()[0])
                    groups.append(group)
    order = {model.key: number for number, model in enumerate(models)}
    return [sorted(group, key=order.__getitem__) for group in groups]
