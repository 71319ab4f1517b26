"""The Api: one user on one platform, and all that can be done there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from omicsdk.compat.sevenbridges.config import Config, by_default, check_config, format_proxies
from omicsdk.compat.sevenbridges.enums import RequestParameters
from omicsdk.compat.sevenbridges.http.arguments import check_numbers, check_proxies
from omicsdk.compat.sevenbridges.http.client import HttpClient
from omicsdk.core.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    import httpx

    from omicsdk.compat.sevenbridges.http.error_handlers import Handler
    from omicsdk.compat.sevenbridges.meta.resource import Resource
    from omicsdk.compat.sevenbridges.models.actions import Actions
    from omicsdk.compat.sevenbridges.models.app import App
    from omicsdk.compat.sevenbridges.models.async_jobs import AsyncJob
    from omicsdk.compat.sevenbridges.models.automation import Automation, AutomationPackage, AutomationRun
    from omicsdk.compat.sevenbridges.models.billing_group import BillingGroup
    from omicsdk.compat.sevenbridges.models.dataset import Dataset
    from omicsdk.compat.sevenbridges.models.division import Division
    from omicsdk.compat.sevenbridges.models.drs_import import DRSImportBulk
    from omicsdk.compat.sevenbridges.models.endpoints import Endpoints
    from omicsdk.compat.sevenbridges.models.file import File
    from omicsdk.compat.sevenbridges.models.invoice import Invoice
    from omicsdk.compat.sevenbridges.models.marker import Marker
    from omicsdk.compat.sevenbridges.models.project import Project
    from omicsdk.compat.sevenbridges.models.rate_limit import RateLimit
    from omicsdk.compat.sevenbridges.models.storage_export import Export
    from omicsdk.compat.sevenbridges.models.storage_import import Import
    from omicsdk.compat.sevenbridges.models.task import Task
    from omicsdk.compat.sevenbridges.models.team import Team
    from omicsdk.compat.sevenbridges.models.user import User
    from omicsdk.compat.sevenbridges.models.volume import Volume

#: Parts of an upload or download that are moved at once, at most, unless told otherwise.
WORKERS = 16


class Api(HttpClient):
    """One user on one platform. Each attribute below is a class of resources that belongs to this Api: what it gives does too.

    Without `url`, `token` and `config` the variables SB_API_ENDPOINT and SB_AUTH_TOKEN are used, else the profile `default`
    of ~/.sevenbridges/credentials. `config` goes before `url` and `token`.

    Args:
        url: The platform's base URL, such as https://api.sbgenomics.com/v2.
        token: A developer's token.
        oauth_token: An OAuth 2.0 access token, in its place.
        config: Where to find them instead.
        timeout: Seconds for each step of a request; None for the defaults (10 to connect, 60 to read).
        download_max_workers: Parts that are downloaded at once, at most.
        upload_max_workers: Parts that are uploaded at once, at most.
        proxies: "http_proxy" and "https_proxy" to proxies, for transfers too.
        error_handlers: What is asked about answers that are errors; `maintenance_sleeper` comes before them.
        advance_access: Whether operations in advance access are wanted.
        pool_connections: Has no effect: connections are kept for each host.
        pool_maxsize: Has no effect: there are as many connections as requests at once.
        pool_block: Has no effect.
        max_parallel_requests: How many requests there are at once, at most.
        retry_count: How often a request is sent again that wasn't answered, at most; 0 for never.
        backoff_factor: Longest wait before the second try in seconds; it doubles with each.
        debug: Whether the platform may be reached by plain http.
        clock: What tells the time and waits.
        transport: Takes the place of the network, for tests; files' bytes don't pass through it.

    Raises:
        SettingsError: Something is missing or makes no sense.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        oauth_token: str | None = None,
        config: Config | None = None,
        timeout: float | None = None,
        download_max_workers: int = WORKERS,
        upload_max_workers: int = WORKERS,
        proxies: Mapping[str, str] | None = None,
        error_handlers: Sequence[Handler] | None = None,
        advance_access: bool = False,
        pool_connections: int = 10,
        pool_maxsize: int = 100,
        pool_block: bool = True,
        max_parallel_requests: int = 100,
        retry_count: int = RequestParameters.DEFAULT_RETRY_COUNT,
        backoff_factor: float = RequestParameters.DEFAULT_BACKOFF_FACTOR,
        debug: bool = False,
        clock: Clock = SYSTEM_CLOCK,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.pool_connections, self.pool_maxsize, self.pool_block = pool_connections, pool_maxsize, pool_block
        check_numbers({"download_max_workers": download_max_workers, "upload_max_workers": upload_max_workers})
        check_proxies(proxies)
        check_config(config)
        found = format_proxies(proxies)
        if config is not None:
            url, token, oauth_token = config.api_endpoint, config.auth_token, None
            found, advance_access = found or config.proxies, advance_access or config.advance_access
        elif url is None and token is None and oauth_token is None:
            access = by_default()
            url, token = access.api_endpoint, access.auth_token
            found, advance_access = found or access.proxies, advance_access or access.advance_access
        self.download_max_workers = download_max_workers
        self.upload_max_workers = upload_max_workers
        super().__init__(
            url,
            token,
            oauth_token,
            timeout=timeout,
            proxies=found,
            error_handlers=error_handlers,
            advance_access=advance_access,
            max_parallel_requests=max_parallel_requests,
            retry_count=retry_count,
            backoff_factor=backoff_factor,
            debug=debug,
            clock=clock,
            transport=transport,
        )

    def close(self) -> None:
        """Closes the connections, for good, and ends the pools when their work is done."""
        super().close()
        for pool in ("download_pool", "upload_pool"):
            if pool in vars(self):
                vars(self)[pool].shutdown(wait=False)

    @cached_property
    def download_pool(self) -> ThreadPoolExecutor:
        """Threads for a program's own work, `download_max_workers` of them; the engine that moves files has others."""
        return self._pool(self.download_max_workers)

    @cached_property
    def upload_pool(self) -> ThreadPoolExecutor:
        """Likewise, `upload_max_workers` of them."""
        return self._pool(self.upload_max_workers)

    def _pool(self, workers: int) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(workers)

    def _own(self, module: str, name: str) -> Any:
        """This Api's class of a kind of resources: what is made by it knows no other Api."""
        kind = cast("type[Resource]", getattr(import_module(f"omicsdk.compat.sevenbridges.models.{module}"), name))
        return type(name, (kind,), {"_API": self, "__module__": kind.__module__, "__doc__": kind.__doc__})

    @cached_property
    def actions(self) -> type[Actions]:
        """Feedback, and copies of many files."""
        return self._own("actions", "Actions")

    @cached_property
    def apps(self) -> type[App]:
        """Tools and workflows."""
        return self._own("app", "App")

    @cached_property
    def async_jobs(self) -> type[AsyncJob]:
        """Copies, moves and deletions of many files and folders."""
        return self._own("async_jobs", "AsyncJob")

    @cached_property
    def automations(self) -> type[Automation]:
        """Automations."""
        return self._own("automation", "Automation")

    @cached_property
    def automation_packages(self) -> type[AutomationPackage]:
        """The code of automations."""
        return self._own("automation", "AutomationPackage")

    @cached_property
    def automation_runs(self) -> type[AutomationRun]:
        """Runs of automations."""
        return self._own("automation", "AutomationRun")

    @cached_property
    def billing_groups(self) -> type[BillingGroup]:
        """Who pays."""
        return self._own("billing_group", "BillingGroup")

    @cached_property
    def datasets(self) -> type[Dataset]:
        """Data sets."""
        return self._own("dataset", "Dataset")

    @cached_property
    def divisions(self) -> type[Division]:
        """Divisions of an enterprise."""
        return self._own("division", "Division")

    @cached_property
    def drs_imports(self) -> type[DRSImportBulk]:
        """Imports by DRS URI."""
        return self._own("drs_import", "DRSImportBulk")

    @cached_property
    def endpoints(self) -> type[Endpoints]:
        """Where the platform's parts are."""
        return self._own("endpoints", "Endpoints")

    @cached_property
    def exports(self) -> type[Export]:
        """Exports to volumes."""
        return self._own("storage_export", "Export")

    @cached_property
    def files(self) -> type[File]:
        """Files and folders."""
        return self._own("file", "File")

    @cached_property
    def imports(self) -> type[Import]:
        """Imports from volumes."""
        return self._own("storage_import", "Import")

    @cached_property
    def invoices(self) -> type[Invoice]:
        """Invoices."""
        return self._own("invoice", "Invoice")

    @cached_property
    def markers(self) -> type[Marker]:
        """Marked places of genomes."""
        return self._own("marker", "Marker")

    @cached_property
    def projects(self) -> type[Project]:
        """Projects."""
        return self._own("project", "Project")

    @cached_property
    def rate_limit(self) -> type[RateLimit]:
        """How many requests are left."""
        return self._own("rate_limit", "RateLimit")

    @cached_property
    def tasks(self) -> type[Task]:
        """Runs of apps."""
        return self._own("task", "Task")

    @cached_property
    def teams(self) -> type[Team]:
        """Teams of a division."""
        return self._own("team", "Team")

    @cached_property
    def users(self) -> type[User]:
        """Users."""
        return self._own("user", "User")

    @cached_property
    def volumes(self) -> type[Volume]:
        """Buckets that are connected with the platform."""
        return self._own("volume", "Volume")
