"""The sandbox as an object: one local HTTP server with every service in it, its state under one folder."""

import json
import signal
import tempfile
import threading
import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import omicsdk
from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.core.settings.config_file import set_value
from omicsdk.sandbox.auth import ALL_GROUPS
from omicsdk.sandbox.clock import Clock
from omicsdk.sandbox.control import control_routes
from omicsdk.sandbox.crunch import SANDBOX_CRUNCH_TOKEN
from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.dss.seeding import BundleSummary, seed_folder
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.faults import S3_PREFIX, FaultBook, Rule, read_rules
from omicsdk.sandbox.fusillade.state import ADMINISTRATOR, Fusillade
from omicsdk.sandbox.gen3.access import ADMINISTRATOR as GEN3_ADMINISTRATOR
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.host_names import LOOPBACK, names_of
from omicsdk.sandbox.pages.routes import page_routes
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_PASSWORD, SANDBOX_PANGEA_USER
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.running import STAGING_BUCKET, Running
from omicsdk.sandbox.s3.wire import S3Wire
from omicsdk.sandbox.sb import SANDBOX_SB_TOKEN
from omicsdk.sandbox.sb.service import PREFIX as SB_PREFIX
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.service import Grounds
from omicsdk.sandbox.settings import Settings
from omicsdk.sandbox.staging import CREDENTIALS
from omicsdk.sandbox.upload.state import API_KEY, BUCKET_TEMPLATE, Upload
from omicsdk.sandbox.wire import RequestLog, Stalls, Wire

if TYPE_CHECKING:
    from omicsdk.sandbox.seeding.exchanges import Report
    from omicsdk.sandbox.snapshots import Snapshot

# A token for people who try things out outlives any session of that kind.
_LONG = 30 * 24 * 3600.0


class Sandbox:
    """One local server with every service in it.

    It listens on 127.0.0.1 unless it is told otherwise, keeps its state in a folder and takes it up again when it is started there a
    second time. Use it as a context manager, or call `start` and `stop`.

    Args:
        folder: Where the state lives; made when it isn't there. Default a temporary folder that goes with `stop`.
        port: TCP port; 0, the default, picks a free one.
        faults: A YAML or JSON file of faults, or rules, in force from the start and again after `reset`.
        documents: Service name to OpenAPI document, in place of the generated ones.
        host: The address to listen on; default 127.0.0.1. With another one everybody who reaches this machine controls the
            sandbox, and with it reads what its owner may read: only for containers and networks of one's own.
        s3_port: TCP port of the S3 server; 0, the default, picks a free one.
        names: Names besides localhost by which pages and control API may be asked for, such as a container's.

    Attributes:
        names: As given, with the address that it listens on where that isn't one of loopback.
        clock: The sandbox's time; tests move it.
        settings: The switches; see `settings.all()`.
        fault_book: The injected faults in force.
        request_log: The last requests.
        s3_log: The last requests to the S3 server.
        stalls: Answers that a fault keeps waiting.
    """

    def __init__(
        self,
        folder: Path | str | None = None,
        port: int = 0,
        faults: Path | str | Sequence[Rule] = (),
        *,
        documents: Mapping[str, Mapping[str, Any]] | None = None,
        host: str = LOOPBACK,
        s3_port: int = 0,
        names: Sequence[str] = (),
    ) -> None:
        self._asked_folder = None if folder is None else Path(folder).absolute()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._asked_port = port
        self._first_faults = read_rules(Path(faults)) if isinstance(faults, str | Path) else list(faults)
        self._documents = documents or {}
        self._host = host
        self._s3_port = s3_port
        self.names = (*names, *names_of(host))
        self.clock = Clock()
        self.fault_book = FaultBook()
        self.request_log = RequestLog()
        self.s3_log = RequestLog()
        self.stalls = Stalls()
        self._running: Running | None = None

    # -- life

    def start(self) -> Self:
        """Starts the server and returns when it answers.

        Raises:
            FolderInUse: Another sandbox runs on the folder.
            OSError: The port is taken or the folder can't be written.
            RuntimeError: The sandbox is already running.
        """
        if self._running is not None:
            raise RuntimeError("the sandbox is already running")
        if self._asked_folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="omics-sandbox-")
        else:
            self._asked_folder.mkdir(parents=True, exist_ok=True)
        self.fault_book.clear()
        self.fault_book.add(self._first_faults)
        try:
            running = Running(
                self.folder,
                self._asked_port,
                self._documents,
                clock=self.clock,
                host=self._host,
                s3_port=self._s3_port,
                control=[*page_routes(self), control_routes(self)],
                wire=lambda app: Wire(app, self.request_log, self.fault_book, self.clock, self.stalls),
                s3_wire=lambda app: S3Wire(app, self.s3_log, self.fault_book, self.clock.now),
                lasting=self._temporary is None,
            )
            running.begin()
        except BaseException:
            self._clean_up()
            raise
        self._running = running
        return self

    def stop(self) -> None:
        """Stops the server; the state stays in the folder unless that was a temporary one."""
        running, self._running = self._running, None
        if running is not None:
            running.in_loop(self.stalls.release)
            running.end()
        self._clean_up()

    def _clean_up(self) -> None:
        temporary, self._temporary = self._temporary, None
        if temporary is not None:
            temporary.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _up(self) -> Running:
        if self._running is None:
            raise RuntimeError("the sandbox isn't running: call start() or use it in a with block")
        return self._running

    # -- where things are

    @property
    def folder(self) -> Path:
        """Where the state lives."""
        if self._temporary is not None:
            return Path(self._temporary.name)
        if self._asked_folder is None:
            raise RuntimeError("the sandbox has no folder before it is started: it makes a temporary one")
        return self._asked_folder

    @property
    def url(self) -> str:
        """Scheme, host and port: http://127.0.0.1:PORT unless it was told another address."""
        return self._up.url

    @property
    def swagger_url(self) -> str:
        """The URL of the Data Store's document, as its clients are configured with."""
        return f"{self.url}/dss/v1/swagger.json"

    @property
    def upload_url(self) -> str:
        """The URL of the Upload service's interface, as its published client is configured with.

        The generated client's paths have the version themselves: its base URL is this one without `/v1`.
        """
        return f"{self.url}/upload/v1"

    @property
    def upload_key(self) -> str:
        """The Upload service's `Api-Key`, which makes and deletes areas."""
        return API_KEY

    @property
    def sb_url(self) -> str:
        """The base URL of the Seven Bridges Platform, as its clients are configured with."""
        return f"{self.url}{SB_PREFIX}"

    @property
    def sb_token(self) -> str:
        """The token of the platform's user sandbox-user."""
        return SANDBOX_SB_TOKEN

    @property
    def gen3_url(self) -> str:
        """The endpoint of the Gen3 data commons."""
        return self.url

    def gen3_credentials(self, path: Path | str, name: str = GEN3_ADMINISTRATOR) -> Path:
        """Makes an API key for the Gen3 commons and writes it as `credentials.json` of a profile page.

        Args:
            path: The file; written anew, readable by its owner only.
            name: Whose key it is; by default an administrator's, and `reader@example.org` may read what is open.

        Returns:
            The file.

        Raises:
            LookupError: The commons knows nobody of that name.
        """
        return self._up.gen3.credentials_file(Path(path), self.gen3_url, name)

    @property
    def crunch_url(self) -> str:
        """The base URL of the django-crunch site, as its clients are configured with."""
        return f"{self.url}/crunch"

    @property
    def crunch_token(self) -> str:
        """The token of the site's administrator."""
        return SANDBOX_CRUNCH_TOKEN

    @property
    def crunch_storage_settings(self) -> Path:
        """A file of settings that says where the site's datasets have their files: below the sandbox's folder."""
        path = self.folder / "crunch-storage.json"
        content = json.dumps({"MEDIA_ROOT": str(self._up.crunch.storage)}, indent=4)
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            with in_place_of(path) as file:
                file.write(content.encode())
        return path

    @property
    def pangea_url(self) -> str:
        """The endpoint of Pangea."""
        return f"{self.url}/pangea"

    @property
    def auth_swagger_url(self) -> str:
        """The URL of Fusillade's document, as its clients are configured with."""
        return f"{self.url}/auth/swagger.json"

    @property
    def s3_url(self) -> str:
        """The URL of the S3 server for staging buckets; asking for it starts that server."""
        return self._up.grounds.staging.url

    @property
    def staging_bucket(self) -> str:
        """A bucket on the S3 server that is there from the start."""
        return STAGING_BUCKET

    def environment(self) -> dict[str, str]:
        """The environment variables that point this SDK and the platform's own client at the sandbox."""
        config = self.folder / "hca-config.json"
        sections = {
            "DSSClient": {"swagger_url": self.swagger_url},
            "AuthClient": {"swagger_url": self.auth_swagger_url},
            "upload": {
                "preprod_api_url_template": self.upload_url,
                "production_api_url": self.upload_url,
                "bucket_name_template": BUCKET_TEMPLATE,
            },
        }
        # One by one: the file is also where the user's own settings go, a selected upload area among them.
        for section, settings in sections.items():
            for name, value in settings.items():
                set_value(config, (section, name), value)
        return {
            "AWS_ENDPOINT_URL_S3": self.s3_url,
            **CREDENTIALS,
            "HCA_CONFIG_FILE": str(config),
            "OMICS_DSS_TOKEN": self.token(ADMINISTRATOR, _LONG),
            "OMICS_DSS_STAGING_BUCKET": self.staging_bucket,
            "OMICS_AUTH_TOKEN": self.token(ADMINISTRATOR, _LONG),
            "OMICS_UPLOAD_TOKEN": self.upload_key,
            "SB_API_ENDPOINT": self.sb_url,
            "SB_AUTH_TOKEN": self.sb_token,
            "GEN3_ENDPOINT": self.gen3_url,
            "GEN3_API_KEY": str(self.gen3_credentials(self.folder / "gen3-credentials.json")),
            "CRUNCH_URL": self.crunch_url,
            "CRUNCH_TOKEN": self.crunch_token,
            "CRUNCH_STORAGE_SETTINGS": str(self.crunch_storage_settings),
            "PANGEA_ENDPOINT": self.pangea_url,
            "PANGEA_USER": SANDBOX_PANGEA_USER,
            "PANGEA_PASS": SANDBOX_PANGEA_PASSWORD,
        }

    def info(self) -> dict[str, Any]:
        """What the control API tells about the sandbox."""
        return {
            "version": omicsdk.__version__,
            "url": self.url,
            "s3_url": self.s3_url,
            "staging_bucket": STAGING_BUCKET,
            "folder": str(self.folder),
            "services": {
                "dss": {"swagger_url": self.swagger_url},
                "auth": {"swagger_url": self.auth_swagger_url},
                "upload": {"url": self.upload_url, "api_key": self.upload_key},
                "sb": {"url": self.sb_url, "token": self.sb_token},
                "gen3": {"url": self.gen3_url},
                "crunch": {"url": self.crunch_url, "token": self.crunch_token},
                "pangea": {"url": self.pangea_url, "user": SANDBOX_PANGEA_USER},
            },
            "clock": self.clock.state(),
        }

    # -- control

    @property
    def grounds(self) -> Grounds:
        """What all services stand on: the state's file, the contents, the switches."""
        return self._up.grounds

    @property
    def settings(self) -> Settings:
        """The switches."""
        return self._up.grounds.settings

    @property
    def dss(self) -> Dss:
        """The Data Store's state."""
        return self._up.dss

    @property
    def fusillade(self) -> Fusillade:
        """Fusillade's state."""
        return self._up.fusillade

    @property
    def upload(self) -> Upload:
        """The Upload service's state."""
        return self._up.upload

    @property
    def sb(self) -> Sb:
        """The Seven Bridges Platform's state."""
        return self._up.sb

    @property
    def gen3(self) -> Gen3:
        """The Gen3 commons' state."""
        return self._up.gen3

    @property
    def crunch(self) -> Crunch:
        """The django-crunch site's state."""
        return self._up.crunch

    @property
    def pangea(self) -> Pangea:
        """Pangea's state."""
        return self._up.pangea

    def area(self, uuid: str = "") -> str:
        """Makes an upload area.

        Args:
            uuid: Its UUID; default a new one.

        Returns:
            Its address, `s3://BUCKET/UUID/`.
        """
        return self._up.upload.create(uuid or str(uuids.uuid4()))

    @property
    def stalled(self) -> int:
        """How many answers are stalled by a fault right now."""
        return self.stalls.waiting

    def token(self, email: str = ADMINISTRATOR, seconds: float = 3600.0, *, groups: Sequence[str] = ALL_GROUPS) -> str:
        """Issues a bearer token.

        Args:
            email: Whose it is.
            seconds: How long it is good for, in the sandbox's time.
            groups: What its owner belongs to: `hca` may write, `admin` may delete bundles and administer. Default both.

        Returns:
            The token.
        """
        return self._up.grounds.tokens.issue(email, seconds, groups)

    def service_account(
        self, folder: Path | str, email: str = "robot@sandbox.example.org", *, groups: Sequence[str] = ("hca",)
    ) -> Path:
        """Makes a service account and writes its key file, for GOOGLE_APPLICATION_CREDENTIALS.

        Args:
            folder: Where the file goes; made when it isn't there.
            email: Name of the account.
            groups: Fusillade's groups that it joins: `hca` may write, `admin` may also administer. Default `hca`.

        Returns:
            The file, readable by its owner only.

        Raises:
            ValueError: A group doesn't exist.
        """
        token_uri = f"{self.url}/auth/oauth/token"
        return self._up.fusillade.add_service_account(Path(folder), email, groups, token_uri)

    def seed(self, folder: Path | str, *, replica: str = "aws", creator_uid: int = 0) -> BundleSummary:
        """Makes a bundle of a folder's files, without the network.

        Args:
            folder: The folder; files in it whose names end in .json are indexed as metadata.
            replica: aws or gcp; both have the same contents.
            creator_uid: The user's number in the bundle and its files.

        Returns:
            The bundle's uuid, version and files.

        Raises:
            ValueError: The folder has no files, or isn't one.
        """
        return seed_folder(self._up.dss, Path(folder), replica=replica, creator_uid=creator_uid)

    def seed_service(self, service: str, folder: Path | str) -> dict[str, Any]:
        """Puts a folder's files into a platform, without the network.

        Args:
            service: `dss` makes a bundle, `upload` an area, `sb` a project, `gen3` index records, `crunch` a project whose
                folders are datasets, `pangea` a library whose folders are samples.
            folder: The folder.

        Returns:
            What was made.

        Raises:
            ValueError: There is no such service, the folder isn't one or has nothing for it, or a name is taken.
        """
        if service == "dss":
            return dict(self.seed(folder))
        from omicsdk.sandbox.seeding.folders import seed_service

        return seed_service(self, service, Path(folder).absolute())

    def seed_exchanges(self, file: Path | str) -> "Report":
        """Puts what other servers answered into the sandbox: things of django-crunch, Pangea and Gen3 commons.

        Args:
            file: JSON lines, each with `request` (`method`, `path`, `body`) and `response` (`status`, `body`).

        Returns:
            How many things were taken and how many were left, by kind and reason.

        Raises:
            ValueError: A line isn't an exchange; nothing was made.
            OSError: The file can't be read.
        """
        from omicsdk.sandbox.seeding.exchanges import seed_exchanges

        return seed_exchanges(self, Path(file))

    def save(self, file: Path | str) -> "Snapshot":
        """Writes the whole state into one file, for `load_snapshot`, while requests go on.

        Args:
            file: The file; replaced where it is there.

        Returns:
            What is in it. What is only on the S3 server isn't.
        """
        from omicsdk.sandbox.snapshots import save_snapshot

        self.upload.settle_all()
        return save_snapshot(self.grounds.database, self.folder, Path(file))

    def contents(self) -> dict[str, dict[str, int]]:
        """How much is in the sandbox: the length of each list of each platform, as its pages show them."""
        from omicsdk.sandbox.contents import counted

        return counted(self.grounds.database)

    def add_faults(self, *rules: Rule) -> list[int]:
        """Puts faults in force and returns their numbers."""
        return self.fault_book.add(rules)

    def release(self) -> None:
        """Lets stalled answers go on."""
        self._up.in_loop(self.stalls.release)

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """The logged requests whose path begins with a text; /_s3/BUCKET/KEY is the path of those to the S3 server."""
        log = self.s3_log if path.startswith(S3_PREFIX) else self.request_log
        return [entry for entry in log.entries() if entry["path"].startswith(path)]

    def finish(self) -> int:
        """Finishes everything that is under way at once and returns how many they were.

        That is file copies and checkouts of the Data Store, checksums, validations and deletions of the Upload service,
        imports, exports, tasks and jobs of the Seven Bridges Platform.
        """
        up = self._up
        return up.dss.finish() + up.upload.finish() + up.sb.finish() + up.gen3.finish()

    def reset(self) -> None:
        """Empties all services, takes injected faults and moved time back, and forgets tokens and the log."""
        up = self._up
        up.in_loop(self.stalls.release)
        self.fault_book.clear()
        self.fault_book.add(self._first_faults)
        self.clock.reset()
        up.clear()
        self.request_log.clear()
        self.s3_log.clear()


def serve(
    folder: Path | str | None = None,
    port: int = 0,
    faults: Path | str | Sequence[Rule] = (),
    *,
    host: str = LOOPBACK,
    s3_port: int = 0,
    names: Sequence[str] = (),
    on_ready: Callable[[Sandbox], None] = lambda _sandbox: None,
) -> None:
    """Runs a sandbox until the process gets SIGINT or SIGTERM; for the main thread of a process.

    Args:
        folder: As for `Sandbox`.
        port: As for `Sandbox`.
        faults: As for `Sandbox`.
        host: As for `Sandbox`.
        s3_port: As for `Sandbox`.
        names: As for `Sandbox`.
        on_ready: Called with the running sandbox, to tell the user where it is.
    """
    stop = threading.Event()
    numbers = [signal.SIGINT, signal.SIGTERM]

    def tell(_number: int, _frame: object) -> None:
        stop.set()

    before = {number: signal.signal(number, tell) for number in numbers}
    try:
        with Sandbox(folder, port, faults, host=host, s3_port=s3_port, names=names) as sandbox:
            on_ready(sandbox)
            # A wait without an end can't be interrupted on every system.
            while not stop.wait(1.0):
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
