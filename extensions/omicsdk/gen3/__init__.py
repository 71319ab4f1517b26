"""Gen3 data commons: `Gen3` and `AsyncGen3`, and the login. `omicsdk.compat.gen3` has the modules and names of gen3sdk."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.gen3.client import AsyncGen3 as AsyncGen3
    from omicsdk.gen3.client import Gen3 as Gen3
    from omicsdk.gen3.errors import Gen3AuthError as Gen3AuthError
    from omicsdk.gen3.errors import Gen3Error as Gen3Error
    from omicsdk.gen3.errors import Gen3SubmissionQueryError as Gen3SubmissionQueryError
    from omicsdk.gen3.errors import Gen3UserError as Gen3UserError
    from omicsdk.gen3.jobs import Gen3JobError as Gen3JobError
    from omicsdk.gen3.login import Gen3Login as Gen3Login
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "client": "AsyncGen3 Gen3",
            "errors": "Gen3AuthError Gen3Error Gen3SubmissionQueryError Gen3UserError",
            "jobs": "Gen3JobError",
            "login": "Gen3Login",
        },
    )
