"""Fields of bodies: the values that each accepts, and its words for others."""

import io
import json
import math
import re
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Never, cast
from urllib.parse import parse_qs

from omicsdk.sandbox.problems import LARGEST, or_raise, whole_number
from omicsdk.sandbox.rest_framework.service import NO_FIELD, Invalid, Refused
from omicsdk.sandbox.service import Call

# -- bodies

# Deepest nesting of JSON: what is read has to be written into answers, with more around it.
DEEPEST = 500


class Form(dict[str, Any]):
    """The fields of a form: all of them texts, absent ones of which may mean something else than in JSON."""


def fields_of(call: Call) -> Mapping[str, Any]:
    """The fields that a request sends, a `Form` where it is one; of what comes twice in a form, the last.

    Raises:
        Refused: 400 or 415; the body cannot be read.
        Invalid: It is JSON, but no object.
    """
    content_type = call.headers.get("content-type", "")
    match content_type.partition(";")[0].strip().lower():
        case "application/x-www-form-urlencoded":
            texts = parse_qs(call.content.decode("utf-8", "replace"), keep_blank_values=True)
            return Form({name: values[-1] for name, values in texts.items()})
        case "multipart/form-data":
            return _parts(content_type, call.content) if call.content else Form()
        case "application/json" if call.content:
            return _object(_json(call.content))
        case _ if call.content:
            raise Refused(415, f'Unsupported media type "{content_type}" in request.')
        case _:
            return {}


def _json(content: bytes) -> object:
    def no_constant(name: str) -> Never:
        raise ValueError(f"Out of range float values are not JSON compliant: {name!r}")

    try:
        value: object = json.loads(content.decode(), parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"JSON parse error - {error}") from error
    # Most bodies have fewer brackets, and need not be walked through.
    if content.count(b"[") + content.count(b"{") > DEEPEST and is_too_deep(value):
        raise Refused(400, f"JSON parse error - nested more than {DEEPEST} deep")
    return value


def is_too_deep(value: object) -> bool:
    """Whether more lists and objects are in one another than answers can be written with."""
    level = _nested([value])
    for _ in range(DEEPEST):
        level = [inner for item in level for inner in _nested(item.values() if isinstance(item, dict) else item)]
    return bool(level)


def _nested(values: Iterable[Any]) -> list[dict[str, Any] | list[Any]]:
    """The lists and objects among values."""
    return [cast("dict[str, Any] | list[Any]", value) for value in values if isinstance(value, dict | list)]


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        wrong = f"Invalid data. Expected a dictionary, but got {type(value).__name__}."
        raise Invalid({NO_FIELD: ["No data provided" if value is None else wrong]})
    return cast("dict[str, Any]", value)


def _parts(content_type: str, content: bytes) -> Form:
    from werkzeug.formparser import FormDataParser
    from werkzeug.http import parse_options_header

    media_type, options = parse_options_header(content_type)
    try:
        parser = FormDataParser(silent=False)
        _, fields, files = parser.parse(io.BytesIO(content), media_type, len(content), options)
    except ValueError as error:
        raise Refused(400, "Multipart form parse error - Invalid boundary in multipart: None") from error
    form = Form(fields.items(multi=True))
    for name, file in files.items(multi=True):
        form[name] = file.read().decode("utf-8", "replace")
        file.close()
    return form


# -- fields

BLANK = "This field may not be blank."
# The value of a field that is missing.
ABSENT: Any = object()

_NUL = "Null characters are not allowed."
_TRUE = {"t", "T", "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "1", "1.0"}
_FALSE = {"f", "F", "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", "0", "0.0"}
# In the framework `1.0` is an integer, and `1.2` is none.
_INTEGER_TAIL = re.compile(r"\.0*\s*$")
# The framework's IntegerField.MAX_STRING_LENGTH.
_LONGEST_INTEGER = 1000
# Labels of 63 letters at most without a dash at their ends; the last one has two letters or more, and no digits unless
# it is Punycode: as Django's URLValidator has it.
_LABEL = r"[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?"
_TOP = r"(?:(?!-)[a-z\u00a1-\uffff-]{2,63}(?<!-)|xn--[a-z0-9]{1,59})"
_HOST = rf"(?:localhost|(?:\d{{1,3}}\.){{3}}\d{{1,3}}|\[[0-9a-f:.]+\]|(?:{_LABEL}\.)+{_TOP}\.?)"
_URL = rf"(?i)(?:https?|ftps?)://(?:[^\s/?#@]*@)?{_HOST}(?::\d{{1,5}})?(?:[/?#]\S*)?"
_EMAIL = r"[-!#$%&'*+/=?^_`{}|~.0-9A-Za-z]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z0-9-]{2,}"


class Wrong(Exception):
    """A value that a field does not take.

    Args:
        text: What the field states of it.
        crashes: Whether real servers take it and fail when they keep it.
    """

    def __init__(self, text: str, *, crashes: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.crashes = crashes


# Makes a field's value of what was sent, or raises Wrong.
Reader = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field.

    Attributes:
        read: Makes its value.
        required: Whether it has to be there, unless only parts are written.
        null: Whether it may be null.
        default: What it is when it does not exist; ABSENT for nothing, so that what is stored decides.
        blank_is_null: Whether an empty text in a form represents null, as for numbers and references.
        absent_in_form: What it is when a form does not have it, as unchecked boxes.
        json_in_form: Whether its text in a form is read as JSON.
    """

    read: Reader
    required: bool = False
    null: bool = False
    default: Any = ABSENT
    blank_is_null: bool = False
    absent_in_form: Any = ABSENT
    json_in_form: bool = False


def validated(fields: Mapping[str, Field], sent: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """The values of fields.

    Args:
        fields: The fields by name; what else is sent is ignored.
        sent: The sent value.
        partial: Whether only some are written: those that do not exist stay as they are.

    Returns:
        Name to value of the fields that are written.

    Raises:
        Invalid: All that is wrong.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, Wrong] = {}
    for name, field in fields.items():
        try:
            values[name] = _value(field, sent, name, partial=partial)
        except Wrong as error:
            wrong[name] = error
    if wrong:
        complaints = {name: [error.text] for name, error in wrong.items()}
        raise Invalid(complaints, crashes=all(error.crashes for error in wrong.values()))
    return {name: value for name, value in values.items() if value is not ABSENT}


def _value(field: Field, sent: Mapping[str, Any], name: str, *, partial: bool) -> Any:
    is_form = isinstance(sent, Form)
    value = sent.get(name, field.absent_in_form if is_form and not partial else ABSENT)
    if value is ABSENT:
        if field.required and not partial:
            raise Wrong("This field is required.")
        return ABSENT if partial else field.default
    if value is None or (value == "" and field.blank_is_null):
        if not field.null:
            raise Wrong("This field may not be null.")
        return None
    return field.read(_from_text(value) if field.json_in_form and is_form else value)


def _from_text(value: Any) -> Any:
    try:
        decoded: object = json.loads(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise Wrong(_NO_JSON) from error
    if is_too_deep(decoded):
        raise Wrong(_NO_JSON)
    return decoded


_NO_JSON = "Value must be valid JSON."


def stated_fields(
    properties: Mapping[str, Mapping[str, Any]],
    optional: Collection[str] = (),
    blank: Collection[str] = (),
    readers: Mapping[str, Reader] = {},
) -> dict[str, Field]:
    """The writable fields of a schema.

    Args:
        properties: The schema's properties.
        optional: Those that need not be sent; those that may be null need not either.
        blank: Texts that may be empty.
        readers: The readers of values that the schema alone does not determine, references among them.
    """
    fields: dict[str, Field] = {}
    for name, property_schema in properties.items():
        if not property_schema.get("readOnly"):
            kind, null = property_schema.get("type"), "null" in property_schema.get("type", ())
            fields[name] = Field(
                readers.get(name) or _reader(property_schema, blank=name in blank),
                required=name not in optional and not null,
                null=null,
                blank_is_null=name in readers and kind != "array",
                absent_in_form=False if kind == "boolean" else ABSENT,
                json_in_form=kind in (None, "object"),
            )
    return fields


def _reader(schema: Mapping[str, Any], *, blank: bool) -> Reader:
    most: int | None = schema.get("maxLength")
    match schema:
        case {"enum": [*values]}:
            return choice(*values)
        case {"format": str(name)} if name in _FORMATS:
            return _FORMATS[name]
        case {"format": "uri"}:
            return url(most, blank=blank)
        case {"type": "boolean"}:
            return boolean
        case {"type": str() | ["string", "null"] as kind} if "string" in kind:
            return text(most, blank=blank)
        case _:
            return json_value


def read_as(name: str, read: Reader, value: Any) -> Any:
    """The value of what is not sent as a field, such as a parameter.

    Raises:
        Invalid: It is refused, as a field of this name would.
    """
    return validated({name: Field(read)}, {name: value})[name]


def text(most: int | None = None, *, blank: bool = False, trim: bool = True) -> Reader:
    """Text of at most N characters; numbers are read as text."""

    def read(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise Wrong("Not a valid string.")
        stripped = str(value).strip() if trim else str(value)
        if not stripped and not blank:
            raise Wrong(BLANK)
        if most is not None and len(stripped) > most:
            raise Wrong(f"Ensure this field has no more than {most} characters.")
        if "\0" in stripped:
            raise Wrong(_NUL)
        return stripped

    return read


def _parsed(read: Reader, wrong: str, *errors: type[Exception]) -> Reader:
    """A reader that states the same of every value which another one fails on."""

    def parsed(value: Any) -> Any:
        try:
            return read(value)
        except (TypeError, ValueError, OverflowError, *errors) as error:
            raise Wrong(wrong) from error

    return parsed


def _integer(value: Any) -> int:
    if isinstance(value, str) and len(value) > _LONGEST_INTEGER:
        raise Wrong("String value too large.")
    return int(_INTEGER_TAIL.sub("", str(value)))


# A whole number, or a text of one.
integer = _parsed(_integer, "A valid integer is required.")


def bounded(least: int = -LARGEST - 1) -> Reader:
    """An integer that the database takes: outside of that servers fail with 500, the sandbox states what is wrong."""

    def read(value: Any) -> int:
        number = integer(value)
        for wrong, comparison, bound in ((number > LARGEST, "less", LARGEST), (number < least, "greater", least)):
            if wrong:
                raise Wrong(f"Ensure this value is {comparison} than or equal to {bound}.", crashes=True)
        return number

    return read


def number(value: Any) -> float:
    """A finite number, or a text of one. Servers store infinities, and cannot show any list that has one from then on."""
    read = _parsed(float, _NO_NUMBER)(value)
    if not math.isfinite(read):
        raise Wrong(_NO_NUMBER, crashes=True)
    return read


_NO_NUMBER = "A valid number is required."


def degrees(value: Any) -> str:
    """A decimal number of at most 12 digits, 9 of them after the point, written with all of these."""
    exact = _parsed(lambda sent: Decimal(str(sent).strip()), _NO_NUMBER, InvalidOperation)(value)
    if not exact.is_finite():
        raise Wrong(_NO_NUMBER)
    _, figures, exponent = exact.as_tuple()
    behind = max(0, -exponent)
    if max(len(figures), behind) + max(0, exponent) > 12:
        raise Wrong("Ensure that there are no more than 12 digits in total.")
    if behind > 9:
        raise Wrong("Ensure that there are no more than 9 decimal places.")
    if len(figures) + exponent > 3:
        raise Wrong("Ensure that there are no more than 3 digits before the decimal point.")
    return f"{exact:.9f}"


def boolean(value: Any) -> bool:
    """Yes or no, as JSON or as one of many words."""
    word = str(value) if isinstance(value, str | bool | int | float) else ""
    if word not in _TRUE | _FALSE:
        raise Wrong("Must be a valid boolean.")
    return word in _TRUE


def choice(*values: Any) -> Reader:
    """One of some values, which may be sent as texts."""

    def read(value: Any) -> Any:
        for item in values:
            if str(item) == str(value):
                return item
        raise Wrong(f'"{value}" is not a valid choice.')

    return read


def url(most: int | None = None, *, blank: bool = False) -> Reader:
    """The address of something that is had by HTTP or FTP, on a host with a domain or this machine."""
    return _matching(text(most, blank=blank), _URL, "Enter a valid URL.")


def email(most: int | None = None) -> Reader:
    """An address of mail."""
    return _matching(text(most), _EMAIL, "Enter a valid email address.")


def _matching(plain: Reader, pattern: str, wrong: str) -> Reader:
    def read(value: Any) -> str:
        text = plain(value)
        if text and not re.fullmatch(pattern, text):  # compiled when it is first needed: the URL's takes 10 ms
            raise Wrong(wrong)
        return text

    return read


def _moment(value: str) -> str:
    if not re.match(r"\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{1,2}", value):
        raise ValueError(value)
    moment = datetime.fromisoformat(value.strip())
    return written(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def written(value: datetime) -> str:
    """A moment as the framework writes it: in UTC, with microseconds where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _date(value: str) -> str:
    if not re.match(r"\s*\d{4}-\d{1,2}-\d{1,2}\s*$", value):
        raise ValueError(value)
    return date(*(int(part) for part in value.split("-"))).isoformat()


# Dates with a time, in ISO 8601 (what has no zone is UTC; it is written in UTC), and dates.
_FORMATS: Mapping[str, Reader] = {
    "date-time": _parsed(
        _moment,
        "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].",
    ),
    "date": _parsed(_date, "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."),
}


def json_value(value: Any) -> Any:
    """Any JSON that a database keeps: without null characters, and numbers are finite."""
    waiting: list[Any] = [value]
    while waiting:  # a loop, as JSON may be nested more deeply than calls
        item = waiting.pop()
        if isinstance(item, float) and not math.isfinite(item):
            raise Wrong(_NO_JSON)
        if isinstance(item, str) and "\0" in item:
            raise Wrong(_NUL, crashes=True)
        if isinstance(item, dict):
            waiting.extend(inner for pair in cast("dict[str, Any]", item).items() for inner in pair)
        elif isinstance(item, list):
            waiting.extend(cast("list[Any]", item))
    return value


# -- references


def _reference(find: Callable[[Any], Any], key: Reader, wrong: str) -> Reader:
    def read(value: Any) -> Any:
        known_by = key(value)
        return or_raise(None if known_by is None else find(known_by), Wrong(wrong.format(value)))

    return read


_NO_SUCH_KEY = 'Invalid pk "{}" - object does not exist.'


def slug_reference(find: Callable[[str], Any]) -> Reader:
    """Another object by its slug; the function gives it, or None for none."""
    return _reference(
        find, lambda value: value if isinstance(value, str) else None, "Object with slug={} does not exist."
    )


def number_reference(find: Callable[[int], Any]) -> Reader:
    """Another object by its number, as a number or a text; the function gives it, or None for none."""
    return _reference(find, _row_number_sent, _NO_SUCH_KEY)


def _row_number_sent(value: Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and value.isdecimal()):
        raise Wrong(f"Incorrect type. Expected pk value, received {type(value).__name__}.")
    return row_number(str(value))


def row_number(digits: str) -> int | None:
    """The number of a row that a text is, in digits; None where no row has it."""
    return whole_number(digits) if digits.isdecimal() else None


def uuid_reference(find: Callable[[str], Any]) -> Reader:
    """Another object by its UUID; the function gives it by the canonical form, or None for none."""
    return _reference(find, canonical_uuid, _NO_SUCH_KEY)


def canonical_uuid(value: Any) -> str:
    """A UUID in canonical form.

    Raises:
        Wrong: It is not one.
    """
    try:
        return str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError) as error:
        raise Wrong(f"“{value}” is not a valid UUID.") from error
