"""Loggers that are created at their first message."""

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from logging import Logger


def logger(name: str) -> "Logger":
    """Return a logger that is created at its first message: importing logging takes as long as downloading a small
    file.

    Args:
        name: The logger's name.
    """
    return _LazyLogger(name)  # pyright: ignore[reportReturnType] - it has all that a Logger has


class _LazyLogger:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        from logging import getLogger

        return getattr(getLogger(self._name), name)
