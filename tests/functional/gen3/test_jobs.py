"""The documented client of jobs."""

import asyncio

import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.jobs import Gen3Jobs
from omicsdk.gen3 import Gen3JobError


def test_jobs_of_the_sandbox(auth: Gen3Auth):
    with Gen3Jobs(auth) as jobs:
        assert jobs.is_healthy()
        assert jobs.get_version() == "sandbox"
        begun = jobs.create_job("download-indexd-manifest", {})
        assert begun["uid"] in [each["uid"] for each in jobs.list_jobs()]
        assert jobs.get_status(begun["uid"])["uid"] == begun["uid"]
        with pytest.raises(Gen3JobError, match="no job make-coffee"):
            jobs.create_job("make-coffee", {})
        with pytest.raises(Gen3JobError, match="no job make-coffee"):
            asyncio.run(jobs.async_create_job("make-coffee", {}))
