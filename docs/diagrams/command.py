"""A command's way from its words to what it prints: the modules that it passes, in their own words."""

from diagrams.transfer import staged

STAGES = (
    ("start", "main"),
    ("find", "dispatch"),
    ("parse", "parser"),
    ("run", "invoke"),
    ("call an operation", "operations"),
    ("print", "output"),
)
"""What happens, and the module below omicsdk.cli that does it."""


def draw() -> str:
    """The drawing."""
    return staged("The stages of a command", "cli", STAGES)
