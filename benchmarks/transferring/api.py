"""An API that takes its time: it answers after 50 ms where a file's bytes are, as the Data Store does, with a redirect.

python -m transferring.api SERVER
"""

import asyncio
import sys

from answering import Answer, Request, reply, serve

DELAY = 0.05
"""Seconds from a request to its answer."""


def redirecting(server: str) -> Answer:
    """Answers with redirects to files of the same names.

    Args:
        server: Where the files are.
    """

    def answer(request: Request) -> bytes:
        return reply(302, f"Location: {server}/{request.path.rpartition('/')[2]}")

    return answer


if __name__ == "__main__":
    asyncio.run(serve(lambda _: redirecting(sys.argv[1]), DELAY))
