"""What every document shares: described, corrected with reasons, and referring to nothing that does not exist."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
SPECS = Path(__file__).parents[3] / "specs"
# These were written as what is used of a service: our extensions are in the document, which has no other text than needed.
WRITTEN_HERE = {"archives/ena", "archives/eutils", "archives/geo", "archives/sdl"}
SERVICES = sorted({path.parent.relative_to(SPECS).as_posix() for path in SPECS.rglob("overlay.yaml")} - WRITTEN_HERE)


@pytest.fixture(params=SERVICES)
def spec(read_spec: Callable[[str], Any], request: pytest.FixtureRequest) -> Any:
    return read_spec(request.param)


@pytest.mark.parametrize(
    ("service", "version", "published", "named"),
    [
        ("azul", "3.0.1", 21, 21),
        ("crunch", "3.0.3", 76, 76),
        ("drs", "3.0.3", 9, 9),
        ("dss", "2.0", 22, 22),
        ("gen3/arborist", "3.0.1", 51, 51),
        ("gen3/fence", "3.0.0", 63, 63),
        ("gen3/indexd", "2.0", 41, 45),
        ("gen3/manifest", "2.0", 12, 12),
        ("gen3/metadata", "3.1.0", 29, 30),
        ("gen3/peregrine", "3.0.0", 7, 7),
        ("gen3/sheepdog", "2.0", 70, 72),
        ("gen3/wts", "2.0", 8, 8),
        ("pangea", "3.0.3", 192, 192),
        ("sb", "3.0.3", 164, 165),
        ("upload", "2.0", 19, 19),
    ],
)
def test_every_operation_is_published_and_named(
    read_spec: Callable[[str], Any], service: str, version: str, published: int, named: int
) -> None:
    spec = read_spec(service)
    assert spec.published.get("openapi", spec.published.get("swagger")) == version
    assert sum(method in METHODS for item in spec.published["paths"].values() for method in item) == published
    assert len(spec.names()) == named


def test_nothing_of_ours_is_published_and_references_point_to_something(spec: Any) -> None:
    assert spec.ours() == []
    assert spec.dangling() == []


def test_every_place_has_a_text_and_every_action_a_reason(spec: Any) -> None:
    assert spec.undescribed() == []
    assert spec.unexplained() == []
    assert [(path, method) for path, method, op in spec.operations() if not op["summary"].endswith(".")] == []
