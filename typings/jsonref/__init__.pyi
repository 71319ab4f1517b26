from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

class _Store(Protocol):
    def __contains__(self, uri: object) -> bool: ...
    def __getitem__(self, uri: str, /) -> Any: ...

class JsonRefError(Exception):
    message: str
    reference: Mapping[str, Any]
    uri: str
    base_uri: str
    path: Sequence[str | int]
    cause: Exception | None

class JsonRef:
    def __init__(
        self,
        refobj: Mapping[str, Any],
        base_uri: str = ...,
        loader: Callable[..., Any] | None = ...,
        jsonschema: bool = ...,
        load_on_repr: bool = ...,
        merge_props: bool = ...,
        _path: Sequence[str | int] = ...,
        _store: _Store | None = ...,
    ) -> None: ...
    @property
    def full_uri(self) -> str: ...
    @property
    def __subject__(self) -> Any: ...

def replace_refs(
    obj: Any,
    base_uri: str = ...,
    loader: Callable[..., Any] = ...,
    jsonschema: bool = ...,
    load_on_repr: bool = ...,
    merge_props: bool = ...,
    proxies: bool = ...,
    lazy_load: bool = ...,
) -> Any: ...
