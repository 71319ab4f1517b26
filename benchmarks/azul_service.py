"""What a download needs of Azul: the index, and where files are, by the same rules for all of them.

python -m azul_service LIST SERVER DELAY
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from answering import Request, Response, reply, serve

VERSION = "2021-01-01T00:00:00.000000Z"


def service(hits: dict[str, dict[str, Any]], server: str) -> Response:
    """Answers requests for the index, and for files' places.

    Args:
        hits: What the index states of each file, by UUID; `azul_mirror_uri` where it is in the mirror.
        server: Where the files' bytes are, by SHA-256.
    """
    catalogs: dict[str, Any] = {"dcp43": {"atlas": "hca", "internal": False, "plugins": {}}}

    def response(request: Request) -> bytes:
        if request.path == "/index/catalogs":
            return _json({"default_catalog": "dcp43", "catalogs": catalogs})
        if request.path == "/index/files":
            stated = json.loads(request.body)["filters"] if request.body else parse_qs(request.query)["filters"][0]
            found = [{"files": [hits[uuid]]} for uuid in json.loads(stated)["fileId"]["is"]]
            return _json({"hits": found, "pagination": {"next": None}, "termFacets": {}})
        place = f"{server}/file/{hits[request.path.rpartition('/')[2]]['sha256']}.sha256"
        if request.path.startswith("/fetch/"):
            return _json({"Status": 302, "Location": place})
        return reply(302, f"Location: {place}")

    return response


def _json(value: object) -> bytes:
    return reply(200, body=json.dumps(value).encode())


if __name__ == "__main__":
    known = {each["uuid"]: each for each in json.loads(Path(sys.argv[1]).read_text())}
    asyncio.run(serve(lambda _: service(known, sys.argv[2]), float(sys.argv[3])))
