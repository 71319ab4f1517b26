"""Every verb for files by URI on every platform of the sandbox, the refused ones included."""

import os
import re
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from omicsdk.cli.catalog import Catalog
from omicsdk.gen3 import Gen3, Gen3Login
from unsettled import unsettled

pytestmark = pytest.mark.sandbox

FILES = {"a.txt": b"1", "b.csv": b"22"}
LIBRARY = "pangea://Sandbox/Sandbox Library"
READABLE = ("file", "s3", "dss", "sb", "gen3", "drs", "pangea", "crunch")
WRITABLE = ("file", "s3", "sb", "pangea")
FIXED = ("dss", "gen3", "drs", "crunch")


@pytest.fixture
def run(omics, omics_sandbox, monkeypatch, tmp_path):
    """Runs a command in an empty folder, with the settings of the sandbox."""
    unsettled(monkeypatch, tmp_path)
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DRS_RESOLUTION_ORDER", "cache_file:commons_mds")
    monkeypatch.setenv("DRS_CACHE", str(tmp_path / "hosts.json"))
    omics_sandbox.settings.turn({"sb.file_job_seconds": 0})
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return lambda *words, **how: omics(*words, installed=True, **how)


@pytest.fixture
def data(run, tmp_path):
    """A folder with two files."""
    folder = tmp_path / "seeds" / "data"
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
        os.utime(folder / name, (1.6e9, 1.6e9))
    return folder


@pytest.fixture
def place(run, data, omics_sandbox, tmp_path):
    """Gives the URI of a folder with both files, by scheme."""

    def bundle_of_gen3() -> tuple[str, str]:
        guids = list(omics_sandbox.seed(data, service="gen3")["files"].values())
        key = omics_sandbox.gen3_credentials(tmp_path / "key.json")
        with Gen3(omics_sandbox.gen3_url, credentials=Gen3Login(refresh_file=key)) as commons:
            made = commons.indexd.create_bundle.raw(name="study", bundles=guids).json()["bundle_id"]
        return omics_sandbox.url.partition("://")[2], made

    def put(uri: str) -> str:
        ran = run("cp", "-r", f"{data}/", uri)
        assert ran.code == 0, ran.err
        return uri

    def pangea() -> str:
        assert run("mkdir", f"{LIBRARY}/s 1").code == 0
        return put(f"{LIBRARY}/s 1/raw::reads")

    made = {
        "file": lambda: put("there"),
        "s3": lambda: put(f"s3://{omics_sandbox.staging_bucket}/verbs"),
        "dss": lambda: "dss://aws/{bundle_uuid}.{version}".format(**omics_sandbox.seed(data)),
        "sb": lambda: put(f"sb://{omics_sandbox.seed(data, service='sb')['project']}/folder"),
        "gen3": lambda: "gen3://{}/{}".format(*bundle_of_gen3()),
        "drs": lambda: (lambda host, guid: f"drs://{host}/{quote(guid, safe='')}")(*bundle_of_gen3()),
        "pangea": pangea,
        "crunch": lambda: f"crunch://{omics_sandbox.seed(data.parent, service='crunch')['project']}/data",
    }
    return lambda scheme: made[scheme]()


@pytest.fixture(params=READABLE)
def folder(request, place):
    return place(request.param)


@pytest.fixture(params=WRITABLE)
def written(request, place):
    return place(request.param)


@pytest.fixture(params=FIXED)
def fixed(request, place):
    return place(request.param)


def names_in(run, uri):
    ran = run("ls", uri)
    assert ran.code == 0, ran.err
    return sorted(row["name"] for row in ran.json)


def test_ls_lists_sizes_and_totals(run, folder):
    if ":" not in folder:
        Path(folder, ".omics-transfer").mkdir()
    assert names_in(run, folder) == list(FILES)
    shown = run("ls", "-lh", folder, tty=True)
    assert (shown.code, shown.err) == (0, "")
    *lines, total = shown.out.splitlines()
    first, second = sorted(lines)
    assert first.startswith("1 B")
    assert (first.split()[-1], second.split()[-1]) == ("a.txt", "b.csv")
    assert total == "2 files, 3 B"
    assert all(len(line) <= 79 for line in (first, second))
    few = run("ls", "--limit", "1", folder)
    assert (len(few.json), "more than 1 entries" in few.err) == (1, True)


def test_stat_cat_and_du(run, folder):
    (facts,) = run("stat", f"{folder}/a.txt").json
    assert (facts["kind"], facts["size"], facts["uri"]) == ("file", 1, f"{folder}/a.txt")
    assert re.search(r"^ *size: +1 B \(1 bytes\)$", run("stat", f"{folder}/a.txt", tty=True).out, re.MULTILINE)
    assert run("cat", f"{folder}/a.txt", f"{folder}/b.csv").stdout == b"122"
    assert run("du", folder).json == [{"uri": folder, "files": 2, "bytes": 3}]
    assert run("du", "-h", folder, tty=True).out == f"3 B  2 files  {folder}\n"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--name", "*.csv"], ["b.csv"]),
        (["--min-size", "2"], ["b.csv"]),
        (["--max-size", "0.5K"], ["a.txt", "b.csv"]),
        (["--min-size", "1M"], []),
        (["--name", "*.txt", "--name", "b*"], ["a.txt", "b.csv"]),
        (["--metadata", "no-such-key=*"], []),
    ],
)
def test_find(run, place, words, names):
    uri = place("dss")
    ran = run("find", uri, *words)
    assert ran.code == 0, ran.err
    assert [row["name"] for row in ran.json] == names


def test_find_by_name_on_every_platform(run, folder):
    assert [row["uri"] for row in run("find", folder, "--name", "b.*").json] == [f"{folder}/b.csv"]


def test_find_by_metadata_of_the_platform(run, place, omics_sandbox):
    uri = place("sb")
    file_id = run("stat", f"{uri}/b.csv").json[0]["details"]["id"]
    metadata = '{"sample_id": "S17", "paired": true}'
    changed = run("sb", "api", "update-file-metadata", "--file-id", file_id, "--body", metadata)
    assert changed.code == 0, changed.err
    assert [row["name"] for row in run("find", uri, "--metadata", "sample_id=S1*").json] == ["b.csv"]
    assert run("stat", f"{uri}/b.csv").json[0]["details"]["sample_id"] == "S17"
    assert re.search(r"^ *paired: +true$", run("stat", f"{uri}/b.csv", tty=True).out, re.MULTILINE)
    assert [row["name"] for row in run("find", place("dss"), "--metadata", "media_type=text/csv*").json] == ["b.csv"]


def test_find_refuses_what_is_no_size_time_or_metadata(run, data):
    for words, message in (
        (["--min-size", "big"], "'big' is not a size"),
        (["--newer-than", "soon"], "'soon' is not a time"),
        (["--metadata", "x"], "not of the form KEY=PATTERN"),
    ):
        ran = run("find", str(data), *words)
        assert (ran.code, ran.out) == (2, "")
        assert message in ran.err


def test_find_by_date(run, data):
    assert [row["name"] for row in run("find", str(data), "--newer-than", "2020-01-01T00:00:00Z").json] == list(FILES)
    assert run("find", str(data), "--older-than", "2020-01-01").json == []


def test_cp_brings_a_folder_and_a_second_run_skips_it(run, folder):
    first = run("cp", "-r", f"{folder}/", "copy/")
    assert first.code == 0, first.err
    assert {path.name: path.read_bytes() for path in Path("copy").iterdir()} == FILES
    assert re.fullmatch(
        r"omics: 2 files \(3 B\) copied to copy/ in .* s: 2 (verified|size only|unverified)\n", first.err
    )
    again = run("cp", "-r", f"{folder}/", "copy/")
    assert again.code == 0, again.err
    assert again.json["counts"] == {"done": 0, "skipped": 2, "failed": 0, "stopped": 0}
    assert "2 skipped" in again.err
    assert run("sync", folder, "copy").json["same"] == 2
    verified = run("verify", folder, "copy")
    assert (verified.code, sum(verified.json["counts"].values())) == (0, 2), verified.err
    sizes = verified.json["counts"].get("size only")
    assert verified.err == (
        f"omics: compared by size only: {sizes} files. --require-checksum fails these.\n" if sizes else ""
    )


def test_cp_sends_a_folder_and_a_second_run_skips_it(run, written, data):
    again = run("cp", "-r", f"{data}/", written)
    assert again.code == 0, again.err
    assert again.json["counts"] == {"done": 0, "skipped": 2, "failed": 0, "stopped": 0}
    assert again.err.count("omics: ") == 1
    assert " 2 skipped" in again.err
    (data / "a.txt").write_bytes(b"3")
    changed = run("cp", "-r", f"{data}/", written)
    assert (changed.json["counts"]["done"], changed.json["counts"]["skipped"]) == (1, 1)
    assert run("cat", f"{written}/a.txt").stdout == b"3"


@pytest.mark.parametrize("scheme", ["file", "s3", "sb"])
def test_cp_of_a_folder_becomes_the_new_folder_however_often_it_runs(run, place, data, scheme):
    new = f"{place(scheme)}-new/"
    assert run("cp", "-r", str(data), new).code == 0
    assert names_in(run, new) == list(FILES)
    again = run("cp", "-r", str(data), new)
    assert again.json["counts"] == {"done": 0, "skipped": 2, "failed": 0, "stopped": 0}
    assert names_in(run, new) == list(FILES)
    assert run("rm", "-r", new, "--yes").code == 0
    assert run("cp", "-r", str(data), new).json["counts"]["done"] == 2


@pytest.mark.parametrize("scheme", ["file", "s3", "sb"])
def test_cp_of_a_folder_goes_into_one_that_exists(run, place, data, scheme):
    new = f"{place(scheme)}-new/"
    assert run("cp", str(data / "a.txt"), new).code == 0
    assert run("cp", "-r", str(data), new).code == 0
    assert names_in(run, new) == ["a.txt", "data/"]
    assert run("cp", "-r", str(data), new).json["counts"]["skipped"] == 2
    assert names_in(run, new) == ["a.txt", "data/"]


def test_cp_between_platforms_skips_what_exists(run, place):
    there, to = place("dss"), f"{place('s3')}-2"
    assert run("cp", "-r", f"{there}/", to).json["counts"]["done"] == 2
    assert run("cp", "-r", f"{there}/", to).json["counts"]["skipped"] == 2
    project = f"{place('sb')}/new"  # states no checksums
    assert run("cp", "-r", f"{there}/", project).json["counts"]["done"] == 2
    assert run("cp", "-r", f"{there}/", project).json["counts"]["skipped"] == 2


def test_cp_names_copies_by_a_template(run, place):
    uri = place("gen3")
    ran = run("cp", "-r", uri, "named", "--name-template", "{guid}_{name}")
    assert ran.code == 0, ran.err
    assert sorted(path.name.partition("_dg")[0][:8] for path in Path("named").iterdir()) == ["dg.TEST_"] * 2
    assert sorted(path.name.rpartition("_")[2] for path in Path("named").iterdir()) == list(FILES)
    assert run("cp", "-r", uri, "named", "--name-template", "{guid}_{name}").json["counts"]["skipped"] == 2
    refused = run("cp", "-r", uri, "other", "--name-template", "{gud}_{name}")
    assert (refused.code, "Did you mean {guid}?" in refused.err) == (2, True)
    assert "cp: --name-template '{gud}_{name}': unknown field" in refused.err
    assert not Path("other").exists()


def test_cp_without_folders(run, data):
    (data / "deep").mkdir()
    (data / "deep/c").write_bytes(b"3")
    assert run("cp", "-r", "--layout", "flat", str(data), "flat").code == 0
    assert sorted(path.name for path in Path("flat").iterdir()) == [*FILES, "c"]
    (data / "deep/a.txt").write_bytes(b"another")
    clash = run("cp", "-r", "--layout", "flat", str(data), "flat2")
    assert clash.code != 0
    assert "a.txt" in clash.err
    assert not Path("flat2").exists()


def test_mv_within_and_between_places(run, written):
    ran = run("mv", f"{written}/a.txt", f"{written}/z.txt")
    assert ran.code == 0, ran.err
    assert names_in(run, written) == ["b.csv", "z.txt"]
    assert re.search(r"omics: 1 file \(1 B\) moved to .* in .* s", ran.err)
    if written.startswith("sb:"):  # it states no checksum, so that nothing shows that the copy is right
        kept = run("mv", f"{written}/z.txt", "home.txt")
        assert (kept.code, "--unverified" in kept.err, names_in(run, written)) == (3, True, ["b.csv", "z.txt"])
        assert re.search(r"1 file \(1 B\) copied to .* 1 source kept", kept.err)
    home = run("mv", "--unverified", f"{written}/z.txt", "home.txt")
    assert home.code == 0, home.err
    assert Path("home.txt").read_bytes() == b"1"
    assert names_in(run, written) == ["b.csv"]
    back = run("mv", "home.txt", f"{written}/a.txt")
    assert (back.code, Path("home.txt").exists()) == (0, False), back.err
    assert run("cat", f"{written}/a.txt").stdout == b"1"


def test_mv_keeps_what_did_not_arrive_and_what_it_may_not_replace(run, written, data):
    (data / "a.txt").write_bytes(b"other")
    kept = run("mv", "-n", str(data / "a.txt"), f"{written}/a.txt")
    assert (kept.code, (data / "a.txt").exists(), kept.json["counts"]["skipped"]) == (0, True, 1)
    assert run("cat", f"{written}/a.txt").stdout == b"1"
    itself = run("mv", f"{written}/a.txt", f"{written}/a.txt")
    assert (itself.code, "onto itself" in itself.err) == (2, True)
    assert names_in(run, written) == list(FILES)


def test_a_file_is_not_moved_to_two_places(run):
    for folder in "at":
        Path(folder).mkdir()
    Path("a/x").write_text("x")
    refused = run("mv", "a", "a/x", "t/")
    assert (refused.code, "a/x cannot be moved to t/a/x and to t/x" in refused.err) == (2, True)
    assert Path("a/x").exists()


@pytest.mark.parametrize("is_damaged", [False, True])
def test_mv_to_another_file_system_compares_both(run, data, monkeypatch, is_damaged):
    from omicsdk.fs.copying import jobs
    from omicsdk.fs.stores.local import LocalStore

    monkeypatch.setattr(LocalStore, "move", lambda *_: False)  # as between two file systems
    plain = jobs.copy_files

    def copied(*arguments):
        report = plain(*arguments)
        if is_damaged:
            Path("moved.txt").write_bytes(b"0")
        return report

    monkeypatch.setattr(jobs, "copy_files", copied)
    ran = run("mv", str(data / "a.txt"), "moved.txt")
    assert (data / "a.txt").exists() == is_damaged
    assert ("its copy differs" in ran.err) == is_damaged, ran.err
    assert (ran.code != 0) == is_damaged


@pytest.mark.parametrize(("left", "why"), [(b"12", "changed after"), (b"9", "changed after"), (None, "not found")])
def test_mv_keeps_a_source_that_changed_after_its_copy(run, data, monkeypatch, left, why):
    from omicsdk.fs.copying import jobs
    from omicsdk.fs.stores.local import LocalStore

    def compared(plan, file, outcome, stores):  # as an upload, which its platform verifies
        return outcome._replace(verification="verified")

    monkeypatch.setattr(LocalStore, "move", lambda *_: False)
    monkeypatch.setattr(jobs, "_compared", compared)
    plain, source = jobs.copy_files, data / "a.txt"

    def copied(*arguments):
        report = plain(*arguments)
        source.unlink()
        if left is not None:
            source.write_bytes(left)
            os.utime(source, ns=(1, 1))
        return report

    monkeypatch.setattr(jobs, "copy_files", copied)
    ran = run("mv", str(source), "moved.txt")
    assert (ran.code != 0, why in ran.err) == (True, True), ran.err
    assert (source.read_bytes() if source.exists() else None) == left


def test_mv_keeps_a_file_of_a_platform_that_changed_after_its_copy(run, written):
    from omicsdk.fs.copying import jobs
    from omicsdk.fs.stores.local import LocalStore

    plain = jobs.copy_files
    Path("newer").write_bytes(b"22")
    with pytest.MonkeyPatch.context() as patch:

        def copied(*arguments):
            report = plain(*arguments)
            patch.undo()
            assert run("cp", "newer", f"{written}/a.txt").code == 0
            return report

        patch.setattr(LocalStore, "move", lambda *_: False)
        patch.setattr(jobs, "copy_files", copied)
        ran = run("mv", "--unverified", f"{written}/a.txt", "home.txt")
    assert (ran.code, "the source is kept" in ran.err) == (1, True), ran.err
    assert (Path("home.txt").read_bytes(), run("cat", f"{written}/a.txt").stdout) == (b"1", b"22")


def test_mv_of_a_folder_leaves_none_behind(run, data):
    assert run("mv", f"{data}", "moved").code == 0
    assert not data.exists()
    assert {path.name: path.read_bytes() for path in Path("moved").iterdir()} == FILES


def test_rm_removes_files_and_folders(run, written):
    shown = run("rm", "-r", "--dry-run", written)
    assert (shown.code, len(shown.json["files"]), names_in(run, written)) == (0, 2, list(FILES))
    one = run("rm", f"{written}/a.txt")
    assert one.code == 0, one.err
    assert re.fullmatch(rf"omics: 1 file \(1 B\) removed from {re.escape(written)}/a.txt in .* s\n", one.err)
    assert names_in(run, written) == ["b.csv"]
    folder = run("rm", written)
    assert (folder.code, "Use --recursive" in folder.err) == (1, True)
    every = run("rm", "-rf", written, f"{written}/missing")
    assert (every.code, every.json["counts"]["done"]) == (0, 1), every.err
    assert run("ls", written).code == 1
    assert run("rm", "-r", written).code == 1
    again = run("rm", "-r", "--force", written)
    assert (again.code, again.json["files"]) == (0, []), again.err


def test_rm_asks_on_a_terminal(run, data):
    ran = run("rm", "-r", str(data), tty=True, typed="n\n")
    assert "2 files (3 B) of" in ran.err
    assert "will be removed permanently. Continue? [y/N]" in ran.err
    assert (ran.code, data.exists()) == (130, True)
    assert run("rm", "-r", str(data), tty=True, typed="y\n").code == 0
    assert not data.exists()


def test_rm_follows_no_link(run, data):
    Path("links").mkdir()
    Path("links/out").symlink_to(data)
    assert run("rm", "-r", "links").code == 0
    assert sorted(path.name for path in data.iterdir()) == list(FILES)
    assert not Path("links").exists()


def test_rm_keeps_the_current_folder(run, data):
    for name in (".", ".."):
        ran = run("rm", "-r", name)
        assert (ran.code, "current folder" in ran.err) == (2, True)


def test_rm_by_patterns_keeps_folders(run, data):
    assert run("rm", "-r", str(data), "--include", "*.csv").json["counts"]["done"] == 1
    assert [path.name for path in data.iterdir()] == ["a.txt"]


def test_mkdir(run, place):
    for uri in ("new/deep", f"{place('sb')}/new/deep", f"{place('s3')}/new/deep"):
        for _ in range(2):
            ran = run("mkdir", uri)
            assert ran.code == 0, ran.err
            assert ran.err == f"omics: 1 folder exists: {uri}\n"
        assert run("stat", uri).json[0]["kind"] == "folder"


def test_sync_updates_and_deletes(run, written, data):
    (data / "b.csv").unlink()
    (data / "c.txt").write_bytes(b"333")
    ran = run("sync", "--delete", f"{data}/", written)
    assert ran.code == 0, ran.err
    assert ran.json["removed"] == [f"{written}/b.csv"]
    assert names_in(run, written) == ["a.txt", "c.txt"]
    assert re.search(r"1 file \(3 B\) copied to .* 1 equal, 1 removed\n", ran.err)


def test_sync_deletes_what_is_in_the_way_first(run, data):
    """A folder that became a file, and a file that became a folder, as reported for rclone and rsync."""
    target = Path("target")
    for name, content in {"a.txt/deep/one": "1", "a.txt/two": "2", "folder": "a file", "last": "3"}.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(content)
    (data / "folder").mkdir()
    (data / "folder" / "new").write_bytes(b"new")
    assert run("sync", f"{data}/", str(target)).code == 1
    assert (target / "folder").read_text() == "a file"
    ran = run("sync", "--delete", "--max-delete", "4", f"{data}/", str(target))
    assert ran.code == 0, ran.err
    assert sorted(Path(path).name for path in ran.json["removed"]) == ["folder", "last", "one", "two"]
    assert {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()} == {
        "a.txt": b"1",
        "b.csv": b"22",
        "folder/new": b"new",
    }


def test_sync_deletes_nothing_else_before_the_copies_are_there(run, data):
    target = Path("target")
    (target / "a.txt" / "kept.log").parent.mkdir(parents=True)
    for name in ("a.txt/kept.log", "a.txt/gone", "last"):
        (target / name).write_text(name)
    ran = run("sync", "--delete", "--exclude", "*.log", "--max-delete", "9", f"{data}/", str(target))
    assert (ran.code, "Remove or rename it" in ran.err) == (3, True), ran.err
    left = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert left == ["a.txt/kept.log", "b.csv", "last"]


def test_sync_keeps_what_is_newer_at_the_target(run, data):
    Path("newer").mkdir()
    Path("newer/a.txt").write_bytes(b"my own")
    os.utime(data / "a.txt", (1e9, 1e9))
    ran = run("sync", "--update", f"{data}/", "newer")
    assert (ran.json["newer"], ran.json["counts"]["done"]) == (1, 1)
    assert Path("newer/a.txt").read_bytes() == b"my own"
    assert "1 newer at the target" in ran.err
    assert run("sync", f"{data}/", "newer").json["counts"]["done"] == 1


@pytest.mark.parametrize("scheme", ["s3", "dss", "gen3", "drs", "sb", "pangea"])
def test_presign_gives_a_url_for_any_program(run, place, scheme):
    uri = place(scheme)
    ran = run("presign", f"{uri}/b.csv")
    assert (ran.code, ran.err) == (0, "")
    assert httpx.get(ran.out.strip(), trust_env=False).content == b"22"
    assert run("presign", f"{uri}/b.csv", "--output", "json").json[0]["uri"] == f"{uri}/b.csv"
    if scheme == "s3":
        assert "X-Amz-Expires=900" in run("presign", f"{uri}/b.csv", "--expires", "15m").out
        assert run("presign", f"{uri}/b.csv", "--expires", "8d").code == 2
    else:
        refused = run("presign", f"{uri}/b.csv", "--expires", "15m")
        assert (refused.code, "Leave --expires out." in refused.err) == (2, True)


@pytest.mark.parametrize("scheme", ["file", "crunch"])
def test_presign_is_refused_where_there_is_no_url(run, place, scheme):
    refused(run("presign", f"{place(scheme)}/b.csv"), "cannot be signed")


def refused(ran, message):
    """A command that was refused: one line, exit code 2."""
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran.err
    assert message in ran.err


def test_what_a_platform_cannot_do_is_refused_before_anything_is_changed(run, fixed):
    refused(run("rm", f"{fixed}/a.txt"), "cannot be removed")
    refused(run("rm", "-r", fixed), "cannot be removed")
    refused(run("mkdir", "mine", f"{fixed}/new"), "cannot be created")
    refused(run("mv", f"{fixed}/a.txt", "mine.txt"), "cannot be removed")
    assert names_in(run, fixed) == list(FILES)
    assert list(Path().iterdir()) == []


def test_what_cannot_be_put_is_refused_before_anything_is_sent(run, fixed, data):
    for words in (["cp", str(data / "a.txt")], ["mv", str(data / "a.txt")], ["sync", str(data)]):
        ran = run(*words, f"{fixed}/new")
        assert (ran.code, ran.out) == (2, ""), ran.err
        assert "cannot be" in ran.err
    assert names_in(run, fixed) == list(FILES)
    assert sorted(path.name for path in data.iterdir()) == list(FILES)


@pytest.mark.parametrize("verb", ["ls", "du", "find"])
def test_a_commons_is_not_listed(run, place, omics_sandbox, verb):
    refused(run(verb, "gen3://" + omics_sandbox.url.partition("://")[2]), "cannot be listed")


def test_a_folder_becomes_a_new_bundle(run, place, data):
    ran = run("cp", "-r", str(data), "dss://aws/")
    assert ran.code == 0, ran.err
    (bundle,) = {file["target"].rpartition("/")[0] for file in ran.json["files"]}
    assert names_in(run, bundle) == list(FILES)
    assert "copied to dss://aws/" in ran.err


@pytest.fixture
def auth(omics, dss):
    """Runs `omics auth ...` with the environment of the sandbox."""
    del dss
    return lambda *words, **how: omics("auth", *words, installed=True, **how)


def test_a_verb_is_the_operation(dss):
    listed, documented = (dss(*words, "--replica", "aws").json for words in (("bundles", "ls"), ("get-bundles-all",)))
    assert listed.keys() == documented.keys()
    assert listed["bundles"] == documented["bundles"]


def test_a_group_of_users_is_created_listed_shown_and_deleted(auth):
    made = auth("groups", "create", "--group-id", "curators")
    assert (made.code, made.err) == (0, "omics: created /v1/group\n")
    assert "curators" in auth("groups", "ls").json["groups"]
    assert auth("groups", "get", "curators").json == auth("get-v1-group", "--group-id", "curators").json
    gone = auth("groups", "rm", "curators")
    assert (gone.code, gone.err) == (0, "omics: deleted /v1/group/curators\n")
    assert "curators" not in auth("groups", "ls").json["groups"]


@pytest.mark.parametrize(
    ("service", "kinds"),
    [
        ("dss", ("bundles", "collections", "subscriptions", "events")),
        ("auth", ("users", "groups", "roles", "resources")),
    ],
)
def test_every_kind_of_object_is_listed_and_shown(service, kinds):
    group = Catalog().start(service)
    for kind in kinds:
        assert {"ls", "get"} <= {node.path[-1] for node in group.child(kind).visible_commands()}
