"""An error of each class."""

from typing import Any

from omicsdk.core import NotFound, OmicsError, TransferError, errors

#: Arguments of those whose constructors demand some.
ARGUMENTS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "MissingExtra": (("dtp", "spreadsheets"), {"module": "pandas"}),
    "DecodeError": (("get_bundle", "files[2].size", {"a": [1, None]}), {"expected": "an integer"}),
    "EventError": (("watch_runs", "overloaded"), {"code": "busy", "body": {"code": "busy"}}),
    "ChecksumMismatch": (("a.txt",), {"algorithm": "sha256", "expected": "aa", "actual": "bb"}),
    "TruncatedTransfer": (("a.txt",), {"expected": 10, "received": 3}),
    "UnsafePath": (("../a", "contains '..'"), {}),
    "DiskFull": (("/data/a",), {"name": "a"}),
    "NotWritable": (("/data/a", "Permission denied"), {}),
    "FolderBusy": (("/data/a",), {}),
    "SomeFailed": (("2 of 3 files failed", [TransferError("a", name="a"), NotFound("b", status=404)]), {}),
    "APIError": (
        ("no such bundle",),
        {
            "status": 404,
            "code": "not_found",
            "body": {"code": "not_found", "more": [1]},
            "retry_after": 2.5,
            "headers": {"retry-after": "2.5"},
        },
    ),
}


def made(cls: type[OmicsError]) -> OmicsError:
    """One of core's by its constructor; of the others, whose constructors want anything, one with all attributes set."""
    if cls.__module__ == errors.__name__:
        base = next((base for base in cls.__mro__ if base.__name__ in ARGUMENTS), None)
        words, named = ARGUMENTS[base.__name__] if base else (("It broke",), {"remedy": "Mend it."})
        return cls(*words, **named)
    error = cls.__new__(cls, "It broke")
    core = next(base for base in cls.__mro__ if base.__module__ == errors.__name__)
    vars(error).update(vars(made(core)), own=[1, "two"])
    return error
