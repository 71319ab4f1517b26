"""The explorer's queries, and jobs."""

import asyncio
import threading

from noted import Noted
from party import Party


def explorer(party: Party, note: Noted) -> None:
    query = party.module("query").Gen3Query(party.auth)
    fields = ["submitter_id", "age"]
    by_age = {"age": "asc"}
    note("first ones", query.query("subject", fields, first=2, sort_object=by_age))
    note("later ones", query.query("subject", fields, first=2, offset=3, sort_object=by_age))
    note("some", query.query("subject", fields, filters={"sex": "f", "age": 3}))
    chosen = {"AND": [{">": {"age": 36}}, {"=": {"sex": "m"}}]}
    note("chosen", query.query("subject", fields, filter_object=chosen, accessibility="all"))
    note.outcome("both filters", lambda: query.query("subject", fields, filters={"sex": "f"}, filter_object=chosen))
    beyond = query.query("subject", fields, first=9_990, offset=38, sort_object=by_age)
    note("beyond what a query reaches", [subject["age"] for subject in beyond["data"]["subject"]])
    text = "query($filter: JSON) { _aggregation { subject(filter: $filter) { _totalCount } } }"
    note("by hand", query.graphql_query(text, {"filter": {"=": {"sex": "f"}}}))
    note.outcome("a mistake", lambda: query.graphql_query("{ nope }"))
    note("downloaded", len(query.raw_data_download("subject", fields)))
    some = query.raw_data_download("subject", fields, {">": {"age": 5}}, [{"age": "asc"}], first=2, offset=1)
    note("some downloaded", some)
    note.outcome("no such type", lambda: query.raw_data_download("nope", fields))


def jobs(party: Party, note: Noted) -> None:
    jobs = party.module("jobs").Gen3Jobs(auth_provider=party.auth)
    party.upload("job.txt", b"a job")
    note("healthy", jobs.is_healthy())
    note("version", sorted(jobs.get_version()))
    begun = jobs.create_job("download-indexd-manifest", {})
    note("begun", sorted(begun))
    note("running", jobs.get_status(begun["uid"])["status"])
    party.finish()
    note("done", jobs.get_status(begun["uid"])["status"])
    note("output", "http" in str(jobs.get_output(begun["uid"])))
    note("listed", [job["status"] for job in jobs.list_jobs()])
    timer = threading.Timer(1.0, party.finish)
    timer.start()
    output = asyncio.run(jobs.async_run_job_and_wait("download-indexd-manifest", {}))
    timer.join()
    note("waited for", sorted(output))
    note.outcome("no such job", lambda: jobs.get_status("nope"))
    note.outcome("no such action", lambda: jobs.create_job("make-coffee", {}))


GROUPS = (explorer, jobs)
