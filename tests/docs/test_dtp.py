"""The page on the digital-twin workflow: nothing on it is left out of the tests, and its words are those of the package."""

import re
from pathlib import Path

import omicsdk.dtp
from dtp_page import EXAMPLES, PAGE

TESTS = Path(__file__).parent / "dtp"


def test_every_example_is_run():
    tests = "".join(path.read_text() for path in TESTS.glob("*.py"))
    assert len(EXAMPLES) > 20
    assert [name for name in EXAMPLES if f'"{name}"' not in tests] == []


def test_every_block_is_an_example():
    assert len(re.findall(r"^```\w+$", PAGE, re.MULTILINE)) == len(EXAMPLES)


def test_its_table_names_what_there_is():
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) >= {
        name for name in omicsdk.dtp.__all__ if name in ("Auth", "Downloader", "Exporter", "Gen3Convertor", "Querier")
    }
