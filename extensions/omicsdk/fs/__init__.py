"""Files of all platforms by URIs: `azul://`, `dss://`, `sb://`, `gen3://`, `drs://`, `pangea://`, `crunch://`, `s3://`,
`gs://`, URLs of web servers, and paths.

import pandas

table = pandas.read_csv("dss://aws/5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d/cells.csv")

Each scheme is a store (`open_store`), which lists, reads and writes with the platform's own requests, and an fsspec
file system registered under its name, so that any program that opens files with fsspec can open these.
"""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "options": "CopyOptions",
        "errors": "AlreadyThere FileAndFolder IsFolder NotAFolder NotEmpty NotListed PathError PathNotFound ReadOnly "
        "Unsupported WrongOption WrongUri",
        "files": "UriEntry",
        "store": "Entry Features Put Store",
        "uris": "STORES Uri open_store parse_uri",
    },
)
