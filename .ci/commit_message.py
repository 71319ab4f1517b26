"""Check a commit message, as git's hook commit-msg: `python .ci/commit_message.py FILE`."""

import re
import sys
from pathlib import Path

SUBJECT_LENGTH = 72
NOT_IMPERATIVE = re.compile(
    r"\w+(?:ed|ing)\b|(?:adds|fixes|makes|removes|changes|updates|moves|uses|allows|keeps)\b", re.I
)
IMPERATIVES = {"bring", "embed", "feed", "need", "seed", "shed", "speed", "spring", "string"}
"""Verbs that end as a participle does."""


def problems(message: str) -> list[str]:
    """Return what is wrong with a message; empty if nothing is.

    Args:
        message: The whole message. Lines that begin with "#" and what follows a scissors line do not count, as in git.
    """
    text = re.split(r"(?m)^# -+ >8 -+$", message)[0]
    subject, *rest = [line for line in text.strip().splitlines() if not line.startswith("#")] or [""]
    if re.match(r"(fixup|squash|amend)! |Merge |Revert \"", subject):
        return []
    first = subject.partition(" ")[0]
    rules = [
        (not subject, "The subject is empty."),
        (len(subject) > SUBJECT_LENGTH, f"The subject has {len(subject)} characters; at most {SUBJECT_LENGTH}."),
        (not first[:1].isupper(), "The subject must begin with a capital."),
        (subject.endswith("."), "The subject must not end with a full stop."),
        (
            bool(NOT_IMPERATIVE.fullmatch(first)) and first.lower() not in IMPERATIVES,
            f"{first!r} is not imperative; write what the commit does, as an order: Reject empty names.",
        ),
        (bool(rest) and bool(rest[0].strip()), "An empty line must follow the subject."),
    ]
    return [problem for is_wrong, problem in rules if is_wrong]


if __name__ == "__main__":
    sys.exit(
        "\n".join(f"commit: {problem}" for problem in problems(Path(sys.argv[1]).read_text(encoding="utf-8"))) or 0
    )
