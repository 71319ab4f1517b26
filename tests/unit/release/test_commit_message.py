"""Which commit messages the hook takes."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / ".ci" / "commit_message.py"
_spec = importlib.util.spec_from_file_location("commit_message", SCRIPT)
assert _spec
assert _spec.loader
commit_message = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(commit_message)


@pytest.mark.parametrize(
    "message",
    [
        "Reject empty file names in cp -r\n",
        "Reject empty file names\n\nThey became the folder.\n# On branch main\n",
        "# a comment\nSeed the ENA\n",
        'Revert "Reject empty file names, which nobody gives, of folders and of lists that name files"\n',
        f"{'A' * 72}\n",
        "Keep it\n\nBody.\n# ------------------------ >8 ------------------------\ndiff --git a b\nadded.\n",
    ],
)
def test_a_good_one(message: str) -> None:
    assert commit_message.problems(message) == []


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("", "empty"),
        ("# only a comment\n", "empty"),
        (f"{'A' * 73}\n", "73 characters"),
        ("reject empty names\n", "capital"),
        ("Reject empty names.\n", "full stop"),
        ("Rejected empty names\n", "imperative"),
        ("Rejecting empty names\n", "imperative"),
        ("Fixes empty names\n", "imperative"),
        ("Reject empty names\nThey became the folder.\n", "empty line"),
    ],
)
def test_a_bad_one_is_refused_with_its_reason(message: str, problem: str) -> None:
    assert any(problem in reason for reason in commit_message.problems(message))
