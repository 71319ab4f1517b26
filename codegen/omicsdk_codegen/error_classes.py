"""The class of omicsdk.core for a response's status (tests compare them)."""

from __future__ import annotations

ERROR_CLASSES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Gone",
    412: "PreconditionFailed",
    413: "TooLarge",
    422: "Unprocessable",
    423: "Locked",
    429: "RateLimited",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
# The base of each class, other than the class of all errors.
PARENTS = {
    **{name: "ServerError" if status >= 500 else "APIError" for status, name in ERROR_CLASSES.items()},
    "ServerError": "APIError",
}


def error_class(status: str) -> str:
    """The class for a status of a document: `404`, `4XX`, `default`."""
    if status.isdigit():
        return ERROR_CLASSES.get(int(status), "ServerError" if status.startswith("5") else "APIError")
    return "ServerError" if status == "5XX" else "APIError"
