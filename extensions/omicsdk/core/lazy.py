"""Imports at first use: lazy exports of packages (PEP 562), modules of extras, and logging."""

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import ModuleType


def lazy_package(package: str, names: "Mapping[str, str]", not_starred: "Collection[str]" = ()) -> None:
    """Give a package its `__getattr__`, `__dir__` and `__all__` from a table of its exports.

    `make codegen` writes the table as `__init__.pyi` too, which type checkers and editors read.

    Args:
        package: The package's `__name__`.
        names: By module below the package, the names that it exports, separated by spaces.
        not_starred: Names that a star import leaves out.
    """
    import sys

    homes = {name: module for module, exported in names.items() for name in exported.split()}
    attributes = vars(sys.modules[package])

    def __getattr__(name: str) -> object:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        value: object = getattr(import_module(f"{package}.{home}"), name)
        attributes[name] = value
        return value

    attributes.update(
        __getattr__=__getattr__, __dir__=lambda: sorted(homes), __all__=sorted(homes.keys() - set(not_starred))
    )


def require(module: str, extra: str, purpose: str) -> "ModuleType":
    """Import a module that an extra installs.

    Args:
        module: Its name.
        extra: The extra of omicsdk.
        purpose: What needs it, as it reads after "for".

    Raises:
        MissingExtra: It is not installed.
    """
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        from omicsdk.core.errors import MissingExtra

        raise MissingExtra(extra, purpose, module=module) from error
