"""What stores are opened with when nobody says: the variables that the commands of a platform read, too."""

from __future__ import annotations

import os


def said(given: str | None, *variables: str) -> str | None:
    """What was given, else what the first of some environment variables says; None where nothing does.

    Args:
        given: What was given; None or empty for nothing.
        variables: Names of variables.
    """
    found = (given, *(os.environ.get(name, "").strip() for name in variables))
    return next((text for text in found if text), None)
