"""Files of DVC, and what git-annex states: as these programs write them, with other addresses."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from omicsdk.portals import FileList, Head, ListError
from omicsdk.portals.downloads import planned
from omicsdk.portals.dvc import DVC
from omicsdk.portals.formats import recognised
from omicsdk.transfer import TransferOptions
from portal_host import SAMPLES
from unsettled import unsettled

MD5 = "a304afb96060aad90176268345e10355"
HOST = "https://files.example.org"
IMPORT = "deps:\n- path: {}\n  checksum: '1'\nouts:\n- {}\n  path: b.txt\n"
DVC_2 = f"md5: 301598c8348f8ac0c95abc6fc19da952\nwdir: .\nouts:\n- md5: {MD5}\n  path: data.xml\n  cache: true\n"
DVC_3 = f"outs:\n- md5: {MD5}\n  size: 37891850\n  hash: md5\n  path: data.xml\n"
STAGES = f"""schema: '2.0'
stages:
  prepare:
    cmd: python src/prepare.py
    deps:
    - path: {HOST}/raw.csv
      checksum: '1'
      size: 3
    - path: src/prepare.py
      md5: 51549a1c87b182ebdd785704f56ffaf1
      size: 1581
    outs:
    - path: data/prepared
      hash: md5
      md5: f44bab59b97628a67c1a7751f3679c0f.dir
      size: 10
      nfiles: 2
    - path: data/model.pkl
      hash: md5
      md5: {MD5}
      size: 2206748
"""
LISTED = """[{"md5": "5bbf5a52328e7439ae6e719dfe712200", "relpath": "a.txt"}, \
{"md5": "bb4d4c70dbf83be12357b941bb976023", "relpath": "sub \\u00fc/b c.csv"}]"""
FOLDER = f"""deps:
- path: s3://bucket/runs
  files:
  - {{size: 4, version_id: v1, etag: {MD5}, relpath: x/y z.bin}}
outs:
- path: runs
  hash: md5
  files:
  - {{size: 4, md5: {MD5}, relpath: x/y z.bin}}
"""

MINIO = "https://minio.example.org"
S3_CONFIG = f"""[core]
    remote = minio
['remote "minio"']
    url = s3://bucket/dvc
    endpointurl = {MINIO}
    profile = lab
    region = eu-central-1
['remote "ver"']
    url = s3://versions/dvc
    endpointurl = {MINIO}
    version_aware = true
"""
"""As `dvc remote add` and `dvc remote modify` of DVC 3.67 write it."""

Stated = tuple[str, str, int | None, Mapping[str, str]]


def read(path: Path) -> tuple[list[Stated], list[str], Counter[str]]:
    """What the rows of a list state, their faults, and the notes."""
    format = recognised(Head(path), path.name)
    listed = FileList(path, path.name, "", (), Counter())
    rows = [*format.rows(listed)]
    files = [file for row in rows if not row.fault for file in format.files(row, listed)]
    summaries = [
        (
            file.name,
            file.error.message if file.error else " ".join((file.address, *file.mirrors)),
            file.size,
            file.checksums,
        )
        for file in files
    ]
    return summaries, [row.fault for row in rows if row.fault], listed.notes


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder in a project with a storage, as DVC configures it."""
    (tmp_path / ".dvc").mkdir()
    config = f"['remote \"storage\"']\nurl = {HOST}/get-started\n[core]\nremote = storage\n"
    (tmp_path / ".dvc/config").write_text(config + "['remote \"ssh\"']\n    url = ssh://h/store\n")
    (tmp_path / "sub").mkdir()
    (listed := tmp_path / ".dvc/cache/files/md5/f4/4bab59b97628a67c1a7751f3679c0f.dir").parent.mkdir(parents=True)
    listed.write_text(LISTED)
    return tmp_path / "sub"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DVC_3, [("data.xml", f"{HOST}/get-started/files/md5/a3/{MD5[2:]}", 37891850, {"md5": MD5})]),
        (
            DVC_3.replace("data.xml", "sub/data.xml") + "wdir: ..\n",
            [("sub/data.xml", f"{HOST}/get-started/files/md5/a3/{MD5[2:]}", 37891850, {"md5": MD5})],
        ),
        (DVC_2, [("data.xml", f"{HOST}/get-started/a3/{MD5[2:]}", None, {})]),
        (
            IMPORT.format(f"{HOST}/a%20b.txt", f"md5: {MD5}\n  hash: md5"),
            [("b.txt", f"{HOST}/a%20b.txt", None, {"md5": MD5})],
        ),
        (IMPORT.format(f"{HOST}/a.txt", f"md5: {MD5}"), [("b.txt", f"{HOST}/a.txt", None, {})]),
        (IMPORT.format("s3://bucket/a", "hash: md5"), [("b.txt", "s3://bucket/a", None, {})]),  # --no-download
        (
            STAGES,
            [
                *(
                    (f"data/prepared/{name}", f"{HOST}/get-started/files/md5/{md5[:2]}/{md5[2:]}", None, {"md5": md5})
                    for name, md5 in (
                        ("a.txt", "5bbf5a52328e7439ae6e719dfe712200"),
                        ("sub \u00fc/b c.csv", "bb4d4c70dbf83be12357b941bb976023"),
                    )
                ),
                ("data/model.pkl", f"{HOST}/get-started/files/md5/a3/{MD5[2:]}", 2206748, {"md5": MD5}),
                ("raw.csv", f"{HOST}/raw.csv", 3, {}),
            ],
        ),
        (FOLDER, [("runs/x/y z.bin", "s3://bucket/runs/x/y z.bin", 4, {"md5": MD5})]),
    ],
    ids=[
        "DVC 3",
        "a folder above",
        "DVC 2",
        "import-url",
        "import-url of DVC 2",
        "without an MD5",
        "stages",
        "a folder's files",
    ],
)
def test_outputs_of_dvc_have_their_urls_and_the_md5_of_their_bytes(project: Path, text: str, expected: list[Stated]):
    (project / "list.dvc").write_text(text)
    summaries, _, notes = read(project / "list.dvc")
    assert summaries == expected
    assert any("DVC 2" in note for note in notes) is (f"md5: {MD5}" in text and "hash" not in text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            STAGES.replace("f44", "f45"),
            "folder, whose list of files is not in DVC's cache, and is in DVC's storage 'ssh'",
        ),
        (
            IMPORT.format("data.csv\n  repo: {url: https://h/r, rev_lock: f31f5c4}", f"md5: {MD5}"),
            "repository https://h/r",
        ),
        (IMPORT.format("remote://other/a", f"md5: {MD5}"), "no URL that can be downloaded"),
        (DVC_3 + "  remote: ssh\n", "storage 'ssh', ssh://h/store"),
        (DVC_3 + "  remote: none\n", "without a URL"),
        (DVC_3.replace(MD5, "x"), "has no MD5"),
        ("outs:\n- cache: true\n- path: x\n", "an output has no path"),
    ],
)
def test_what_dvc_states_no_url_of_is_a_fault(project: Path, text: str, why: str):
    (project / "list.dvc").write_text(text)
    (project.parent / ".dvc/config.local").write_text("[core]\nremote = ssh\n" if text.startswith("schema") else "")
    assert why in read(project / "list.dvc")[1][0]


S3_FILES = (f"s3://bucket/dvc/files/md5/a3/{MD5[2:]}", "s3://bucket/a b.txt")


@pytest.mark.parametrize(
    ("variables", "addresses", "expected_notes"),
    [
        (
            {},
            (f"{MINIO}/bucket/dvc/files/md5/a3/{MD5[2:]}", f"{MINIO}/bucket/a%20b.txt"),
            {f"S3 at {MINIO} is read without credentials; set AWS_ENDPOINT_URL_S3={MINIO} to use yours": 2},
        ),
        (
            {"AWS_ENDPOINT_URL_S3": f"{MINIO}/"},
            S3_FILES,
            {"DVC reads S3 by the profile 'lab'; set AWS_PROFILE=lab to use its keys": 1},
        ),
        ({"AWS_ENDPOINT_URL": MINIO, "AWS_PROFILE": "lab"}, S3_FILES, {}),
    ],
)
def test_a_storage_of_s3_is_read_at_its_endpoint(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    addresses: tuple[str, ...],
    expected_notes: dict[str, int],
):
    unsettled(monkeypatch, project)
    (project / "home/.aws").mkdir()
    (project / "home/.aws/config").write_text("[profile lab]\nregion = eu-central-1\n")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (project.parent / ".dvc/config").write_text(S3_CONFIG)
    (project / "stored.dvc").write_text(DVC_3)
    # As dvc import-url --fs-config writes it.
    origin = f"s3://bucket/a b.txt\n  fs_config:\n    endpointurl: {MINIO}"
    (project / "imported.dvc").write_text(IMPORT.format(origin, f"md5: {MD5}\n  hash: md5"))
    [stored], _, notes = read(project / "stored.dvc")
    [imported], _, further_notes = read(project / "imported.dvc")
    assert (stored[1], imported[1]) == addresses
    assert notes + further_notes == expected_notes


def test_a_storage_of_versions_is_refused(project: Path):
    (project.parent / ".dvc/config").write_text(S3_CONFIG)
    (project / "list.dvc").write_text(DVC_3 + "  remote: ver\n")
    assert "storage 'ver', which has versions of files by path (version_aware)" in read(project / "list.dvc")[1][0]


FAULTY = "outs:\n" + "".join(
    f"- md5: {md5}\n  hash: md5\n  path: {path}\n"
    for md5, path in ((MD5, "a.bin"), ("x", "b.bin"), (f"{MD5}.dir\n  remote: ssh", "c"), (MD5, "../outside.txt"))
)


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        ((), ("b.bin", "/c/", "*.txt"), ["a.bin"]),
        ((), ("b.bin", "*.txt"), ["a.bin", "'c' is a folder"]),
        (("*.bin",), (), ["a.bin", "'b.bin' has no MD5", "'c' is a folder"]),  # it may have such files
        (("/a.b*", "/c/*/x"), ("*.txt",), ["a.bin", "'c' is a folder"]),
        (("/a.b*", "/cc/x"), ("*.txt",), ["a.bin"]),
    ],
)
def test_faults_of_rows_that_are_excluded_stop_nothing(
    project: Path, include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]
):
    (project / "list.dvc").write_text(FAULTY)
    options = TransferOptions.of({"include": include, "exclude": exclude}, selects=True)
    with planned(project / "list.dvc", options, print) as (plan, _, _):
        results = [file.error.message.partition(",")[0] if file.error else file.name for file in plan.files()]
    assert results == expected


def test_an_output_outside_of_a_project_and_broken_yaml_are_faults(tmp_path: Path):
    (tmp_path / "list.dvc").write_text(DVC_3)
    assert "storage of its DVC project, which is not here" in read(tmp_path / "list.dvc")[1][0]
    for broken in (f"{DVC_3}<<<<<<< HEAD\n", f"{DVC_3} - x: [", "- outs:\nouts:\n path: x"):
        (tmp_path / "list.dvc").write_text(broken)
        with pytest.raises(ListError, match=r"list\.dvc: it is not YAML"):
            [*DVC.rows(FileList(tmp_path / "list.dvc", "list.dvc", "", (), Counter()))]


def test_a_name_that_is_no_text_to_other_versions_of_yaml_is_kept(tmp_path: Path):
    (tmp_path / "list.dvc").write_text("deps:\n- path: https://h.example/x\nouts:\n- path: NO\n")
    rows = DVC.rows(FileList(tmp_path / "list.dvc", "list.dvc", "", (), Counter()))
    assert [row.cells["path"] for row in rows] == ["NO"]


def test_git_annex_states_urls_and_keys(tmp_path: Path):
    assert read(SAMPLES / "whereis.jsonl")[0] == [
        ("fast.txt", f"{HOST}/a.txt", 6, {}),
        (
            "sub/a.txt",
            f"{HOST}/a.txt https://mirror.example.org/a.txt",
            6,
            {"sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"},
        ),
    ]
    line = '{"file": "a", "key": "%s", "whereis": [{"description": "laptop", "urls": [%s]}]}\n'
    url = f'"{HOST}/a"'
    keys = ("MD5-s3--" + MD5, "BLAKE2B256E-s3--ff.txt", f"MD5E-s3-S2-C1--{MD5}.tar.gz")
    (tmp_path / "list").write_text(
        "".join(line % (key, url) for key in keys) + line % (keys[0], '"dl+archive:x"') + "x\n"
    )
    summaries, faults, _ = read(tmp_path / "list")
    assert [(size, sums) for _, _, size, sums in summaries[:3]] == [(3, {"md5": MD5}), (3, {}), (3, {"md5": MD5})]
    assert summaries[3][1] == "a: git-annex states no URL of it, only copies in laptop"
    assert faults == ["the line is not of git annex whereis --json"]
    (tmp_path / "list").write_text(line % ("none", url) + (line % (keys[0], url)).replace('"a"', '"../b"'))
    with planned(tmp_path / "list", TransferOptions.of({"exclude": ["a", "b"]}, selects=True), print) as (plan, _, _):
        assert [*plan.files()] == []
