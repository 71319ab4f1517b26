"""Values with files in them, as inputs and outputs are: on the wire files are CWL objects, here they are File objects."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from omicsdk.compat.sevenbridges.enums import FileApiFormats
from omicsdk.compat.sevenbridges.errors import ValidationError
from omicsdk.compat.sevenbridges.meta.changes import mapped, raw, same, sendable
from omicsdk.compat.sevenbridges.meta.fields import DictView, View
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier
from omicsdk.compat.sevenbridges.models.file import File, of_cwl, type_of_cwl
from omicsdk.core.errors import shortened

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api


#: What objects have that are written as JSON although they are not: dates, and models.
_WAYS_TO_JSON = ("isoformat", "to_dict")
#: Characters of a refused value that are shown.
_MAX_LENGTH = 80


def sent(value: Any) -> Any:
    """A JSON value as the platform accepts it: a CWL object for each File in it; a ValidationError for an open local file."""

    def leaf(value: Any) -> Any:
        if isinstance(value, File):
            kind = FileApiFormats.FOLDER if value.is_folder() else FileApiFormats.FILE
            return {"class": kind, "path": identifier(value)}
        is_json = value is None or isinstance(value, str | int | float)
        if is_json or any(hasattr(value, attribute) for attribute in _WAYS_TO_JSON):
            return sendable(value)
        raise ValidationError(
            f"{shortened(repr(value), _MAX_LENGTH)} cannot be an input: it is neither a JSON value nor a file of the platform",
            remedy="Upload local files first, and pass the File; convert numbers of other libraries with int(...) or float(...).",
        )

    return mapped(value, leaf)


def read(value: Any, api: Api | None) -> Any:
    """A JSON value as it is read: a File for a CWL object, also in lists; all else, records too, as it is."""
    if isinstance(value, list):
        return [read(item, api) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return members if type_of_cwl(members) is None else of_cwl(members, api)
    return value


class FileValues(DictView):
    """Values by their names, with files in them.

    `[]` and `items()` return files and folders as File objects, in lists too, and `[]` takes them; a name that does not
    exist is None. `get()`, `values()` and `dict()` of it return the platform's JSON unchanged.
    """

    def __init__(self, values: Mapping[str, Any] | None = None, api: Api | None = None) -> None:
        super().__init__(values, api)
        self._handed_out: dict[str, Any] = {}  # files and lists, as they were read

    def __getitem__(self, name: str) -> Any:
        if name in self._handed_out:
            return self._handed_out[name]
        value = super().get(name)
        converted = read(value, self._api)
        if converted is not value:
            self._handed_out[name] = converted
        return converted

    def __setitem__(self, name: str, value: Any) -> None:
        now = sent(value)
        if name in self._handed_out and same(now, super().get(name)) and not self._is_touched(name):
            return  # values that were returned stay this object's
        super().__setitem__(name, now)
        self._handed_out.pop(name, None)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._handed_out.pop(name, None)

    def items(self) -> ItemsView[str, Any]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Names and what `[]` gives for them."""
        return ItemsView(self)

    def pop(self, name: str, *default: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Remove one, and return its JSON value."""
        self.settle()
        self._handed_out.pop(name, None)
        return super().pop(name, *default)

    def clear(self) -> None:
        """Take all out."""
        super().clear()
        self._handed_out.clear()

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Read one; if it does not exist, set it first."""
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, *values: Mapping[str, Any] | Iterable[tuple[str, Any]], **named: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Set several."""
        for name, value in dict(*values, **named).items():
            self[name] = value

    def settle(self) -> None:
        """Take over what was done to lists that were handed out, and files that were put into records."""
        for name, value in list(raw(self)):
            if name not in self._handed_out:
                now = sent(value)
                if not same(now, value):
                    super().__setitem__(name, now)
            elif self._is_touched(name):
                super().__setitem__(name, sent(self._handed_out[name]))

    def _is_touched(self, name: str) -> bool:
        return not same(sent(self._handed_out[name]), sent(read(super().get(name), self._api)))

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        self.settle()
        return super().__deepcopy__(memo)

    def __reduce__(self) -> tuple[Any, ...]:
        self.settle()
        return super().__reduce__()


V = TypeVar("V", bound=FileValues)


class FilesView(View[V]):
    """A field of values with files in them."""

    def __set__(self, instance: Resource, value: Mapping[str, Any]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().__set__(instance, sent(value))
