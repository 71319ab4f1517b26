"""Which scheme is whose, and what opens it: data, so that nothing is imported before it is needed."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from omicsdk.fs.errors import WrongUri

if TYPE_CHECKING:
    from omicsdk.fs.store import Store

#: Scheme to the class that opens it.
STORES = {
    "file": "omicsdk.fs.places.local:LocalStore",
    "s3": "omicsdk.fs.places.s3.store:S3Store",
    "dss": "omicsdk.fs.places.dss:DssStore",
    "drs": "omicsdk.fs.places.drs.store:DrsStore",
    "gen3": "omicsdk.fs.places.gen3:Gen3Store",
    "sb": "omicsdk.fs.places.sb:SbStore",
    "pangea": "omicsdk.fs.places.pangea.store:PangeaStore",
    "crunch": "omicsdk.fs.places.crunch.store:CrunchStore",
}


def open_store(scheme: str, **options: Any) -> Store:
    """Opens the store of a scheme. Nothing is connected before it is asked for something.

    Args:
        scheme: One of STORES.
        options: What its class takes: where the platform is and who asks; by default as the platform's own settings say.

    Raises:
        WrongUri: There is no such scheme.
        TypeError: The class takes no such option.
    """
    home = STORES.get(scheme)
    if home is None:
        close = difflib.get_close_matches(scheme, STORES, 1)
        meant = f"Did you mean {close[0]}://? " if close else ""
        raise WrongUri(f"There is no scheme {scheme}://", remedy=f"{meant}Known are {', '.join(STORES)}.")
    module, _, name = home.partition(":")
    return cast("Store", getattr(import_module(module), name)(**options))
