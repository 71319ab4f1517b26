"""GA4GH DRS: identifiers of files on many servers, resolved and downloaded with verification.

from omicsdk import Drs

with Drs() as drs:
    drs.download("drs://data.example.org/0d8b4c1e", "reads")

Credentials are only sent to the server that they are for: not to the storage of the bytes, nor to other servers that
identifiers name. Those of Seven Bridges take a developer token (`X-SBG-Auth-Token`), or that of a login as
`BearerToken(token)`; a Gen3 commons takes a `Gen3Login`.

from omicsdk import ApiKey, Drs
from omicsdk.drs import HostCredentials

host = "cavatica-ga4gh-api.sbgenomics.com"
credentials = HostCredentials({host: ApiKey(token, header="X-SBG-Auth-Token")})
with Drs(credentials=credentials) as drs:
    drs.download(f"drs://{host}/5e4a7f11e4b0c5d5b7a2a3c1", "reads")
"""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.drs.client import AsyncDrs as AsyncDrs
    from omicsdk.drs.client import Drs as Drs
    from omicsdk.drs.credentials import HostCredentials as HostCredentials
    from omicsdk.drs.credentials import Passports as Passports
    from omicsdk.drs.identifiers import DrsId as DrsId
    from omicsdk.drs.identifiers import NotADrsId as NotADrsId
    from omicsdk.drs.identifiers import parse_drs_id as parse_drs_id
    from omicsdk.drs.objects import AccessMethod as AccessMethod
    from omicsdk.drs.objects import BundleTooDeep as BundleTooDeep
    from omicsdk.drs.objects import DrsObject as DrsObject
    from omicsdk.drs.objects import IsABundle as IsABundle
    from omicsdk.drs.objects import NoAccess as NoAccess
    from omicsdk.drs.planning import DrsFile as DrsFile
    from omicsdk.drs.planning import RequestedObject as RequestedObject
    from omicsdk.drs.planning import find as find
    from omicsdk.drs.resolution import ResolutionSettings as ResolutionSettings
    from omicsdk.drs.resolution import Resolver as Resolver
    from omicsdk.drs.resolution import UnknownPrefix as UnknownPrefix
    from omicsdk.drs.server import DrsServer as DrsServer
    from omicsdk.drs.servers import Servers as Servers
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "client": "AsyncDrs Drs",
            "credentials": "HostCredentials Passports",
            "identifiers": "DrsId NotADrsId parse_drs_id",
            "objects": "AccessMethod BundleTooDeep DrsObject IsABundle NoAccess",
            "planning": "DrsFile RequestedObject find",
            "resolution": "ResolutionSettings Resolver UnknownPrefix",
            "server": "DrsServer",
            "servers": "Servers",
        },
    )
