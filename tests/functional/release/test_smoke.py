"""The commands of the nightly check of public services work, here against the sandbox."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from omicsdk.sandbox import Sandbox

SCRIPT = Path(__file__).parents[3] / ".ci" / "smoke.py"


def failures(values: Mapping[str, str]) -> list[str]:
    spec = importlib.util.spec_from_file_location("smoke", SCRIPT)
    assert spec
    assert spec.loader
    smoke = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(smoke)
    assert set(values) == set(smoke.PUBLIC)
    return smoke.failures(values)


def values(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    for name in ("one/r.fastq.gz", "two/r.fastq.gz"):
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_bytes(name.encode())
    study = sandbox.seed(folder, service="ena")
    return {
        "azul": sandbox.azul_url,
        "ena": sandbox.ena_url,
        "run": study["runs"]["one"],
        "refget": sandbox.refget_url,
        "sequence": sandbox.ga4gh.refget.add("seq", "ACGT" * 9).md5,
        "trs": sandbox.trs_url,
        "gen3": sandbox.gen3_url,
    }


def test_every_command_succeeds(omics_sandbox: Sandbox, tmp_path: Path):
    assert failures(values(omics_sandbox, tmp_path)) == []


def test_a_service_that_is_gone_is_named(omics_sandbox: Sandbox, tmp_path: Path):
    (failure,) = failures({**values(omics_sandbox, tmp_path), "trs": f"{omics_sandbox.trs_url}/gone"})
    assert failure.startswith("omics trs ls")
    assert "exit 1" in failure
