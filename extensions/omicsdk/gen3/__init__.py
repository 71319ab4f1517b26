"""Gen3 data commons: `Gen3` and `AsyncGen3`, and the login. `omicsdk.compat.gen3` has the modules and names of gen3sdk."""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "client": "AsyncGen3 Gen3",
        "errors": "Gen3AuthError Gen3Error Gen3SubmissionQueryError Gen3UserError",
        "jobs": "Gen3JobError",
        "login": "Gen3Login",
    },
)
