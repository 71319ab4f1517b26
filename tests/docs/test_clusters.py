"""docs/scale.md: its programs for batch systems and Kubernetes, against stand-ins that start a cluster on this machine.

All other blocks of the page are run with those of the manual.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dss_manifests import rows_of, write_manifest
from manual import CHECKOUT, blocks
from omicsdk.cli.demo.walk import environment

pytestmark = pytest.mark.sandbox
PAGE = CHECKOUT / "docs" / "scale.md"

LOCAL = """\
from distributed import LocalCluster


class Local(LocalCluster):
    def __init__(self, workers):
        super().__init__(n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0")
"""

SLURM = """\
from local import Local


class SLURMCluster(Local):
    def __init__(self, *, queue, cores, processes, memory, walltime, interface, local_directory, worker_extra_args,
                 job_script_prologue):
        assert cores == processes
        super().__init__(0)

    def scale(self, n=0, jobs=0):
        return super().scale(n or jobs // 2)
"""

KUBERNETES = """\
from local import Local


def make_cluster_spec(name, image, n_workers, resources, worker_command):
    assert worker_command[0] == "dask-worker"
    containers = [{"name": "worker", "image": image, "args": worker_command, "resources": resources}]
    return {"metadata": {"name": name}, "spec": {"worker": {"replicas": n_workers, "spec": {"containers": containers}}}}


class KubeCluster(Local):
    def __init__(self, *, custom_cluster_spec):
        worker = custom_cluster_spec["spec"]["worker"]["spec"]
        (mount,) = worker["containers"][0]["volumeMounts"]
        assert mount["name"] == worker["volumes"][0]["name"]
        super().__init__(2)
"""


@pytest.fixture
def folder(tmp_path: Path, omics_sandbox: Any) -> Path:
    """A manifest, and the stand-ins."""
    source = tmp_path / "source"
    source.mkdir()
    for number in range(20):
        (source / f"{number}.fastq.gz").write_bytes(b"%d" % number * 1000)
    write_manifest(tmp_path / "reads.tsv", rows_of(omics_sandbox.seed(source)))
    (tmp_path / "local.py").write_text(LOCAL)
    (tmp_path / "dask_jobqueue.py").write_text(SLURM)
    (tmp_path / "dask_kubernetes").mkdir()
    (tmp_path / "dask_kubernetes" / "__init__.py").touch()
    (tmp_path / "dask_kubernetes" / "operator.py").write_text(KUBERNETES)
    return tmp_path


@pytest.mark.parametrize("name", ["on_slurm.py", "on_kubernetes.py"])
def test_a_program_for_a_cluster(name: str, folder: Path, omics_sandbox: Any):
    (program,) = (block.text for block in blocks(PAGE) if block.title == name)
    (folder / name).write_text(program)
    ran = subprocess.run(
        [sys.executable, name],
        cwd=folder,
        env={**environment({"HOME": str(folder), "PATH": os.environ["PATH"]}), **omics_sandbox.environment()},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert (ran.returncode, ran.stdout) == (0, "20 files\n"), ran.stderr
    assert "file_path" in (folder / "reads.tsv").read_text()
