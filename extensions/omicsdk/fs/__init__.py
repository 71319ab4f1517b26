"""Files of all platforms by URIs: `azul://`, `dss://`, `sb://`, `gen3://`, `drs://`, `pangea://`, `crunch://`, `s3://`,
`gs://`, URLs of web servers, and paths.

import pandas

table = pandas.read_csv("dss://aws/5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d/cells.csv")

Each scheme is a store (`open_store`), which lists, reads and writes with the platform's own requests, and an fsspec
file system registered under its name, so that any program that opens files with fsspec can open these.
"""

from __future__ import annotations

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.fs.errors import AlreadyThere as AlreadyThere
    from omicsdk.fs.errors import FileAndFolder as FileAndFolder
    from omicsdk.fs.errors import IsFolder as IsFolder
    from omicsdk.fs.errors import NotAFolder as NotAFolder
    from omicsdk.fs.errors import NotEmpty as NotEmpty
    from omicsdk.fs.errors import NotListed as NotListed
    from omicsdk.fs.errors import PathError as PathError
    from omicsdk.fs.errors import PathNotFound as PathNotFound
    from omicsdk.fs.errors import ReadOnly as ReadOnly
    from omicsdk.fs.errors import Unsupported as Unsupported
    from omicsdk.fs.errors import WrongOption as WrongOption
    from omicsdk.fs.errors import WrongUri as WrongUri
    from omicsdk.fs.files import UriEntry as UriEntry
    from omicsdk.fs.options import CopyOptions as CopyOptions
    from omicsdk.fs.store import Entry as Entry
    from omicsdk.fs.store import Features as Features
    from omicsdk.fs.store import Put as Put
    from omicsdk.fs.store import Store as Store
    from omicsdk.fs.uris import STORES as STORES
    from omicsdk.fs.uris import Uri as Uri
    from omicsdk.fs.uris import open_store as open_store
    from omicsdk.fs.uris import parse_uri as parse_uri
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
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
