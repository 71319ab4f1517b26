"""`omics upload`: documented commands, arguments and words, and how each ends."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.cli.main import main
from omicsdk.hca.upload.uploads import Sender
from upload_areas import OTHER, UUID, uri_of


@pytest.fixture
def omics(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command of `omics upload` in this process: exit code, stdout, stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        code = main(["upload", *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def selected(area: Any, omics: Any) -> Any:
    """The area, selected."""
    area.select()
    return area


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.mkdir()
    for name in ("a.txt", "b.fastq", "c.txt"):
        (path / name).write_text(f"this is {name}")
    return path


def test_areas_are_selected_listed_and_forgotten(omics: Any):
    assert omics("areas") == (0, "", "")
    expected = f'Upload area {UUID} selected.\nIn future you may refer to this upload area using the alias "a"\n'
    assert omics("select", uri_of(UUID)) == (0, expected, "")
    assert omics("select", uri_of(OTHER).rstrip("/"))[1].endswith('using the alias "aab"\n')
    assert omics("areas") == (0, f"{UUID}\n{OTHER} <- selected\n", "")
    assert omics("select", "aaa") == (0, f"Upload area {UUID} selected.\n", "")
    assert omics("forget", "aab") == (0, f"Forgetting about area {OTHER}\n", "")
    assert omics("areas") == (0, f"{UUID} <- selected\n", "")
    areas = json.loads(omics("areas", "--output", "json")[1])
    assert areas == [{"uuid": UUID, "uri": uri_of(UUID), "selected": True, "alias": "a"}]
    assert omics("areas", "--query", "[].alias")[1] == '[\n  "a"\n]\n'


@pytest.mark.parametrize("command", ["select", "forget", "creds"])
def test_an_alias_that_fits_two_or_none_lists_what_there_is(omics: Any, command: str):
    omics("select", uri_of(UUID))
    omics("select", uri_of(OTHER))
    code, out, err = omics(command, "aa")
    assert (code, out) == (2, "")
    assert f'"aa" matches more than one area, please provide more characters: {UUID}, {OTHER}' in err
    code, out, err = omics(command, "zz")
    assert (code, out) == (2, "")
    assert 'Sorry I don\'t recognize area "zz"' in err


@pytest.mark.parametrize("words", [("files", __file__), ("list",), ("status", "x"), ("report",)])
def test_without_a_selected_area_one_line_states_what_to_do(omics: Any, words: Any):
    code, out, err = omics(*words)
    assert (code, out) == (2, "")
    assert err.startswith("omics: upload")
    assert "There is no upload area selected. Select one with: omics upload select <uri_or_alias>." in err
    assert err.count("\n") == 1


def test_files_are_uploaded_and_listed(selected: Any, omics: Any, folder: Path, stored: Any):
    code, out, _ = omics("files", folder)
    uri = selected.uri
    lines = [f"Upload complete of {folder / name} to upload area {uri}" for name in ("a.txt", "b.fastq", "c.txt")]
    assert (code, out.splitlines()) == (0, [*lines, f"Completed upload of 3 files to upload area {selected.uuid}"])
    assert omics("list") == (0, "a.txt\nb.fastq\nc.txt\n", "")
    assert stored("a.txt")["bytes"] == b"this is a.txt"
    long = omics("list", "-l")[1].splitlines()
    assert long[:4] == [
        "a.txt",
        "\tsize         13 bytes",
        f"\tURL          {uri}a.txt",
        "\tContent-Type text/plain; dcp-type=data",
    ]
    files = json.loads(omics("list", "--output", "json", "--long")[1])
    assert [file["name"] for file in files] == ["a.txt", "b.fastq", "c.txt"]


def test_the_area_of_an_upload_is_printed_whatever_is_selected_meanwhile(
    selected: Any, omics: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    send = Sender.send

    def select_another_and_send(sender: Sender, files: Any) -> Any:
        main(["--quiet", "upload", "select", uri_of(OTHER)])
        return send(sender, files)

    monkeypatch.setattr(Sender, "send", select_another_and_send)
    _, out, err = omics("files", folder / "a.txt")
    assert f"Upload complete of {folder / 'a.txt'} to upload area {selected.uri}\n" in out
    assert out.endswith(f"Completed upload of 1 files to upload area {selected.uuid}\n")
    assert OTHER not in err


def test_options_of_files(selected: Any, omics: Any, folder: Path, stored: Any):
    code, out, _ = omics("files", folder, "--file-extension", ".txt", "--quiet", "--no-transfer-acceleration")
    assert (code, out) == (0, "")
    assert omics("list")[1] == "a.txt\nc.txt\n"
    report = json.loads(omics("files", "-s", folder, "--output", "json")[1])
    assert [file["state"] for file in report["files"]] == ["skipped", "done", "skipped"]
    assert report["counts"] == {"done": 1, "skipped": 2, "failed": 0, "stopped": 0}
    assert omics("files", folder / "a.txt", "-t", "other.txt", "-q")[0] == 0
    assert stored("other.txt")["bytes"] == b"this is a.txt"
    code, out, _ = omics("files", folder, "--dry-run")
    assert out.splitlines()[0] == f"{folder / 'a.txt'} -> {selected.uri}a.txt (13 B, crc32c)"


def test_a_report_that_has_no_place_is_reported_in_one_line(selected: Any, omics: Any, tmp_path: Path):
    code, out, err = omics("report", "--output_file_name", tmp_path / "missing" / "state")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"folder {tmp_path / 'missing'} does not exist" in err
    (tmp_path / "taken.txt").mkdir()
    code, out, err = omics("report", "--output_file_name", tmp_path / "taken")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"Cannot write {tmp_path / 'taken.txt'}" in err
    assert "--output-file-name" in err


@pytest.mark.parametrize(("variable", "value"), [("AWS_PROFILE", "nope"), ("AWS_ENDPOINT_URL_S3", "nonsense")])
def test_aws_settings_that_cannot_be_used_are_no_fault_of_ours(
    selected: Any, omics: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
):
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # of another test
    monkeypatch.setenv(variable, value)
    for words in (("files", folder), ("files", "s3://somewhere/a.txt"), ("list",)):
        code, _, err = omics(*words)
        assert (code, err.count("\n")) == (2, 1)
        assert "The AWS settings cannot be used: " in err
        assert value in err
        assert "Correct AWS_PROFILE" in err


def test_a_configured_area_that_is_none_can_be_forgotten(omics: Any, user_file: Path):
    user_file.parent.mkdir(parents=True)
    user_file.write_text(json.dumps({"upload": {"areas": {"zz": {"uri": "nonsense"}}, "current_area": "zz"}}))
    for words in (("areas",), ("list",)):
        code, _, err = omics(*words)
        assert code == 2
        assert f"upload.areas.zz.uri in the HCA configuration ({user_file}:1): 'nonsense' is not the URI" in err
        assert "omics upload forget zz" in err
    assert omics("forget", "zz")[0] == 0
    assert omics("areas") == (0, "", "")


def test_some_that_fail_end_with_three(selected: Any, omics: Any, folder: Path, monkeypatch: Any, tmp_path: Path):
    from omicsdk.core import TransferError
    from omicsdk.hca.upload.uploads import Sender

    notified, refused = Sender._notified, TransferError("b.fastq: no")
    monkeypatch.setattr(Sender, "_notified", lambda self, name: refused if name == "b.fastq" else notified(self, name))
    report = tmp_path / "report.jsonl"
    code, out, err = omics("files", folder, "--report", report)
    assert code == 3
    assert "omics: b.fastq: no" in err
    assert len(out.splitlines()) == 2
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [line["state"] for line in lines[1:]] == ["done", "failed", "done"]


def test_an_area_that_does_not_exist(service: Any, omics: Any, folder: Path):
    omics("select", uri_of(UUID, "sandbox"))
    code, out, err = omics("files", folder)
    assert (code, out) == (1, "")
    assert "Check the area's URI: it may have been deleted, or never created." in err


def test_credentials_are_lines_for_a_shell(selected: Any, omics: Any):
    code, out, _ = omics("creds", selected.unique_prefix)
    assert code == 0
    assert [line.partition("=")[0] for line in out.splitlines()] == [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ]
    assert all(line.partition("=")[2] for line in out.splitlines())


def test_status_and_report(selected: Any, omics: Any, folder: Path, service: Any, tmp_path: Path, monkeypatch: Any):
    monkeypatch.chdir(tmp_path)
    omics("files", folder)
    uuid = selected.uuid
    expected = f"File: a.txt in UploadArea: sandbox/{uuid} is currently CHECKSUMMING_SCHEDULED\n"
    assert omics("status", "a.txt") == (0, expected, "")
    service.finish()
    assert omics("status", "a.txt")[1].endswith("is currently VALIDATION_UNSCHEDULED\n")
    assert omics("status", "a.txt", "--env", "sandbox", "--uuid", uuid)[0] == 0
    code, out, _ = omics("status", "missing.txt")
    assert code == 1
    assert out.startswith("CHECKSUM_STATUS_RETRIEVAL_ERROR: ")
    expected = f"File status report for sandbox/{uuid} generated, located {uuid}.txt\n"
    assert omics("report") == (0, expected, "")
    assert omics("report", "--output-file-name", "-") == (0, Path(f"{uuid}.txt").read_text(), "")
    assert not Path("-.txt").exists()
    lines = (tmp_path / f"{uuid}.txt").read_text().splitlines()
    assert lines[:5] == [
        "FILE STATUS REPORT", f"UploadArea: {uuid}", "Total Number of Files: 3", "CHECKSUMS", "\tCHECKSUMMED files: 3",
    ]  # fmt: skip
    assert "\tVALIDATION_UNSCHEDULED files: 3" in lines
    for spelling in ("--output_file_name", "--output-file-name"):
        assert omics("report", spelling, "named", "--uuid", uuid)[1].endswith("located named.txt\n")


def test_listing_areas_loads_what_it_needs(home: Path):
    heavy = [
        "httpx",
        "boto3",
        "botocore",
        "pycurl",
        "rich",
        "attr",
        "logging",
        "omicsdk_api.upload",
        "omicsdk.transfer",
    ]
    probe = (
        "import sys; from omicsdk.cli.main import main; main(['upload', 'areas']);"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    # -S: site may import what an environment's own files ask for
    code = f"import sys; sys.path[:0] = {sys.path!r}; {probe}"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_operations_stand_under_api(selected: Any, omics: Any):
    assert omics("api", "area-exists", "--upload-area-uuid", selected.uuid)[0] == 0
    code, out, _ = omics("api", "get-version")
    assert code == 0
    assert "upload_service_version" in json.loads(out)


def test_the_deployment_key_is_sent_as_the_service_wants_it(service: Any, omics: Any):
    words = ("api", "create-area", "--upload-area-uuid", UUID)
    assert omics(*words)[0] == 4
    assert json.loads(omics(*words, "--access-token", service.upload_key)[1])["uri"].endswith(f"/{UUID}/")
