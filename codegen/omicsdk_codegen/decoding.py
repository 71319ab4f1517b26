"""The expressions that turn decoded JSON into models, and the shapes with which strict clients compare it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .imports import Imports
from .shapes import (
    ANY,
    DATE,
    DATE_TIME,
    FORMATS,
    NULL,
    Array,
    Enum,
    Map,
    Ref,
    Scalar,
    Tuple,
    Type,
    Union,
    inner,
    is_decoded,
    union_of,
)
from .texts import literal, literals

_CORE = "omicsdk.core.model"
_DATES, _NATIVE = "omicsdk.core.dates", "omicsdk.core.native"


def typed(code: str, type_: str, imports: Imports) -> str:
    """Return code that decodes `data`, with its type where checkers only see Any: a model that is selected at run time.

    Args:
        code: the expression.
        type_: what it returns, as an annotation.
        imports: receives `cast`.
    """
    if type_ == "Any" or not any(
        call in code for call in ("as_it_came", "fitting(data", "tagged(data", "dated(", "native(", "as_tuple(data")
    ):
        return code
    imports.typing("cast")
    return f"cast({literal(type_)}, {code})"


class Decoding:
    """Writes the decoding of one generated module.

    Args:
        classes: models' classes by key.
        imports: receives the names of omicsdk.core that the code needs.
        use_model: called with each model whose class the code names.
    """

    def __init__(self, classes: Mapping[str, str], imports: Imports, use_model: Callable[[str], None]) -> None:
        self._classes = classes
        self._imports = imports
        self._use_model = use_model

    def expression(self, type_: Type, value: str, path: str, depth: int = 0) -> str:
        """Return code that decodes a value.

        Args:
            type_: its type.
            value: the variable that has the value.
            path: owner and field, for the log.
            depth: how many comprehensions contain it.

        Returns:
            An expression; `value` itself if JSON needs no conversion.
        """
        if isinstance(type_, Union):
            return self._union(type_, value, path, depth)
        if not is_decoded(type_):
            return value
        if isinstance(type_, Scalar):
            return self._dated(path, value, [type_])
        if isinstance(type_, Ref):
            return f"{self._class(type_.key)}.from_dict({value}) if {value}.__class__ is dict else {self._otherwise_typed(path, value)}"
        if isinstance(type_, Array):
            return f"{self._list(type_, value, path, depth)} if {value}.__class__ is list else {self._otherwise_typed(path, value)}"
        if isinstance(type_, Tuple):
            return f"{self._tuple(type_, value, path, depth)} if {value}.__class__ is list else {self._otherwise_typed(path, value)}"
        assert isinstance(type_, Map)
        return f"{self._dict(type_, value, path, depth)} if {value}.__class__ is dict else {self._otherwise_typed(path, value)}"

    def _list(self, type_: Array, value: str, path: str, depth: int) -> str:
        item = f"i{depth or ''}"
        decoded = self.expression(type_.item, item, path, depth + 1)
        return f"[{decoded} for {item} in {value}]"

    def _tuple(self, type_: Tuple, value: str, path: str, depth: int) -> str:
        item = f"i{depth or ''}"
        decoders = [
            f"lambda {item}: {self.expression(part, item, path, depth + 1)}" if is_decoded(part) else "None"
            for part in (*type_.items, ANY if type_.rest is None else type_.rest)
        ]
        items = f", {', '.join(decoders)}" if any(map(is_decoded, inner(type_))) else ""
        return f"{self._imports.add(_CORE, 'as_tuple')}({value}{items})"

    def _dict(self, type_: Map, value: str, path: str, depth: int) -> str:
        key, item = f"k{depth or ''}", f"i{depth or ''}"
        decoded = self.expression(type_.value, item, path, depth + 1)
        return f"{{{key}: {decoded} for {key}, {item} in {value}.items()}}"

    def _union(self, type_: Union, value: str, path: str, depth: int) -> str:
        models = [member.key for member in type_.members if isinstance(member, Ref)]
        # Of several lists the items are decoded as any of them: nothing states which list it is.
        lists = [member.item for member in type_.members if isinstance(member, Array)]
        maps = [member.value for member in type_.members if isinstance(member, Map)]
        tuples = [member for member in type_.members if isinstance(member, Tuple)]
        pieces: list[str] = []
        if models:
            pieces.append(f"{self._chosen(type_, models, value)}.from_dict({value}) if {value}.__class__ is dict else ")
        elif maps and any(map(is_decoded, maps)):
            decoded = self._dict(Map(union_of(maps)), value, path, depth)
            pieces.append(f"{decoded} if {value}.__class__ is dict else ")
        if lists and any(map(is_decoded, lists)):
            decoded = self._list(Array(union_of(lists)), value, path, depth)
            pieces.append(f"{decoded} if {value}.__class__ is list else ")
        elif tuples:
            pieces.append(f"{self._tuple(tuples[0], value, path, depth)} if {value}.__class__ is list else ")
        # A text in both formats is the moment; one in neither is another member's.
        kinds = [kind for kind in FORMATS.values() if kind in type_.members]
        return f"{''.join(pieces)}{self._dated('', value, kinds) if kinds else value}"

    def _dated(self, path: str, value: str, kinds: Sequence[Scalar]) -> str:
        formats = ", ".join(literal(kind.kind) for kind in kinds)
        native = any(kind not in (DATE, DATE_TIME) for kind in kinds)
        read = self._imports.add(_NATIVE, "native") if native else self._imports.add(_DATES, "dated")
        return f"{read}({literal(path)}, {value}, {formats})"

    def _chosen(self, type_: Union, models: list[str], value: str) -> str:
        names = [self._class(key) for key in models]
        choices = ", ".join(names)
        if not type_.tags:
            if len(names) == 1:
                return names[0]
            return f"{self._imports.add('omicsdk.core.variants', 'fitting')}({value}, {choices})"
        rows = ", ".join(f"{literal(tag)}: {self._classes[key]}" for tag, key in type_.tags)
        return f"{self._imports.add('omicsdk.core.variants', 'tagged')}({value}, {literal(type_.tag)}, {{{rows}}}, {choices})"

    def shape(self, type_: Type, *, nullable: bool = False) -> str:
        """Code of a type's Shape."""
        if nullable:
            return self.shape(union_of([type_, NULL]))
        if isinstance(type_, Scalar) and type_.only:
            return f"{self._imports.add(_CORE, 'literal')}({literals(type_.only)})"
        if isinstance(type_, Scalar) and type_ in FORMATS.values() and type_ not in (DATE, DATE_TIME):
            return f"{self._imports.add(_NATIVE, 'text_in')}({literal(type_.kind)})"
        if type_ in (DATE, DATE_TIME):
            return self._imports.add(_DATES, "DATE" if type_ == DATE else "DATE_TIME")
        if isinstance(type_, Scalar):
            return self._imports.add(_CORE, "ANY" if type_.kind == "bytes" else type_.kind.upper())
        if isinstance(type_, Enum):
            return f"{self._imports.add(_CORE, 'literal')}({literals(type_.values)})"
        if isinstance(type_, Array):
            return f"{self._imports.add(_CORE, 'array')}({self.shape(type_.item)})"
        if isinstance(type_, Tuple):
            parts = [*map(self.shape, type_.items)]
            parts += [] if type_.rest is None else [f"rest={self.shape(type_.rest)}"]
            parts += [f"least={type_.least}"] if type_.least else []
            return f"{self._imports.add(_CORE, 'tuple_of')}({', '.join(parts)})"
        if isinstance(type_, Map):
            return f"{self._imports.add(_CORE, 'mapping')}({self.shape(type_.value)})"
        if isinstance(type_, Ref):
            # A lambda, since models refer to one another in circles.
            return f"{self._imports.add(_CORE, 'model')}(lambda: {self._class(type_.key)})"
        assert isinstance(type_, Union)
        members = ", ".join(self.shape(member) for member in type_.members)
        if type_.tags:
            table = ", ".join(f"{literal(tag)}: {self.shape(Ref(key))}" for tag, key in type_.tags)
            return f"{self._imports.add(_CORE, 'tagged_union')}({literal(type_.tag)}, {{{table}}}, {members})"
        return f"{self._imports.add(_CORE, 'union')}({members})"

    def as_text(self) -> str:
        """Code of the function that converts bytes and whole numbers to texts."""
        return self._imports.add(_NATIVE, "as_text")

    def _class(self, key: str) -> str:
        self._use_model(key)
        return self._classes[key]

    def _otherwise_typed(self, path: str, value: str) -> str:
        return f"{self._imports.add(_CORE, 'otherwise_typed')}({literal(path)}, {value})"
