"""The Api: the client of one user on one platform."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from omicsdk.compat.sevenbridges.http.client import HttpClient

if TYPE_CHECKING:
    from omicsdk.compat import sevenbridges as sbg
    from omicsdk.compat.sevenbridges.meta.resource import Resource
    from omicsdk.compat.sevenbridges.models.actions import Actions

R = TypeVar("R", bound="Resource")


class Group(Generic[R]):
    """Attribute of an Api: a class of resources that is bound to it, from a module that is imported when it is first read."""

    def __init__(self, module: str, kind: str, doc: str) -> None:
        self._module, self._kind = module, kind
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, api: None, owner: type) -> Self: ...
    @overload
    def __get__(self, api: Api, owner: type) -> type[R]: ...
    def __get__(self, api: Api | None, owner: type) -> Self | type[R]:
        if api is None:
            return self
        module = import_module(f"omicsdk.compat.sevenbridges.models.{self._module}")
        kind: type[Any] = getattr(module, self._kind)
        members = {"_API": api, "__module__": kind.__module__, "__doc__": kind.__doc__}
        # Kept in the Api, where it is found before this.
        return cast("type[R]", vars(api).setdefault(self._name, type(self._kind, (kind,), members)))


class Api(HttpClient):
    """Client of one user on one platform. Each attribute below is a class of resources that is bound to this Api.

    Arguments and errors: those of HttpClient.
    """

    actions: Group[Actions] = Group("actions", "Actions", "Feedback, and copies of many files.")
    apps: Group[sbg.App] = Group("app", "App", "Tools and workflows.")
    async_jobs: Group[sbg.AsyncJob] = Group("async_jobs", "AsyncJob", "Copies, moves and deletions of many files.")
    automations: Group[sbg.Automation] = Group("automation", "Automation", "Automations.")
    automation_packages: Group[sbg.AutomationPackage] = Group("automation", "AutomationPackage", "Automations' code.")
    automation_runs: Group[sbg.AutomationRun] = Group("automation", "AutomationRun", "Runs of automations.")
    billing_groups: Group[sbg.BillingGroup] = Group("billing_group", "BillingGroup", "Who pays.")
    datasets: Group[sbg.Dataset] = Group("dataset", "Dataset", "Data sets.")
    divisions: Group[sbg.Division] = Group("division", "Division", "Divisions of an enterprise.")
    drs_imports: Group[sbg.DRSImportBulk] = Group("drs_import", "DRSImportBulk", "Imports by DRS URI.")
    endpoints: Group[sbg.Endpoints] = Group("endpoints", "Endpoints", "Where the platform's parts are.")
    exports: Group[sbg.Export] = Group("storage_export", "Export", "Exports to volumes.")
    files: Group[sbg.File] = Group("file", "File", "Files and folders.")
    imports: Group[sbg.Import] = Group("storage_import", "Import", "Imports from volumes.")
    invoices: Group[sbg.Invoice] = Group("invoice", "Invoice", "Invoices.")
    markers: Group[sbg.Marker] = Group("marker", "Marker", "Marked places of genomes.")
    projects: Group[sbg.Project] = Group("project", "Project", "Projects.")
    rate_limit: Group[sbg.RateLimit] = Group("rate_limit", "RateLimit", "How many requests are left.")
    tasks: Group[sbg.Task] = Group("task", "Task", "Runs of apps.")
    teams: Group[sbg.Team] = Group("team", "Team", "Teams of a division.")
    users: Group[sbg.User] = Group("user", "User", "Users.")
    volumes: Group[sbg.Volume] = Group("volume", "Volume", "Buckets that are connected with the platform.")
