"""Programs as they are written for the published clients: examples of the manual under the published names, through the hook."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from omicsdk.compat import FACES, install

_OURS = re.compile(rf"\bomicsdk\.compat\.(?=(?:{'|'.join(FACES)})\b)")


def as_published(text: str) -> str:
    """Write a program with the published names: `import omicsdk.compat.hca.dss` as `import hca.dss`.

    Args:
        text: The program, in Python.
    """
    return _OURS.sub("", text)


@contextmanager
def published_names() -> Iterator[Callable[[str], str]]:
    """Install the hook for a block; what was imported by it, and what other processes would load it by, is forgotten at its end.

    Yields:
        `as_published`.
    """
    finders = list(sys.meta_path)
    with patch.dict(os.environ):
        install()
        try:
            yield as_published
        finally:
            sys.meta_path[:] = finders
            for name in [name for name in sys.modules if name.partition(".")[0] in FACES]:
                del sys.modules[name]
