"""What the services of the Human Cell Atlas share: configuration, and where a service is."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omicsdk.hca.config import HCAConfig as HCAConfig
    from omicsdk.hca.exceptions import SwaggerAPIException as SwaggerAPIException

__all__ = ["HCAConfig", "SwaggerAPIException", "get_config"]


def get_config() -> "HCAConfig":
    """The merged configuration of the user's files.

    Raises:
        ConfigError: A file is malformed.
    """
    from omicsdk.hca.config import HCAConfig

    return HCAConfig()


def __getattr__(name: str) -> Any:
    from importlib import import_module

    modules = {"HCAConfig": "config", "SwaggerAPIException": "exceptions"}
    if name not in modules:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"omicsdk.hca.{modules[name]}"), name)
