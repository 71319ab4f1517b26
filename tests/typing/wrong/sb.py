"""Code for Seven Bridges that a type checker must reject; marks as in auth.py."""

from omicsdk.compat.sevenbridges import Api, Config, File, Project, SbgError
from omicsdk.compat.sevenbridges.http.error_handlers import rate_limit_sleeper
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk_api.sb import AsyncSbApi, SbApi


def generated_clients() -> None:
    SbApi(server="eu")  # error: cannot be assigned to parameter "server"
    SbApi(credentials={"authTokn": "token"})  # error: cannot be assigned to parameter "credentials"
    SbApi(credentials={"bearer": 3})  # error: cannot be assigned to parameter "credentials"
    AsyncSbApi(timout=5)  # error: No parameter named "timout"


def constructors() -> None:
    Api(3)  # error: cannot be assigned to parameter "url"
    Api(token=3)  # error: cannot be assigned to parameter "token"
    Api(config="cgc")  # error: cannot be assigned to parameter "config"
    Api(retries=3)  # error: No parameter named "retries"
    Api(error_handlers=[len])  # error: cannot be assigned to parameter "error_handlers"
    Api(error_handlers=rate_limit_sleeper)  # error: cannot be assigned to parameter "error_handlers"
    Config(profile=3)  # error: cannot be assigned to parameter "profile"
    Config("cgc").nothing  # error: Cannot access attribute "nothing"


def groups(api: Api) -> None:
    api.nothing  # error: Cannot access attribute "nothing"
    api.projects.nothing  # error: Cannot access attribute "nothing"
    api.projects.query(limit="10")  # error: cannot be assigned to parameter "limit"
    api.projects.query(colour="red")  # error: No parameter named "colour"
    api.projects.get()  # error: Argument missing for parameter "id"
    api.remaining + 1  # error: not supported for "None"
    api.get()  # error: Argument missing for parameter "url"
    api.get("/user", params=3)  # error: cannot be assigned to parameter "params"
    _: Collection[File] = api.projects.query()  # error: is not assignable to "Collection[File]"


def fields(project: Project, file: File) -> None:
    project.name = 3  # error: name
    project.tags = "x"  # error: tags
    project.nothing  # error: Cannot access attribute "nothing"
    project.save(inplace="yes")  # error: cannot be assigned to parameter "inplace"
    file.download(3)  # error: cannot be assigned to parameter "path"
    file.metadata = ["x"]  # error: metadata


def errors(error: SbgError) -> None:
    SbgError("x", code="y")  # error: cannot be assigned to parameter "code"
    error.nothing  # error: Cannot access attribute "nothing"
