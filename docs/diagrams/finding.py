"""Where things happen: a platform from a program's call down to the wire, with the function of each step."""

from diagrams.svg import Box, drawing

STEPS = (
    (
        ("a client is constructed", "omicsdk.core.platform:Platform"),
        ("sb:// is listed", "omicsdk.fs.stores.sb:SbStore.entries"),
        ("a command is dispatched", "omicsdk.cli.main:main"),
        ("import hca is answered", "omicsdk.compat:install"),
    ),
    (
        ("a DSS manifest is downloaded", "omicsdk.hca.dss.downloads:download_manifest"),
        ("a Seven Bridges upload is completed", "omicsdk.sb.store:PlatformStore.complete"),
        ("a Gen3 record is submitted", "omicsdk.gen3.records.submission:submit"),
        ("a DRS URI is resolved", "omicsdk.drs.resolution:Resolver"),
    ),
    (
        ("an operation is called", "omicsdk.core.operation:Call.__call__"),
        ("files are downloaded", "omicsdk.transfer.downloads.downloading:download"),
        ("files are uploaded", "omicsdk.transfer.uploads.uploading:upload"),
        ("parts are read without a file", "omicsdk.transfer.ranges:Ranges.read"),
    ),
    (
        ("a token is chosen", "omicsdk.core.platform:resolve"),
        ("a request is sent, tried again, redirected", "omicsdk.core.sending.transport:Transport.send"),
    ),
)
"""From the top to the bottom: what happens, and the module and function that does it."""


def draw() -> str:
    """The drawing."""
    rows = [
        [Box(f"{what[0].upper()}{what[1:]}", where.removeprefix("omicsdk.").replace(":", ": ")) for what, where in row]
        for row in STEPS
    ]
    return drawing("Where things happen, from the call to the wire", rows, arrows=True, columns=1)
