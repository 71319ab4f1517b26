"""Files, objects and calls through Squid, Traffic Server and mitmproxy, and from behind HAProxy, Varnish and stunnel."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import httpx
import omicsdk
import pytest
from certificates import Certificate
from claimed_ports import free_port
from command_line import Ran
from omicsdk import Interrupted, ProxyLoginFailed
from omicsdk.core import Forbidden, ProxyFailed, Request, TLSFailed, Transport
from omicsdk.transfer import Progress
from real_servers import ACCESS, SECRET, Server, program, rclone, running, version_of

MIB = 1024 * 1024
FILES = {"one": b"1", "empty": b"", "table.csv": b"sample,reads\n" * 5000, "large.bin": os.urandom(20 * MIB)}
Run = Callable[..., Ran]

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{}}
http {{
    log_format requests '$request_method $status "$http_range"';
    access_log {folder}/access.log requests;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {certificate.pem};
    ssl_certificate_key {certificate.key};
    server {{
        listen 127.0.0.1:{port};
        listen [::1]:{port};
        listen 127.0.0.1:{tls_port} ssl http2;
        root {folder}/served;
        location /kept/ {{ alias {folder}/served/; add_header Cache-Control "max-age=3600"; }}
        location /slow/ {{ alias {folder}/served/; limit_rate 8m; }}
    }}
}}
"""
SQUID = """
http_port 127.0.0.1:{port}
pid_filename none
visible_hostname squid.test
cache_log {folder}/cache.log
access_log stdio:{folder}/access.log
coredump_dir {folder}
netdb_filename none
cache_mem 100 MB
maximum_object_size_in_memory 50 MB
shutdown_lifetime 0 seconds
{rules}
http_access allow all
"""
LOGIN = """
auth_param basic program {program} {folder}/users
acl users proxy_auth REQUIRED
http_access deny !users
"""
TRAFFIC_SERVER = {
    "runroot.yaml": """
prefix: /usr
exec_prefix: /usr
bindir: /usr/bin
sbindir: /usr/sbin
sysconfdir: {folder}
datadir: {folder}
includedir: /usr/include
libdir: /usr/lib/trafficserver
libexecdir: /usr/lib/trafficserver/modules
localstatedir: {folder}
runtimedir: {folder}
logdir: {folder}
cachedir: {folder}
""",
    "records.config": """
CONFIG proxy.config.http.server_ports STRING {port}:ip-in=127.0.0.1
CONFIG proxy.config.http.connect_ports STRING *
CONFIG proxy.config.url_remap.remap_required INT 0
CONFIG proxy.config.reverse_proxy.enabled INT 0
CONFIG proxy.config.http.cache.required_headers INT 0
CONFIG proxy.config.body_factory.template_sets_dir STRING /etc/trafficserver/body_factory
CONFIG proxy.config.admin.user_id STRING {user}
""",
    "storage.config": "{folder} 128M\n",
    "ip_allow.yaml": "ip_allow: [{{apply: in, ip_addrs: 127.0.0.1, action: allow, methods: ALL}}]\n",
}
HAPROXY = """
global
    stats socket {folder}/control level admin
defaults
    mode http
    timeout connect 2s
    timeout client 2s
    timeout server 2s
    retries 1
frontend clients
    bind 127.0.0.1:{port}
    stick-table type ip size 1k expire 30s store http_req_rate(1s)
    {rules}
    default_backend origin
backend origin
    server origin 127.0.0.1:{origin} {options}
"""
VARNISH = """
vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{origin}"; }}
sub vcl_backend_response {{ if (bereq.url ~ "csv") {{ set beresp.do_gzip = true; }} }}
sub vcl_deliver {{
    if (req.url ~ "^/slow/") {{ unset resp.http.ETag; unset resp.http.Last-Modified; unset resp.http.Content-Length; }}
}}
"""


@contextmanager
def readable_folder() -> Generator[Path]:
    """A folder that servers may use which run as another user if root starts them."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


class Origin(Server):
    """nginx over http and https, on IPv6 too."""

    tls_url: str
    certificate: Certificate

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def requests(self) -> list[str]:
        return (self.folder / "access.log").read_text().splitlines()


@pytest.fixture(scope="module")
def origin() -> Generator[Origin]:
    """Some files, which are older than any validator must be."""
    command, port, tls_port = program("nginx"), free_port(), free_port()
    with readable_folder() as folder:
        certificate = Certificate(folder)
        (folder / "served").mkdir()
        for name, content in FILES.items():
            (folder / "served" / name).write_bytes(content)
            os.utime(folder / "served" / name, (1e9, 1e9))
        settings = NGINX.format(folder=folder, port=port, tls_port=tls_port, certificate=certificate)
        (folder / "nginx.conf").write_text(settings)
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        url = f"http://127.0.0.1:{port}"
        origin = Origin("nginx", version_of([command, "-v"]), url, folder)
        object.__setattr__(origin, "tls_url", f"https://127.0.0.1:{tls_port}")
        object.__setattr__(origin, "certificate", certificate)
        with running([command, "-p", folder, "-c", folder / "nginx.conf", *user], url, folder):
            yield origin


@contextmanager
def squid(rules: str = "") -> Generator[Server]:
    command, port = program("squid"), free_port()
    with readable_folder() as folder:
        helper = "/usr/lib/squid/basic_ncsa_auth"
        hashed = subprocess.run(["openssl", "passwd", "-apr1", "right"], capture_output=True, text=True, check=True)
        (folder / "users").write_text(f"me:{hashed.stdout}")
        text = SQUID.format(port=port, folder=folder, rules=rules.format(folder=folder, program=helper))
        (folder / "squid.conf").write_text(text)
        url = f"http://127.0.0.1:{port}"
        with running([command, "-N", "-f", folder / "squid.conf"], url, folder):
            yield Server("Squid", version_of([command, "-v"]), url, folder)


@contextmanager
def traffic_server() -> Generator[Server]:
    command, port = program("traffic_server"), free_port()
    with readable_folder() as folder:
        user = "nobody" if os.geteuid() == 0 else "#-1"  # it refuses to run as root, and can be no other user
        for name, text in TRAFFIC_SERVER.items():
            (folder / name).write_text(text.format(folder=folder, port=port, user=user))
        url = f"http://127.0.0.1:{port}"
        with running([command, f"--run-root={folder}"], url, folder):
            yield Server("Traffic Server", version_of([command, "--version"]), url, folder)


@pytest.fixture(scope="module", params=[squid, traffic_server])
def cache(request: pytest.FixtureRequest) -> Generator[Server]:
    """A proxy that keeps what it may."""
    with request.param() as server:
        yield server


@pytest.fixture(scope="module")
def with_login() -> Generator[Server]:
    """Squid, which lets "me:right" through."""
    with squid(LOGIN) as server:
        yield server


@pytest.fixture(scope="module")
def interception(origin: Origin) -> Generator[Server]:
    """mitmproxy, which replaces certificates."""
    command, port = program("mitmdump"), free_port()
    with readable_folder() as folder:
        settings = ["confdir=" + str(folder), f"ssl_verify_upstream_trusted_ca={origin.certificate.pem}"]
        words = [
            "--listen-host",
            "127.0.0.1",
            "-p",
            str(port),
            *(word for setting in settings for word in ("--set", setting)),
        ]
        url = f"http://127.0.0.1:{port}"
        with running([command, *words], url, folder):
            yield Server("mitmproxy", version_of([command, "--version"]), url, folder)


@contextmanager
def haproxy(origin: str, rules: str = "", options: str = "") -> Generator[Server]:
    command, port = program("haproxy"), free_port()
    with readable_folder() as folder:
        text = HAPROXY.format(folder=folder, port=port, origin=origin, rules=rules, options=options)
        (folder / "haproxy.cfg").write_text(text)
        url = f"http://127.0.0.1:{port}"
        with running([command, "-db", "-f", folder / "haproxy.cfg"], url, folder):
            yield Server("HAProxy", version_of([command, "-v"]), url, folder)


@pytest.fixture
def balancer(request: pytest.FixtureRequest, origin: Origin) -> Generator[Server]:
    """HAProxy before nginx, with the rules and the server's options of the parameter."""
    with haproxy(origin.port, *getattr(request, "param", ())) as server:
        yield server


@pytest.fixture(scope="module")
def varnish(origin: Origin) -> Generator[Server]:
    """Varnish before nginx: it keeps tables compressed, and what is below /slow/ loses size, ETag and date."""
    command, port = program("varnishd"), free_port()
    with readable_folder() as folder:
        (folder / "varnish.vcl").write_text(VARNISH.format(origin=origin.port))
        words = ["-F", "-j", "none", "-f", folder / "varnish.vcl", "-a", f"127.0.0.1:{port}", "-n", folder / "varnish"]
        url = f"http://127.0.0.1:{port}"
        with running([command, *words, "-s", "malloc,100m"], url, folder):
            yield Server("Varnish", version_of(["sh", "-c", f"{command} -V 2>&1 | cut -d- -f2-"]), url, folder)


@pytest.fixture
def tunnel(origin: Origin) -> Generator[Server]:
    """stunnel, which ends TLS before nginx."""
    command, port = program("stunnel"), free_port()
    pair = origin.certificate
    with readable_folder() as folder:
        service = f"[https]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{origin.port}\ncert = {pair.pem}\nkey = {pair.key}\n"
        (folder / "stunnel.conf").write_text(f"foreground = yes\npid =\n{service}")
        url = f"https://127.0.0.1:{port}"
        with running([command, folder / "stunnel.conf"], url, folder, authority=str(pair.pem)):
            yield Server("stunnel", version_of([command, "-version"]), url, folder)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, run: Run) -> Callable[..., None]:
    """Sets the proxy, and the authorities, of everything."""
    del run  # which takes all settings away
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)

    def use(proxy: str = "", **variables: object) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy)
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))

    return use


def call(url: str) -> int:
    """The status of one call of a client."""
    with closing(Transport(url)) as transport:
        return transport.send(Request("GET", "/one", (), None, True, False, "get_one")).status_code


def check_files(run: Run, url: str, *names: str) -> None:
    """Look at files, read a part of one and copy them."""
    names = names or tuple(FILES)
    sizes = {row["name"]: row["size"] for row in run("stat", "--output", "json", *(f"{url}/{n}" for n in names)).json}
    copied = run("cp", *(f"{url}/{name}" for name in names), "copy/")
    assert copied.code == 0, copied.err
    for name in names:
        assert Path("copy", name).read_bytes() == FILES[name]
        assert sizes[name] in (len(FILES[name]), None)
        if len(FILES[name]) > 2000:
            assert run("cat", "--range", "1000-1999", f"{url}/{name}").stdout == FILES[name][1000:2000]


def stopped(url: str, folder: str = "data", after: int = 2 * MIB, **options: Any) -> int:
    """Stop a download, and return how much was received."""
    received, stop = [0], threading.Event()

    def watch(progress: Progress) -> None:
        received.append(progress.bytes_fetched)
        if progress.bytes_fetched > after:
            stop.set()

    with pytest.raises(Interrupted):
        omicsdk.download(url, folder, progress=watch, stop=stop, **options)
    return received[-1]


@pytest.mark.tried("files over http, https and IPv6 through a proxy: stat, ranges, copies, and calls of clients")
def test_files_come_through_a_proxy(run: Run, use: Any, origin: Origin, cache: Server) -> None:
    use(cache.url, SSL_CERT_FILE=origin.certificate.pem)
    for url in (origin.url, f"http://[::1]:{origin.port}", origin.tls_url, f"{origin.url}/kept"):
        check_files(run, url)
    assert call(origin.url) == call(origin.tls_url) == 200
    if cache.name == "Squid":
        log = (cache.folder / "access.log").read_text()
        assert "TCP_TUNNEL" in log
        assert f"[::1]:{origin.port}" in log


@pytest.mark.tried("a proxy with a password; a missing or wrong one is the proxy's refusal and is never printed")
def test_a_password_of_the_proxy(run: Run, use: Any, origin: Origin, with_login: Server) -> None:
    ca = origin.certificate.pem
    use(with_login.url.replace("//", "//me:right@"), SSL_CERT_FILE=ca)
    check_files(run, origin.url)
    check_files(run, origin.tls_url)
    for login in ("", "me:canary@"):
        use(with_login.url.replace("//", f"//{login}"), SSL_CERT_FILE=ca)
        for url, variable in ((origin.url, "HTTP_PROXY"), (origin.tls_url, "HTTPS_PROXY")):
            for words in (["stat"], ["cat"], ["cp"]):
                denied = run(*words, f"{url}/one", *(["x"] if words == ["cp"] else []))
                assert (denied.code, f"user name and password in {variable}" in denied.err) == (4, True), denied.err
                assert "canary" not in denied.err
            with pytest.raises(ProxyLoginFailed, match=variable):
                call(url)


@pytest.mark.tried("requests that a proxy denies are its refusal")
def test_a_proxy_that_denies(run: Run, use: Any, origin: Origin) -> None:
    with squid("http_access deny all") as denying:
        use(denying.url)
        refused = run("cat", f"{origin.tls_url}/one")
        assert (refused.code, "the proxy refused: 403" in refused.err, "HTTPS_PROXY" in refused.err) == (1, True, True)
        with pytest.raises(ProxyFailed, match="403"):
            call(origin.tls_url)
        refused = run("cat", f"{origin.url}/one")
        assert (refused.code, "Squid proxy on the way reports ERR_ACCESS_DENIED" in refused.err) == (4, True), (
            refused.err
        )
        with pytest.raises(Forbidden, match="Squid proxy"):
            call(origin.url)


@pytest.mark.tried("a proxy that replaces certificates, whose authority each variable may name")
def test_certificates_that_a_proxy_replaces(
    run: Run, use: Any, monkeypatch: pytest.MonkeyPatch, origin: Origin, interception: Server
) -> None:
    use(interception.url)
    refused = run("stat", f"{origin.tls_url}/one")
    assert (refused.code, "SSL_CERT_FILE" in refused.err, "by way of the proxy" in refused.err) == (1, True, True)
    with pytest.raises(TLSFailed, match="SSL_CERT_FILE"):
        call(origin.tls_url)
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"):
        with monkeypatch.context() as patched:
            patched.setenv(name, str(interception.folder / "mitmproxy-ca-cert.pem"))
            assert run("cat", f"{origin.tls_url}/one").stdout == b"1"
            assert call(origin.tls_url) == 200
    use(interception.url, SSL_CERT_FILE=interception.folder / "mitmproxy-ca-cert.pem")
    check_files(run, origin.tls_url, "one", "empty", "table.csv")


@pytest.mark.tried("a copy that was stopped goes on through a cache; an object that has changed comes anew")
def test_a_cache_with_an_old_version(run: Run, use: Any, origin: Origin, cache: Server) -> None:
    use(cache.url)
    path, url = origin.folder / "served" / "changing.bin", f"{origin.url}/kept/changing.bin"
    old, new = os.urandom(20 * MIB), os.urandom(20 * MIB)
    path.write_bytes(old)
    os.utime(path, (1e9, 1e9))
    whole = [httpx.get(url, proxy=cache.url) for _ in range(2)]  # parts of large files are not kept
    assert [response.content for response in whole] == [old, old]
    requests = origin.requests()
    assert run("cat", "--range", "1000-1999", url).stdout == old[1000:2000]
    assert [line for line in origin.requests()[len(requests) :] if line.startswith("GET")] == []
    stopped(url, limit_rate="20M")
    path.write_bytes(new)
    os.utime(path, (1.1e9, 1.1e9))
    use()  # the rest from the origin, which has a part of the new one alone
    omicsdk.download(url, "data")
    assert Path("data/changing.bin").read_bytes() == new
    stopped(url, folder="other", limit_rate="20M")
    use(cache.url)
    omicsdk.download(url, "other")
    assert Path("other/changing.bin").read_bytes() in (old, new)


@pytest.mark.tried("multipart uploads to S3 and downloads from it through a proxy and from behind a balancer")
def test_objects_by_way_of_both(run: Run, use: Any, with_login: Server, tmp_path: Path) -> None:
    (tmp_path / "rclone").mkdir()
    with rclone(tmp_path / "rclone") as store, haproxy(store.url.rpartition(":")[2]) as balancer:
        proxy = with_login.url.replace("//", "//me:right@")
        names = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
        use(proxy, AWS_ENDPOINT_URL_S3=balancer.url, **names)
        boto3.client("s3", endpoint_url=store.url).create_bucket(Bucket="objects")
        Path("up").mkdir()
        for name, content in FILES.items():
            Path("up", name).write_bytes(content)
        sent = run("cp", "-r", "up/", "s3://objects/in/")
        assert sent.code == 0, sent.err
        got = run("cp", "-r", "s3://objects/in/", "down/")
        assert got.code == 0, got.err
        assert {name: Path("down", name).read_bytes() == content for name, content in FILES.items()} == dict.fromkeys(
            FILES, True
        )
        use(with_login.url.replace("//", "//me:canary@"))
        refused = run("cp", "up/one", "s3://objects/in/again")
        assert (refused.code, "HTTP_PROXY" in refused.err, "canary" in refused.err) == (4, True, False), refused.err


RULES = {
    "few connections": ("", "maxconn 2"),
    "closed after each response": ("option httpclose",),
    "a limit of the rate": (
        "http-request track-sc0 src\n    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 60 }",
    ),
}


@pytest.mark.tried("many small files from behind a balancer that closes, queues or refuses what is too much")
@pytest.mark.parametrize("balancer", RULES.values(), ids=RULES.keys(), indirect=True)
def test_many_files_from_behind_a_balancer(run: Run, use: Any, origin: Origin, balancer: Server) -> None:
    use()
    (origin.folder / "served" / "many").mkdir(exist_ok=True)
    for number in range(150):
        (origin.folder / "served" / "many" / f"{number}.txt").write_text(f"file {number}")
    Path("list.txt").write_text("".join(f"{balancer.url}/many/{number}.txt\n" for number in range(150)))
    got = run("get", "list.txt", "--to", "many")
    assert got.code == 0, got.err[-2000:]
    assert all(Path("many", f"{number}.txt").read_text() == f"file {number}" for number in range(150))
    check_files(run, balancer.url)


@pytest.mark.tried("bodies that a balancer cuts go on where they were")
def test_bodies_that_a_balancer_cuts(use: Any, origin: Origin, balancer: Server) -> None:
    use()
    cuts: list[int] = []

    def watch(progress: Progress) -> None:
        if len(cuts) < 3 and progress.bytes_fetched > 5 * MIB * (len(cuts) + 1):
            cuts.append(progress.bytes_fetched)
            with socket.socket(socket.AF_UNIX) as control:
                control.connect(str(balancer.folder / "control"))
                control.sendall(b"shutdown sessions server origin/origin\n")
                control.recv(100)

    before = len(origin.requests())
    report = omicsdk.download(f"{balancer.url}/slow/large.bin", "data", progress=watch)
    assert Path("data/large.bin").read_bytes() == FILES["large.bin"]
    assert (len(cuts), report.outcomes[0].retries > 0) == (3, True)
    assert all("bytes=" in line for line in origin.requests()[before + 2 :])


@pytest.mark.tried("a limited rate outlasts a balancer's idle time")
def test_a_limited_rate(use: Any, balancer: Server) -> None:
    use()
    omicsdk.download(f"{balancer.url}/large.bin", "data", limit_rate="8M")
    assert Path("data/large.bin").read_bytes() == FILES["large.bin"]


@pytest.mark.tried("files that a cache keeps, compresses, or sends without size, ETag and date")
def test_files_from_a_cache(run: Run, use: Any, varnish: Server) -> None:
    use()
    for _ in range(2):  # the second time from the cache
        check_files(run, varnish.url)
        check_files(run, f"{varnish.url}/slow", "one", "table.csv")
    stopped(f"{varnish.url}/large.bin", limit_rate="20M")
    omicsdk.download(f"{varnish.url}/large.bin", "data")
    assert Path("data/large.bin").read_bytes() == FILES["large.bin"]


@pytest.mark.tried("TLS that another program ends before the server")
def test_files_through_a_tunnel(run: Run, use: Any, origin: Origin, tunnel: Server) -> None:
    use(SSL_CERT_FILE=origin.certificate.pem)
    check_files(run, tunnel.url)
    assert call(tunnel.url) == 200
