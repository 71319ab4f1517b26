"""What every document shares: described, corrected with reasons, and referring to nothing that does not exist."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SPECS = Path(__file__).parents[3] / "specs"
# These were written as what is used of a service: our extensions are in the document, which has no other text than needed.
WRITTEN_HERE = {"archives/ena", "archives/eutils", "archives/geo", "archives/sdl"}
SERVICES = sorted({path.parent.relative_to(SPECS).as_posix() for path in SPECS.rglob("overlay.yaml")} - WRITTEN_HERE)


@pytest.fixture(params=SERVICES)
def spec(read_spec: Callable[[str], Any], request: pytest.FixtureRequest) -> Any:
    return read_spec(request.param)


def test_nothing_of_ours_is_published_and_references_point_to_something(spec: Any) -> None:
    assert spec.ours() == []
    assert spec.dangling() == []


def test_every_place_has_a_text_and_every_action_a_reason(spec: Any) -> None:
    assert spec.undescribed() == []
    assert spec.unexplained() == []
    assert [(path, method) for path, method, op in spec.operations() if not op["summary"].endswith(".")] == []
