"""What PyInstaller collects for programs that import omicsdk, by the hook that the entry point names."""

import runpy
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from omicsdk.fs.uris import STORES

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def collected_submodules(name: str, filter: Callable[[str], bool] = bool) -> list[str]:
    root = Path(import_module(name).__file__ or "").parent
    files = [path.relative_to(root.parent).with_suffix("") for path in root.rglob("*.py")]
    return [module for path in files if filter(module := ".".join(path.parts).removesuffix(".__init__"))]


def data_files_of(name: str) -> list[tuple[str, str]]:
    return [(f"files of {name}", "")]


def metadata_of(name: str) -> list[tuple[str, str]]:
    return [(f"metadata of {name}", "")]


def test_modules_that_are_imported_by_their_names_are_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = ModuleType("PyInstaller.utils.hooks")
    vars(hooks).update(
        collect_submodules=collected_submodules, collect_data_files=data_files_of, copy_metadata=metadata_of
    )
    for part in ("PyInstaller", "PyInstaller.utils"):
        monkeypatch.setitem(sys.modules, part, ModuleType(part))
    monkeypatch.setitem(sys.modules, "PyInstaller.utils.hooks", hooks)
    entry = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["entry-points"]["pyinstaller40"]["hook-dirs"]
    module, _, function = entry.partition(":")
    (folder,) = getattr(import_module(module), function)()
    hook = runpy.run_path(f"{folder}/hook-omicsdk.py")
    expected = {home.partition(":")[0] for home in STORES.values()} | {"omicsdk.cli.main", "omicsdk_api.sb.client"}
    modules = set(hook["hiddenimports"])
    assert modules >= expected
    assert not [name for name in modules if name.startswith(("omicsdk.sandbox", "omicsdk.testing"))]
    assert [source for source, _ in hook["datas"]] == [
        "files of omicsdk",
        "files of omicsdk_api",
        "metadata of omicsdk",
    ]
