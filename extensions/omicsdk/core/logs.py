"""Loggers that import `logging` at the first record that something may show: it takes as long as copying a small file.

Until a program has imported `logging`, it has set up nothing that shows records. A command line, which shows them from
its start on, states what is to be set up before the first one.
"""

import sys
from contextlib import ExitStack, contextmanager

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from logging import Logger

#: The level of debugging, as `logging` has it.
DEBUG = 10
# Levels of records by the methods that log them, as in `logging`. `isEnabledFor` has the highest: which level it is called
# for is unknown here.
_LEVELS = {"debug": DEBUG, "info": 20, "warning": 30, "error": 40, "exception": 40, "critical": 50, "isEnabledFor": 50}


# What is to be done before the first record, with the lowest level that is shown then.
_waiting: "list[tuple[int, Callable[[], None]]]" = []


@contextmanager
def when_needed(level: int, begin: "Callable[[ExitStack], None]") -> "Generator[None]":
    """Call a function before the first record of a level or above, or at once if `logging` is imported.

    Args:
        level: The level, as `logging` has it.
        begin: Sets up what shows records, and states by the stack how that is undone when the context ends.
    """
    with ExitStack() as ended:
        entry = level, lambda: begin(ended)
        _waiting.append(entry)
        if "logging" in sys.modules:
            _begin()
        try:
            yield
        finally:
            if entry in _waiting:
                _waiting.remove(entry)


def _begin() -> None:
    import logging

    root = logging.getLogger("omicsdk")
    if not root.handlers and not in_notebook():
        # Without one Python prints a library's warnings to stderr in a program that has not set up logging. A notebook
        # is to show them below the cell: nothing else says that a service makes it wait, or that nothing was found.
        root.addHandler(logging.NullHandler())
    # Without a lock: `pop` is atomic, so that each entry begins once, whichever thread logs first.
    while True:
        try:
            _, begin = _waiting.pop(0)
        except IndexError:
            return
        begin()


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")  # a kernel has imported it
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return getattr(shell, "kernel", None) is not None


def logger(name: str) -> "Logger":
    """Return a logger that is created at its first record.

    Args:
        name: The logger's name.
    """
    return _LateLogger(name)  # pyright: ignore[reportReturnType] - it has all that a Logger has


class _LateLogger:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        if "logging" not in sys.modules and name in _LEVELS and all(least > _LEVELS[name] for least, _ in _waiting):
            return _nothing
        _begin()
        import logging

        method = getattr(logging.getLogger(self._name), name)
        if name in _LEVELS:
            setattr(self, name, method)  # the next record finds it at once
        return method


def _nothing(*_arguments: object, **_options: object) -> bool:
    return False


#: Seconds of a wait that a user notices.
NOTICEABLE = 5.0


def of_wait(log: "Logger", seconds: float) -> "Callable[..., None]":
    """Return what logs a wait: a warning if it is noticeable, since a program or notebook shows nothing else of it.

    Args:
        log: The logger.
        seconds: Seconds for which the caller will have waited.
    """
    return log.warning if seconds >= NOTICEABLE else log.info


#: Logger of transports: retries and waits at INFO, long ones at WARNING, each exchange at DEBUG, secrets masked.
http_log = logger("omicsdk.http")
#: Logger of warnings about unusual but valid settings.
config_log = logger("omicsdk.config")
