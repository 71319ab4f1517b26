"""Named tuples for modules that every command imports.

typing.NamedTuple compiles each annotation, five sixths of what a class costs: 4 of 60 ms of CPU of `omics cat` of an object,
whose modules have 31 of them (benchmarks/buckets.py).
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from typing import NamedTuple as NamedTuple
else:

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
