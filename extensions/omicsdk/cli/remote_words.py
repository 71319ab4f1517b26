"""Values that completion offers for arguments of platforms: profiles, projects, conditions and remote paths."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.completion import Word
    from omicsdk.cli.program import CommandNode
    from omicsdk.cli.shapes import Argument

# The words of platforms for `omics login`; importing its own table takes 100 ms.
PLATFORMS = ("hca", "azul", "gdc", "sb", "gen3", "drs", "htsget", "refget", "trs", "crunch", "pangea")
# Arguments that take both URIs and paths.
_LOCATIONS = ("uris", "paths", "source", "target", "copy")
# Those whose folders are listed.
SCHEMES = ("azul", "dss", "sb", "gen3", "drs", "pangea", "crunch", "s3", "gs", "https")
# Options of a line that affect lookups of remote paths. Secrets are excluded: no lookup stores them.
_STORE_OPTIONS = ("base_url", "profile")


def completions(
    target: CommandNode | None, argument: Argument, current: str, option_values: Mapping[str, str]
) -> tuple[list[Word], bool]:
    """Return the possible values of an argument, and whether files are offered as well.

    Args:
        target: The command; None before one.
        argument: The argument.
        current: What was typed of the value.
        option_values: Given values of options, by their long spelling.
    """
    path = [] if target is None else target.path
    if "://" in current:
        return _remote(option_values, current), False
    if argument["name"] == "profile":
        from omicsdk.cli.lookups import profiles

        return [(name, "") for name in profiles(path[:1])], False
    if argument["name"] == "filter" and path[:1] == ["azul"]:
        return _conditions(option_values, current), False
    if argument["name"] == "project" and path[:1] == ["sb"]:
        projects = _remote(option_values, f"sb://{current}")
        return [
            (word.removeprefix("sb://").rstrip("/" if current.count("/") else ""), "") for word, _ in projects
        ], False
    if argument["name"] == "platform" and len(path) == 1:
        return [(word, "") for word in PLATFORMS], False
    if argument["name"] in _LOCATIONS and len(path) == 1:
        offered = (f"{scheme}://" for scheme in SCHEMES)
        return [(word, "") for word in offered if word.startswith(current)], True
    return [], True


def _remote(options: Mapping[str, str], current: str) -> list[Word]:
    """Return the entries of a remote folder that begin with the typed text."""
    scheme, _, path = current.partition("://")
    host, slash, _ = path.partition("/")
    # A host that is still being typed has no folders; the names of a URL with a password or query would be kept with it.
    if scheme not in (*SCHEMES, "http") or (scheme[:4] == "http" and (not slash or "@" in host or "?" in path)):
        return []
    folder = path[: path.rfind("/") + 1]
    names = _looked_up(options, f"{scheme}://{folder}")
    return [(word, "") for word in (f"{scheme}://{name}" for name in names) if word.startswith(current)]


def _conditions(options: Mapping[str, str], current: str) -> list[Word]:
    """Return the facets of Azul, or after the equals sign conditions with their values."""
    from omicsdk.cli.lookups import FACETS

    conditions = _looked_up(options, f"{FACETS}{options.get('--catalog', '')}")
    candidates = (
        conditions if "=" in current else dict.fromkeys(f"{condition.partition('=')[0]}=" for condition in conditions)
    )
    return [(word, "") for word in candidates if word.startswith(current)]


def _looked_up(typed_options: Mapping[str, str], folder: str) -> list[str]:
    from omicsdk.cli.lookups import entries

    options = {name: typed_options.get(f"--{name.replace('_', '-')}", "") for name in _STORE_OPTIONS}
    return entries(folder, {name: value for name, value in options.items() if value})
