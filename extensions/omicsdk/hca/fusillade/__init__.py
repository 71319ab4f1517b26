"""Fusillade, who may do what: users, groups, roles, policies and shared resources of the HCA services.

`Auth` and `AsyncAuth` are the typed clients, `AuthClient` and `AsyncAuthClient` the documented ones.
"""

TYPE_CHECKING = False  # spares the import of typing
if TYPE_CHECKING:
    from omicsdk.hca.fusillade.auth import AsyncAuth as AsyncAuth
    from omicsdk.hca.fusillade.auth import Auth as Auth
    from omicsdk.hca.fusillade.client import AsyncAuthClient as AsyncAuthClient
    from omicsdk.hca.fusillade.client import AuthClient as AuthClient

_WHERE = {"AsyncAuth": "auth", "AsyncAuthClient": "client", "Auth": "auth", "AuthClient": "client"}

__all__ = ["AsyncAuth", "AsyncAuthClient", "Auth", "AuthClient"]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"omicsdk.hca.fusillade.{_WHERE[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
