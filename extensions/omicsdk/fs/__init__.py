"""Files of all platforms by URIs: `dss://`, `sb://`, `gen3://`, `drs://`, `pangea://`, `crunch://`, `s3://` and paths.

import pandas

table = pandas.read_csv("dss://aws/5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d/cells.csv")

Each scheme is a store (`open_store`), which looks, lists, fetches and puts by the platform's own ways, and a file system of
fsspec, registered under its name, so that whatever opens files by fsspec opens these.
"""

from __future__ import annotations

from omicsdk.core.lazy import lazy_exports

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.fs.entry import Entry as Entry
    from omicsdk.fs.errors import AlreadyThere as AlreadyThere
    from omicsdk.fs.errors import IsFolder as IsFolder
    from omicsdk.fs.errors import NotAFolder as NotAFolder
    from omicsdk.fs.errors import NotEmpty as NotEmpty
    from omicsdk.fs.errors import NotListed as NotListed
    from omicsdk.fs.errors import PathError as PathError
    from omicsdk.fs.errors import PathNotFound as PathNotFound
    from omicsdk.fs.errors import ReadOnly as ReadOnly
    from omicsdk.fs.errors import WrongUri as WrongUri
    from omicsdk.fs.schemes import STORES as STORES
    from omicsdk.fs.schemes import open_store as open_store
    from omicsdk.fs.store import Put as Put
    from omicsdk.fs.store import PutOptions as PutOptions
    from omicsdk.fs.store import Store as Store
    from omicsdk.fs.uri import Uri as Uri
    from omicsdk.fs.uri import parse_uri as parse_uri

_HOMES = {
    "STORES": "schemes",
    "AlreadyThere": "errors",
    "Entry": "entry",
    "IsFolder": "errors",
    "NotAFolder": "errors",
    "NotEmpty": "errors",
    "NotListed": "errors",
    "PathError": "errors",
    "PathNotFound": "errors",
    "Put": "store",
    "PutOptions": "store",
    "ReadOnly": "errors",
    "Store": "store",
    "Uri": "uri",
    "WrongUri": "errors",
    "open_store": "schemes",
    "parse_uri": "uri",
}
__all__ = [
    "STORES",
    "AlreadyThere",
    "Entry",
    "IsFolder",
    "NotAFolder",
    "NotEmpty",
    "NotListed",
    "PathError",
    "PathNotFound",
    "Put",
    "PutOptions",
    "ReadOnly",
    "Store",
    "Uri",
    "WrongUri",
    "open_store",
    "parse_uri",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
