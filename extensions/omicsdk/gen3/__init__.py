"""Gen3 data commons: `Commons` and `AsyncCommons` are typed, `Gen3Auth` and its kin have gen3sdk's names and arguments."""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.gen3.commons import AsyncCommons as AsyncCommons
    from omicsdk.gen3.commons import Commons as Commons
    from omicsdk.gen3.errors import Gen3AuthError as Gen3AuthError
    from omicsdk.gen3.errors import Gen3Error as Gen3Error
    from omicsdk.gen3.errors import Gen3ObjectError as Gen3ObjectError
    from omicsdk.gen3.errors import Gen3SubmissionQueryError as Gen3SubmissionQueryError
    from omicsdk.gen3.errors import Gen3UserError as Gen3UserError

_HOMES = {
    "AsyncCommons": "commons",
    "Commons": "commons",
    "Gen3AuthError": "errors",
    "Gen3Error": "errors",
    "Gen3ObjectError": "errors",
    "Gen3SubmissionQueryError": "errors",
    "Gen3UserError": "errors",
}
__all__ = [
    "AsyncCommons",
    "Commons",
    "Gen3AuthError",
    "Gen3Error",
    "Gen3ObjectError",
    "Gen3SubmissionQueryError",
    "Gen3UserError",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.gen3' has no attribute '{name}'")
    found: object = getattr(import_module(f"omicsdk.gen3.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
