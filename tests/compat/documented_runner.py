"""Run a documented client as a separate program, which a test controls by JSON.

The first argument is the module that the client comes from, `hca` (published) or `omicsdk` (ours), and after a colon the
client's class: nothing but the import differs. With `cli ARGUMENT...` after it, it is that module's command line; without, steps come on stdin as a
JSON list and their results go to stdout.
"""

import base64
import hashlib
import json
import sys
import time


def published(kind):
    """The published client, configured for a loopback server, without waits."""
    import hca.auth
    import hca.dss
    import hca.util

    base = hca.util.SwaggerClient
    base.scheme = "http"  # https is wired in
    # Waits between tries (2 min in all) are not what is tested.
    base.retry_policy = hca.util.RetryPolicy(
        read=10, status=10, backoff_factor=0.001, status_forcelist=frozenset({500, 502, 503, 504})
    )
    return getattr(hca.auth if kind == "AuthClient" else hca.dss, kind)


def published_command_line(kind):
    """Its command line, without the other service, whose document it would load at each start."""
    import hca.cli

    published(kind)
    other = hca.cli.dss_cli if kind == "AuthClient" else hca.cli.auth_cli
    other.add_commands = lambda *arguments, **options: None
    return hca.cli.main


def ours(kind):
    """Our client with the documented interface."""
    import omicsdk.compat.hca as ours

    return getattr(ours.auth if kind == "AuthClient" else ours.dss, kind)


def our_command_line():
    """Our command line."""
    from omicsdk.cli.main import main

    return main


def lower(headers):
    """Headers with their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


def call(client, name, arguments):
    """A plain call of an operation or a workflow."""
    response = getattr(client, name)(**arguments)
    if hasattr(response, "status_code"):
        return {"status_code": response.status_code, "headers": lower(response.headers)}
    if isinstance(response, bytes):
        return {"bytes": base64.b64encode(response).decode()}
    return response


def iterate(client, name, arguments):
    """Every item of every page."""
    return list(getattr(client, name).iterate(**arguments))


def paginate(client, name, arguments):
    """Every page."""
    return list(getattr(client, name).paginate(**arguments))


def stream(client, name, arguments):
    """Read to the end in blocks of `block` bytes; return the hash of the bytes."""
    block = arguments.pop("block", 1024)
    size, digest = 0, hashlib.sha256()
    with getattr(client, name).stream(**arguments) as response:
        while piece := response.raw.read(block):
            size += len(piece)
            digest.update(piece)
        return {"size": size, "sha256": digest.hexdigest(), "status_code": response.status_code}


def login(client, name, arguments):
    """Log in with an access token, for this process and later ones."""
    client.login(**arguments)
    stored = client.config.get("oauth2_token")
    if stored and stored["expires_at"] == "-1":
        # With that end the published client renews the token before its first use, and has nothing to do it with.
        client.config.oauth2_token = {**stored, "expires_at": time.time() + 3600}


HOW = {"call": call, "iterate": iterate, "paginate": paginate, "stream": stream, "login": login}


def run(client, steps):
    """Run the steps up to the first failure, and return their results; the last one is the error."""
    results = []
    for how, name, arguments in steps:
        try:
            results.append({"value": HOW[how](client, name, arguments)})
        except Exception as error:
            details = {"kinds": [kind.__name__ for kind in type(error).__mro__], "text": str(error)}
            details |= {"status": getattr(error, "code", None), "code": getattr(error, "reason", None)}
            results.append({"error": details})
            break
    return results


def main():
    source, *arguments = sys.argv[1:]
    module, _, kind = source.partition(":")
    if arguments[:1] == ["cli"]:
        command_line = published_command_line(kind) if module == "hca" else our_command_line()
        sys.argv = ["hca" if module == "hca" else "omics", *arguments[1:]]
        sys.exit(command_line())
    steps = json.load(sys.stdin)
    stdout, sys.stdout = sys.stdout, sys.stderr  # workflows print
    client = published(kind) if module == "hca" else ours(kind)
    json.dump(run(client(), steps), stdout, default=str)
    stdout.flush()  # the interpreter only does it at its end for what is sys.stdout then


if __name__ == "__main__":
    main()
