"""`omics sb volumes`, `imports` and `exports` against the sandbox, whose volumes are buckets of its own S3."""

import json
from pathlib import Path

import boto3
import pytest

pytestmark = pytest.mark.sandbox

P = "sb://sandbox-user/p"
V = "sandbox-user/v"


@pytest.fixture
def bucket(omics_sandbox):
    """The sandbox's bucket with x.txt and reads/a, reads/b, reads/c/d; transfers end as soon as they are examined."""
    omics_sandbox.settings.turn({"sb.queue_seconds": 0, "sb.transfer_seconds": 0})
    s3 = boto3.client("s3", endpoint_url=omics_sandbox.s3_url)
    name = omics_sandbox.staging_bucket
    for key in ("x.txt", "reads/a", "reads/b", "reads/c/d"):
        s3.put_object(Bucket=name, Key=key, Body=f"this is {key}".encode())
    return s3, name


@pytest.fixture
def volume(sb, bucket, omics_sandbox):
    """Runs `omics sb` where there is a volume v."""
    variables = omics_sandbox.environment()
    service = {
        "type": "S3",
        "bucket": bucket[1],
        "endpoint": omics_sandbox.s3_url,
        "credentials": {
            "access_key_id": variables["AWS_ACCESS_KEY_ID"],
            "secret_access_key": variables["AWS_SECRET_ACCESS_KEY"],
        },
    }
    made = sb("api", "create-volume", "--name", "v", "--access-mode", "RW", "--service", json.dumps(service))
    assert made.code == 0, made.err
    return sb


def deep(sb):
    return sorted(row["name"] for row in sb("files", "ls", "--recursive", P).json)


def on_volume(bucket):
    s3, name = bucket
    return sorted(entry["Key"] for entry in s3.list_objects_v2(Bucket=name)["Contents"])


# -- volumes


def test_volumes_are_listed_without_their_credentials_and_what_is_on_them(volume):
    shown = volume("volumes", "ls")
    assert [(row["id"], row["type"]) for row in shown.json] == [(V, "S3")]
    assert "credentials" not in shown.out
    ran = volume("volumes", "ls", V)
    assert [(row["location"], row["type"]) for row in ran.json] == [("reads/", "folder"), ("x.txt", "s3")]
    below = volume("volumes", "ls", V, "--prefix", "reads/").json
    assert [(row["location"], row.get("size")) for row in below] == [
        ("reads/c/", None),
        ("reads/a", 15),
        ("reads/b", 15),
    ]
    some = volume("volumes", "ls", V, "--limit", "1")
    assert (some.code, len(some.json)) == (3, 1)
    assert volume("volumes", "ls", V, "--limit", "2").code == 0
    assert volume("volumes", "ls", "sandbox-user/none").code == 1


def test_a_volume_is_created_shown_changed_and_removed(volume, bucket):
    service = {
        "type": "S3",
        "bucket": bucket[1],
        "prefix": "reads/",
        "credentials": {"access_key_id": "k", "secret_access_key": "s"},
    }
    Path("service.json").write_text(json.dumps(service))
    made = volume("volumes", "create", "w", "--service", "@service.json", "--description", "second")
    assert (made.code, made.json["id"], made.json["prefix"]) == (0, "sandbox-user/w", "reads/"), made.err
    assert "omics: created volume sandbox-user/w\n" in made.err
    shown = volume("volumes", "get", "sandbox-user/w")
    assert (shown.json["description"], "credentials" in shown.out) == ("second", False)
    changed = volume("volumes", "update", "sandbox-user/w", "--deactivate")
    assert (changed.code, changed.json["active"]) == (0, False), changed.err
    assert volume("volumes", "update", "sandbox-user/w").code == 2
    assert volume("volumes", "rm", "sandbox-user/w", "--dry-run").json == [{"deleted": "sandbox-user/w"}]
    kept = volume("volumes", "rm", "sandbox-user/w", tty=True, typed="n\n")
    assert (kept.code, "nothing was deleted" in kept.err) == (130, True)
    gone = volume("volumes", "rm", "sandbox-user/w")
    assert (gone.code, "omics: deleted volume sandbox-user/w\n" in gone.err) == (0, True), gone.err
    assert volume("volumes", "get", "sandbox-user/w").code == 1


# -- imports


def test_files_of_a_volume_become_files_of_a_project(volume):
    ran = volume("imports", "start", "x.txt", f"{P}/new/", "--volume", V, "--wait", "--period", "1")
    assert ran.code == 0, ran.err
    assert [(row["state"], row["from"], row["to"], row["error"]) for row in ran.json] == [
        ("COMPLETED", f"{V}/x.txt", f"{P}/new/x.txt", None)
    ]
    assert "1 of 1 imports completed" in ran.err
    assert volume("files", "cat", f"{P}/new/x.txt").out == "this is x.txt"
    renamed = volume("imports", "start", "x.txt", f"{P}/y.txt", "--volume", V, "--wait")
    assert (renamed.code, renamed.json[0]["to"]) == (0, f"{P}/y.txt")
    several = volume("imports", "start", "reads/a", "reads/b", f"{P}/both", "--volume", V, "--wait")
    assert several.code == 0, several.err
    assert deep(volume) == ["both/", "both/a", "both/b", "new/", "new/x.txt", "y.txt"]


def test_a_folder_of_a_volume_is_imported_as_one(volume):
    ran = volume("imports", "start", "reads/", f"{P}/", "--volume", V, "--wait")
    assert ran.code == 0, ran.err
    assert deep(volume) == ["reads/", "reads/a", "reads/b", "reads/c/", "reads/c/d"]
    flat = volume("imports", "start", "reads/", f"{P}/flat/", "--volume", V, "--flat", "--wait")
    assert flat.code == 0, flat.err
    assert [name for name in deep(volume) if name.startswith("flat/reads/")] == [
        *("flat/reads/", "flat/reads/a", "flat/reads/b", "flat/reads/d")
    ]


def test_a_table_of_imports_states_the_result_for_each_row(volume):
    Path("imports.tsv").write_text(
        f"volume\tlocation\tto\n{V}\treads/a\t{P}/new/\n\tx.txt\t{P}/named.txt\n{V}\tnothing\t{P}/\n"
    )
    refused = volume("imports", "start", "--manifest", "imports.tsv")
    assert (refused.code, "imports.tsv: line 3 has no volume" in refused.err) == (2, True)
    planned = volume("imports", "start", "--manifest", "imports.tsv", "--volume", V, "--dry-run")
    assert planned.json[:2] == [
        {"line": 2, "from": f"{V}/reads/a", "to": f"{P}/new/a"},
        {"line": 3, "from": f"{V}/x.txt", "to": f"{P}/named.txt"},
    ]
    assert (planned.code, planned.json[2]["state"]) == (3, "REFUSED")
    assert "line 4: sandbox-user/v/nothing: " in planned.err
    assert deep(volume) == []
    ran = volume("imports", "start", "--manifest", "imports.tsv", "--volume", V, "--wait")
    assert ran.code == 3
    assert [(row["line"], row["state"], row["to"]) for row in ran.json] == [
        (2, "COMPLETED", f"{P}/new/a"),
        (3, "COMPLETED", f"{P}/named.txt"),
        (4, "FAILED", f"{P}/nothing"),
    ]
    assert "line 4: sandbox-user/v/nothing is FAILED: There is no" in ran.err
    assert ran.json[2]["error"].startswith("There is no")
    assert deep(volume) == ["named.txt", "new/", "new/a"]
    listed = volume("imports", "ls", "--state", "FAILED").json
    assert [(row["from"], row["id"]) for row in listed] == [(f"{V}/nothing", ran.json[2]["id"])]
    assert len(volume("imports", "ls", "--project", P, "--volume", V, "--limit", "2").json) == 2


def test_rows_that_the_platform_refuses_are_reported(volume):
    Path("imports.tsv").write_text(f"volume\tlocation\tto\nsandbox-user/none\ta\t{P}/\n{V}\tx.txt\t{P}/\n")
    ran = volume("imports", "start", "--manifest", "imports.tsv", "--wait")
    assert ran.code == 3
    assert [(row["state"], row["id"] is None) for row in ran.json] == [("REFUSED", True), ("COMPLETED", False)]
    assert "line 2: sandbox-user/none/a: " in ran.err
    alone = volume("imports", "start", "a", f"{P}/", "--volume", "sandbox-user/none")
    assert (alone.code, alone.stdout) == (1, b"")


def test_what_an_import_could_not_find_is_foretold(volume):
    def dry(*words):
        ran = volume("imports", "start", *words, "--dry-run")
        return ran.code, [row.get("error") is None for row in ran.json], ran.err

    assert dry("x.txt", "reads/", f"{P}/in/", "--volume", V) == (0, [True, True], "")
    code, fine, err = dry("x.txt", "gone/", "reads", f"{P}/", "--volume", V)
    assert (code, fine) == (3, [True, False, False])
    assert f"{V}/gone/: the volume has nothing below it" in err
    code, fine, err = dry("x.txt", f"{P}/", "--volume", "sandbox-user/none")
    assert (code, fine) == (1, [False])
    assert "sandbox-user/none/x.txt: " in err
    code, fine, _ = dry("x.txt", "sb://sandbox-user/nowhere/", "--volume", V)
    assert (code, fine) == (1, [False])
    assert volume("imports", "start", "x.txt", f"{P}/", "--volume", V, "--wait").code == 0
    code, fine, err = dry("x.txt", f"{P}/", "--volume", V)
    assert (code, fine, f"{P}/x.txt already exists" in err) == (1, [False], True)
    for option in ("--overwrite", "--autorename"):
        assert dry("x.txt", f"{P}/", "--volume", V, option)[:2] == (0, [True])


def test_an_export_to_a_volume_that_does_not_exist_is_foretold(volume):
    assert volume("imports", "start", "x.txt", f"{P}/", "--volume", V, "--wait").code == 0
    fine = volume("exports", "start", f"{P}/x.txt", "--volume", V, "--to", "y.txt", "--dry-run")
    assert (fine.code, fine.json[0]["to"]) == (0, f"{V}/y.txt")
    ran = volume("exports", "start", f"{P}/x.txt", "--volume", "sandbox-user/none", "--dry-run")
    assert (ran.code, ran.json[0]["state"]) == (1, "REFUSED")
    assert "x.txt: " in ran.err


def test_imports_are_waited_for_later(volume, omics_sandbox):
    omics_sandbox.settings.turn({"sb.queue_seconds": 3600})
    begun = volume("imports", "start", "x.txt", f"{P}/", "--volume", V)
    assert begun.code == 0
    assert "omics sb imports wait" in begun.err
    id = begun.json[0]["id"]
    late = volume("imports", "wait", id, "--timeout-seconds", "0.001")
    assert (late.code, late.json[0]["state"]) == (1, "PENDING")
    assert "Wait again" in late.err
    omics_sandbox.finish()
    over = volume("imports", "wait", id, id)
    assert (over.code, [(row["state"], row["id"]) for row in over.json]) == (0, [("COMPLETED", id)])
    shown = volume("imports", "get", id).json
    assert (shown["state"], shown["source"]["location"]) == ("COMPLETED", "x.txt")
    assert over.json[0]["file"] == volume("files", "ls", f"{P}/x.txt").json[0]["id"]
    unknown = volume("imports", "wait", id, "nope")
    assert (unknown.code, unknown.stdout) == (1, b"")
    assert "nope" in unknown.err
    assert "omics sb imports ls" in unknown.err


def test_who_stops_waiting_is_reported_where_to_look(volume, omics_sandbox, monkeypatch):
    omics_sandbox.settings.turn({"sb.queue_seconds": 3600})

    def interrupted(clock, seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("omicsdk.core.clock.SystemClock.sleep", interrupted)
    ran = volume("imports", "start", "x.txt", f"{P}/", "--volume", V, "--wait")
    assert (ran.code, "The imports continue. See their states: omics sb imports ls" in ran.err) == (130, True)


def test_folders_that_do_not_exist_are_made_for_a_file_with_a_path_too(volume):
    words = ("imports", "start", "x.txt", f"{P}/new/deep/y.txt", "--volume", V)
    assert volume(*words, "--dry-run").json == [{"from": f"{V}/x.txt", "to": f"{P}/new/deep/y.txt"}]
    assert deep(volume) == []
    assert volume(*words, "--wait").code == 0
    several = ("imports", "start", "reads/a", "reads/b", f"{P}/other/both", "--volume", V)
    assert [row["to"] for row in volume(*several, "--dry-run").json] == [f"{P}/other/both/a", f"{P}/other/both/b"]
    assert volume(*several[:-3], f"{P}/new/deep/y.txt", "--volume", V).code == 2
    assert deep(volume) == ["new/", "new/deep/", "new/deep/y.txt"]


def test_what_exists_already_is_kept_replaced_or_stands_beside(volume):
    words = ("imports", "start", "x.txt", f"{P}/", "--volume", V, "--wait")
    assert volume(*words).code == 0
    again = volume(*words)
    assert (again.code, again.json[0]["state"]) == (1, "FAILED")
    assert "already" in again.err
    assert volume(*words, "--overwrite").code == 0
    assert volume(*words, "--autorename").code == 0
    assert len(deep(volume)) == 2


# -- exports


@pytest.fixture
def files(volume, tree):
    """The same, with a.txt, reads/b.txt and reads/deep/c.txt in the project."""
    return volume


def test_files_are_put_onto_a_volume(files, bucket):
    ran = files("exports", "start", f"{P}/a.txt", "--volume", V, "--wait")
    assert ran.code == 0, ran.err
    assert [(row["state"], row["from"], row["to"]) for row in ran.json] == [("COMPLETED", f"{P}/a.txt", f"{V}/a.txt")]
    assert files("files", "ls", "--long", f"{P}/a.txt").json[0]["storage"]["type"] == "VOLUME"
    renamed = files("exports", "start", f"{P}/reads/b.txt", "--volume", V, "--to", "out/B", "--copy-only", "--wait")
    assert renamed.code == 0, renamed.err
    assert files("exports", "get", renamed.json[0]["id"]).json["destination"]["location"] == "out/B"
    assert files("files", "ls", "--long", f"{P}/reads/b.txt").json[0]["storage"]["type"] == "PLATFORM"
    tree = files("exports", "start", "-r", f"{P}/reads", "--volume", V, "--to", "all/", "--copy-only", "--wait")
    assert tree.code == 0, tree.err
    assert {"a.txt", "out/B", "all/reads/b.txt", "all/reads/deep/c.txt"} <= set(on_volume(bucket))
    assert {row["to"] for row in files("exports", "ls", "--volume", V).json} == {
        f"{V}/{name}" for name in ("a.txt", "out/B", "all/reads/b.txt", "all/reads/deep/c.txt")
    }


def test_a_table_of_exports_states_the_result_for_each_row(files, bucket):
    id = files("files", "ls", f"{P}/a.txt").json[0]["id"]
    Path("exports.tsv").write_text(f"file\tlocation\n{id}\tone\n{P}/reads/b.txt\ttwo\n{P}/reads/none\tthree\n")
    words = ("exports", "start", "--manifest", "exports.tsv", "--volume", V)
    planned = files(*words, "--dry-run")
    assert planned.code == 3
    assert [(row["line"], row["to"], row.get("error")) for row in planned.json] == [
        (2, f"{V}/one", None),
        (3, f"{V}/two", None),
        (4, f"{V}/three", "file not found"),
    ]
    ran = files(*words, "--wait")
    assert ran.code == 3
    assert "line 4: sb://sandbox-user/p/reads/none: file not found" in ran.err
    assert [row["state"] for row in ran.json] == ["COMPLETED", "COMPLETED", "REFUSED"]
    assert {"one", "two"} <= set(on_volume(bucket))
    waited = files("exports", "wait", *(row["id"] for row in ran.json[:2]))
    assert (waited.code, [row["from"] == id for row in waited.json]) == (0, [True, False])


@pytest.mark.parametrize(
    "words",
    [
        ("imports", "start"),
        ("imports", "start", "x.txt", f"{P}/"),
        ("imports", "start", "x.txt", "--volume", V),
        ("volumes", "get", "me/"),
        ("imports", "start", "x.txt", "sb://", "--volume", V),
        ("imports", "start", "x.txt", f"{P}/", "--volume", V, "--manifest", "t.tsv"),
        ("imports", "start", "reads/a", "other/a", f"{P}/", "--volume", V),
        ("imports", "start", "--manifest", "none.tsv"),
        ("exports", "start"),
        ("exports", "start", f"{P}/a.txt"),
        ("exports", "start", f"{P}/reads", "--volume", V),
        ("exports", "start", f"{P}/a.txt", f"{P}/reads/b.txt", "--volume", V, "--to", "one"),
    ],
)
def test_calls_that_make_no_sense_end_with_2(files, words):
    ran = files(*words)
    assert (ran.code, ran.stdout) == (2, b""), ran.err
