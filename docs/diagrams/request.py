"""A request's way from an operation to a model: the modules that it passes, in their own words."""

from diagrams.transfer import staged

STAGES = (
    ("call", "operation"),
    ("build", "request"),
    ("exchange", "client"),
    ("add a login", "credentials"),
    ("send, and retry", "sending/transport"),
    ("parse", "response"),
    ("return", "model"),
)
"""What happens, and the module below omicsdk.core that does it."""


def draw() -> str:
    """The drawing."""
    return staged("The stages of a request", "core", STAGES)
