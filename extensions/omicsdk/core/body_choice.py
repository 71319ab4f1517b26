"""Bodies of operations that accept several media types."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from omicsdk.core.bodies import Body
from omicsdk.core.errors import UsageError
from omicsdk.core.file_bodies import has_files, is_content
from omicsdk.core.omit import OMIT, Omit


@dataclass(frozen=True, slots=True)
class BodyChoice:
    """One of the ways to send an operation's body.

    Attributes:
        media_types: Those that differ in nothing but their name.
        required: The arguments that it needs.
        optional: Its further arguments.
        takes: What they may be: `data`, `files` and data, or `raw` bytes or text.
        body: Makes the body for one of the media types.
    """

    media_types: Sequence[str]
    required: Sequence[str]
    optional: Sequence[str]
    takes: Literal["data", "files", "raw"]
    body: Callable[[str], Body]


def _can_take(choice: BodyChoice, values: Sequence[object]) -> bool:
    if choice.takes == "raw":
        return all(isinstance(value, str) or is_content(value) for value in values)
    return choice.takes == "files" or not any(map(has_files, values))


def chosen_body(operation: str, content_type: str | Omit, fields: Mapping[str, object], *choices: BodyChoice) -> Body:
    """Return the body of an operation that takes several media types.

    Args:
        operation: The operation, for errors.
        content_type: The requested media type; OMIT selects the first that can carry the arguments.
        fields: The body's arguments.
        choices: The ways to send it, the best first.

    Raises:
        UsageError: No media type can carry the arguments, or not the requested one; the message states what is wrong.
    """
    names = {name for name, value in fields.items() if value is not OMIT}
    matching = [choice for choice in choices if content_type is OMIT or content_type in choice.media_types]
    values = [fields[name] for name in names]
    fitting = [
        choice for choice in matching if names <= {*choice.required, *choice.optional} and _can_take(choice, values)
    ]
    complete = next((choice for choice in fitting if names >= set(choice.required)), None)
    if complete is not None:
        return complete.body(complete.media_types[0] if content_type is OMIT else content_type)
    types = ", ".join(kind for choice in choices for kind in choice.media_types)
    if not matching:
        raise UsageError(f"{operation}() has no body of the type {content_type!r}", remedy=f"Use one of {types}.")
    if fitting:
        missing = [repr(name) for name in fitting[0].required if name not in names]
        kind = fitting[0].media_types[0]
        raise UsageError(f"{operation}() misses {' and '.join(missing)} for a body of {kind}", remedy="Pass them.")
    choices_text = "; ".join(
        f"{', '.join(choice.media_types)}: {', '.join([*choice.required, *choice.optional])}" for choice in matching
    )
    raise UsageError(
        f"{operation}() cannot send {' and '.join(sorted(names))} in one body",
        remedy=f"Pass those of one type: {choices_text}.",
    )
