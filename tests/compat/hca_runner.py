"""Runs the published `hca` client inside its own environment; a test talks to it by JSON.

`hca_runner.py cli ARGUMENT...` is its command line; without arguments, steps come on stdin as a JSON list and their
results go to stdout. It is plain Python that imports `hca` and nothing of ours.
"""

import base64
import hashlib
import json
import sys

import hca.cli
import hca.dss
import hca.util

# The client has https wired in; the sandbox answers http on the loopback.
hca.util.SwaggerClient.scheme = "http"
# Waits between tries (2 min in all) are not what is tested.
hca.util.SwaggerClient.retry_policy = hca.util.RetryPolicy(
    read=10, status=10, backoff_factor=0.001, status_forcelist=frozenset({500, 502, 503, 504})
)
hca.dss.DSSClient.UPLOAD_BACKOFF_FACTOR = 1.0


def lower(headers):
    """Headers with their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


def call(client, name, arguments):
    """A plain call of an operation or a workflow."""
    answer = getattr(client, name)(**arguments)
    if hasattr(answer, "status_code"):
        return {"status_code": answer.status_code, "headers": lower(answer.headers)}
    if isinstance(answer, bytes):
        return {"bytes": base64.b64encode(answer).decode()}
    return answer


def iterate(client, name, arguments):
    """Every item of every page."""
    return list(getattr(client, name).iterate(**arguments))


def paginate(client, name, arguments):
    """Every page."""
    return list(getattr(client, name).paginate(**arguments))


def stream(client, name, arguments):
    """Read to the end in blocks of `block` bytes; what came, as its hash."""
    block = arguments.pop("block", 1024)
    sizes, digest = [], hashlib.sha256()
    with getattr(client, name).stream(**arguments) as answer:
        while piece := answer.raw.read(block):
            sizes.append(len(piece))
            digest.update(piece)
        headers = lower(answer.headers)
        history = [[hop.status_code, lower(hop.headers)] for hop in answer.history]
    return {"sizes": sizes, "sha256": digest.hexdigest(), "headers": headers, "history": history}


def run(client, steps):
    """Each step's result, up to the first that fails, whose error is the last result."""
    results = []
    for how, name, arguments in steps:
        try:
            results.append({"value": {"call": call, "iterate": iterate, "paginate": paginate, "stream": stream}[how](
                client, name, arguments
            )})  # fmt: skip
        except Exception as error:
            results.append(
                {
                    "error": type(error).__name__,
                    "text": str(error),
                    "status": getattr(error, "code", None),
                    "code": getattr(error, "reason", None),
                }
            )
            break
    return results


def main():
    if sys.argv[1:2] == ["cli"]:
        # The command line loads the document of another service at each start, which isn't there.
        hca.cli.auth_cli.add_commands = lambda *arguments, **options: None
        sys.argv = ["hca", *sys.argv[2:]]
        hca.cli.main()
        return
    steps = json.load(sys.stdin)
    stdout, sys.stdout = sys.stdout, sys.stderr  # workflows print
    json.dump(run(hca.dss.DSSClient(), steps), stdout, default=str)


if __name__ == "__main__":
    main()
