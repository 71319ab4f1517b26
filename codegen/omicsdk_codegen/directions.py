"""Models for what is sent and for what is received: two classes where a document marks fields as read-only or write-only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from .shapes import Field, Model, Ref, Type, Union, inner, models_in, reached, with_inner
from .values import grouped, reachable

# Ends the key of a model that is only sent. No JSON pointer ends so: a tilde precedes a 0 or 1.
SENT = "~sent"


@dataclass(frozen=True)
class Directions:
    """The models of a document in both directions.

    Attributes:
        models: all models by key.
        sent: returns the type that is sent in place of one that is received.
    """

    models: Mapping[str, Model]
    sent: Callable[[Type], Type]


def place_of(key: str) -> str:
    """Return the pointer of a model's schema."""
    return key.removesuffix(SENT)


def split(models: Mapping[str, Model], sent: Iterable[Type], received: Iterable[Type]) -> Directions:
    """Remove read-only fields from what is sent, and write-only ones from what is received.

    A model in both directions becomes two only if it, or a model in it, has such a field. The members that distinguish
    variants are kept: without them nobody could tell which variant a value is.

    Args:
        models: all models by key; those of one direction are changed.
        sent: the types of arguments.
        received: the types of responses, and of the requests that a service sends.
    """
    sent_types, received_types = list(sent), list(received)
    hidden = {word: _marked(models, word) for word in ("readOnly", "writeOnly")}
    if not any(hidden.values()):
        return Directions(models, lambda type_: type_)
    tags = _tags([*sent_types, *received_types, *(type_ for model in models.values() for type_ in model.types())])
    sent_keys, received_keys = {*reached(models, sent_types)}, {*reached(models, received_types)}

    def remaining(key: str, word: str) -> list[Field]:
        removed = hidden[word].get(key, set[str]()) - {*tags.get(key, ())}
        # One of which nothing is left is a mistake, or of no use in this direction.
        return [field for field in models[key].fields if field.wire not in removed] or models[key].fields

    changed = {key for key in received_keys if remaining(key, "writeOnly") != models[key].fields}
    changed |= {key for key in sent_keys if remaining(key, "readOnly") != models[key].fields}
    # A model's annotations name the classes of its fields, so what contains a changed model changes too.
    affected = _containing(models, changed)
    twins = affected & sent_keys & received_keys

    @cache
    def as_sent(type_: Type) -> Type:
        return _with_keys(type_, as_sent, lambda key: f"{key}{SENT}" if key in twins else key)

    models_by_key: dict[str, Model] = {}
    for key, model in models.items():
        models_by_key[key] = replace(model, fields=remaining(key, "writeOnly")) if key in received_keys else model
        if key in sent_keys and key in affected:
            sent_key = f"{key}{SENT}" if key in twins else key
            fields = [replace(field, type=as_sent(field.type)) for field in remaining(key, "readOnly")]
            models_by_key[sent_key] = replace(model, key=sent_key, fields=fields, extra=as_sent(model.extra))
            if key in twins:
                models_by_key[key].read_only = {field.wire for field in models_by_key[key].fields} - {
                    field.wire for field in fields
                }
    return Directions(models_by_key, as_sent)


def _with_keys(type_: Type, mapped: Callable[[Type], Type], key_of: Callable[[str], str]) -> Type:
    if isinstance(type_, Ref):
        return Ref(key_of(type_.key))
    changed = with_inner(type_, mapped)
    if isinstance(changed, Union):
        return replace(changed, table=tuple((value, key_of(key)) for value, key in changed.table))
    return changed


def _marked(models: Mapping[str, Model], word: str) -> dict[str, set[str]]:
    """The fields with a mark, by model."""
    fields = {
        key: {field.wire for field in model.fields if field.schema.get(word) is True} for key, model in models.items()
    }
    return {key: wires for key, wires in fields.items() if wires}


def _tags(types: Iterable[Type]) -> dict[str, list[str]]:
    """The members that distinguish variants, by model."""
    unions = (type_ for type_ in reachable(types, inner) if isinstance(type_, Union))
    return grouped((key, union.tag) for union in unions if union.tag is not None for key in models_in(union))


def _containing(models: Mapping[str, Model], keys: Iterable[str]) -> set[str]:
    """Some models, and all that contain one of them."""
    outer = grouped(
        (contained, key) for key, model in models.items() for type_ in model.types() for contained in models_in(type_)
    )
    return {*reachable(keys, lambda key: outer.get(key, ()))}
