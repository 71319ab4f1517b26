"""A service's documents, read once, and what every one of them is asked."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from omicsdk_codegen.load import load
from omicsdk_codegen.overlay import apply

SPECS = Path(__file__).parents[3] / "specs"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_OPERATION = re.compile(r"/paths/[^/]+/(get|put|post|delete|patch|head|options)")
_TOLD = re.compile(
    r"(/components)?/(responses|definitions|schemas|headers)/[^/]+"  # what is shared
    r"|/paths/[^/]+/[a-z]+/responses/[^/]+"
    r"|.*/responses/[^/]+/headers/[^/]+"
    r"|.*/properties/[^/]+"
)


@dataclass(frozen=True)
class Spec:
    """One service's documents.

    Attributes:
        published: the document as the service publishes it.
        overlay: our names and corrections.
        corrected: the document after the overlay.
    """

    published: dict[str, Any]
    overlay: dict[str, Any]
    corrected: dict[str, Any]

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Path, method and operation, after the overlay."""
        for path, item in self.corrected["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method, item[method]

    def places(self) -> Iterator[tuple[str, Any]]:
        """Each node with its pointer, after the overlay."""
        return _walk(self.corrected)

    def names(self) -> dict[str, str]:
        """What each operation is called: `GET /path` by name; fails where two have the same name, or one has none."""
        places: dict[str, str] = {}
        for path, method, operation in self.operations():
            name = operation.get("x-omics-name")
            assert re.fullmatch(r"[a-z][a-z0-9_]*", name or ""), (path, method, name)
            assert name not in places, (path, method, places[name])
            places[name] = f"{method.upper()} {path}"
        return places

    def wishes(self, key: str) -> dict[str, Any]:
        """What the operations state for one of our extensions, by name."""
        return {op["x-omics-name"]: op[key] for _, _, op in self.operations() if key in op}

    def operation(self, name: str) -> dict[str, Any]:
        """An operation by its name, after the overlay."""
        return next(op for _, _, op in self.operations() if op["x-omics-name"] == name)

    def undescribed(self) -> list[str]:
        """Operations, parameters, answers and fields with fewer than three words of text, after the overlay."""
        bare: list[str] = []
        for pointer, node in self.places():
            if not isinstance(node, dict) or "$ref" in node:
                continue
            texts = [node.get("summary")] if _OPERATION.fullmatch(pointer) else []
            if ("name" in node and "in" in node) or _TOLD.fullmatch(pointer):
                texts.append(node.get("description"))
            bare += [pointer for text in texts if len((text or "").split()) < 3]
        return bare

    def unexplained(self) -> list[str]:
        """Targets of actions that give no reason."""
        return [action["target"] for action in self.overlay["actions"] if not action.get("description")]

    def ours(self) -> list[str]:
        """Our extensions in the published document, where they do not belong."""
        return [pointer for pointer, _ in _walk(self.published) if "/x-omics-" in pointer]

    def dangling(self) -> list[str]:
        """References to nothing, after the overlay."""
        references: list[str] = []
        for _, node in self.places():
            if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                target: Any = self.corrected
                for part in node["$ref"].removeprefix("#/").split("/"):
                    target = (
                        target.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
                    )
                if target is None:
                    references.append(node["$ref"])
        return references


def _plain(path: Path) -> Any:
    """What PyYAML reads: by libyaml where that is there, which takes a tenth of the time for the same."""
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@cache
def _read(service: str) -> Spec:
    folder = SPECS / service
    paths = [folder / name for name in ("openapi.yaml", "overlay.yaml")]
    published, overlay = map(_plain, paths)
    source = apply(load(paths[0]), [load(paths[1])])
    assert isinstance(source.data, dict)
    return Spec(published, overlay, source.data)


@pytest.fixture(scope="session")
def read_spec() -> Callable[[str], Spec]:
    """Reads a service's documents, such as `drs` or `gen3/indexd`; a target that matches nothing fails there."""
    return _read


@pytest.fixture
def spec(read_spec: Callable[[str], Spec], request: pytest.FixtureRequest) -> Spec:
    """The documents of the service that the tests' module names."""
    return read_spec(request.module.SERVICE)


def _walk(node: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    yield pointer, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from _walk(child, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
