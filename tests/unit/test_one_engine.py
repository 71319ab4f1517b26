"""Platform packages move no byte of a file by themselves: all go through omicsdk.transfer."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "extensions/omicsdk"
#: Everything else represents a platform.
NO_PLATFORM = frozenset({"_pyinstaller", "core", "transfer", "fs", "cli", "sandbox", "testing"})
PLATFORMS = sorted(path.name for path in HOUSE.iterdir() if path.is_dir() and (path / "__init__.py").exists())
PLATFORMS = [name for name in PLATFORMS if name not in NO_PLATFORM]

#: What could carry a file's bytes past the engine. Of urllib and boto3 only the parts that do.
MODULES = frozenset(
    {
        "aiohttp",
        "boto3.s3",
        "ftplib",
        "http.client",
        "obstore",
        "pycurl",
        "requests",
        "s3fs",
        "s3transfer",
        "socket",
        "urllib.request",
        "urllib3",
    }
)
#: Methods of boto3's clients, and of bodies that are read piece by piece, that do.
METHODS = frozenset(
    {
        "aiter_bytes",
        "aiter_raw",
        "download_file",
        "download_fileobj",
        "get_object",
        "iter_bytes",
        "iter_content",
        "iter_raw",
        "put_object",
        "upload_file",
        "upload_fileobj",
        "upload_part",
        "urlretrieve",
    }
)


#: What looks like a way round the engine and is not one, and why.
NO_FILES = {
    (
        "gen3/records/exports.py",
        "iter_bytes",
    ): "records that the service writes while they are asked for: no length, no ranges",
    ("compat/pangea_api/analysis_result.py", "upload_file"): "its own method of that name, which the engine does",
    ("compat/responses.py", "iter_bytes"): "its own method of that name, over what core received",
    ("compat/responses.py", "iter_content"): "the same, as requests has it",
    ("ga4gh/refget.py", "iter_bytes"): "letters of a sequence, which are checked and laid out as they come",
    ("crunch/statuses.py", "socket"): "the machine's own name and address, which every status tells",
}


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def ways_round(source: str) -> list[str]:
    """What in a file goes round the engine."""
    tree = ast.parse(source)
    modules = {name for name in imports(tree) for banned in MODULES if name == banned or name.startswith(f"{banned}.")}
    calls = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS
    }
    return sorted(modules | calls)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_moves_bytes_through_the_engine(platform: str):
    files = {path.relative_to(HOUSE).as_posix(): path for path in (HOUSE / platform).rglob("*.py")}
    pairs = {(name, way) for name, path in files.items() for way in ways_round(path.read_text())}
    assert pairs - set(NO_FILES) == set()
    assert {pair for pair in NO_FILES if pair[0].startswith(f"{platform}/")} <= pairs


def test_the_layers_state_it_of_every_platform():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = [entry for entry in contracts if "s3transfer" in entry.get("forbidden_modules", ())]
    assert sorted(contract["source_modules"]) == [f"omicsdk.{platform}" for platform in PLATFORMS]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "def f():\n    from boto3.s3.transfer import TransferConfig",
            ["boto3.s3.transfer", "boto3.s3.transfer.TransferConfig"],
        ),
        ("import urllib.request", ["urllib.request"]),
        ("from urllib import request", ["urllib.request"]),
        ("s3.upload_file(path, bucket, key)", ["upload_file"]),
        ("for piece in response.iter_bytes(): file.write(piece)", ["iter_bytes"]),
        ("from urllib.parse import quote\nimport boto3\nboto3.client('s3').head_object()", []),
    ],
)
def test_ways_round_are_noticed(source: str, expected: list[str]):
    assert ways_round(source) == expected
