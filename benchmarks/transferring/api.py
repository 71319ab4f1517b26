"""An API that takes its time: it answers after 50 ms where a file's bytes are, as the Data Store does, with a redirect.

python -m transferring.api SERVER
"""

import asyncio
import sys

from answering import Request, Response, reply, serve

DELAY = 0.05
"""Seconds from a request to its response."""


def redirecting(server: str) -> Response:
    """Responses with redirects to files of the same names.

    Args:
        server: Where the files are.
    """

    def response(request: Request) -> bytes:
        return reply(302, f"Location: {server}/{request.path.rpartition('/')[2]}")

    return response


if __name__ == "__main__":
    asyncio.run(serve(lambda _: redirecting(sys.argv[1]), DELAY))
