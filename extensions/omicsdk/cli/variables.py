"""The environment variables that the command line reads."""

from __future__ import annotations


def variable(service: str, what: str) -> str:
    """The name of a service's environment variable, such as OMICS_DSS_TOKEN.

    Args:
        service: The service's word on the command line.
        what: TOKEN or URL.
    """
    return f"OMICS_{service.upper().replace('-', '_')}_{what}"
