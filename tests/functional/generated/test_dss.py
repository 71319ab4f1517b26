"""The Data Store's client as it is committed: by itself, cheap to import, its models lossless."""

import subprocess
import sys


def test_importing_one_operation_loads_neither_httpx_nor_models() -> None:
    program = (
        "import sys, omicsdk_api.dss.operations.get_bundle\n"
        "print([name for name in sys.modules if name in ('httpx', 'attrs', 'rich', 'jinja2', 'boto3') "
        "or name.startswith('omicsdk_api.dss.models') or name.startswith('omicsdk_codegen')])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
