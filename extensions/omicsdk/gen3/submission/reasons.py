"""Why a service refused a document of records: it says of the whole only how many are wrong, and the reasons record by record."""

from __future__ import annotations

from omicsdk.core.narrowing import is_array, is_object

SHOWN = 3
"""Reasons that stand in a message."""


def reasons_of(body: object) -> list[str]:
    """The first reasons in the body of a refusal, each with the record that it is about.

    Args:
        body: The body, decoded.
    """
    entities = body.get("entities") if is_object(body) else None
    found: list[str] = []
    for entity in entities if is_array(entities) else ():
        errors = entity.get("errors") if is_object(entity) else None
        keys = entity.get("unique_keys") if is_object(entity) else None
        first = keys[0] if is_array(keys) and keys else None
        name = (first.get("submitter_id") or first.get("code")) if is_object(first) else None
        about = " ".join(str(each) for each in (entity.get("type"), name) if each)
        found += [f"{about}: {each['message']}" for each in errors or () if is_object(each) and each.get("message")]
    return [*found[:SHOWN], *([f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])]
