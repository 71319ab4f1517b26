"""What the drawings are made from: the packages, what they import, and what modules say of themselves."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOTS = {
    "omicsdk": ROOT / "extensions" / "omicsdk",
    "omicsdk_api": ROOT / "generated" / "omicsdk_api",
    "omicsdk_codegen": ROOT / "codegen" / "omicsdk_codegen",
    "snakemake_storage_plugin_omics": ROOT / "extensions" / "snakemake_storage_plugin_omics",
}
_IMPORT = re.compile(r"^\s*(?:from|import)\s+(omicsdk\w*(?:\.\w+)*)", re.MULTILINE)


def layers() -> list[list[str]]:
    """The packages from the top to the bottom, as the contracts of import-linter have them; those on a par share a row."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    stacks = [
        [[name.strip() for name in row.split("|")] for row in contract["layers"]]
        for contract in contracts
        if contract["type"] == "layers" and "omicsdk.core" in contract["layers"]
    ]
    merged = stacks[0]
    for stack in stacks[1:]:
        merged = _merged(merged, stack)
    return merged


def _merged(first: list[list[str]], second: list[list[str]]) -> list[list[str]]:
    """Two stacks as one: what is in one of them only shares a row with what is there in the other."""
    rows: list[list[str]] = []
    left, right = list(first), list(second)
    while left or right:
        ours = left.pop(0) if left else []
        theirs = right.pop(0) if right else []
        if ours != theirs and ours in right:
            left.insert(0, ours)
            ours = []
        elif ours != theirs and theirs in left:
            right.insert(0, theirs)
            theirs = []
        rows.append([*ours, *(name for name in theirs if name not in ours)])
    return rows


@cache
def packages() -> list[str]:
    """All packages at the top: those of `omicsdk` with its public modules, the clients, the generator, Snakemake's plugin."""
    below = {path.parent.name for path in ROOTS["omicsdk"].glob("*/__init__.py")}
    below = sorted(below | {path.stem for path in ROOTS["omicsdk"].glob("[a-z]*.py")})
    return [*(f"omicsdk.{name}" for name in below), *(name for name in ROOTS if name != "omicsdk")]


@cache
def imports(package: str) -> frozenset[str]:
    """The other packages whose modules a package imports, inside functions too."""
    root, _, name = package.partition(".")
    imported: set[str] = set()
    folder = ROOTS[root] / name
    for path in folder.rglob("*.py") if folder.is_dir() else [folder.with_suffix(".py")]:
        for module in _IMPORT.findall(path.read_text(encoding="utf-8")):
            imported.add(".".join(module.split(".")[:2]) if module.startswith("omicsdk.") else module.split(".")[0])
    return frozenset(imported & set(packages()) - {package})


def first_sentence(path: Path) -> str:
    """The first sentence of a module's docstring, without its full stop."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(re.split(r"(?<=[.:])\s|\n\n", text, maxsplit=1)[0].split()).rstrip(".:")
