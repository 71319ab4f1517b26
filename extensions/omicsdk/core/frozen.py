"""Frozen dataclasses and named tuples for modules that every command imports.

To import dataclasses is to import inspect, ast and tokenize, and each class compiles generated code: 12 of the 75 ms of CPU of
`omics cat` of an object (benchmarks/buckets.py). Here the import waits until a program requests a signature or the fields, and
the code, of `__init__` alone, until the first object of a class.

typing.NamedTuple compiles each annotation, five sixths of what a class costs: 4 of the 60 ms of CPU of that command, whose modules
have 31 of them.
"""

from __future__ import annotations

from collections import namedtuple
from functools import cache, partial
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from dataclasses import Field
    from typing import Any, ClassVar, Never, Self, dataclass_transform
    from typing import NamedTuple as NamedTuple
else:  # `typing` takes 2 ms to import
    Any = Self = object  # for programs that evaluate the annotations of `__init__`

    def dataclass_transform(**_):
        return lambda cls: cls

    class _NamedTupleType(type):
        def __new__(cls, name: str, _bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            # As text, also in Python 3.14 and later: modules with named tuples import annotations from __future__.
            annotations = namespace.pop("__annotations__")
            defaults = [namespace.pop(field) for field in annotations if field in namespace]
            tuple_type = namedtuple(name, annotations, defaults=defaults, module=namespace.pop("__module__"))
            tuple_type.__annotations__ = tuple_type.__new__.__annotations__ = annotations
            for attribute, value in namespace.items():
                setattr(tuple_type, attribute, value)
            return tuple_type

    NamedTuple = type.__new__(_NamedTupleType, "NamedTuple", (), {})
    """The base of a class whose annotations are the fields of its objects, as those of typing.NamedTuple are."""


class Empty(dict[str, str]):
    """The default of fields that are mappings. All objects share it, so it cannot be changed; unlike a read-only view it can be copied
    and pickled, also by functions of dataclasses."""

    def _refuse(self, *_: object, **__: object) -> Never:
        raise TypeError("a default cannot be changed: replace the field")

    if not TYPE_CHECKING:
        __setitem__ = __ior__ = setdefault = update = _refuse


EMPTY: Mapping[str, str] = Empty()


class _Late:
    """An attribute of classes that is made when it is first read."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = cache(make)

    def __get__(self, _instance: object, owner: type) -> Any:
        return self._make(owner)


@dataclass_transform(frozen_default=True)
class Frozen:
    """A base of classes whose annotations are their fields, as those of frozen dataclasses are.

    Functions of the module dataclasses take their objects too. A default is shared by all objects, so it must not be mutable.

    Args:
        *values: Fields by position.
        **fields: Fields by name; those after an annotation `_: KW_ONLY`, and of classes with `kw_only`, only so.

    Raises:
        TypeError: A field without a default is missing, or one is unknown or repeated.
    """

    if TYPE_CHECKING:
        _names: ClassVar[tuple[str, ...]]
        _positional: ClassVar[tuple[str, ...]]
        _hidden: ClassVar[tuple[str, ...]]
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    else:  # without annotations, which programs evaluate
        _names = _positional = _hidden = ()
        __dataclass_fields__ = _Late(lambda cls: cls._as_dataclass().__dataclass_fields__)
        __signature__ = _Late(lambda cls: import_module("inspect").signature(cls._as_dataclass()))

    def __init_subclass__(cls, *, kw_only: bool = False, hidden: Collection[str] = ()) -> None:
        names = [*cls.__annotations__]
        end = 0 if kw_only else names.index("_") if "_" in names else len(names)
        cls._positional = (*cls._positional, *names[:end])
        cls._names = (*cls._names, *[name for name in names if name != "_"])
        cls._hidden = (*cls._hidden, *hidden)
        cls.__init__ = Frozen.__init__  # not that of its base, which may be compiled

    @classmethod
    def _as_dataclass(cls) -> type:
        """Return a dataclass with the same fields."""
        import dataclasses
        from collections.abc import Hashable

        # From the first base, after `object`, to the class itself, whose annotations take precedence.
        annotations = {name: text for class_ in cls.__mro__[-2::-1] for name, text in class_.__annotations__.items()}
        namespace: dict[str, Any] = {"__module__": cls.__module__, "__annotations__": {}}
        for name in cls._names:
            namespace["__annotations__"][name] = annotations[name]
            facts: dict[str, Any] = {"repr": name not in cls._hidden, "kw_only": name not in cls._positional}
            if hasattr(cls, name):
                value = getattr(cls, name)
                # Dataclasses refuse what cannot be hashed, such as a read-only mapping.
                facts |= (
                    {"default": value}
                    if isinstance(value, Hashable)
                    else {"default_factory": partial(getattr, cls, name)}
                )
            namespace[name] = dataclasses.field(**facts)
        return dataclasses.dataclass(type(cls.__name__, (), namespace))

    def __init__(self, *values: Any, **fields: Any) -> None:
        # Replaced in the class by a compiled function when its first object is made: a command uses few classes.
        cls = type(self)
        keywords = [name for name in cls._names if name not in cls._positional]
        parameters = [
            f"{name}=cls.{name}" if hasattr(cls, name) else name
            for name in ("self", *cls._positional, *(["*", *keywords] if keywords else ()))
        ]
        # By the dict, since `object.__setattr__` takes twice as long: a million items are made of a list.
        lines = ["_dict = self.__dict__", *[f"_dict[{name!r}] = {name}" for name in cls._names], "self.__post_init__()"]
        namespace: dict[str, Any] = {"cls": cls}
        exec(f"def __init__({', '.join(parameters)}): {'; '.join(lines)}", namespace)  # noqa: S102 - names of the class
        compiled = cls.__init__ = namespace["__init__"]
        compiled.__qualname__ = f"{cls.__qualname__}.__init__"
        compiled(self, *values, **fields)

    def __post_init__(self) -> None:
        """Check the fields; for classes to override."""

    def replaced(self, **fields: Any) -> Self:
        """Return a copy with other values of some fields.

        Args:
            **fields: The values, by name.
        """
        return type(self)(**{name: getattr(self, name) for name in self._names} | fields)

    __replace__ = replaced

    def __setattr__(self, name: str, value: object) -> Never:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> Never:
        self.__setattr__(name, None)

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._names])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Frozen) or type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        fields = (f"{name}={getattr(self, name)!r}" for name in self._names if name not in self._hidden)
        return f"{type(self).__qualname__}({', '.join(fields)})"
