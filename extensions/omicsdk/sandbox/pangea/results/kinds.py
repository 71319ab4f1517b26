"""What analysis results are of, samples or groups, and what they are at first."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_REPLICATE_LENGTH = 12
NEW_RESULT: Mapping[str, Any] = {
    "description": "",
    "metadata": {},
    "is_private": False,
    "is_hidden": False,
    "pipeline_module": None,
}
"""What a result is at first."""


@dataclass(frozen=True, slots=True)
class ResultKind:
    """What results are of.

    Attributes:
        kind: Their kind.
        owner: The kind of what has them, and the field that names it.
        words: What one is called.
    """

    kind: str
    owner: str
    words: str

    @property
    def field_kind(self) -> str:
        """The kind of their fields."""
        return f"{self.kind}_field"


OF_SAMPLE = ResultKind("sample_ar", "sample", "sample analysis result")
OF_GROUP = ResultKind("sample_group_ar", "sample_group", "sample group analysis result")
NOUNS = {"sample_analysis_result": OF_SAMPLE, "sample_group_analysis_result": OF_GROUP}
"""What operations call them."""


def new_replicate() -> str:
    """A replicate's name for who doesn't care: twelve letters and digits."""
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(_REPLICATE_LENGTH))
