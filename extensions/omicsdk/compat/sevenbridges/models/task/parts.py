"""What tasks are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from omicsdk.compat.sevenbridges.errors import ValidationError
from omicsdk.compat.sevenbridges.meta import fields as field
from omicsdk.compat.sevenbridges.meta.fields import DictView
from omicsdk.compat.sevenbridges.meta.value import Value
from omicsdk.compat.sevenbridges.models.file.values import FileValues

_ITEM, _CRITERIA = "ITEM", "CRITERIA"


class Input(FileValues):
    """A task's inputs."""


class Output(FileValues):
    """A task's outputs."""


class BatchBy(DictView):
    """How a batch task's files are divided among its children: "type" ("ITEM" or "CRITERIA") and "criteria"."""


class BatchGroup(Value):
    """What the files of one child of a batch task have in common."""

    value = field.text()
    fields = field.mapping()


class ExecutionStatus(Value):
    """How far a task is; of a batch task also how many of its children are where. Durations are milliseconds."""

    steps_completed = field.whole()
    steps_total = field.whole()
    message = field.text()
    message_code = field.text()
    queued = field.whole()
    running = field.whole()
    completed = field.whole()
    failed = field.whole()
    aborted = field.whole()
    system_limit = field.switch()
    account_limit = field.switch()
    instance_init = field.switch()
    queued_duration = field.whole()
    running_duration = field.whole()
    execution_duration = field.whole()
    duration = field.whole()


def batching(batch_input: str | None, batch_by: Mapping[str, Any] | None) -> dict[str, Any]:
    """How a new task is divided, as it is sent.

    Args:
        batch_input: The input whose files are divided.
        batch_by: How.

    Returns:
        "batch_input" and "batch_by"; nothing when neither is given.

    Raises:
        ValidationError: One is given without the other, or `batch_by` makes no sense.
    """
    if not batch_input and not batch_by:
        return {}
    if not batch_by:
        raise ValidationError(
            f"batch_input is {batch_input!r}, and there is no batch_by",
            remedy='Say how its files are divided: batch_by={"type": "ITEM"}.',
        )
    if not batch_input:
        raise ValidationError("There is batch_by, and no batch_input", remedy="Name the input whose files are divided.")
    return {"batch_input": batch_input, "batch_by": dividing(batch_by)}


def dividing(batch_by: Mapping[str, Any]) -> dict[str, Any]:
    """How files are divided, as it is sent.

    Args:
        batch_by: "type", in any case, and for CRITERIA "criteria": metadata, each as "metadata." and its name.

    Raises:
        ValidationError: It makes no sense.
    """
    kind, criteria = batch_by.get("type"), batch_by.get("criteria")
    if str(kind).upper() not in (_ITEM, _CRITERIA):
        raise ValidationError(f'The type of batch_by is {kind!r}, which is neither "ITEM" nor "CRITERIA"')
    found = {**batch_by, "type": kind if kind in (str(kind).upper(), str(kind).lower()) else str(kind).upper()}
    if isinstance(criteria, str):
        found["criteria"] = [criteria]
    if str(kind).upper() == _CRITERIA and not criteria:
        raise ValidationError(
            "batch_by is of type CRITERIA and has no criteria",
            remedy='Add "criteria": ["metadata.sample_id"], or the like.',
        )
    return found


def faults(errors: object) -> str:
    """What the platform finds wrong with a task, in words.

    Args:
        errors: The task's errors: objects, or one by whose keys they go.
    """
    told = cast("Mapping[str, Any]", errors).values() if isinstance(errors, Mapping) else errors
    listed = list(cast("Iterable[Any]", told)) if isinstance(told, Iterable) and not isinstance(told, str) else [told]
    return "; ".join(_fault(each) for each in listed)


def _fault(error: object) -> str:
    if not isinstance(error, Mapping):
        return str(error)
    told = cast("Mapping[str, Any]", error)
    where = next((told[name] for name in ("input_id", "id", "node_id", "field", "type") if told.get(name)), None)
    words = told.get("message") or told.get("description") or dict(told)
    return f"{where}: {words}" if where else str(words)
