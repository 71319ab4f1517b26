"""The platforms as the command line sees them: their registrations, variables and connections."""

from __future__ import annotations

from omicsdk.cli.arguments import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.cli.registrations import Service


# Files of cli/index with commands without a service; commands of a group begin with its word: `sandbox up`.
INDEX = ("files", "portals", "builtin")

# Groups of commands without a service, with their titles.
GROUPS = {
    "sandbox": "A local server with every service, to try and test.",
    "config": "Settings, and the origin of each.",
    "cache": "The shared cache of downloaded files.",
    "alias": "Custom names for commands, and those of hca.",
    "compat": "Run programs for the platforms' published clients.",
}

# The words of `omics --help` by their headings, those of all services where there are none; `--all` shows every word.
FIRST_PAGE = {
    "Get data (GDC, ENA, SRA, GEO, HCA, Terra, Zenodo and others)": (
        "search",
        "get",
        "add",
        "lock",
        "pull",
        "status",
        "verify",
    ),
    "Files by URI, on any platform": ("ls", "cat", "cp", "mv", "rm", "mkdir", "stat", "du", "find", "sync", "presign"),
    "Platforms": (),
    "Your own service": ("codegen", "sandbox", "compat"),
    "Set up": ("login", "logout", "whoami", "profiles", "config", "doctor", "completion", "help"),
}

SERVICES: dict[str, Service] = {
    "dss": {
        "title": "Human Cell Atlas Data Store: bundles, files, collections, search, subscriptions",
        "index": "dss",
        "remedy": "Run `omics dss login`. Or set OMICS_DSS_TOKEN, or pass --access-token.",
        "groups": {
            "bundles": "Bundles: list, get, create, update, delete",
            "files": "Files: get metadata of one, create",
            "collections": "Collections: list, get, create, update, delete",
            "subscriptions": "Subscriptions: list, get, create, delete",
            "events": "Events: list, get",
        },
        "client": "omicsdk.hca.dss:Dss",
        "settings": "omicsdk.hca.config:read_settings",
        "documented": True,
    },
    "auth": {
        "title": "Human Cell Atlas authorisation (Fusillade): users, groups, roles, policies, permissions",
        "index": "auth",
        "remedy": "Run `omics auth login`. Or set OMICS_AUTH_TOKEN, or pass --access-token.",
        "groups": {
            "users": "Users: list, get, create, update",
            "groups": "Groups of users: list, get, create, update, delete",
            "roles": "Roles: list, get, create, update, delete",
            "resources": "Types of resources: list, get, create, delete",
        },
        "client": "omicsdk.hca.fusillade:Fusillade",
        "settings": "omicsdk.hca.config:read_settings",
        "package": "fusillade",
        "documented": True,
    },
    "upload": {
        "title": "Human Cell Atlas upload areas: select, upload files, show their state",
        "index": "upload",
        "client": "omicsdk.hca.upload:HcaUpload",
        "settings": "omicsdk.hca.config:read_settings",
        "sections": ["areas", "current_area", "bucket_name_template", "production_api_url", "preprod_api_url_template"],
    },
    "azul": {
        "title": "Azul, data of the Human Cell Atlas, LungMAP and AnVIL: projects, files, manifests, downloads",
        "index": "azul",
        "client": "omicsdk.hca.azul:Azul",
        "remedy": "Run `omics login azul`. Or set OMICS_AZUL_TOKEN, or pass --access-token.",
        "groups": {
            "projects": "Projects: list",
            "samples": "Samples: list",
            "files": "Files: list",
            "bundles": "Bundles: list",
            "datasets": "Datasets of AnVIL: list",
            "donors": "Donors of AnVIL: list",
            "biosamples": "Biosamples of AnVIL: list",
            "activities": "Activities of AnVIL: list",
        },
    },
    "sb": {
        "title": "Seven Bridges and the Cancer Genomics Cloud: files, tasks, apps, projects, volumes",
        "index": "sb",
        "client": "omicsdk.sb.client:SevenBridges",
        "remedy": "Run `omics login sb`. Or set SB_API_ENDPOINT and SB_AUTH_TOKEN: the token comes from Developer, Authentication "
        "token on the platform's page.",
        "groups": {
            "files": "Files and folders: list, show, print, copy, move, change, upload, download, search, tag",
            "tasks": "Runs of apps: create, run, wait for, show, clone, stop, delete",
            "projects": "Projects: list, show, create, change, delete",
            "members": "Members of projects: list, show, add, change, remove",
            "apps": "Tools and workflows: create from CWL, print, copy",
            "volumes": "Buckets that are connected to the platform: list, show, create, change, disconnect",
            "imports": "From volumes to projects: create, list, show, wait for",
            "exports": "From projects to volumes: create, list, show, wait for",
            "manifest": "Metadata and tags of many files as a table of tab-separated values",
        },
    },
    "gen3": {
        "title": "Gen3 data commons: log in, download, upload, submit, query, manifests, discovery, workspaces",
        "index": "gen3",
        "client": "omicsdk.gen3.client:Gen3",
        "operations": "omicsdk.cli.commands.gen3.access:service_of",
        "about": "Groups and commands have the names of gen3's. Missing are configure (name files by --access-token), nih, pfb and "
        "users, which use other services than a commons or work on local files.",
        "not_it": "{} does not respond as a Gen3 commons: give its host alone, without the path of a page.",
        "remedy": "Run `omics login gen3`. Or pass --access-token FILE, or set GEN3_API_KEY: credentials.json comes from your profile "
        "page of the commons.",
        "groups": {
            "auth": "Tokens, and single requests",
            "drs-pull": "Download and list DRS objects and manifests, as gen3's command does",
            "file": "Single files",
            "programs": "Programs: list, create, delete",
            "projects": "Projects of programs: list, create, delete",
            "records": "Records of projects: list, show, create, update, delete",
            "jobs": "Jobs of the commons: start, list, show",
            "objects": "Records of the index: list, show, create, change, delete; their manifests and crosswalks",
            "objects manifest": "Manifests of the index: read, verify, check, publish, delete",
            "objects crosswalk": "Identifiers of other commons for the same subjects: publish, read, verify, delete",
            "discovery": "Studies of the discovery page: list, read, combine, publish, delete",
            "discovery objects": "Files of the studies on the discovery page: read, publish, delete",
            "wss": "Files of workspaces",
        },
        "options": [{"name": "auth", "synonym_of": "access-token"}, {"name": "endpoint", "synonym_of": "base-url"}],
    },
    "drs": {
        "title": "GA4GH DRS objects on any server: show, list, download, resolve",
        "index": "drs",
        "client": "omicsdk.cli.commands.ga4gh:connect",
        "remedy": "Use --base-url with --access-token, or set OMICS_DRS_URL and OMICS_DRS_TOKEN: a token is sent to that server only.",
        "options": [
            value(
                "passport",
                "File with GA4GH passports, one on each line, for servers without a login: those that are known to take them, and that "
                "of --base-url. May be repeated.",
                type="array",
                items="string",
                repeated=True,
                default=[],
                metavar="FILE",
            )
        ],
    },
    "htsget": {
        "title": "GA4GH htsget: slices of reads and variants (BAM, CRAM, VCF, BCF) from any server",
        "index": "htsget",
        "client": "omicsdk.ga4gh:Htsget",
        "default": "download",
        "about": "`omics htsget ID` is `omics htsget download ID`. Tested with the responses of GA4GH's reference server, htsget-refserver 1.5.0.",
        "remedy": "Use --base-url with --access-token, or set OMICS_HTSGET_URL and OMICS_HTSGET_TOKEN: a token is sent to that server only.",
    },
    "refget": {
        "title": "GA4GH refget: reference sequences by their digests",
        "index": "refget",
        "client": "omicsdk.ga4gh:Refget",
        "about": "Tested with the responses of seqrepo-rest-service 0.2.2 (refget 1).",
    },
    "trs": {
        "title": "GA4GH TRS: tools and workflows of registries, and their files",
        "index": "trs",
        "client": "omicsdk.ga4gh:Trs",
        "about": "Tested with the responses of trs-filer (TRS 2.0.1).",
    },
    "dtp": {
        "title": "Digital-twin workflow: SDS data sets to Gen3 and back, files from PACS and iRODS",
        "index": "dtp",
        "client": "omicsdk.cli.commands.dtp:Workflow",
        "documented": True,
        "options": [
            {"name": "auth", "synonym_of": "access-token"},
            {"name": "endpoint", "synonym_of": "base-url"},
            value(
                "config",
                "Settings: an INI file with sections gen3, irods and pacs, or a JSON file (gen3_endpoint ...).",
            ),
        ],
    },
    "crunch": {
        "title": "django-crunch: run workflows over datasets, report their stages, add projects, datasets, items, attributes",
        "index": "crunch",
        "client": "omicsdk.crunch.client:Crunch",
        "remedy": "Run `omics login crunch`. Or set CRUNCH_TOKEN, or pass --access-token: an administrator of the site issues tokens.",
        "groups": {
            "projects": "Projects: list, show, create, change, delete",
            "datasets": "Datasets of projects: list, show, create, change, delete",
            "items": "Items of datasets: list, show, create, change, delete",
        },
        "options": [{"name": "url", "synonym_of": "base-url"}, {"name": "token", "synonym_of": "access-token"}],
    },
    "pangea": {
        "title": "Pangea: samples and results in groups: list, create, upload, download, tag, metadata tables",
        "index": "pangea",
        "client": "omicsdk.cli.commands.pangea:connect",
        "about": "Commands have the names of pangea-api's; public data requires no login.",
        "remedy": "Run `omics login pangea`, or use --email and --password, or set PANGEA_USER and PANGEA_PASS.",
        "groups": {
            "user": "Your account: show it, change its password, get a token",
            "create": "Organizations, groups, samples, analysis results and their fields",
            "add": "Samples into groups",
            "list": "Samples, organizations, groups, analysis results, projects, buckets",
            "download": "Metadata as a table, and files of analysis results",
            "upload": "Reads, metadata from a table, and files of groups",
            "delete": "Samples, groups and analysis results",
            "tag": "Tags of samples and groups",
            "tag list": "Samples and groups with a tag",
            "ncbi": "Projects, samples and runs of NCBI",
            "ncbi link": "From NCBI into Pangea",
            "ncbi list": "Projects and runs at NCBI",
            "orgs": "Organizations: list, show, create, change, delete",
            "groups": "Sample groups: list, show, create, change, delete",
            "samples": "Samples: list, show, create, change, delete",
            "results": "Analysis results: list, show, create, change, delete",
            "fields": "Fields of analysis results: list, show, create, change, delete",
            "tags": "Tags: list, show, create, change, delete",
            "projects": "Projects: list, show, create, change, delete",
            "buckets": "Buckets: list, show, create, change, delete",
        },
        "options": [
            value(
                "email",
                "Email address to log in with (default: PANGEA_USER); without one, requests are anonymous.",
                short="-e",
            ),
            value("password", "Password (default: PANGEA_PASS, which is not visible in process lists).", short="-p"),
            {"name": "endpoint", "synonym_of": "base-url"},
        ],
    },
}


def variable(service: str, what: str) -> str:
    """The name of a service's environment variable, such as OMICS_DSS_TOKEN.

    Args:
        service: The service's word on the command line.
        what: TOKEN or URL.
    """
    return f"OMICS_{service.upper().replace('-', '_')}_{what}"


# Those of all SERVICES, and of the GDC.
SERVICE_VARIABLES = frozenset(variable(service, what) for service in (*SERVICES, "gdc") for what in ("TOKEN", "URL"))


class Connection:
    """The global options of a service, for commands that make their own connection.

    Attributes:
        base_url: Value of --base-url.
        access_token: Value of --access-token.
        profile: Value of --profile or OMICS_PROFILE.
    """

    __slots__ = ("access_token", "base_url", "profile")

    def __init__(self, settings: Mapping[str, Any]) -> None:
        import os

        from omicsdk.core.settings.profiles import PROFILE_VARIABLE

        self.base_url: str | None = settings.get("base-url") or None
        # An empty one stays: `omics login` refuses it, as it may be of a variable that a script left empty.
        self.access_token: str | None = settings.get("access-token")
        self.profile: str | None = settings.get("profile") or os.environ.get(PROFILE_VARIABLE) or None


def stated_by_variables(
    service: str, base_url: str | None, token: str | None, default: str = ""
) -> tuple[str | None, str | None]:
    """Complete the base URL and the token of a service that has no search of its own from its variables.

    Args:
        service: The service's word on the command line.
        base_url: Value of --base-url.
        token: Value of --access-token.
        default: The service's own base URL. The variable's token is for that of the variable, else for this one.
    """
    import os

    url, secret = (os.environ.get(variable(service, what), "").strip() or None for what in ("URL", "TOKEN"))
    if token is None and secret is not None:
        from omicsdk.cli.package import is_for
        from omicsdk.core.checked_tokens import checked_token

        names = [variable(service, what) for what in ("TOKEN", "URL")]
        # A token is sent to the server that its variable is for, never to another one that an option names.
        if is_for(names, url or default, base_url):
            token = checked_token(secret, names[0])
    return base_url or url, token
