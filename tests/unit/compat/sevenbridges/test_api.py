"""The Api: an attribute for each kind of resources, which belong to it and to no other."""

import inspect
import pydoc
import re
import threading

import httpx
import omicsdk.compat.sevenbridges
import pytest
from omicsdk.compat.sevenbridges import Api, AsyncJob, Project, Task
from omicsdk.compat.sevenbridges.errors import SettingsError

BASE = "https://{}.example.org/v2"
GROUPS = {
    "actions": "Actions",
    "apps": "App",
    "async_jobs": "AsyncJob",
    "automation_packages": "AutomationPackage",
    "automation_runs": "AutomationRun",
    "automations": "Automation",
    "billing_groups": "BillingGroup",
    "datasets": "Dataset",
    "divisions": "Division",
    "drs_imports": "DRSImportBulk",
    "endpoints": "Endpoints",
    "exports": "Export",
    "files": "File",
    "imports": "Import",
    "invoices": "Invoice",
    "markers": "Marker",
    "projects": "Project",
    "rate_limit": "RateLimit",
    "tasks": "Task",
    "teams": "Team",
    "users": "User",
    "volumes": "Volume",
}


class Platform:
    """Lists projects that are named after it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.paths: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == f"{self.name}.example.org"
        assert request.headers["x-sbg-auth-token"] == f"of-{self.name}"
        self.paths.append(request.url.path)
        href = f"{BASE.format(self.name)}/projects/{self.name}/p"
        project = {"href": href, "id": f"{self.name}/p"}
        if request.url.path.endswith("/p"):
            return httpx.Response(200, json={**project, "description": self.name})
        return httpx.Response(200, json={"items": [project], "links": []})

    def api(self) -> Api:
        return Api(BASE.format(self.name), f"of-{self.name}", transport=httpx.MockTransport(self))


@pytest.mark.parametrize(("attribute", "name"), GROUPS.items())
def test_every_group_is_an_attribute(attribute, name):
    api = Platform("a").api()
    kind = getattr(api, attribute)
    assert kind is getattr(api, attribute)
    assert kind.__name__ == name
    assert kind.__doc__
    assert issubclass(kind, kind._resource())
    assert kind._resource().__name__ == name


def test_help_describes_the_arguments_that_methods_share():
    query = pydoc.render_doc(Platform("a").api().tasks.query)
    assert re.search(r"^ +status: .*TaskStatus.*\n(.*\n)* +limit: .*50.*\n(.*\n)* +api: ", query, re.MULTILINE)
    copy = inspect.getdoc(AsyncJob.file_bulk_copy)
    assert copy.index('files: For each a dictionary with "file"') < copy.index("api: ")
    assert copy.count("files: ") == 1


def test_docstrings_of_a_program_stay_as_they_are():
    class Analysis(Task):
        def restart(self, inplace):
            """Restart it."""

    assert Analysis.restart.__doc__ == "Restart it."


def test_two_apis_never_mix():
    one, two = Platform("one"), Platform("two")
    first, second = one.api(), two.api()
    groups = [first.projects, second.projects]
    assert groups[0] is not groups[1]
    (mine,) = groups[0].query()
    (other,) = groups[1].query()
    # Fields are fetched from the resource's own Api, not from the last one that was used.
    assert (mine.description, other.description) == ("one", "two")
    assert (mine.api, other.api) == (first, second)
    assert (groups[0](id="x").api, groups[1](id="x").api) == (first, second)
    assert (one.paths, two.paths) == (["/v2/projects/", "/v2/projects/one/p"], ["/v2/projects/", "/v2/projects/two/p"])


def test_side_by_side_in_threads():
    platforms = [Platform(name) for name in ("one", "two", "three")]
    apis = [platform.api() for platform in platforms]
    start, wrong = threading.Barrier(6, timeout=60), []

    def work(api: Api, name: str) -> None:
        start.wait()
        wrong.extend(p.id for _ in range(20) for p in api.projects.query().all() if p.id != f"{name}/p")

    names = [platform.name for platform in platforms]
    threads = [threading.Thread(target=work, args=pair) for pair in zip(apis * 2, names * 2, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_an_api_that_is_given_goes_before_the_classs_own():
    one, two = Platform("one"), Platform("two")
    (project,) = one.api().projects.query(api=two.api())
    assert project.description == "two"


def test_the_plain_class_belongs_to_no_api():
    with pytest.raises(SettingsError, match=r"Project is not bound to an Api.*pass api="):
        Project.query()
    (project,) = Project.query(api=Platform("one").api())
    assert project.id == "one/p"


def test_resources_of_an_api_are_those_of_the_package():
    api = Platform("one").api()
    (project,) = api.projects.query()
    assert isinstance(project, Project)
    assert isinstance(project, api.projects)
    assert project == Project(id="one/p")
    assert {project} == {Project(id="one/p")}


@pytest.mark.parametrize("name", omicsdk.compat.sevenbridges.__all__)
def test_every_exported_name_is_there(name):
    assert getattr(omicsdk.compat.sevenbridges, name).__name__ == name
