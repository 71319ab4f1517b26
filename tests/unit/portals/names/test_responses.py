"""Lines of texts that archives stream."""

from types import SimpleNamespace
from typing import Any

import pytest
from omicsdk.core import DecodeError
from omicsdk.portals.names.responses import LONGEST_RECORD, lines_in


def lines(*chunks: bytes) -> list[str]:
    body: Any = SimpleNamespace(arriving=lambda: iter(chunks))
    return list(lines_in(body, "archive"))


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_are_whole_however_they_arrive(size: int) -> None:
    text = "\ufeffé\n\nlong line\r\nend".encode()
    assert lines(*(text[at : at + size] for at in range(0, len(text), size))) == ["é\n", "\n", "long line\r\n", "end"]


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(DecodeError, match="lines of at most 16 MiB"):
        lines(*[b"x" * 65536] * (LONGEST_RECORD // 65536 + 1))
    with pytest.raises(DecodeError, match="UTF-8"):
        lines(b"a\n\xff")
