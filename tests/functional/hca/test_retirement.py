"""The Atlas's own hosts were switched off: a command that cannot reach them reports it, and names the data portal."""

import socket
import sys

import pytest
from omicsdk.cli.main import main
from omicsdk.hca.services import PORTAL

DSS = ("dss", "get-bundles-all", "--replica", "aws", "--call-budget", "1")


@pytest.fixture
def looked_up(monkeypatch, tmp_path) -> list[str]:
    """No name is known but that of this machine; those that are looked up."""
    hosts: list[str] = []

    def unknown(host: object, *_: object, **__: object) -> object:
        hosts.append(str(host))
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.delenv("HCA_CONFIG_FILE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    for name in ("OMICS_DSS_URL", "OMICS_AUTH_URL", "OMICS_UPLOAD_URL", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return hosts


@pytest.mark.parametrize(
    ("words", "host"),
    [
        (DSS, "dss.data.humancellatlas.org"),
        (("auth", "get-openid-configuration", "--host", "x"), "auth.data.humancellatlas.org"),
        (("upload", "api", "get-version"), "upload.data.humancellatlas.org"),
    ],
)
def test_a_command_names_the_data_portal(words, host, looked_up, capsys):
    assert main(words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert (f"https://{host}" in line, looked_up[0]) == (True, host)
    assert line.endswith(
        f"The Human Cell Atlas has retired this service: its data is in the data portal, {PORTAL}. "
        "Name another deployment with --base-url."
    )


@pytest.mark.skipif(sys.platform == "win32", reason="the name's error has other words there")
def test_another_deployment_is_not_retired(looked_up, monkeypatch, capsys):
    monkeypatch.setenv("OMICS_DSS_URL", "https://dss.example.org/v1")
    assert main(DSS) == 1
    assert looked_up[0] == "dss.example.org"
    assert "retired" not in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="the name's error has other words there")
def test_a_manifest_is_downloaded_from_azul_instead(looked_up, tmp_path, capsys):
    columns = ("bundle_uuid", "bundle_version", "file_name", "file_uuid", "file_sha256", "file_size")
    row = ("b", "2019-08-03T032331.151555Z", "reads.fastq.gz", "f", "0" * 64, "3")
    manifest = tmp_path / "old.tsv"
    manifest.write_text("\t".join(columns) + "\n" + "\t".join(row) + "\n")
    assert main(("dss", "download-manifest", "--manifest", str(manifest), "--replica", "aws")) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "omics: The Human Cell Atlas has retired the Data Store at https://dss.data.humancellatlas.org/v1. "
        f"The files are in Azul. Run: omics azul download --manifest {manifest}"
    )


def test_a_manifest_of_azul_names_its_own_command_for_folders_of_bundles(looked_up, tmp_path, capsys):
    columns = ("bundle_uuid", "bundle_version", "file_name", "file_uuid", "file_sha256", "file_size", "file_azul_url")
    row = ("b", "2019-08-03T03:23:31.151555Z", "a.h5ad", "f", "0" * 64, "3", "https://service.example.org/f")
    manifest = tmp_path / "azul.tsv"
    manifest.write_text("\t".join(columns) + "\n" + "\t".join(row) + "\n")
    words = ("dss", "download-manifest", "--manifest", str(manifest), "--replica", "aws", "--layout", "bundle")
    assert main(words) == 2
    assert f"Run: omics azul download --manifest {manifest} --layout bundle" in capsys.readouterr().err
    assert looked_up == []
