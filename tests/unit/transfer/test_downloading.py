"""Downloads from a server that behaves."""

from pathlib import Path
from typing import Any

import omicsdk.transfer
import pytest
from omicsdk.transfer import Item, Location, download


@pytest.mark.parametrize("wrong", [{"checksums": {"sha3": "1"}}, {"size": -1}, {"retries": -1}, {"min_delay": -0.5}])
def test_items_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one"):
        Item("one", Location("http://127.0.0.1/"), **wrong)


@pytest.mark.parametrize("wrong", [{"connections": 0}, {"locators": 0}, {"run": "../x"}, {"run": ""}])
def test_arguments_that_make_no_sense(target: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"at least 1|file's name"):
        download([], target, **wrong)
    assert not target.exists()


def test_only_the_edge_knows_libcurl() -> None:
    package = Path(omicsdk.transfer.__file__).parent
    assert [path.name for path in package.rglob("*.py") if "import pycurl" in path.read_text()] == ["wire.py"]
    assert sorted(omicsdk.transfer.__all__) == sorted(dir(omicsdk.transfer))
    for name in omicsdk.transfer.__all__:
        assert getattr(omicsdk.transfer, name).__name__ == {"Report": "TransferReport"}.get(name, name)
