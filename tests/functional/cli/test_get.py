"""`omics get`: lists of portals on the command line, with messages, exit codes and refusals."""

import csv
import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from breakable import Faults
from fork_server import forked
from portal_host import U, content
from portal_host import portal as portal
from waiting import until


@pytest.fixture(autouse=True)
def gdc_manifest(portal, tmp_path):
    """A manifest of the GDC in the current folder, and its files."""
    return portal.gdc_manifest(tmp_path)


@pytest.fixture
def get(omics, portal):
    """Runs `omics get`; `portal` has what the sample of the GDC names."""
    return lambda *words, **how: omics("get", *words, installed=True, **how)


def outcomes(path="data.manifest.tsv"):
    with open(path, newline="", encoding="utf-8") as file:  # noqa: PTH123
        return [row["file_outcome"] for row in csv.DictReader(file, dialect="excel-tab")]


def test_a_list_is_downloaded_and_each_message_is_on_stderr(get, tmp_path):
    ran = get("gdc_manifest.txt", "--to", "data")
    assert ran.code == 0, ran.err
    assert ran.json["verification"] == {"verified": 2, "size only": 0, "unverified": 0}
    first, *_ = ran.err.splitlines()
    assert first.endswith("gdc_manifest.txt: GDC manifest or cart metadata, 2 files, 34 B")
    assert "2 files (34 B) downloaded to data" in ran.err
    assert "result manifest written to data.manifest.tsv" in ran.err
    assert (tmp_path / "data" / "t.bam").read_bytes() == content("t.bam")


def test_a_downloaded_folder_is_verified_by_its_own_record_also_elsewhere(get, omics, portal):
    get("gdc_manifest.txt", "--to", "data")
    portal.requests.clear()
    files = ("data/t.bam", "data/n.bam")
    assert omics("--output", "json", "verify", *files).json["counts"] == {"verified": 2}
    assert "omics verify FOLDER, or one file and its copy" in omics("verify", *files, "gdc_manifest.txt").err
    assert "data cannot be compared with itself" in omics("verify", "data", "data/").err
    assert "Verify the folder of its files: omics verify data" in omics("verify", "data.manifest.tsv").err
    shutil.copytree("data", "shared/data")
    assert omics("--output", "json", "verify", "shared").json["counts"] == {"verified": 2}
    Path("shared/data/t.bam").write_bytes(content("t.bam")[:-1] + b"?")
    Path("shared/data/n.bam").rename("shared/data/notes.txt")
    ran = omics("--output", "json", "verify", "shared/data")
    assert (ran.code, portal.requests) == (3, [])
    states = {row["name"]: row["state"] for row in ran.json["files"]}
    assert states == {"t.bam": "wrong", "n.bam": "missing", "notes.txt": "unverified"}
    # Equal to itself is no proof: a file that no download recorded has nothing to be compared with.
    ran = omics("verify", "gdc_manifest.txt")
    assert ran.code == 2
    assert "no download recorded checksums of its files. Name its source, too: omics verify SOURCE" in ran.err
    sums = [f"{hashlib.md5(content(name)).hexdigest()}  {name}\n" for name in ("t.bam", "n.bam", "other.bam")]
    Path("data/md5sums.txt").write_text("".join(sums))
    assert omics("--output", "json", "verify", "data/md5sums.txt").json["counts"] == {"verified": 2, "missing": 1}
    Path("data/md5sums.txt").rename("md5sums.txt")
    assert omics("--output", "json", "verify", "md5sums.txt", "data").json["counts"] == {"verified": 2, "missing": 1}
    by_list = omics("verify", "gdc_manifest.txt", "data")
    assert (by_list.code, "missing or wrong, by omics get gdc_manifest.txt --to data" in by_list.err) == (1, True)
    Path("notes.bin").write_bytes(b"\0")
    assert "notes.bin: missing: not found\n" in omics("verify", "notes.bin", "data").err
    assert omics("mv", "data", "moved").code == 0
    assert not Path("data").exists()
    assert omics("--output", "json", "verify", "moved").json["counts"] == {"verified": 2}


@pytest.mark.parametrize("end", ["", "\n", "  -\n"])
def test_a_checksum_without_a_name_is_of_the_file_beside_it(omics, end, tmp_path):
    """Picard's CREATE_MD5_FILE writes the checksum alone, and `md5sum < a.bam` a dash for the name."""
    (tmp_path / "a.bam").write_bytes(b"hello")
    sums = tmp_path / "a.bam.md5"
    sums.write_text(hashlib.md5(b"hello").hexdigest() + end)
    assert omics("--output", "json", "verify", str(sums)).json["files"][0]["state"] == "verified"
    (tmp_path / "a.bam").write_bytes(b"hellO")
    ran = omics("--output", "json", "verify", str(sums))
    assert (ran.code, ran.json["files"][0]["name"], ran.json["files"][0]["state"]) == (1, "a.bam", "wrong")


@pytest.mark.parametrize(("stated", "stored"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_name_is_the_same_in_both_normal_forms(omics, tmp_path, stated, stored):
    """macOS decomposes the names of its files, and archives and checksum files keep that form."""
    name = unicodedata.normalize(stored, "é/ö.bam")
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_bytes(b"hello")
    sums = tmp_path / "sums.md5"
    sums.write_text(f"{hashlib.md5(b'hello').hexdigest()}  {unicodedata.normalize(stated, name)}\n", "utf-8")
    assert omics("--output", "json", "verify", str(sums)).json["counts"] == {"verified": 1}
    (tmp_path / "lists").mkdir()
    elsewhere = sums.rename(tmp_path / "lists/sums.md5")
    assert omics("--output", "json", "verify", str(elsewhere), str(tmp_path)).json["counts"] == {"verified": 1}


def test_a_checksum_file_that_was_downloaded_too_verifies_the_file_beside_it(get, omics, portal):
    urls = [portal.put("a.bam", b"hellO"), portal.put("a.bam.md5", hashlib.md5(b"hello").hexdigest().encode())]
    assert get(*urls, "--to", "data").code == 0
    ran = omics("--output", "json", "verify", "data/a.bam.md5")
    states = {row["name"]: row["state"] for row in ran.json["files"]}
    assert (ran.code, states) == (3, {"a.bam": "wrong", "a.bam.md5": "verified"})


def test_files_of_a_registry_of_pooch_are_verified_whether_it_has_their_urls_or_not(omics, tmp_path):
    (tmp_path / "a.nc").write_bytes(b"hello")
    sha256 = hashlib.sha256(b"hello").hexdigest()
    (tmp_path / "registry.txt").write_text(f"a.nc {sha256}\nb.nc sha256:{sha256} https://h.example/b.nc\nc.nc cut\n")
    ran = omics("--output", "json", "verify", str(tmp_path / "registry.txt"))
    assert ran.json["counts"] == {"verified": 1, "missing": 1, "unverified": 1}
    assert "registry.txt: line 3: unverified: 'c.nc cut' is not a checksum and a file name" in ran.err


def test_an_empty_folder_of_a_script_is_refused_as_a_wrong_call(get):
    for folder, problem in (
        ("", "is empty. Name a folder"),
        ("~", "is '~'"),
        ("~/d", "is '~/d', and a shell replaces ~"),
    ):
        ran = get("gdc_manifest.txt", f"--to={folder}")
        assert (ran.code, f"get: --to {problem}" in ran.err) == (2, True), ran.err


@pytest.mark.parametrize("suffix", ["jsonl", "html", "jsonld"])
def test_no_report_shows_the_signature_of_a_url(get, portal, tmp_path, monkeypatch, suffix):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    url = portal.put("a.bin", b"a") + "?X-Amz-Signature=canary"
    whole = get(url, "--to", "data", "--report", f"whole.{suffix}")
    stopped = get(url, "--to", "other", "--report", f"stopped.{suffix}", "--time-budget", "0.000001s")
    assert (whole.code, stopped.code) == (0, 3), stopped.err
    reports = [path.read_text() for path in tmp_path.glob(f"*.{suffix}")]
    assert reports
    assert "canary" not in "".join([whole.out, whole.err, stopped.out, stopped.err, *reports])


def test_the_size_of_a_file_that_is_not_found_is_unknown(get, portal):
    ran = get(portal.url("gone.bin"), "--to", "data")
    assert (ran.code, "1 file of unknown size" in ran.err) == (1, True), ran.err


def test_a_dry_run_plans_each_file(get, portal):
    ran = get("gdc_manifest.txt", "--to", "data", "--dry-run")
    assert ran.code == 0, ran.err
    assert ran.json["counts"]["planned"] == 2
    assert portal.requests == []


def test_a_web_page_in_the_place_of_a_file_is_a_warning(get, portal, tmp_path):
    page = b"<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>"
    urls = [portal.put(name, data) for name, data in (("u.bam", page), ("about.html", page), ("v.bam", b"<v>"))]
    (tmp_path / "urls.txt").write_text("\n".join(urls))
    for state in ("done", "skipped"):  # the next run warns, too
        ran = get("urls.txt", "--to", "data")
        assert ran.code == 0, ran.err
        assert ran.json["counts"][state] == 3
        assert [row.get("warning") for row in ran.json["files"]] == [
            "a web page ('Log in') was received, not a data file",
            None,
            None,
        ]
        assert "warning: u.bam: a web page ('Log in') was received, not a data file" in ran.err
        assert "3 unverified" in ran.err
        assert "1 warning" in ran.err
        assert outcomes()[0].startswith("unverified: a web page")
        assert outcomes()[1:] == ["unverified", "unverified"]
    assert get("urls.txt", "--to", "data", "--report", "page.html").code == 0
    assert "3 unverified; 1 with a warning" in (tmp_path / "page.html").read_text()
    assert get("urls.txt", "--to", "other", "--require-checksum").code != 0
    assert not (tmp_path / "other" / "u.bam").exists()


def test_a_compressed_list_that_inflates_too_far_is_refused_unless_the_bound_is_raised(get, portal, tmp_path):
    (tmp_path / "list.gz").write_bytes(gzip.compress((tmp_path / "gdc_manifest.txt").read_bytes() + b"\n" * 5000))
    ran = get("list.gz", "--to", "data", "--max-unpacked", "1K")
    assert ran.code == 2
    assert "list.gz unpacks to more than 1,024 bytes" in ran.err
    assert "raise the bound: --max-unpacked SIZE" in ran.err
    assert get("list.gz", "--to", "data", "--max-unpacked", "8K").code == 0


def test_some_that_fail_end_with_3_and_all_with_1(get, omics, portal):
    portal.always[f"gdc/data/{U(42)}"] = Faults.status(404)
    Path("urls.txt").write_text("http://127.0.0.1:9/none.csv\n")
    ran = get("gdc_manifest.txt", "--to", "data")
    assert ran.code == 3
    reasons = [row.get("error") for row in ran.json["files"]]
    assert reasons[0] is None
    assert (outcomes()[0], outcomes()[1]) == ("verified", f"failed: {reasons[1]}")
    (Path("data") / "x.gz.01234567.part").touch()
    (Path("data") / "o.manifest.tsv").touch()
    get("urls.txt", "--to", "data")  # whose result manifest takes the place of the first
    ran = omics("--output", "json", "verify", "data")  # only one of two files is there
    assert (ran.code, ran.json["counts"]) == (3, {"verified": 1, "missing": 3}), ran.err
    missing = {row["name"]: row["why"] for row in ran.json["files"] if row["state"] == "missing"}
    assert missing.keys() == {"n.bam", "x.gz", "none.csv"}
    assert missing["n.bam"].endswith("Run omics get again to complete the folder")
    portal.always[f"gdc/data/{U(41)}"] = Faults.status(404)
    assert get("gdc_manifest.txt", "--to", "other").code in (1, 3)
    assert all(outcome.startswith("failed: ") for outcome in outcomes("other.manifest.tsv"))


def test_a_list_comes_from_stdin(get, tmp_path):
    ran = get("-", "--to", "data", typed=(tmp_path / "gdc_manifest.txt").read_text())
    assert ran.code == 0, ran.err
    assert "stdin: GDC manifest" in ran.err


@pytest.mark.skipif(os.name == "nt", reason="FIFOs of POSIX")
def test_a_list_comes_from_a_pipe_such_as_a_shells(get, tmp_path):
    read, write = os.pipe()
    with os.fdopen(write, "wb") as pipe:
        pipe.write((tmp_path / "gdc_manifest.txt").read_bytes())
    ran = get(f"/dev/fd/{read}", "--to", "data")
    os.close(read)
    assert ran.code == 0, ran.err


@pytest.mark.parametrize(
    ("text", "words", "messages"),
    [
        ("chrom\tstart\nchr1\t1\n", (), ["unknown format", "'chrom\\tstart'", "omics help lists"]),
        ("", (), ["is empty"]),
        ("id\tname\n", ("--format", "gdc"), ["missing column: filename or file_name", "Its columns are id, name"]),
        ("id\tfilename\tmd5\tsize\nx\t../a\t\t1\n", (), ["line 2", "contains '..'", "Nothing was downloaded"]),
        ("id\tfilename\tmd5\tsize\nx\ta\t" + "0" * 32 + "\t1\ny\ta\t" + "1" * 32 + "\t2\n", (), ["is listed twice", "--layout id"]),
        ("url\tname\nhttp://h/x?a=1\tx\nhttp://h/x?a=2\tx\n", ("--layout", "id"), ["listed twice", "Rename one of them"]),
        ("id\tfilename\tmd5\tsize\nx\t\"a\t\t1\ny\tb\t2\n", ("--strict",), ["line 3: 3 cells", "Nothing was downloaded"]),
        ("guid\tsize\turls\n\t1\ts3://b/k\n", (), ["line 2: guid is empty", "s3://b/k"]),
        ("https://h.example/a\n", ("--format", "nothing"), ["Unknown format 'nothing'", "omics help lists"]),
        ("id\tname\tmd5\tbytes\n", (), ["The nearest: Seven Bridges", "(--format sb: id, name, project; this list lacks project); GDC manifest or cart"]),
        ("https://h.example/\n", (), ["line 1", "ends without a file name"]),
    ],
)  # fmt: skip
def test_a_bad_list_is_refused_before_any_byte(text, words, messages, get, portal, tmp_path):
    (tmp_path / "bad").write_text(text)
    ran = get("bad", "--to", "data", *words)
    assert ran.code == (1 if "twice" in messages[0] else 2), ran.err
    assert ran.out == b"" or not ran.out
    for words in messages:
        assert words in ran.err.replace("\n", " ")
    assert "Traceback" not in ran.err
    assert portal.requests == []
    assert not (tmp_path / "data.manifest.tsv").exists()


def test_a_verification_states_why_a_size_alone_was_compared(get, omics, portal, tmp_path):
    (tmp_path / "sized.tsv").write_text(f"url\tsize\n{portal.put('s.bam', b's')}\t1\n")
    assert get("sized.tsv", "--to", "data").code == 0
    ran = omics("verify", "data", "--require-checksum")
    assert (ran.code, "s.bam: size only: no checksum of it is recorded" in ran.err) == (1, True)


def test_a_list_and_uris_are_downloaded_together(get, portal):
    url = portal.put("dir/u.bam", b"u")
    ran = get("gdc_manifest.txt", url, "--to", "data")
    assert ran.code == 0, ran.err
    assert sorted(file["name"] for file in ran.json["files"]) == ["n.bam", "t.bam", "u.bam"]
    assert "arguments: URIs and URLs, 1 file, 1 B" in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_leaves_a_result_manifest_and_the_same_command_resumes(portal, tmp_path):
    portal.fault(f"gdc/data/{U(42)}", Faults.cut(3, stall=True))
    command = [str(Path(sys.executable).with_name("omics")), "get", "gdc_manifest.txt", "--to", "data"]
    with forked.start(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        until(lambda: portal.of(f"gdc/data/{U(42)}") and (tmp_path / "data" / "t.bam").exists(), process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert outcomes() == ["verified", "stopped: n.bam"]
    ran = forked.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path, env=os.environ)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["counts"]["skipped"] == 1
    body = (tmp_path / "data" / "n.bam").read_bytes()
    assert hashlib.md5(body).digest() == hashlib.md5(content("n.bam")).digest()
