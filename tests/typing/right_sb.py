"""Code with Seven Bridges that a type checker must accept, with the expected types of responses. Never run."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_type

from omicsdk.compat.sevenbridges import Api, BulkRecord, Config, File, Project, SbgError, Task
from omicsdk.compat.sevenbridges.errors import NotFound
from omicsdk.compat.sevenbridges.http.client import HttpClient
from omicsdk.compat.sevenbridges.http.error_handlers import rate_limit_sleeper, repeatable_handler
from omicsdk.compat.sevenbridges.http.responses import Response
from omicsdk.compat.sevenbridges.meta.collection import Collection, VolumeCollection
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord as PlainRecord
from omicsdk.compat.sevenbridges.models.file import FileBulkRecord
from omicsdk.compat.sevenbridges.models.project import Settings
from omicsdk.core.credentials import BearerToken
from omicsdk.sb import SevenBridges
from omicsdk_api.sb import APIError, AsyncSbApi, SbApi, SbCredentials
from omicsdk_api.sb import NotFound as Missing
from omicsdk_api.sb.models import Error


def constructors() -> None:
    Api()
    Api("https://api.example.org/v2", "token", timeout=5, error_handlers=[rate_limit_sleeper], retry_count=0)
    Api(config=Config("cgc", proxies={"https_proxy": "host:3128"}, advance_access=True))
    with Api(url="https://api.example.org/v2", oauth_token="token") as api:
        assert_type(api, Api)
        assert_type(api.client, SevenBridges)
        assert_type(api.remaining, int | None)
        assert_type(api.reset_time, datetime | None)


def generated_clients() -> None:
    credentials: SbCredentials = {"authToken": "token"}
    assert_type(SbApi(server="https://eu-api.sbgenomics.com/v2", credentials=credentials, timeout=5), SbApi)
    SbApi("https://api.example.org/v2", credentials={"bearer": BearerToken("token")}, retry=None, strict=True)
    AsyncSbApi(credentials=BearerToken("token"), blocking_transport=None)


def bodies_of_errors(api: SbApi) -> int:
    try:
        api.get_user(username="me")
    except Missing as error:
        assert_type(error.data, Error)
        assert_type(error.data.message, str | None)
        return error.status
    except APIError as error:
        assert_type(error.data, Error)
    return 0


def handlers(api: Api) -> None:
    @repeatable_handler
    def again(api: HttpClient, response: Response) -> Response:
        return api.session.send(response.request) if response.status_code == 500 else response

    api.add_error_handler(again)
    assert_type(api.get("/user", params={"a": 1}), Response)
    assert_type(api.get("/user").json(), Any)


def lists(api: Api) -> None:
    projects = api.projects.query(limit=10)
    assert_type(projects, Collection[Project])
    assert_type(projects[0], Project)
    assert_type(projects.total, int)
    assert_type(projects.next_page(), Collection[Project])
    assert_type(projects.all(), Iterator[Project])
    assert_type(api.tasks.query(project="o/p"), Collection[Task])
    for file in api.files.query(project=projects[0]).all():
        assert_type(file, File)
    assert_type(api.volumes.get("o/v").list(), VolumeCollection)


def fields(api: Api, project: Project) -> None:
    assert_type(project.name, str)
    assert_type(project.created_on, datetime)
    assert_type(project.tags, list[Any])
    assert_type(project.settings, Settings)
    project.name = "new"
    project.settings["use_interruptible_instances"] = True
    assert_type(project.save(), Project)
    assert_type(project.reload(), Project)
    assert_type(project.deepcopy(), Project)
    file = api.files.get("id")
    file.metadata = {"sample_id": "s"}
    assert_type(api.files.bulk_edit([file]), list[FileBulkRecord])
    assert BulkRecord is PlainRecord


def errors(api: Api) -> None:
    try:
        api.projects.get("o/p")
    except NotFound as error:
        assert_type(error.request_id, str | None)
    except SbgError as error:
        assert_type(error.more_info, str | None)
        assert_type(error.message, str)
