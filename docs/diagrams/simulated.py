"""A request's way through the sandbox: the modules that it passes, in their own words."""

from diagrams.transfer import staged

STAGES = (
    ("accept", "traffic/server_thread"),
    ("log, and misbehave", "traffic/wire"),
    ("choose a route", "routing"),
    ("check the request", "engine/requests"),
    ("act", "engine/actions"),
    ("respond", "engine/responses"),
)
"""What happens, and the module below omicsdk.sandbox that does it."""


def draw() -> str:
    """The drawing."""
    return staged("The stages of a request in the sandbox", "sandbox", STAGES)
