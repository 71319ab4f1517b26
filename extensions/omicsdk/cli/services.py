"""The platforms as the command line sees them, as data."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Service

SERVICES: dict[str, Service] = {
    "dss": {
        "title": "Human Cell Atlas Data Store: bundles, files, collections, search, subscriptions",
        "workflows": "omicsdk.cli.workflows.dss",
        "client": "omicsdk.dss:Dss",
        "settings": "omicsdk.hca.config:read_settings",
        "documented": True,
    },
    "auth": {
        "title": "Human Cell Atlas authorisation (Fusillade): users, groups, roles, policies, who may do what",
        "workflows": "omicsdk.cli.workflows.auth",
        "client": "omicsdk.auth:Auth",
        "settings": "omicsdk.hca.config:read_settings",
        "settings": "omicsdk.hca.config:read_settings",
        "package": "fusillade",
        "documented": True,
    },
    "gen3": {"title": "Gen3 data commons: authorisation, index, submission, metadata, workspaces"},
}
