"""An operation as an attribute of a documented client's class, with the type of its answers."""

from typing import Any, Generic, TypeVar, overload

from omicsdk.core.documented.client import DocumentedClient, DocumentedOperation

T = TypeVar("T")


class _OnClass:
    """What an operation is on the class itself: something that says to make a client."""

    def __init__(self, owner: type, name: str) -> None:
        self._name = f"{owner.__name__}.{name}"
        self._hint = f"make a client first: client = {owner.__name__}(); client.{name}(...)"

    def __call__(self, **_: Any) -> Any:
        raise TypeError(f"{self._name} was called on the class; {self._hint}")

    iterate = paginate = stream = __call__


class Documented(Generic[T]):
    """An operation as a class attribute: `get_bundle: Documented[BundlePageDict] = Documented()`.

    Args:
        ignored: Arguments that the documentation shows though the operation has none: ignored with a warning.
    """

    def __init__(self, *ignored: str) -> None:
        self._ignored = frozenset(ignored)
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Any: ...
    @overload
    def __get__(self, instance: DocumentedClient, owner: type) -> DocumentedOperation[T]: ...
    def __get__(self, instance: DocumentedClient | None, owner: type) -> Any:
        if instance is None:
            return _OnClass(owner, self._name)
        return instance.operation(self._name, self._ignored)
