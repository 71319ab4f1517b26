"""A progress bar below a notebook's cell, for transfers that were given no function for their progress.

It is drawn by IPython, which every kernel has: the bars of rich and tqdm need ipywidgets too.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from html import escape
from importlib import import_module
from typing import Any

from omicsdk.transfer.reports.progress import Progress, size_words, time_words

FIRST_SECONDS = 0.5
"""A transfer that ends before shows no bar."""
EVERY_SECONDS = 0.25
_log = logging.getLogger("omicsdk.transfer")


def notebook_progress() -> Callable[[Progress], None] | None:
    """Return what shows a transfer's progress in the notebook that this process is the kernel of; None where it is none."""
    ipython = sys.modules.get("IPython")  # a kernel has imported it
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return None if getattr(shell, "kernel", None) is None else NotebookBar()


class NotebookBar:
    """A bar that is displayed when the transfer has taken a while, and stays with its last state."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._next = FIRST_SECONDS
        self._is_broken = False

    def __call__(self, state: Progress) -> None:
        """Show a state."""
        is_due = self._handle is not None if state.final else state.seconds >= self._next
        if self._is_broken or not is_due:
            return
        self._next = state.seconds + EVERY_SECONDS
        try:
            shown: Any = import_module("IPython.display")
            if self._handle is None:
                self._handle = shown.display(shown.HTML(bar_html(state)), display_id=True)
            else:
                self._handle.update(shown.HTML(bar_html(state)))
        except Exception:  # of a front end: the transfer must not end by it
            self._is_broken = True
            _log.debug("cannot display the progress in the notebook", exc_info=True)


def bar_html(state: Progress) -> str:
    """Return a state as HTML.

    Args:
        state: How far a transfer is.
    """
    files = f"{state.files_done:,}" if state.files is None else f"{state.files_done:,} of {state.files:,}"
    size = size_words(state.bytes_done)
    parts = [f"{files} files"]
    if state.final:
        parts += [size, time_words(state.seconds)]
    else:
        parts += [f"{size} of {size_words(state.bytes)}", f"{size_words(state.rate)}/s"]
        parts += [] if state.remaining is None else [f"{time_words(state.remaining)} left"]
        parts += [] if state.phase == "moving" else [state.phase]
    parts += [f"{state.files_failed:,} failed"] if state.files_failed else []
    value = "" if state.fraction is None else f' value="{state.fraction:.4f}"'
    return f'<progress max="1"{value} style="width: 20em"></progress> {escape(", ".join(parts))}'
