"""Clients of S3 that others wrote, with the sandbox's: each uploads, lists, reads a part, copies and removes; git-annex keeps
content there, restic backups, and DuckDB tables; and what aws leaves is what omics leaves."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pyarrow as pa
import pytest
from command_line import Ran
from omicsdk.sandbox import STAGING_BUCKET, Sandbox
from pyarrow import parquet
from real_servers import peer, program
from s3_sandbox import client_of

SMALL, LARGE = "a/s ü+%.txt", "a/large"
BODY = b"ab" * (3 * 1024 * 1024)
"""More than one part of the smallest size that S3 takes."""


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def keys_of(sandbox: Sandbox) -> list[str]:
    listed = client_of(sandbox).list_objects_v2(Bucket=STAGING_BUCKET)
    return [item["Key"] for item in listed.get("Contents", ())]


def environment(sandbox: Sandbox, home: Path) -> dict[str, str]:
    """The variables of a client that reaches no other host."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    closed = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    return {
        **{name: sandbox.environment()[name] for name in names},
        **closed,
        "AWS_ENDPOINT_URL": sandbox.s3_url,
        "S3_ENDPOINT_URL": sandbox.s3_url,  # which s5cmd reads
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "HOME": str(home),
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
    }


MINIO = """
import io, json, os, sys
from minio import Minio
from minio.commonconfig import ComposeSource, CopySource
from minio.deleteobjects import DeleteObject
bucket, small, large, path = sys.argv[1:]
host = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
keys = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
client = Minio(host, *keys, secure=False, region="us-east-1")
client.put_object(bucket, small, io.BytesIO(b"small"), 5, metadata={"k": "v"})
client.fput_object(bucket, large, path, part_size=5 * 1024 * 1024)
version = client.compose_object(bucket, "b", [ComposeSource(bucket, large), ComposeSource(bucket, small)]).version_id
client.copy_object(bucket, "c", CopySource(bucket, small, match_etag=client.stat_object(bucket, small).etag))
part = client.get_object(bucket, large, offset=1, length=3).data.decode()
names = [item.object_name for item in client.list_objects(bucket, recursive=True)]
sizes = [client.stat_object(bucket, "b", version_id=version).size, client.stat_object(bucket, "c").size]
errors = [str(error) for error in client.remove_objects(bucket, map(DeleteObject, names))]
print(json.dumps([names, part, sizes, errors]))
"""
OBSTORE = """
import json, os, sys
from pathlib import Path
import obstore
from obstore.store import S3Store
bucket, small, large, path = sys.argv[1:]
store = S3Store(
    bucket, endpoint=os.environ["AWS_ENDPOINT_URL"], access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
    secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"], region="us-east-1", checksum_algorithm="SHA256",
    client_options={"allow_http": True},
)
obstore.put(store, small, b"small", mode="create")
obstore.put(store, large, Path(path), use_multipart=True, chunk_size=5 * 1024 * 1024)
obstore.copy(store, large, "b")
obstore.copy(store, small, "c")
errors = []
try:
    obstore.put(store, small, b"other", mode="create")
except obstore.exceptions.AlreadyExistsError:
    pass
else:
    errors.append("overwritten")
part = bytes(obstore.get_range(store, large, start=1, length=3)).decode()
names = [item["path"] for page in obstore.list(store) for item in page]
sizes = [obstore.head(store, name)["size"] + added for name, added in (("b", 5), ("c", 0))]
obstore.delete(store, names)
print(json.dumps([names, part, sizes, errors]))
"""


ARROW = """
import json, os, sys
from pathlib import Path
from pyarrow.fs import FileSelector, S3FileSystem
bucket, small, large, path = sys.argv[1:]
keys = {"access_key": os.environ["AWS_ACCESS_KEY_ID"], "secret_key": os.environ["AWS_SECRET_ACCESS_KEY"]}
host = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
store = S3FileSystem(**keys, endpoint_override=host, scheme="http", region="us-east-1")
for name, data in ((small, b"small"), (large, Path(path).read_bytes())):
    with store.open_output_stream(f"{bucket}/{name}") as file:
        file.write(data)
for name, copy in ((large, "b"), (small, "c")):
    store.copy_file(f"{bucket}/{name}", f"{bucket}/{copy}")
part = store.open_input_file(f"{bucket}/{large}").read_at(3, 1).decode()
listed = store.get_file_info(FileSelector(bucket, recursive=True))
files = {info.path.partition("/")[2]: info.size for info in listed if info.is_file}
store.delete_dir_contents(bucket)
print(json.dumps([list(files), part, [files["b"] + 5, files["c"]], []]))
"""


@pytest.mark.parametrize(
    ("environment_name", "code"),
    [("s3_clients", MINIO), ("s3_clients", OBSTORE), ("", ARROW)],
    ids=["minio", "obstore", "pyarrow"],
)
def test_libraries(sandbox: Sandbox, tmp_path: Path, environment_name: str, code: str) -> None:
    (tmp_path / "large").write_bytes(BODY)
    python = peer(environment_name, "bin/python") if environment_name else sys.executable
    command = [python, "-c", code, STAGING_BUCKET, SMALL, LARGE, str(tmp_path / "large")]
    variables = environment(sandbox, tmp_path)
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, env=variables)
    names, part, sizes, errors = json.loads(done.stdout)
    assert (sorted(names), part, sizes, errors) == ([LARGE, SMALL, "b", "c"], "bab", [len(BODY) + 5, 5], [])
    assert keys_of(sandbox) == []


DUCKDB = """
import json, os, sys
from pathlib import Path
import duckdb, duckdb_extension_httpfs
bucket, presigned = sys.argv[1:]
(extension,) = Path(duckdb_extension_httpfs.__file__).parent.rglob("httpfs.duckdb_extension")
duckdb.sql(f"load '{extension}'")
keys = f"key_id '{os.environ['AWS_ACCESS_KEY_ID']}', secret '{os.environ['AWS_SECRET_ACCESS_KEY']}'"
host = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
duckdb.sql(f"create secret (type s3, {keys}, region 'us-east-1', endpoint '{host}', url_style 'path', use_ssl false)")
rows = "select range as i, range % 3 as part from range(2000000)"
duckdb.sql(f"copy ({rows}) to 's3://{bucket}/a b/whole.parquet'")
duckdb.sql(f"copy ({rows}) to 's3://{bucket}/parts' (format parquet, partition_by (part))")
sources = f"s3://{bucket}/parts/*/*.parquet", f"s3://{bucket}/**/whole.parquet", presigned
print(json.dumps([duckdb.sql(f"select count(*) from read_parquet('{source}') where part = 1").fetchone()[0] for source in sources]))
"""


def test_duckdb(sandbox: Sandbox, tmp_path: Path) -> None:
    variables = environment(sandbox, tmp_path)

    def run(*words: str) -> str:
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60, env=variables).stdout

    rows = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"part": [0, 1, 1]}), rows)
    omics = str(Path(sys.executable).parent / "omics")
    run(omics, "cp", str(rows), f"s3://{STAGING_BUCKET}/rows.parquet")
    url = run(omics, "presign", f"s3://{STAGING_BUCKET}/rows.parquet").strip()
    counts = run(peer("s3_clients", "bin/python"), "-c", DUCKDB, STAGING_BUCKET, url)
    assert json.loads(counts) == [666_667, 666_667, 2]
    run(omics, "cp", "-r", f"s3://{STAGING_BUCKET}/", str(tmp_path / "back"))
    assert parquet.read_table(tmp_path / "back" / "a b" / "whole.parquet").num_rows == 2_000_000


COMMANDS = {
    "s3cmd": ("put --multipart-chunk-size-mb=5", "cp", "get", "ls --recursive", "del --recursive --force"),
    "s5cmd": ("cp --part-size=5", "cp", "cp", "ls", "rm"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    (tmp_path / "large").write_bytes(BODY)
    (tmp_path / "small").write_bytes(b"small")
    host = sandbox.s3_url.removeprefix("http://")
    (tmp_path / ".s3cfg").write_text(f"host_base = {host}\nhost_bucket = {host}\nuse_https = False\n", "utf-8")
    variables = environment(sandbox, tmp_path)

    def run(words: str, *paths: str) -> str:
        command = [peer("s3_clients", f"bin/{name}"), *words.split(), *paths]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, env=variables).stdout

    put, copy, get, list_, remove = COMMANDS[name]
    folder, objects = f"s3://{STAGING_BUCKET}", f"s3://{STAGING_BUCKET}/{'*' if name == 's5cmd' else ''}"
    run(put, str(tmp_path / "small"), f"{folder}/{SMALL}")
    run(put, str(tmp_path / "large"), f"{folder}/{LARGE}")
    run(copy, f"{folder}/{LARGE}", f"{folder}/b")
    run(copy, f"{folder}/{SMALL}", f"{folder}/c")
    run(get, f"{folder}/b", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == BODY
    assert keys_of(sandbox) == [LARGE, SMALL, "b", "c"]
    lines = run(list_, objects).splitlines()
    assert (len(lines), sum(line.endswith(SMALL) for line in lines)) == (4, 1)
    run(remove, objects)
    assert keys_of(sandbox) == []


def test_restic(sandbox: Sandbox, tmp_path: Path) -> None:
    variables = {**environment(sandbox, tmp_path), "RESTIC_PASSWORD": "x"}
    repository = ["--repo", f"s3:{sandbox.s3_url}/{STAGING_BUCKET}/a b", "--cache-dir", str(tmp_path / "cache")]

    def run(*words: str) -> str:
        command = [program("restic"), *repository, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=variables, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ü+%.bin").write_bytes(os.urandom(len(BODY)))
    run("init")
    run("backup", "data")
    (tmp_path / "data" / "empty").write_bytes(b"")
    run("backup", "data")
    run("forget", "--keep-last", "1", "--prune")
    assert "no errors were found" in run("check", "--read-data")
    run("restore", "latest", "--target", "back")
    back = {path.name: path.read_bytes() for path in (tmp_path / "back" / "data").iterdir()}
    assert back == {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}


def test_git_annex(sandbox: Sandbox, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{Path(peer('git_annex', 'bin/git-annex')).parent}{os.pathsep}{os.environ['PATH']}"
    person = {f"GIT_{role}_{of}": "a@h.example" for role in ("AUTHOR", "COMMITTER") for of in ("NAME", "EMAIL")}
    variables = {**environment(sandbox, tmp_path), **person, "PATH": path}
    data_set, (host, port) = tmp_path / "set", sandbox.s3_url.removeprefix("http://").split(":")
    content = {"a/s ü+%.txt": b"small", "large.bin": BODY, "tree.txt": b"tree"}

    def git(*words: str) -> None:
        command = ["git", *words]
        done = subprocess.run(command, cwd=data_set, capture_output=True, text=True, timeout=60, env=variables)
        assert done.returncode == 0, done.stdout + done.stderr

    for name, body in content.items():
        (data_set / name).parent.mkdir(parents=True, exist_ok=True)
        (data_set / name).write_bytes(body)
    git("init", "-q", "-b", "main")
    git("config", "annex.security.allowed-ip-addresses", "all")
    git("annex", "init")
    git("annex", "add", ".")
    git("commit", "-qm", "all")
    # Version 4, which signs the host without its port, and parts, which are rounded down; Version 2, versions and names.
    remotes = {"keys": "signature=v4 region=us-east-1 partsize=6MiB", "tree": "exporttree=yes versioning=yes"}
    for name, options in remotes.items():
        server = f"bucket=annex-{name} host={host} port={port} protocol=http requeststyle=path"
        git("annex", "initremote", name, "type=S3", "encryption=none", *server.split(), *options.split())
    git("annex", "copy", "--to", "keys", "a", "large.bin")
    git("annex", "export", "main", "--to", "tree")
    for name in remotes:
        git("annex", "fsck", "--from", name)
    git("annex", "drop", "--force", ".")
    git("annex", "get", "--from", "keys", "large.bin")
    assert (data_set / "large.bin").read_bytes() == BODY
    git("annex", "drop", "--force", ".")
    for name, value in environment(sandbox, tmp_path).items():
        monkeypatch.setenv(name, value)
    ran = run("get", str(data_set), "--to", "got")
    assert ran.code == 0, ran.err
    assert {name: Path("got", name).read_bytes() for name in content} == content
    assert "3 verified" in ran.err


AWS = """
import json, os, sys
from contextlib import redirect_stdout
from awscli.clidriver import main
for folder, *words in json.load(sys.stdin):
    os.chdir(folder)
    sys.argv = ["aws", "s3", *words]
    try:
        with redirect_stdout(sys.stderr):
            code = main()
    except SystemExit as end:
        code = end.code
    print(json.dumps(code), flush=True)
"""
B = "s3://BUCKET"
PAGES = {"d/a.html": "1", "d/s/b.json": "2", "d/empty": ""}
ODD = {"d/x//y": "1", "d/./z": "2", "d/é": "3", "d/e\u0301": "4", "d/mark/": "", "d/ok ": "5"}
OLD, NEW = {"d/x": "old"}, {"d/x": "new"}
#: The words of aws, those of omics where they differ, objects and files before. Both leave the same objects and files.
ALIKE: dict[str, tuple[str, str, dict[str, str], dict[str, str]]] = {
    "a file to a name": (f"cp d/x {B}/name", "", {}, NEW),
    "a file below a prefix": (f"cp d/x {B}/p/", "", {}, NEW),
    "a file to a bucket": (f"cp d/x {B}", "", {}, NEW),
    "a folder up": (f"cp --recursive d {B}/new", f"cp -r d {B}/new", {}, PAGES),
    "a folder's contents up": (f"cp --recursive d/ {B}/new/", f"cp -r d/ {B}/new/", {"new/old": "o"}, PAGES),
    "an object to a name": (f"cp {B}/d/x a/b/name", "", OLD, {}),
    "an object into a folder": (f"cp {B}/d/x d", "", OLD, {"d/y": "y"}),
    "a prefix down": (f"cp --recursive {B}/d o", f"cp -r {B}/d o", PAGES, {}),
    "a prefix within the store": (f"cp --recursive {B}/d/ {B}/e/", f"cp -r {B}/d/ {B}/e/", ODD, {}),
    "a prefix without its folder": (f"cp {B}/d o", "", OLD, {}),
    "a folder without its option": (f"cp d {B}/d", "", {}, NEW),
    "an odd key": (f"cp {B}/d/x//y o", "", ODD, {}),
    "only some": (f"cp --recursive d {B}/d --exclude * --include *.json", f"cp -r d {B}/d --include *.json", {}, PAGES),
    "a new name": (f"mv {B}/d/x {B}/y", "", OLD, {}),
    "a folder moved": (f"mv --recursive d {B}/new", f"mv d {B}/new", {}, PAGES),
    "onto itself": (f"mv {B}/x {B}/x", "", {"x": "x"}, {}),
    "into its own bucket": (f"mv {B}/x {B}", "", {"x": "x"}, {}),
    "removed below": (f"rm --recursive {B}/p", f"rm -r {B}/p", {"p/x": "x", "p/": "", "p2": "x", "px/x": "x"}, {}),
    "removed but some": (
        f"rm --recursive {B}/p/ --exclude *.bam",
        f"rm -r {B}/p/ --exclude *.bam",
        {"p/a.bam": "a", "p/b": "b"},
        {},
    ),
    "synced up": (f"sync d {B}/d", "", {"d/x": "other"}, {**NEW, "d/s/y": "y"}),
    "synced down": (f"sync {B}/d d", "", {**OLD, "d/s/y": "y"}, {"d/x": "other size"}),
    "synced within the store": (f"sync {B}/d {B}/e", "", {**OLD, "d/y": "y", "e/y": "y"}, {}),
    "synced with deletions": (
        f"sync d {B}/d --delete",
        "",
        {"d/gone": "o", "d/s/gone": "o", "d/x": "new", "dx": "o"},
        NEW,
    ),
    "kept by an exclusion": (f"sync d {B}/d --delete --exclude *.bam", "", {"d/a.bam": "a", "d/x": "new"}, NEW),
    "compared by size": (f"sync d {B}/d --size-only", "", OLD, NEW),
    "from nowhere": (f"sync none {B}/d", "", OLD, {}),
}


def test_omics_leaves_what_aws_leaves(
    sandbox: Sandbox, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, commands = client_of(sandbox), list[list[str]]()
    for name, value in environment(sandbox, tmp_path).items():
        monkeypatch.setenv(name, value)
    for number, (words, ours, objects, files) in enumerate(ALIKE.values()):
        for command, line in (("aws", words), ("omics", ours or words)):
            bucket = f"{command}-{number}"
            client.create_bucket(Bucket=bucket)
            for key, body in objects.items():
                client.put_object(Bucket=bucket, Key=key, Body=body.encode())
            for name, body in files.items():
                (tmp_path / bucket / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / bucket / name).write_text(body)
            (tmp_path / bucket).mkdir(exist_ok=True)
            commands.append([str(tmp_path / bucket), *line.replace("BUCKET", bucket).split()])
    done = subprocess.run(
        [peer("aws_cli", "bin/python"), "-c", AWS],
        input=json.dumps(commands[::2]), capture_output=True, text=True, timeout=120, env=environment(sandbox, tmp_path),
    )  # fmt: skip
    codes = [json.loads(line) != 0 for line in done.stdout.splitlines()]
    assert len(codes) == len(ALIKE), done.stderr

    def state(bucket: str) -> object:
        listed = client.list_objects_v2(Bucket=bucket).get("Contents", ())
        stored = {item["Key"]: client.get_object(Bucket=bucket, Key=item["Key"]) for item in listed}
        kept = sorted(path for path in (tmp_path / bucket).rglob("*") if path.is_file())
        return (
            {key: (response["Body"].read(), response["ContentType"]) for key, response in stored.items()},
            {str(path.relative_to(tmp_path / bucket)): path.read_text() for path in kept},
        )

    for number, (name, failed) in enumerate(zip(ALIKE, codes, strict=True)):
        folder, *words = commands[2 * number + 1]
        monkeypatch.chdir(folder)
        ran = run("--yes", *words)
        assert (ran.code != 0, state(f"omics-{number}")) == (failed, state(f"aws-{number}")), (
            name,
            ran.err,
            done.stderr,
        )
