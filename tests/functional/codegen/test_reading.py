"""What the sandbox uses of the generator: a document is read without the libraries that generating it needs."""

import json
import subprocess
import sys
from pathlib import Path

GENERATING = (
    "anyascii",
    "jinja2",
    "openapi_python_client",
    "pydantic",
    "omicsdk_codegen.naming",
    "omicsdk_codegen.normalise",
)
READING = ("http.client", "httpx", "jsonpath", "jsonref", "platformdirs", "yaml")
"""What only some documents need: with references, overlays, parts on the network, in YAML."""
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {"/things": {"get": {"responses": {}}}},
}


def loaded(code: str) -> set[str]:
    probe = f"import sys\n{code}\nprint(*[name for name in {GENERATING + READING!r} if name in sys.modules])"
    return set(subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.split())


def test_reading_imports_no_library_before_a_document_needs_it(tmp_path: Path) -> None:
    (tmp_path / "plain.json").write_text(json.dumps(DOCUMENT))
    assert loaded("import omicsdk_codegen.document") == set()
    read = "from pathlib import Path\nfrom omicsdk_codegen.document import read\nread(Path(%r))"
    assert loaded(read % str(tmp_path / "plain.json")) == set()


def test_reading_a_document_with_everything_imports_none_of_the_generators_libraries(tmp_path: Path) -> None:
    referring = {"$ref": "parts.yaml#/components/responses/Things"}
    paths = {"/things": {"get": {"responses": {"200": referring}}}}
    (tmp_path / "whole.json").write_text(json.dumps({**DOCUMENT, "paths": paths}))
    (tmp_path / "parts.yaml").write_text("components: {responses: {Things: {description: All.}}}\n")
    (tmp_path / "overlay.yaml").write_text(
        "overlay: 1.0.0\ninfo: {title: o, version: '1'}\nactions: [{target: $.info, update: {title: Things}}]\n"
    )
    code = f"""
from pathlib import Path
from omicsdk_codegen.document import read
document = read(Path({str(tmp_path / "whole.json")!r}), [Path({str(tmp_path / "overlay.yaml")!r})])
assert document.data["info"]["title"] == "Things"
assert document.data["paths"]["/things"]["get"]["responses"]["200"]["description"] == "All."
"""
    modules = loaded(code)
    assert {"jsonpath", "jsonref", "yaml"} <= modules
    assert not modules & {*GENERATING}
