"""Sower's addresses."""

from typing import TYPE_CHECKING, Any, cast

from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.gateway import HOME
from omicsdk.sandbox.gen3.plain_routes import Asked, json_answer, plain_route
from omicsdk.sandbox.gen3.sower.jobs import Job
from omicsdk.sandbox.gen3.storage_urls import Grant, presigned
from omicsdk.sandbox.problems import Problem, bad_arguments

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

VERSION = "sandbox"
RESOURCE = "/sower"
"""Who may do what is `access` of the service `job` with it may dispatch jobs."""
SECONDS = 3600.0
"""For how long the addresses of files that jobs leave are good."""


def sower_routes(gen3: "Gen3") -> list[BaseRoute]:
    """The routes.

    Args:
        gen3: The commons.
    """

    def dispatch(asked: Asked) -> Response:
        person = _person(gen3, asked)
        if not person.may("access", RESOURCE, "job"):
            raise Problem(403, "forbidden", f"You need access of the service job to {RESOURCE}")
        sent = asked.json()
        if not isinstance(sent, dict):
            raise bad_arguments("The body is an object with action and input")
        body = cast("dict[str, Any]", sent)
        given: Any = body.get("input") or {}
        if not isinstance(given, dict):
            raise bad_arguments("input is an object")
        job = gen3.sower.dispatch(person.name, str(body.get("action")), cast("dict[str, Any]", given))
        # Before its pod is there the status of a job isn't known; an unknown action is answered with null.
        return json_answer(job and {**_told(job), "status": "Unknown"})

    def status(asked: Asked) -> Response:
        return json_answer(_told(_job(gen3, asked)))

    def output(asked: Asked) -> Response:
        person = _person(gen3, asked)
        job = _job(gen3, asked, person.name)
        urls = [presigned(gen3.grounds.signer, asked.origin, Grant("GET", url), SECONDS) for url in job.files]
        return json_answer({"output": " ".join(urls) or job.told})

    def jobs(asked: Asked) -> Response:
        return json_answer([_told(job) for job in gen3.sower.all_of(_person(gen3, asked).name)])

    def health(asked: Asked) -> Response:
        del asked
        return PlainTextResponse("Healthy")

    def version(asked: Asked) -> Response:
        del asked
        return json_answer({"version": VERSION, "commit": VERSION})

    return [
        Mount(
            f"{HOME}/job",
            routes=[
                plain_route("/dispatch", dispatch, _refused, ["POST"]),
                plain_route("/status", status, _refused),
                plain_route("/output", output, _refused),
                plain_route("/list", jobs, _refused),
                plain_route("/_status", health, _refused),
                plain_route("/_version", version, _refused),
            ],
        )
    ]


def _refused(problem: Problem) -> Response:
    """A refusal: its text, as programs in Go send it."""
    return PlainTextResponse(f"{problem.title}\n", problem.status)


def _person(gen3: "Gen3", asked: Asked) -> Person:
    person = gen3.access.bearer(asked.headers)
    if person is None:
        raise Problem(401, "unauthorized", "There is no token")
    return person


def _job(gen3: "Gen3", asked: Asked, owner: str = "") -> Job:
    uid = asked.query.get("UID")
    if not uid:
        raise Problem(300, "missing", "Missing UID argument")
    job = gen3.sower.find(uid, owner)
    if job is None:
        raise Problem(500, "not_found", f"job with jobid {uid} not found")
    return job


def _told(job: Job) -> dict[str, str]:
    return {"uid": job.uid, "name": job.name, "status": job.status}
