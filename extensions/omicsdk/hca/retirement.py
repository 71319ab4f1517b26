"""The Human Cell Atlas's own hosts, which were switched off; other deployments of the same services are not concerned."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# The data portal, which has the Atlas's data now.
PORTAL = "https://data.humancellatlas.org"

# Also those of the stages: dss.staging.data.humancellatlas.org.
_RETIRED = re.compile(r"(dss|auth|upload)(\.[a-z]+)?\.data\.humancellatlas\.org")


# Command that downloads the files of a manifest of the Data Store from the service that has them now.
INSTEAD = "omics azul download --manifest"


def retirement(url: str) -> str:
    """Return what to do when a service of the Atlas cannot be reached; empty for any other service.

    Args:
        url: A URL of the service.
    """
    if not _RETIRED.fullmatch(urlsplit(url).hostname or ""):
        return ""
    return (
        f"The Human Cell Atlas has retired this service: its data is in the data portal, {PORTAL}. Name another deployment "
        "with --base-url."
    )
