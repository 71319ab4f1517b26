"""GA4GH DRS: identifiers of files that many servers share, and the way from one to verified bytes.

from omicsdk.drs import download

download(["drs://data.example.org/0d8b4c1e"], "reads").raise_if_failed()

Servers that want a login get it by their host, and nobody else gets it: not the storage that has the bytes, and no server that an
identifier leads to unasked. Those of Seven Bridges take a developer token (`X-SBG-Auth-Token`), or that of a login as
`BearerToken(token)`; a Gen3 commons takes a `Gen3Auth`.

from omicsdk.core.credentials import ApiKey
from omicsdk.drs import download

host = "cavatica-ga4gh-api.sbgenomics.com"
logins = {host: ApiKey(token, header="X-SBG-Auth-Token")}
download([f"drs://{host}/5e4a7f11e4b0c5d5b7a2a3c1"], "reads", credentials=logins.get).raise_if_failed()
"""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.drs.downloading import download as download
    from omicsdk.drs.errors import BundleTooDeep as BundleTooDeep
    from omicsdk.drs.errors import IsABundle as IsABundle
    from omicsdk.drs.errors import NoAccess as NoAccess
    from omicsdk.drs.hosts import ResolutionSettings as ResolutionSettings
    from omicsdk.drs.identifiers import DrsId as DrsId
    from omicsdk.drs.identifiers import NotADrsId as NotADrsId
    from omicsdk.drs.identifiers import parse_drs_id as parse_drs_id
    from omicsdk.drs.objects import AccessMethod as AccessMethod
    from omicsdk.drs.objects import DrsObject as DrsObject
    from omicsdk.drs.planning import DrsFile as DrsFile
    from omicsdk.drs.planning import Wanted as Wanted
    from omicsdk.drs.planning import find as find
    from omicsdk.drs.resolution import Resolver as Resolver
    from omicsdk.drs.resolution import UnknownPrefix as UnknownPrefix
    from omicsdk.drs.server import DrsServer as DrsServer
    from omicsdk.drs.servers import Servers as Servers

_HOMES = {
    "AccessMethod": "objects",
    "BundleTooDeep": "errors",
    "DrsFile": "planning",
    "DrsId": "identifiers",
    "DrsObject": "objects",
    "DrsServer": "server",
    "IsABundle": "errors",
    "NoAccess": "errors",
    "NotADrsId": "identifiers",
    "ResolutionSettings": "hosts",
    "Resolver": "resolution",
    "Servers": "servers",
    "UnknownPrefix": "resolution",
    "Wanted": "planning",
    "download": "downloading",
    "find": "planning",
    "parse_drs_id": "identifiers",
}
__all__ = [
    "AccessMethod",
    "BundleTooDeep",
    "DrsFile",
    "DrsId",
    "DrsObject",
    "DrsServer",
    "IsABundle",
    "NoAccess",
    "NotADrsId",
    "ResolutionSettings",
    "Resolver",
    "Servers",
    "UnknownPrefix",
    "Wanted",
    "download",
    "find",
    "parse_drs_id",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.drs' has no attribute '{name}'")
    found: object = getattr(import_module(f"omicsdk.drs.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
