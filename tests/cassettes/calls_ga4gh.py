"""The calls of htsget, refget and TRS that are recorded, on the sandbox's examples."""

from typing import Any

from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.ga4gh.state import EXAMPLE_READS, EXAMPLE_TOOL
from recording import Recorder


def htsget(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of htsget."""
    del sandbox
    for kind in ("reads", "variants"):
        recorder.call(f"get_{kind}_service_info")
        recorder.call(f"get_{kind}", id=EXAMPLE_READS, reference_name="chr1", start=0, end=500, tags=["NM", "MD"])
        recorder.call(f"post_{kind}", id=EXAMPLE_READS, regions=[{"referenceName": "chr1", "start": 0, "end": 300}])
    recorder.refused(404, "get_reads", id="none/of/these")
    recorder.refused(400, "get_variants", id=EXAMPLE_READS, format="BCF")


def refget(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of refget."""
    id = sandbox.ga4gh.refget.find("plasmid").ga4gh
    recorder.call("get_service_info")
    recorder.call("get_metadata", id=id)
    recorder.stream("get_sequence", id=id, start=590, end=10)
    recorder.refused(404, "get_metadata", id="none")
    recorder.refused(416, "get_sequence", id=id, start=600)


def trs(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of TRS."""
    del sandbox
    version: dict[str, Any] = {"id": EXAMPLE_TOOL, "version_id": "v1.0"}
    for operation in ("get_service_info", "list_tool_classes"):
        recorder.call(operation)
    recorder.call("list_tools", descriptor_type="CWL", limit=5)
    recorder.call("get_tool", id=EXAMPLE_TOOL)
    recorder.call("list_versions", id=EXAMPLE_TOOL)
    recorder.call("get_version", **version)
    recorder.call("get_descriptor", **version, type="CWL")
    recorder.call("get_file", **version, type="CWL", relative_path="tools/count.cwl")
    recorder.call("list_tests", **version, type="CWL")
    recorder.call("list_containerfiles", **version)
    recorder.call("list_files", **version, type="CWL")
    recorder.refused(404, "get_tool", id="none")
