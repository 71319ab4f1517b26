"""Folders of web servers, as their pages list them."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import omicsdk
import pytest
from breakable import stating
from command_line import Ran
from omicsdk.fs import Entry, IsFolder, NotListed, PathNotFound, open_store, parse_uri
from omicsdk.fs.stores import http
from omicsdk.transfer import TransferFailed
from unsettled import unsettled

FILES = {
    "a b.txt": b"a",
    "50%.txt": b"fifty",
    "sub#1/q?.txt": b"question",
    "sub#1/deep/ünï.txt": b"deep",
    "z.bin": bytes(100_000),
}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unsettled(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)


def put_page(server, path, *hrefs, title="Index of", up="../"):
    """A page that lists names; a folder's URL without a slash redirects to it."""
    body = f"<title>{title}</title><a href='{up}'>up</a>" + "".join(
        f"<li><a href='{href}'>x</a></li>" for href in hrefs
    )
    url = server.put(path, body.encode(), etag=None)
    server.always[path] = stating(Content_Type="text/html; charset=utf-8")
    if path:
        server.put(path[:-1], b"")
        server.always[path[:-1]] = lambda _, __, response: replace(response, status=301, headers={"Location": url})
    return url


def lines(ran: Ran) -> list[str]:
    return ran.out.splitlines()[1:]


def refusing(status):
    return lambda _, __, response: replace(response, status=status, headers={}, body=b"")


@pytest.fixture
def folder(server) -> str:
    """The URL of a folder with FILES."""
    below = {"pub/": set[str]()}
    for name, content in FILES.items():
        path = f"pub/{quote(name)}"
        server.put(path, content)
        while path != "pub/":
            parent = path.rstrip("/").rpartition("/")[0] + "/"
            below.setdefault(parent, set()).add(path.removeprefix(parent))
            path = parent
    for parent, hrefs in below.items():
        put_page(server, parent, *sorted(hrefs))
    return server.url("pub/")


def content_of(path: str) -> dict[str, bytes]:
    top = Path(path)
    return {
        file.relative_to(top).as_posix(): file.read_bytes()
        for file in top.rglob("*")
        if file.is_file() and ".omics-transfer" not in file.parts
    }


def requests(server, method: str) -> list[str]:
    return [request.path for request in server.requests if request.method == method and not request.path.endswith("/")]


def test_a_folder_is_listed(server, omics, folder):
    rows = omics("ls", folder, "--output", "json").json
    assert [(row["name"], row["size"], row["kind"]) for row in rows] == [
        ("50%.txt", 5, "file"),
        ("a b.txt", 1, "file"),
        ("sub#1/", None, "folder"),
        ("z.bin", 100_000, "file"),
    ]
    assert omics("cat", *(row["uri"] for row in rows[:2])).stdout == b"fiftya"
    assert [row["name"] for row in omics("ls", rows[2]["uri"], "--output", "json").json] == ["deep/", "q?.txt"]
    assert lines(omics("ls", "-r", folder[:-1], "--output", "tsv", "--columns", "name")) == sorted(FILES)


def test_paths_of_stores_may_end_in_a_slash(server, folder):
    path = f"127.0.0.1:{server.port}/pub"
    with open_store("http") as store:
        assert list(store.entries(f"{path}/")) == list(store.entries(path))
        assert list(store.walk(f"{path}/")) == list(store.below(path))


def test_files_are_not_looked_up_for_their_names(server, omics, folder):
    assert omics("ls", "-r", folder, "--output", "tsv", "--columns", "name").code == 0
    assert omics("ls", folder, "--output", "tsv", "--columns", "name").code == 0
    assert lines(omics("find", folder, "--name", "*.bin", "--output", "tsv", "--columns", "uri")) == [f"{folder}z.bin"]
    assert requests(server, "HEAD") == []


def test_sums_and_conditions(omics, folder):
    sub, deep, pub = omics("du", "-d", "2", folder, "--output", "json").json
    assert (sub["uri"], deep["uri"]) == (f"{folder}sub%231", f"{folder}sub%231/deep")
    assert pub["bytes"] == sum(map(len, FILES.values()))
    uris = lines(omics("find", folder, "--min-size", "6", "--output", "tsv", "--columns", "uri"))
    assert uris == [f"{folder}sub%231/q%3F.txt", f"{folder}z.bin"]
    assert omics("ls", folder, "--min-size", "6", "--output", "json").json[-1]["name"] == "z.bin"


@pytest.mark.parametrize("command", [["cp", "-r"], ["sync"]])
def test_a_folder_is_copied_once(server, omics, folder, command):
    copied = omics(*command, folder, "copy")
    assert (copied.code, content_of("copy")) == (0, FILES), copied.err
    before = len(requests(server, "GET"))
    again = omics(*command, folder, "copy")
    assert (again.code, content_of("copy"), len(requests(server, "GET"))) == (0, FILES, before), again.err
    server.put("pub/z.bin", b"new", etag='"new"')
    assert omics(*command, folder, "copy").code == 0
    assert content_of("copy") == FILES | {"z.bin": b"new"}
    verified = omics("verify", folder, "copy", "--output", "json")
    assert (verified.code, sum(verified.json["counts"].values())) == (0, len(FILES)), verified.err


def test_a_folder_keeps_its_name_or_gives_its_contents(server, omics, folder):
    Path("a").mkdir()
    assert omics("cp", "-r", f"{folder}sub%231", "a").code == 0
    assert omics("cp", "-r", f"{folder}sub%231/", "b").code == 0
    inside = {name.removeprefix("sub#1/"): content for name, content in FILES.items() if name.startswith("sub#1/")}
    assert content_of("a/sub#1") == content_of("b") == inside
    assert (omics("cp", folder, "c").code != 0, Path("c").exists()) == (True, False)
    with pytest.raises(IsFolder):
        omicsdk.download(folder, "d", recursive=False)
    server.requests.clear()
    assert omicsdk.download(folder, "d", exclude=["*.bin"]).counts["done"] == len(FILES) - 1
    assert server.of("pub/z.bin") == []
    assert omics("get", f"{folder}sub%231", "--to", "e").code == 0
    assert content_of("e/sub#1") == inside


def test_a_folder_that_is_denied_makes_a_copy_partial(server, omics, folder):
    server.always["pub/sub%231/deep/"] = refusing(403)
    copied = omics("cp", "-r", folder, "copy")
    rest = {name: content for name, content in FILES.items() if "deep" not in name}
    assert (copied.code, content_of("copy")) == (3, rest)
    assert "sub%231/deep/: the server denies access" in copied.err
    listed = omics("ls", "-r", folder, "--output", "tsv", "--columns", "name")
    assert (listed.code, lines(listed)) == (3, sorted(rest))
    Path("copy/old").write_bytes(b"")
    assert omics("sync", "--delete", "--yes", folder, "copy").code != 0
    assert Path("copy/old").exists()


def test_a_page_in_place_of_a_list_makes_a_copy_partial(server, omics, folder):
    server.put("pub/sub%231/deep/", b"<title>About this data</title>", etag=None)
    copied = omics("cp", "-r", folder, "copy")
    assert (copied.code, "deep/ cannot be listed: it is a web page, not a list of files" in copied.err) == (3, True)
    assert len(content_of("copy")) == len(FILES) - 1


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (b"<p>Welcome</p>", "cannot be listed: it is a web page, not a list of files. Name the URL of"),
        (b"<form><input type='password'></form>", "cannot be listed: it is a login page, not a list of files"),
    ],
)
def test_pages_that_are_no_lists_are_refused(server, omics, page, problem):
    url = server.put("pub/", page)
    server.always["pub/"] = stating(Content_Type="text/html")
    for words in (["ls", url], ["ls", "-r", url], ["cp", "-r", url, "copy"], ["sync", url, "copy"], ["du", url]):
        ran = omics(*words)
        assert (ran.code, problem in ran.err, ran.err.count("\n")) == (2, True, 1), ran.err
    with pytest.raises(NotListed), open_store("http") as store:
        list(store.entries(parse_uri(url).path))


def test_folders_that_do_not_exist_or_need_a_login_are_refused(server, omics):
    with pytest.raises(PathNotFound):
        omicsdk.download(server.url("none/"), "copy")
    put_page(server, "pub/", "a")
    server.always["pub/"] = refusing(401)
    ran = omics("ls", server.url("pub/"))
    assert (ran.code, "into ~/.netrc" in ran.err) == (4, True), ran.err
    put_page(server, "login", title="Log in")
    server.always["pub/"] = lambda _, __, response: replace(
        response, status=302, headers={"Location": server.url("login")}
    )
    ran = omics("ls", server.url("pub/"))
    assert (ran.code, "redirects to a web page that is no folder, such as a login page" in ran.err) == (2, True), (
        ran.err
    )


def test_a_password_goes_with_each_request_and_is_not_shown(server, omics, folder, tmp_path):
    server.always["pub/sub%231/deep/"] = refusing(403)
    url = folder.replace("//", "//me:canary@")
    commands = (["ls"], ["ls", "-r"], ["find"], ["du", "-d", "1"], ["cp", "-r"], ["sync"], ["get"], ["verify"])
    for words in commands:
        target = {"cp": ["a"], "sync": ["b"], "get": ["--to", "c"]}.get(words[0], [])
        ran = omics(*words, url, *target, "--output", "json")
        assert (ran.code in (0, 3), "canary" in ran.out + ran.err) == (True, False), (words, ran.out, ran.err)
    assert content_of("a") == content_of("b") == {name: FILES[name] for name in FILES if "deep" not in name}
    assert {request.headers.get("authorization") for request in server.requests} == {"Basic bWU6Y2FuYXJ5"}
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]
    assert kept == []


def test_patterns_are_explained(omics, folder):
    assert "Patterns" not in omics("cat", f"{folder}none?signature=x").err
    for path in (f"{folder}*.txt", "runs/1?.txt"):
        ran = omics("ls", path)
        assert (ran.code, "Patterns are not expanded: name the folder" in ran.err) == (1, True), ran.err


def test_a_link_to_a_folder_above_ends(server, omics):
    server.put("pub/a", b"a")
    put_page(server, "pub/", "a", "sub/")
    for loop in ("pub/sub/", "pub/sub/loop/sub/", "pub/sub/loop/sub/loop/sub/"):
        put_page(server, loop, "loop/", "loop2/")
        for name in ("loop/", "loop2/"):
            put_page(server, loop + name, "a", "sub/")
            server.put(f"{loop}{name}a", b"a")
    copied = omics("cp", "-r", server.url("pub/"), "copy")
    assert (copied.code, "the folder is listed within itself" in copied.err) == (3, True), copied.err
    assert content_of("copy")["a"] == b"a"
    assert len(server.requests) < 100


def test_folders_without_end_are_bounded(server, omics, monkeypatch):
    monkeypatch.setattr(http, "_DEEPEST", 5)
    for depth in range(10):
        put_page(server, "/".join(str(number) for number in range(depth + 1)) + "/", f"{depth + 1}/", f"{depth}.txt")
    ran = omics("ls", "-r", server.url("0/"), "--output", "tsv", "--columns", "name")
    assert (ran.code, lines(ran)[0]) == (3, "1/2/3/4/4.txt"), ran.err


def test_names_that_no_file_can_have_fail_alone(server, omics):
    put_page(server, "pub/", "a", "..%2f..%2fx", "n" * 300)
    for name in ("a", "n" * 300, "..%2f..%2fx"):
        server.put(f"pub/{name}", b"x")
    copied = omics("cp", "-r", server.url("pub/"), "out/copy")
    assert (copied.code, content_of("out")) == (3, {"copy/a": b"x"}), copied.err
    assert not Path("x").exists()
    assert "'..%2f..%2fx' cannot be the name of a file" in copied.err
    assert "its name has a part of more than 255 bytes" in copied.err


def test_a_dead_link_fails_alone(server, omics):
    put_page(server, "pub/", "a", "dead", "z")
    server.put("pub/a", b"a")
    server.put("pub/z", b"z")
    assert [row["size"] for row in omics("ls", server.url("pub/"), "--output", "json").json] == [1, None, 1]
    copied = omics("cp", "-r", server.url("pub/"), "copy", "--retries", "0")
    assert (copied.code, content_of("copy"), "pub/dead" in copied.err) == (3, {"a": b"a", "z": b"z"}, True), copied.err
    with pytest.raises(TransferFailed):
        omicsdk.download(server.url("pub/"), "copy", retries=0)


def test_a_folder_whose_link_has_no_slash(server, omics, folder):
    put_page(server, "pub/", "a%20b.txt", "sub%231")
    assert omics("ls", folder, "--output", "json").json[1]["name"] == "sub#1/"
    assert omics("cp", "-r", folder, "copy").code == 0
    assert content_of("copy").keys() == {name for name in FILES if name.startswith(("a b", "sub"))}
    # As pages of h2o, on which nothing shows that it is a folder.
    put_page(server, "pub/", "a%20b.txt", "sub%231", up="..")
    assert omics("cp", "-r", folder, "part", "--include", "q*").code == 0
    assert content_of("part").keys() == {"sub#1/q?.txt"}
    assert "sub#1/deep/ünï.txt" in lines(omics("ls", "-r", folder, "--output", "tsv", "--columns", "name"))


def test_folders_that_a_server_does_not_redirect_to(server, omics, folder):
    """As Caddy does with `disable_canonical_uris`: links on the page are relative to the URL with a slash."""
    put_page(server, "pub/", "a%20b.txt", "sub%231", "article")
    for path in ("pub", "pub/sub%231"):
        server.put(path, server.files[f"{path}/"], etag=None)
        server.always[path] = server.always[f"{path}/"]
    for path in ("pub/article", "pub/article/"):  # a page, which links to what is below it
        server.put(path, b"<title>A study</title><a href='/pub/article/data'>data</a>", etag=None)
        server.always[path] = stating(Content_Type="text/html")
    rows = omics("ls", folder[:-1], "--output", "json").json
    assert [row["name"] for row in rows] == ["a b.txt", "sub#1/", "article"]
    assert omics("cp", "-r", folder[:-1], "copy").code == 0
    assert content_of("copy").keys() == {"a b.txt", "article", *(name for name in FILES if name.startswith("sub"))}


def test_folders_that_a_server_knows_without_a_slash_alone(server, omics, folder):
    """As a server does that redirects to its mirror, and responds with 404 to the slash (rclone issue 8320)."""

    def mirrored(path, always):
        def respond(server, request, response):
            if not request.headers["host"].startswith("localhost"):
                moved = {"Location": f"http://localhost:{server.port}/{path}/"}
                return replace(response, status=404 if path.endswith("/") else 301, headers=moved, body=b"")
            return always(server, request, response) if always else response

        return respond

    for path in list(server.always):
        server.always[path] = mirrored(path, server.always[path])
    assert lines(omics("ls", "-r", folder[:-1], "--output", "tsv", "--columns", "name")) == sorted(FILES)
    assert omics("cp", "-r", folder[:-1], "got").code == 0
    assert content_of("got") == FILES
    assert "not found" in omics("ls", f"{folder[:-1]}/missing").err


def test_a_page_that_is_too_large_is_refused(server, omics, monkeypatch):
    monkeypatch.setattr(http, "_LARGEST_PAGE", 500_000)
    ran = omics("ls", put_page(server, "pub/", *map(str, range(100_000))))
    assert (ran.code, "has more than 500,000 bytes" in ran.err) == (2, True), ran.err


def test_a_broken_page_is_requested_again(server, omics, folder):
    page = server.always["pub/"]
    server.fault("pub/", page, lambda *call: replace(page(*call), cut=60))
    assert len(omics("ls", folder, "--output", "json").json) == 4


def test_files_and_folders_of_urls_with_a_slash(server):
    server.put("data/7/", b"bytes")
    with open_store("http") as store:
        assert store.entry(parse_uri(server.url("data/7/"))).size == 5
        pub = Entry(f"127.0.0.1:{server.port}/p%20b", "folder", file_name="p b")
        assert store.entry(parse_uri(put_page(server, "p%20b/"))) == pub
