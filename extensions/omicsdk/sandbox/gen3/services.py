"""The services of the commons."""

from collections.abc import Callable, Mapping
from typing import Any

from omicsdk.sandbox.gen3.arborist import arborist_service
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.fence import fence_service
from omicsdk.sandbox.gen3.guppy.service import guppy_service
from omicsdk.sandbox.gen3.indexd.service import indexd_service
from omicsdk.sandbox.gen3.metadata_service import metadata_service
from omicsdk.sandbox.gen3.peregrine.service import peregrine_service
from omicsdk.sandbox.gen3.service import HEALTHY, gen3_service
from omicsdk.sandbox.gen3.sheepdog.service import sheepdog_service
from omicsdk.sandbox.gen3.sower import sower_service
from omicsdk.sandbox.gen3.ws_storage import ws_storage_service
from omicsdk.sandbox.gen3.wts import wts_service
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Service


def gen3_services(gen3: Gen3, document: Callable[[str], Mapping[str, Any]]) -> list[Service]:
    """The services.

    Args:
        gen3: The commons.
        document: Gives the document of a service by the name of its generated client, such as gen3/fence.
    """
    services = [
        fence_service(gen3, document("gen3/fence")),
        arborist_service(gen3.access, document("gen3/arborist")),
        wts_service(gen3.wts, document("gen3/wts")),
        _manifest_service(gen3, document("gen3/manifest")),
        indexd_service(gen3.index, document("gen3/indexd")),
        metadata_service(gen3, document("gen3/metadata")),
        sheepdog_service(gen3, document("gen3/sheepdog")),
        peregrine_service(gen3, document("gen3/peregrine")),
        guppy_service(gen3.guppy),
        sower_service(gen3.sower),
        ws_storage_service(gen3),
    ]
    return [gen3.indexing.before(each) for each in services]


def _manifest_service(gen3: Gen3, document: Mapping[str, Any]) -> Service:
    """The service of users' manifests, which the engine answers for."""
    return gen3_service(
        "manifest",
        document,
        {},
        responses={"get_status": HEALTHY},
        rights=lambda call: gen3.access.somebody(call.headers, Problem(403, "forbidden", "Please log in.")),
    )
