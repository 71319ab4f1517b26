"""What the services of the Human Cell Atlas share: configuration, and where a service is."""

TYPE_CHECKING = False  # spares the import of typing
if TYPE_CHECKING:
    from omicsdk.hca.config import HCAConfig as HCAConfig
    from omicsdk.hca.exceptions import SwaggerAPIException as SwaggerAPIException
    from omicsdk.hca.exceptions import SwaggerClientInternalError as SwaggerClientInternalError
    from omicsdk.hca.policies import RetryPolicy as RetryPolicy
    from omicsdk.hca.swagger import clear_hca_cache as clear_hca_cache

_WHERE = {
    "HCAConfig": "config",
    "RetryPolicy": "policies",
    "SwaggerAPIException": "exceptions",
    "SwaggerClientInternalError": "exceptions",
    "clear_hca_cache": "swagger",
}

__all__ = [
    "HCAConfig",
    "RetryPolicy",
    "SwaggerAPIException",
    "SwaggerClientInternalError",
    "clear_hca_cache",
    "get_config",
]


def get_config() -> "HCAConfig":
    """The merged configuration of the user's files.

    Raises:
        ConfigError: A file is malformed.
    """
    from omicsdk.hca.config import HCAConfig

    return HCAConfig()


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"omicsdk.hca.{_WHERE[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
