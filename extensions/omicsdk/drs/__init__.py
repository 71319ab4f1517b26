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

lazy_package(
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
