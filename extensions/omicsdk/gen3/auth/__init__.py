"""Logging in to a Gen3 commons: `Gen3Auth`, and the functions that gen3sdk has beside it."""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.gen3.auth.asking import (
        get_access_token_with_client_credentials as get_access_token_with_client_credentials,
    )
    from omicsdk.gen3.auth.asking import get_access_token_with_key as get_access_token_with_key
    from omicsdk.gen3.auth.asking import get_wts_endpoint as get_wts_endpoint
    from omicsdk.gen3.auth.asking import get_wts_idps as get_wts_idps
    from omicsdk.gen3.auth.provider import Gen3Auth as Gen3Auth
    from omicsdk.gen3.auth.sources import Gen3ArgumentError as Gen3ArgumentError
    from omicsdk.gen3.auth.token_cache import get_token_cache_file_name as get_token_cache_file_name
    from omicsdk.gen3.auth.tokens import decode_token as decode_token
    from omicsdk.gen3.auth.tokens import endpoint_from_token as endpoint_from_token
    from omicsdk.gen3.errors import Gen3AuthError as Gen3AuthError

_HOMES = {
    "Gen3ArgumentError": "auth.sources",
    "Gen3Auth": "auth.provider",
    "Gen3AuthError": "errors",
    "decode_token": "auth.tokens",
    "endpoint_from_token": "auth.tokens",
    "get_access_token_with_client_credentials": "auth.asking",
    "get_access_token_with_key": "auth.asking",
    "get_token_cache_file_name": "auth.token_cache",
    "get_wts_endpoint": "auth.asking",
    "get_wts_idps": "auth.asking",
}
__all__ = [
    "Gen3ArgumentError",
    "Gen3Auth",
    "Gen3AuthError",
    "decode_token",
    "endpoint_from_token",
    "get_access_token_with_client_credentials",
    "get_access_token_with_key",
    "get_token_cache_file_name",
    "get_wts_endpoint",
    "get_wts_idps",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.gen3.auth' has no attribute '{name}'")
    found: object = getattr(import_module(f"omicsdk.gen3.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
