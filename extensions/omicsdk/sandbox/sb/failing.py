"""Tasks and runs that fail because somebody wants them to."""

from fnmatch import fnmatchcase

from omicsdk.sandbox.sb.state import Sb


def wanted_failure(sb: Sb, name: str) -> str:
    """Why a task or run of a name is to fail; empty when it isn't."""
    patterns = [each.strip() for each in sb.grounds.settings.text("sb.failing_tasks").split(",")]
    wanted = next((each for each in patterns if each and fnmatchcase(name, each)), None)
    return "" if wanted is None else f"The setting sb.failing_tasks has {wanted!r}"
