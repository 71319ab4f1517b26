"""The versions of the services that files come from, as these state them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

from omicsdk.core.errors import OmicsError
from omicsdk.core.logs import logger
from omicsdk.core.response import json_of
from omicsdk.core.threads import side_by_side
from omicsdk.core.type_guards import is_object

if TYPE_CHECKING:
    from omicsdk.fs.stores.drs import DrsStore
    from omicsdk.transfer.reports.provenance import ProvenanceFile

# The longest wait for a step of a request.
SECONDS = 10.0
# URLs of TRS, htsget and refget, up to where GA4GH's service-info is below.
_DESCRIBED = re.compile(r"(https?://[^?#]+(?:/ga4gh/trs/v\d+(?=/tools/)|/(?:reads|variants|sequence)(?=/)))")
_AZUL = re.compile(r"(https?://[^?#]+?)/(?:fetch/)?repository/files/")
_log = logger("omicsdk.portals")


def service_versions(files: Iterable[ProvenanceFile]) -> dict[str, str]:
    """Ask services for their versions: DRS, TRS, htsget and refget by GA4GH's service-info, Azul by its revision.

    Each is asked once, without credentials and retries. One that fails, or that states no version, is left out.

    Args:
        files: Their files.

    Returns:
        The versions by `ProvenanceFile.service`.
    """
    sources: dict[str, str] = {}
    for file in files:
        if (service := file.service) and service not in sources and is_described(file.source):
            sources[service] = file.source
    versions: dict[str, str] = {}
    for service, version in zip(sources, side_by_side(_version, [*sources.values()]), strict=True):
        if isinstance(version, OmicsError):
            _log.debug("the version of %s is unknown: %s", service, version)
        elif version:
            versions[service] = version
    return versions


def is_described(source: str) -> bool:
    """Whether the source of a file is a service whose interface states versions.

    Args:
        source: As `ProvenanceFile.source`.
    """
    return source.startswith(("drs://", "gen3://", "dg.")) or bool(_DESCRIBED.match(source) or _AZUL.match(source))


def _version(source: str) -> str:
    """Request the version of a service; "" if it states none."""
    from omicsdk.core.client import Client
    from omicsdk.core.plain_client import exchange_of, plain_request
    from omicsdk.core.retry import NO_RETRY

    azul = _AZUL.match(source)
    if azul is not None:
        url = f"{azul[1]}/version"
    else:
        described = _DESCRIBED.match(source)
        url = f"{_drs_url(source) if described is None else described[1]}/service-info"
    base_url, _, path = url.rpartition("/")
    with Client(base_url, retry=NO_RETRY, timeout=SECONDS, environ=os.environ) as client:
        body: object = json_of(exchange_of(client).send(plain_request("version of the service", "GET", f"/{path}")))
    if azul is not None:
        body = cast("Mapping[str, object]", body).get("git") if is_object(body) else None
    version = body.get("version" if azul is None else "commit") if is_object(body) else None
    return version if isinstance(version, str) else ""


def _drs_url(source: str) -> str:
    """The URL of a DRS server, which its host states, or a registry of prefixes."""
    from omicsdk.drs.identifiers import parse_drs_id
    from omicsdk.fs.stores.drs import gen3_readings
    from omicsdk.fs.uris import open_store

    scheme, _, path = source.partition("://")
    identifier = parse_drs_id(source) if scheme == "drs" else gen3_readings(path or source)[0].identifier
    with ExitStack() as stack:
        store = open_store("drs" if scheme == "drs" else "gen3")
        stack.callback(store.close)
        return cast("DrsStore", store).client.base_url(identifier)
