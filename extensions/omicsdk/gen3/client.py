"""The client of a Gen3 data commons: its services as attributes, its workflows as methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from omicsdk.core.consistency import UUID, Identifier, Rule, Rules
from omicsdk.core.platform import AsyncPlatform, Listing, Opening, Part, Platform, Workflow, late_modules
from omicsdk.core.sending.transport import Meanings
from omicsdk.drs.client import COLUMNS, MEANINGS
from omicsdk.drs.identifiers import is_guid, without_prefix
from omicsdk.drs.resolution import ResolutionSettings
from omicsdk.drs.servers import Servers
from omicsdk.gen3.discovery import CommonsAddress

if TYPE_CHECKING:
    from omicsdk_api.drs import AsyncDrsApi, DrsApi
    from omicsdk_api.gen3.arborist import ArboristApi, AsyncArboristApi
    from omicsdk_api.gen3.fence import AsyncFenceApi, FenceApi
    from omicsdk_api.gen3.indexd import AsyncIndexdApi, IndexdApi
    from omicsdk_api.gen3.manifest import AsyncManifestApi, ManifestApi
    from omicsdk_api.gen3.metadata import AsyncMetadataApi, MetadataApi
    from omicsdk_api.gen3.peregrine import AsyncPeregrineApi, PeregrineApi
    from omicsdk_api.gen3.sheepdog import AsyncSheepdogApi, SheepdogApi
    from omicsdk_api.gen3.wts import AsyncWtsApi, WtsApi

    from omicsdk.core.plain_client import AsyncPlainClient, PlainClient
    from omicsdk.drs import downloads as objects
    from omicsdk.drs import planning
    from omicsdk.drs.resolution import ResolutionSettings
    from omicsdk.drs.servers import Servers
    from omicsdk.gen3 import downloads, explorer, index_records, jobs, queries, uploads, workspaces
    from omicsdk.gen3.manifests import bundles, crosswalk, discovery, indexing, metadata, records
    from omicsdk.gen3.records import deletions, exports, file_submission, submission, validation
    from omicsdk.gen3.records import projects as account
else:
    objects, planning = late_modules("omicsdk.drs", "downloads planning")
    downloads, explorer, index_records, jobs, queries, uploads, workspaces = late_modules(
        "omicsdk.gen3", "downloads explorer index_records jobs queries uploads workspaces"
    )
    bundles, crosswalk, discovery, indexing, metadata, records = late_modules(
        "omicsdk.gen3.manifests", "bundles crosswalk discovery indexing metadata records"
    )
    account, deletions, exports, file_submission, submission, validation = late_modules(
        "omicsdk.gen3.records", "projects deletions exports file_submission submission validation"
    )


# An index finds records without or with its prefix.
GUID = Identifier("GUID", str.lower, without_prefix)


def _is_guid_or_alias(guid: str, other: str) -> bool:
    return not is_guid(guid) or without_prefix(guid, other)


_GUID_OR_ALIAS = Identifier("GUID", str.lower, _is_guid_or_alias)
INDEXD = Rules(
    # A baseid means the latest version; bundles have an id.
    Rule(
        "GUID", GUID, ["did", "baseid", "id"], frozenset({"get_record", "get_bundle", "update_record", "update_blank"})
    ),
    Rule("object_id", GUID, ["id"], frozenset({"get_drs_object"})),
)
METADATA = Rules(
    Rule("guid", Identifier("GUID"), ["guid"], frozenset({"get_aliases", "update_aliases"})),
    Rule("guid", _GUID_OR_ALIAS, ["record.did", "record.baseid"], frozenset({"get_object"})),
)
SHEEPDOG = Rules(
    # A record of another project is found, too.
    Rule("entity_id_string", UUID, ["entities.*.properties.id"], frozenset({"get_records"}), separator=",")
)


class _Services:
    """The services of a commons: one login and one set of connections for all of them."""

    _meanings: ClassVar[Meanings | None] = MEANINGS

    fence = Part["FenceApi", "AsyncFenceApi"]("omicsdk_api.gen3.fence", "FenceApi", "/user")
    """Logins, presigned URLs and uploads."""
    indexd = Part["IndexdApi", "AsyncIndexdApi"]("omicsdk_api.gen3.indexd", "IndexdApi", "/index", INDEXD)
    """The index of files."""
    metadata = Part["MetadataApi", "AsyncMetadataApi"]("omicsdk_api.gen3.metadata", "MetadataApi", "/mds", METADATA)
    """The metadata service, to read from."""
    metadata_admin = Part["MetadataApi", "AsyncMetadataApi"](
        "omicsdk_api.gen3.metadata", "MetadataApi", "/mds-admin", METADATA
    )
    """The metadata service, to write to."""
    sheepdog = Part["SheepdogApi", "AsyncSheepdogApi"]("omicsdk_api.gen3.sheepdog", "SheepdogApi", "/api", SHEEPDOG)
    """Submission and export of records."""
    peregrine = Part["PeregrineApi", "AsyncPeregrineApi"]("omicsdk_api.gen3.peregrine", "PeregrineApi", "")
    """Queries over submitted records."""
    arborist = Part["ArboristApi", "AsyncArboristApi"](
        "omicsdk_api.gen3.arborist",
        "ArboristApi",
        "/authz",
        paths={"/auth/mapping": "/mapping", "/auth/resources": "/resources", "/auth/proxy": ""},
    )
    """What a user may do: a commons serves `get_auth_mapping`, `list_auth_resources`, `find_auth_resources`,
    `check_auth_proxy` and `list_policies`. The others need the service's own address, with `ArboristApi`."""
    wts = Part["WtsApi", "AsyncWtsApi"]("omicsdk_api.gen3.wts", "WtsApi", "/wts")
    """Tokens of other commons."""
    manifest = Part["ManifestApi", "AsyncManifestApi"]("omicsdk_api.gen3.manifest", "ManifestApi", "/manifests")
    """Manifests that users keep with the commons."""
    drs = Part["DrsApi", "AsyncDrsApi"]("omicsdk_api.drs", "DrsApi", "/ga4gh/drs/v1")
    """The commons as a GA4GH Data Repository Service."""
    guppy = Part["PlainClient", "AsyncPlainClient"]("omicsdk.core.plain_client", "PlainClient", "/guppy")
    """The explorer's service, which has no document: see `explore` and `explorer_query`."""
    sower = Part["PlainClient", "AsyncPlainClient"]("omicsdk.core.plain_client", "PlainClient", "/job")
    """The service of jobs, which has no document: see `run_job`."""
    ws_storage = Part["PlainClient", "AsyncPlainClient"]("omicsdk.core.plain_client", "PlainClient", "/ws-storage")
    """The storage of workspaces, which has no document: see `workspace_copy`."""


class _Workflows:
    """The workflows of a commons."""

    whoami = Workflow(account.whoami)
    projects = Workflow(account.projects)
    dictionary = Workflow(account.dictionary)
    ls = Listing(planning.ls, COLUMNS)
    open = Opening(objects.open_object)
    download = Workflow(downloads.download)
    download_record = Workflow(downloads.download_record)
    verify = Workflow(objects.verify)
    upload = Workflow(uploads.upload)
    update_record = Workflow(index_records.change_record)
    delete_record = Workflow(index_records.delete_record)
    validate = Listing(validation.validate_records, ("file", "row", "column", "kind", "message"))
    submit = Workflow(submission.submit)
    submit_file = Workflow(file_submission.submit_file)
    submit_rows = Listing(submission.submit_rows, ("type", "name", "status", "id"))
    export_rows = Listing(exports.export_rows, ("submitter_id", "type", "id"))
    export_file = Workflow(exports.export_file)
    file_manifest = Workflow(exports.file_manifest)
    export_project = Workflow(exports.export_project)
    export_records = Workflow(exports.export_records)
    count_records = Workflow(exports.count_records)
    delete_records = Workflow(deletions.delete_records)
    delete_nodes = Workflow(deletions.delete_nodes)
    delete_project = Workflow(deletions.delete_project)
    query = Workflow(queries.ask)
    query_rows = Listing(queries.rows)
    query_count = Workflow(queries.count)
    read_index = Workflow(records.read_index)
    index_manifest = Workflow(indexing.index_manifest)
    index_bundles = Workflow(bundles.index_bundles)
    verify_manifest = Workflow(records.verify_manifest)
    delete_index_records = Workflow(records.delete_index_records)
    ingest_metadata = Workflow(metadata.ingest_metadata)
    verify_metadata = Workflow(metadata.verify_metadata)
    read_crosswalk = Workflow(crosswalk.read_crosswalk)
    publish_crosswalk = Workflow(crosswalk.publish_crosswalk)
    verify_crosswalk = Workflow(crosswalk.verify_crosswalk)
    delete_crosswalk = Workflow(crosswalk.delete_crosswalk)
    delete_subject = Workflow(crosswalk.delete_subject)
    read_discovery = Workflow(discovery.read_discovery)
    publish_discovery = Workflow(discovery.publish_discovery)
    delete_study = Workflow(discovery.delete_study)
    discovery_objects = Listing(discovery.discovery_objects, ("dataset_guid", "guid", "display_name"))
    publish_discovery_objects = Workflow(discovery.publish_discovery_objects)
    delete_discovery_objects = Workflow(discovery.delete_discovery_objects)
    explore = Listing(explorer.explore)
    explorer_query = Workflow(explorer.explorer_query)
    list_jobs = Workflow(jobs.list_jobs)
    start_job = Workflow(jobs.start_job)
    run_job = Workflow(jobs.run_job)
    job_status = Workflow(jobs.job_status)
    job_output = Workflow(jobs.job_output)
    workspace_ls = Workflow(workspaces.workspace_ls)
    workspace_copy = Workflow(workspaces.workspace_copy)
    workspace_rm = Workflow(workspaces.workspace_rm)
    workspace_url = Workflow(workspaces.workspace_url)


class Gen3(_Workflows, _Services, CommonsAddress, Platform):  # pyright: ignore[reportIncompatibleVariableOverride] - `_retry` follows the environment
    """A Gen3 data commons. Thread-safe; close it, or use it in a `with` block.

    Its services are attributes, and their operations attributes of these: `gen3.indexd.get_record(guid=...)`.

    The base URL and the login are found in this order: the arguments (a login, such as `Gen3Login`, states its commons); the
    profile, which is a name within ~/.gen3; OMICS_GEN3_URL, GEN3_ENDPOINT, OMICS_GEN3_TOKEN and GEN3_API_KEY;
    ~/.gen3/credentials; a workspace's token service. Without a login, public data can be read.

    Args and errors: those of `omicsdk.core.platform.Platform`. As text, credentials may also be the path of a credentials file or its
    name within ~/.gen3, idp://wts/IDP or accesstoken:///TOKEN.
    """

    def servers(self, settings: ResolutionSettings | None = None) -> Servers:
        """The servers that identifiers refer to, for a block; their connections are this client's.

        Args:
            settings: How prefixes of other commons are resolved; by default from the environment.
        """
        return downloads.servers_of(self, downloads.resolver_of(self, settings))


class AsyncGen3(_Workflows, _Services, CommonsAddress, AsyncPlatform):  # pyright: ignore[reportIncompatibleVariableOverride] - `_retry` follows the environment
    """A Gen3 data commons for asyncio and trio; close it with `aclose`, or use it in an `async with` block.

    Base URL, login, arguments and errors are those of `Gen3` and `omicsdk.core.platform.AsyncPlatform`.
    """

    _blocking_class = Gen3
