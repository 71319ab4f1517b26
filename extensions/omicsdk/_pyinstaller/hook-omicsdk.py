"""The modules, files and metadata of a frozen program: most modules are imported by names that PyInstaller cannot follow."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata  # pyright: ignore[reportMissingModuleSource]


def _is_used(name: str) -> bool:
    # Servers and fixtures for tests would collect web frameworks and moto.
    return not name.startswith(("omicsdk.sandbox", "omicsdk.testing"))


hiddenimports = [*collect_submodules("omicsdk", filter=_is_used), *collect_submodules("omicsdk_api")]
datas = [*collect_data_files("omicsdk"), *collect_data_files("omicsdk_api"), *copy_metadata("omicsdk")]
