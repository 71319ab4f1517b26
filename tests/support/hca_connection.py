"""The constructor arguments of the clients of the Atlas's services."""

from collections.abc import Mapping
from typing import NamedTuple

from omicsdk.core import Credentials
from omicsdk.core.oauth.tokens import Endpoint
from omicsdk.core.platform import resolve
from omicsdk.hca.config import HCAConfig
from omicsdk.hca.services import base_url_of, discovery


class Connection(NamedTuple):
    base_url: str
    credentials: Credentials | None


def connection(
    section: str,
    *,
    base_url: str | None = None,
    swagger_url: str | None = None,
    config: HCAConfig | None = None,
    environ: Mapping[str, str] | None = None,
    endpoint: Endpoint | None = None,
) -> Connection:
    """What a client of a service is made with."""
    url = base_url or (base_url_of(swagger_url) if swagger_url else None)
    return Connection(*resolve(discovery(section, config, endpoint=endpoint), base_url=url, environ=environ))
