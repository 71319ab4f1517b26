"""Files by their URLs from nginx, Apache, lighttpd, Caddy, `rclone serve http` and servers of pip and npm."""

import gzip
import hashlib
import json
import os
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from platform import python_version
from tempfile import TemporaryDirectory

import omicsdk
import pytest
from claimed_ports import free_port
from command_line import Ran
from omicsdk import Interrupted
from omicsdk.transfer import Progress
from real_results import differences
from real_servers import Server, node, peer, program, running, version_of, version_of_package

MIB = 1024 * 1024
DATA = os.urandom(20 * MIB)
TABLE = b"sample,reads\n" * 1000
DIGEST = b64encode(hashlib.sha256(DATA).digest()).decode()
Run = Callable[..., Ran]
Kind = Callable[[Path, int], tuple[str, list[str | Path], str]]

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/served;
        autoindex on;
        location /stated/ {{ alias {folder}/served/; add_header Repr-Digest "sha-256=:{digest}:"; }}
        location /named/ {{ alias {folder}/served/; add_header Content-Disposition 'attachment; filename="reads 1.bin"'; }}
        location /moved/ {{ rewrite ^/moved/(.*)$ /$1 redirect; }}
        location /whole/ {{ max_ranges 0; alias {folder}/served/; }}
    }}
}}
"""
# Debian's mime.conf marks files in gzip's format as if they had been compressed for the transfer, and its deflate.conf compresses text.
APACHE = """
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
{modules}
{user}
TypesConfig /dev/null
AddType text/csv .csv
AddEncoding x-gzip .gz
AddOutputFilterByType DEFLATE text/csv
DocumentRoot {folder}/served
<Directory {folder}/served>
    Options Indexes
    Require all granted
</Directory>
Alias /stated/ {folder}/served/
Alias /named/ {folder}/served/
Redirect /moved/ /
<Location /stated/>
    Header set Digest "SHA-256={digest}"
</Location>
<Location /named/>
    Header set Content-Disposition "attachment; filename=\\"reads 1.bin\\""
</Location>
"""
# Without a type it states neither an ETag nor a date.
LIGHTTPD = """
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{folder}/served"
server.errorlog = "{folder}/error.log"
dir-listing.activate = "enable"
mimetype.assign = ( ".csv" => "text/csv", "" => "application/octet-stream" )
server.modules += ( "mod_dirlisting", "mod_setenv", "mod_redirect", "mod_alias" )
alias.url = ( "/stated/" => "{folder}/served/", "/named/" => "{folder}/served/" )
url.redirect = ( "^/moved/(.*)$" => "/$1" )
$HTTP["url"] =~ "^/stated/" {{ setenv.add-response-header = ( "Repr-Digest" => "sha-256=:{digest}:" ) }}
$HTTP["url"] =~ "^/named/" {{ setenv.add-response-header = ( "Content-Disposition" => "attachment; filename=reads%201.bin; filename*=UTF-8''reads%201.bin" ) }}
"""
CADDY = """
{{
    admin off
    auto_https off
}}
http://127.0.0.1:{port} {{
    root * {folder}/served
    header /stated/* Digest "SHA-256={digest}"
    header /named/* Content-Disposition "attachment; filename*=UTF-8''reads%201.bin"
    redir /moved/* /large.bin
    uri strip_prefix /stated
    uri strip_prefix /named
    file_server browse
}}
"""


def nginx(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    command = program("nginx")
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, digest=DIGEST))
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    return "nginx", [command, "-p", folder, "-c", folder / "nginx.conf", *user], version_of([command, "-v"])


def apache(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    command = program("apache2")
    names = ["mpm_event", "authz_core", "dir", "autoindex", "mime", "filter", "deflate", "headers", "alias"]
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in names)
    user = "User nobody\nGroup nogroup" if os.geteuid() == 0 else ""  # it does not serve as root
    text = APACHE.format(folder=folder, port=port, digest=DIGEST, modules=modules, user=user)
    (folder / "apache.conf").write_text(text)
    return "Apache", [command, "-D", "FOREGROUND", "-f", folder / "apache.conf"], version_of([command, "-v"])


def lighttpd(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    command = program("lighttpd")
    (folder / "lighttpd.conf").write_text(LIGHTTPD.format(folder=folder, port=port, digest=DIGEST))
    return "lighttpd", [command, "-D", "-f", folder / "lighttpd.conf"], version_of([command, "-v"])


def caddy(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    command = peer("http_servers", "bin/caddy")
    (folder / "Caddyfile").write_text(CADDY.format(folder=folder, port=port, digest=DIGEST))
    return "Caddy", [command, "run", "--config", folder / "Caddyfile"], version_of([command, "version"])


def python(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    words = ["-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", folder / "served"]
    return "Python's http.server", [sys.executable, *words], python_version()


def rclone(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    command = program("rclone")
    words = ["serve", "http", folder / "served", "--addr", f"127.0.0.1:{port}", "--config", folder / "none.conf"]
    return "rclone serve http", [command, *words], version_of([command, "version"])


AIOHTTP = """
import sys
from aiohttp import web
app = web.Application()
app.router.add_static("/", sys.argv[2], show_index=True)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]))
"""


def aiohttp(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    command = [peer("http_servers", "bin/python"), "-c", AIOHTTP, str(port), folder / "served"]
    return "aiohttp", command, version_of_package("http_servers", "aiohttp")


STARLETTE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
app = Starlette(routes=[Mount("/", StaticFiles(directory=sys.argv[2]))])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]))
"""


def starlette(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    command = [peer("http_servers", "bin/python"), "-c", STARLETTE, str(port), folder / "served"]
    return "Starlette", command, version_of_package("http_servers", "starlette")


def range_http_server(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    code = "import os, runpy, sys; os.chdir(sys.argv.pop()); runpy.run_module('RangeHTTPServer', run_name='__main__')"
    words = ["-c", code, "--bind", "127.0.0.1", str(port), folder / "served"]
    command = [peer("http_servers", "bin/python"), *words]
    return "RangeHTTPServer", command, version_of_package("http_servers", "rangehttpserver")


def wsgidav(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    shares = {"/": str(folder / "served"), "/locked": str(folder / "served" / "locked")}
    users = {"*": True, "/locked": {"ada": {"password": "s3 cret"}}}
    settings = {"provider_mapping": shares, "simple_dc": {"user_mapping": users}}
    (folder / "dav.json").write_text(json.dumps({"host": "127.0.0.1", "port": port} | settings))
    command = [peer("http_servers", "bin/wsgidav"), "--config", folder / "dav.json"]
    return "WsgiDAV", command, version_of_package("http_servers", "wsgidav")


def http_server(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    words = [folder / "served", "-a", "127.0.0.1", "-p", str(port), "-c-1", "--silent"]
    return npm("http-server", words)


def serve(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    words = ["--listen", f"tcp://127.0.0.1:{port}", "--no-port-switching", "--no-clipboard", folder / "served"]
    return npm("serve", words)


EXPRESS = """
const [modules, folder, port] = process.argv.slice(1)
const of = require("module").createRequire(modules + "/")
const express = of("express"), app = express()
app.use(of("serve-index")(folder, { hidden: true }), express.static(folder, { dotfiles: "allow" }))
app.listen(Number(port), "127.0.0.1")
"""


def express(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    """Express with serve-index, whose pages many servers of Node have."""
    name, (_, *words), version = npm("express", [folder / "served", str(port)])
    return name, [node(), "-e", EXPRESS, peer("http_servers_npm", "node_modules"), *words], version


def npm(name: str, words: list[str | Path]) -> tuple[str, list[str | Path], str]:
    modules = Path(peer("http_servers_npm", "node_modules"))
    return name, [modules / ".bin" / name, *words], json.loads((modules / name / "package.json").read_text())["version"]


def apache_as(*options: str) -> Kind:
    """Apache with another form of its pages."""

    def kind(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
        started = apache(folder, port)
        settings = folder / "apache.conf"
        lines = f"<Directory {folder}/served>\n    IndexOptions {' '.join(options)}\n</Directory>\n"
        settings.write_text(settings.read_text() + lines)
        return started

    return kind


def nginx_rounded(folder: Path, port: int) -> tuple[str, list[str | Path], str]:
    started = nginx(folder, port)
    settings = folder / "nginx.conf"
    settings.write_text(settings.read_text().replace("autoindex on;", "autoindex on; autoindex_exact_size off;"))
    return started


KINDS: list[Kind] = [
    nginx,
    apache,
    lighttpd,
    caddy,
    python,
    rclone,
    aiohttp,
    range_http_server,
    wsgidav,
    http_server,
    serve,
    express,
    starlette,
]


# aiohttp links to folders as to files, serve does not escape names, and Starlette lists none.
LISTING: list[Kind] = [
    *(kind for kind in KINDS if kind not in (aiohttp, serve, starlette)),
    nginx_rounded,
    apache_as("FancyIndexing"),
    apache_as("FancyIndexing", "HTMLTable", "IconsAreLinks"),
]
TREE = (
    "a b.txt",
    "50%.txt",
    "50%25.txt",
    "a#b?.txt",
    "a&b;c=d,e+f.txt",
    "a:b.txt",
    "'quoted' \"twice\".txt",
    "<tag>[x](y){z}.txt",
    "~!@$^*`|.txt",
    "ünï/日本.txt",
    ".hidden.txt",
    "..two",
    "sub #1/sub ?2/deep.txt",
    "index of.txt",
    f"{'long' * 40}.txt",
)
"""Files that pages of folders link to, each with its name as content."""


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Generator[Server]:
    """One of the servers, with some files and a folder."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # Apache's user reads it
        with serving(request.param, Path(folder)) as server:
            yield server


@contextmanager
def serving(kind: Kind, folder: Path) -> Generator[Server]:
    port = free_port()
    (folder / "served" / "folder").mkdir(parents=True)
    (folder / "served" / "large.bin").write_bytes(DATA)
    os.utime(folder / "served" / "large.bin", (1e9, 1e9))  # a date that is settled identifies the file without an ETag
    (folder / "served" / "a b.txt").write_bytes(b"small")
    (folder / "served" / "empty").write_bytes(b"")
    (folder / "served" / "table.csv").write_bytes(TABLE)
    (folder / "served" / "reads.fastq.gz").write_bytes(gzip.compress(TABLE))
    (folder / "served" / "locked").mkdir()
    (folder / "served" / "locked" / "table.csv").write_bytes(TABLE)
    for name in TREE:
        (folder / "served" / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "served" / "tree" / name).write_bytes(name.encode() * 1000)
    name, command, version = kind(folder, port)
    url = f"http://127.0.0.1:{port}"
    homes = {"XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}  # where Caddy keeps what it last served
    with running(command, url, folder, homes):
        yield Server(name, version, url, folder)


@pytest.mark.tried("files by their URLs: ls, stat, cat with ranges, cp, verify, omicsdk.open")
def test_files_are_read(run: Run, server: Server) -> None:
    url = f"{server.url}/large.bin"
    (entry,) = run("stat", "--output", "json", url).json
    is_dated = "no-date" not in differences(server.name)
    assert (entry["size"], entry["name"], entry["modified"] is not None) == (len(DATA), "large.bin", is_dated)
    assert run("ls", "--output", "json", f"{server.url}/a b.txt").json[0]["name"] == "a b.txt"
    assert run("cat", "--range", "1000-1999", url).stdout == DATA[1000:2000]
    assert run("cat", f"{server.url}/a%20b.txt", f"{server.url}/empty").stdout == b"small"
    with omicsdk.open(url) as file:
        file.seek(len(DATA) - 10)
        assert file.read() == DATA[-10:]
    copied = run("cp", url, "copy/")
    assert (copied.code, Path("copy/large.bin").read_bytes() == DATA) == (0, True), copied.err
    assert run("verify", url, "copy/large.bin").code == 0


@pytest.mark.tried("URLs that are not there, and changes, are refused in one line")
def test_what_cannot_be_done_is_refused(run: Run, server: Server) -> None:
    for words, code in (
        (["cat", f"{server.url}/none"], 1),
        (["ls", f"{server.url}/none/"], 1),
        (["rm", "--yes", f"{server.url}/large.bin"], 2),
        (["mkdir", f"{server.url}/new"], 2),
        (["cp", __file__, f"{server.url}/new"], 2),
    ):
        ran = run(*words)
        assert (ran.code, ran.err.count("\n")) == (code, 1), ran.err


@pytest.mark.tried("folders with odd names: ls, find, cp -r, sync, verify")
@pytest.mark.parametrize("server", LISTING, indirect=True)
def test_folders_are_copied(run: Run, server: Server) -> None:
    url = f"{server.url}/tree/"
    names = {name for name in TREE if not (name.startswith(".") and "no-hidden" in differences(server.name))}
    listed = run("ls", "-r", "--output", "json", url)
    assert {row["name"]: row["size"] for row in listed.json} == {name: len(name.encode()) * 1000 for name in names}
    assert {row["name"] for row in run("ls", "--output", "json", url).json} == {
        name.partition("/")[0] + "/" * ("/" in name) for name in names
    }
    (entry,) = run("find", url, "--name", "deep*", "--output", "json").json
    assert run("cat", entry["uri"]).stdout == b"sub #1/sub ?2/deep.txt" * 1000
    copied = run("cp", "-r", url, "copy", "--output", "json")
    assert (copied.code, copied.json["counts"]["done"]) == (0, len(names)), copied.err
    assert {name: Path("copy", name).read_bytes() for name in names} == {name: name.encode() * 1000 for name in names}
    again = run("sync", url, "copy", "--output", "json")
    assert (again.code, again.json["counts"]["done"]) == (0, 0), again.err
    assert run("verify", url, "copy").code == 0
    assert run("ls", "--output", "json", f"{server.url}/folder/").json == []


@pytest.mark.tried("a copy of a URL that was stopped goes on with the rest, by ranges")
@pytest.mark.usefixtures("run")
def test_a_stopped_copy_is_resumed(server: Server) -> None:
    received: list[int] = []
    stop = threading.Event()

    def watch(progress: Progress) -> None:
        received.append(progress.bytes_fetched)
        if progress.bytes_fetched > 4 * MIB:
            stop.set()

    url = f"{server.url}/large.bin"
    with pytest.raises(Interrupted):
        omicsdk.download(url, "data", limit_rate="20M", progress=watch, stop=stop)
    before = received[-1]
    report = omicsdk.download(url, "data", progress=watch)
    assert (report.counts["done"], Path("data/large.bin").read_bytes() == DATA) == (1, True)
    if "no-ranges" not in differences(server.name):
        assert received[-1] <= len(DATA) - before + 2 * MIB


@pytest.mark.tried("checksums, names and redirects that servers state for URLs")
@pytest.mark.parametrize("server", [nginx, apache, lighttpd, caddy], indirect=True)
def test_what_headers_state(run: Run, server: Server) -> None:
    copied = run("cp", f"{server.url}/stated/large.bin", "a/", "--require-checksum", "--output", "json")
    assert (copied.code, copied.json["verification"]["verified"]) == (0, 1), copied.err
    assert run("verify", "--require-checksum", f"{server.url}/stated/large.bin").code == 0
    assert run("cp", f"{server.url}/named/large.bin", f"{server.url}/moved/large.bin", "b/").code == 0
    assert sorted(path.name for path in Path("b").iterdir() if path.is_file()) == ["large.bin", "reads 1.bin"]
    if server.name == "nginx":
        assert run("cp", f"{server.url}/whole/large.bin", "c/").code == 0
        assert Path("c/large.bin").read_bytes() == DATA
        assert (
            run("cat", "--range", "19000000-19000009", f"{server.url}/whole/large.bin").stdout == DATA[19000000:][:10]
        )


@pytest.mark.tried("a file that needs a login: in its URL, in the netrc file, and without it")
@pytest.mark.parametrize("server", [wsgidav], indirect=True)
def test_a_login_is_taken_from_the_url_or_the_netrc_file(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = server.url.removeprefix("http://")
    assert run("cat", f"http://ada:s3%20cret@{host}/locked/table.csv").stdout == TABLE
    for login in ("", "ada:wrong@"):
        denied = run("cat", f"http://{login}{host}/locked/table.csv")
        assert (denied.code, "into ~/.netrc" in denied.err, "wrong" in denied.err) == (4, True, False)
    Path("logins").write_text('machine 127.0.0.1 login ada password "s3 cret"')
    monkeypatch.setenv("NETRC", "logins")
    Path("list.txt").write_text(f"{server.url}/locked/table.csv\n")
    assert run("get", "list.txt", "--to", "data").code == 0
    assert Path("data/table.csv").read_bytes() == TABLE


@pytest.mark.tried("files in gzip's format, and text that may be compressed for the transfer, come as they are stored")
def test_what_is_compressed_comes_as_it_is_stored(run: Run, server: Server) -> None:
    stored = {name: (server.folder / "served" / name).read_bytes() for name in ("reads.fastq.gz", "table.csv")}
    copied = run("cp", *(f"{server.url}/{name}" for name in stored), "data/", "--output", "json")
    assert (copied.code, copied.json["counts"]["done"]) == (0, 2), copied.err
    for name, content in stored.items():
        assert Path("data", name).read_bytes() == content
        assert run("stat", f"{server.url}/{name}", "--output", "json").json[0]["size"] == len(content)
        assert run("cat", f"{server.url}/{name}").stdout == content
        assert run("cat", "--range", "5-14", f"{server.url}/{name}").stdout == content[5:15]
        with omicsdk.open(f"{server.url}/{name}") as file:
            assert file.read() == content
    got = run("get", *(f"{server.url}/{name}" for name in stored), "--to", "got", "--output", "json")
    assert (got.code, {name: Path("got", name).read_bytes() == stored[name] for name in stored}) == (
        0,
        dict.fromkeys(stored, True),
    ), got.err
