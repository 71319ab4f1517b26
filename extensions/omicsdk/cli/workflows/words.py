"""What descriptions of handwritten commands have in common, whatever the service."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument


def examples(service: str, text: str, *lines: str) -> str:
    """A description that ends with examples.

    Args:
        service: The service's word.
        text: What comes before; may be empty.
        lines: The examples, without the program's name and the service's word.
    """
    before = [text, ""] if text else []
    return "\n".join([*before, "Examples:", "", *(f"    omics {service} {line}" for line in lines)])


def flag(name: str, text: str, short: str | None = None) -> Argument:
    """An option that stands alone.

    Args:
        name: Its name.
        text: What it means.
        short: Its short spelling.
    """
    made: Argument = {"name": name, "type": "boolean", "flag": True, "default": False, "help": text}
    return {**made, "short": short} if short is not None else made


DRY_RUN = flag("dry_run", "Only tell what would be done; nothing is.")
QUIET = flag("quiet", "Show no progress.", "-q")
LIMIT: Argument = {
    "name": "limit",
    "type": "integer",
    "convert": "omicsdk.cli.commands.numbers:at_least_1",
    "default": None,
    "help": "So many at most; all when omitted.",
}
