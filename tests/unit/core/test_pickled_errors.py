"""Errors cross processes: whole, and without what hangs on them unseen."""

import copy
import copyreg
import importlib
import pickle
import pkgutil

import omicsdk
import pytest
from omicsdk.core import NotFound, OmicsError, SomeFailed, TransferError, errors

WAYS = {f"pickle {n}": (lambda e, n=n: pickle.loads(pickle.dumps(e, n))) for n in range(pickle.HIGHEST_PROTOCOL + 1)}
WAYS |= {"copy": copy.copy, "deepcopy": copy.deepcopy}

#: Arguments of those whose constructors demand some.
ARGUMENTS = {
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


def every_class():
    for module in pkgutil.walk_packages(omicsdk.__path__, "omicsdk."):
        if not module.name.startswith(("omicsdk.sandbox", "omicsdk.cli")):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:  # of an extra that the base install lacks
                if (error.name or "").startswith("omicsdk"):
                    raise
    found, left = {}, [OmicsError]
    while left:
        cls = left.pop()
        if cls.__module__.startswith("omicsdk."):
            found[f"{cls.__module__}.{cls.__qualname__}"] = cls
            left += cls.__subclasses__()
    return [found[name] for name in sorted(found)]


def made(cls):
    """One of core's by its constructor; of the others, whose constructors want anything, one with all attributes set."""
    if cls.__module__ == errors.__name__:
        base = next((base for base in cls.__mro__ if base.__name__ in ARGUMENTS), None)
        words, named = ARGUMENTS[base.__name__] if base else (("It broke",), {"remedy": "Mend it."})
        return cls(*words, **named)
    error = cls.__new__(cls, "It broke")
    core = next(base for base in cls.__mro__ if base.__module__ == errors.__name__)
    vars(error).update(vars(made(core)), own=[1, "two"])
    return error


def state_of(error):
    """All that an error holds, errors within it too."""
    fields = {name: [state_of(e) for e in value] if name == "errors" else value for name, value in vars(error).items()}
    return type(error), error.args, str(error), error.remedy, fields


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_every_class_with_all_that_it_holds(way):
    classes = every_class()
    assert errors.TransferError in classes
    for cls in classes:
        error = made(cls)
        error.noted_later = {"by": "whoever caught it"}
        assert state_of(way(error)) == state_of(error)


@pytest.fixture
def unregistered(monkeypatch):
    """Without another way to pickle that importing Dask registers for all exceptions."""
    for kind in (TransferError, SomeFailed):
        monkeypatch.delitem(copyreg.dispatch_table, kind, raising=False)


def test_what_it_was_raised_from_stays_at_home(unregistered):
    def fail():
        canary = "X-Amz-Signature=canary"
        try:
            raise OSError(canary)
        except OSError as error:
            raise TransferError("a.txt: lost", name="a.txt") from error

    with pytest.raises(TransferError) as caught:
        fail()
    assert "canary" in repr(caught.value.__cause__)
    for way in (caught.value, SomeFailed("1 of 2 files failed", [caught.value])):
        assert b"canary" not in pickle.dumps(way)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.__cause__, again.__context__, again.__traceback__) == (None, None, None)
