"""The sandbox as an object: one local HTTP server with every service in it, its state under one folder."""

import signal
import tempfile
import threading
import uuid as uuids
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

import omicsdk
from omicsdk.sandbox.azul.state import PREFIX as AZUL_PREFIX
from omicsdk.sandbox.contents import platforms
from omicsdk.sandbox.crunch import SANDBOX_CRUNCH_USER
from omicsdk.sandbox.dss.seeds import seed_folder
from omicsdk.sandbox.environment import variables, written_storage_settings
from omicsdk.sandbox.fusillade.state import ADMINISTRATOR
from omicsdk.sandbox.gen3 import ADMINISTRATOR as GEN3_ADMINISTRATOR
from omicsdk.sandbox.gen3 import CLIENT_ID as GEN3_CLIENT
from omicsdk.sandbox.gen3.access import client_secret
from omicsdk.sandbox.gen3.storage import GOOGLE_PREFIX
from omicsdk.sandbox.instance import Instance, Options
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.portals import ENA_PREFIX, EUTILS_PREFIX, GDC_PREFIX, SDL_PREFIX, ZENODO_PREFIX
from omicsdk.sandbox.s3.staging import STAGING_BUCKET, owner_credentials
from omicsdk.sandbox.sb import PREFIX as SB_PREFIX
from omicsdk.sandbox.sb import sandbox_sb_token
from omicsdk.sandbox.service import ALL_GROUPS
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.folder import close_to_others
from omicsdk.sandbox.traffic.faults import S3_PREFIX, FaultBook, Rule, read_rules
from omicsdk.sandbox.traffic.server_thread import LOOPBACK, names_of
from omicsdk.sandbox.traffic.wire import RequestLog, Stalls
from omicsdk.sandbox.upload import api_key

if TYPE_CHECKING:
    from omicsdk.sandbox.engine.engine import Engine, Explanation, Spec
    from omicsdk.sandbox.seeds.exchanges import Report
    from omicsdk.sandbox.state.snapshots import Snapshot


T = TypeVar("T")


class Running(Generic[T]):
    """An attribute that only a running sandbox has.

    Args:
        read: Returns its value.
    """

    def __init__(self, read: Callable[[Instance], T]) -> None:
        self._read = read

    def __get__(self, sandbox: "Sandbox", _kind: object = None) -> T:
        return self._read(sandbox._up)  # pyright: ignore[reportPrivateUsage] - the same subject


class Sandbox:
    """One local server with every service in it.

    It listens on 127.0.0.1 by default, keeps its state in a folder and continues from it when it is started
    there a second time. Use it as a context manager, or call `start` and `stop`.

    Args:
        folder: Folder of the state; created if it does not exist. Default a temporary folder that goes with `stop`.
        port: TCP port; 0, the default, picks a free one.
        faults: A YAML or JSON file of faults, or rules, in force from the start and again after `reset`.
        documents: Service name to OpenAPI document, in place of the generated ones.
        host: The address to listen on; default 127.0.0.1. With another one any user who reaches this machine controls the
            sandbox, and with it reads what its owner may read: only for containers and private networks.
        s3_port: TCP port of the S3 server; 0, the default, picks a free one.
        allow_hosts: Names besides those of loopback that requests may be for, such as a container's or a proxy's; one that
            begins with a dot allows all names below it. All others are refused.
        run_tools: Whether cwltool, where it is installed, runs the tools of Seven Bridges' tasks: any user who may make a task then
            runs commands as the sandbox's owner. Default false; outputs are then placeholders, and the task states it.
        strict_errors: How what the real servers are known to fail on with 500 is answered: `helpful`, the default, by the
            refusal that it should be, or `real`, by their 500. The setting `sandbox.strict_errors` changes it later.
        specs: OpenAPI documents that are served beside the platforms, with state: files or resolved documents, by name or as
            a list, in which the name is the title, as `omics codegen` spells it; `spec_url(name)` is where each is.

    Attributes:
        options: As given.
        allow_hosts: Names besides those of loopback that requests may be for.
        clock: The sandbox's time; tests move it.
        fault_book: The injected faults in force.
        request_log: The last requests.
        s3_log: The last requests to the S3 server.
        stalls: Responses that a fault keeps waiting.
        url: Scheme, host and port: http://127.0.0.1:PORT unless it listens on another address.
        s3_url: The URL of the S3 server for staging buckets; requesting it starts that server.
        secrets: Secrets from which the services' tokens, passwords and keys derive: random, of this sandbox alone.
        password: The password of the accounts that the sandbox makes, django-crunch's and Pangea's.
        s3_credentials: The variables of the key that may do everything on the S3 server: AWS_ACCESS_KEY_ID and so on.
        swagger_url: The URL of the Data Store's document, as its clients are configured with.
        azul_url: The base URL of Azul, as its clients are configured with; it indexes the Data Store's bundles.
        upload_url: The URL of the Upload service's interface, as its published client is configured with. The generated
            client's paths have the version themselves: its base URL is this one without `/v1`.
        upload_key: The Upload service's `Api-Key`, which makes and deletes areas.
        sb_url: The base URL of the Seven Bridges Platform, as its clients are configured with.
        sb_token: The token of the platform's user sandbox-user.
        gen3_url: The endpoint of the Gen3 data commons.
        google_url: The base URL of Google's storage: the commons' gs:// buckets, open to the commons' tokens.
        gen3_client_secret: The secret of the program `sandbox-client`, which logs in to the Gen3 commons with client
            credentials.
        crunch_url: The base URL of the django-crunch site, as its clients are configured with.
        pangea_url: The endpoint of Pangea.
        htsget_url: The base URL of htsget.
        refget_url: The base URL of refget.
        trs_url: The base URL of the Tool Registry Service.
        gdc_url: The base URL of the GDC.
        ena_url: The base URL of ENA: its reports are at /portal/api/filereport.
        sdl_url: The base URL of the SRA's data locator.
        zenodo_url: The base URL of Zenodo's interface.
        eutils_url: The base URL of NCBI's E-utilities, for runs of the SRA.
        auth_swagger_url: The URL of Fusillade's document, as its clients are configured with.
        staging_bucket: A bucket on the S3 server that exists from the start.
        crunch_token: The token of the django-crunch site's administrator.
        context: Shared state of all services: the database, the contents, the settings.
        settings: The settings.
        dss: The Data Store's state.
        ga4gh: The state of htsget, refget and TRS.
        portals: The files of the GDC, ENA, the SRA and Zenodo.
        azul: Azul's state.
        fusillade: Fusillade's state.
        upload: The Upload service's state.
        sb: The Seven Bridges Platform's state.
        gen3: The Gen3 commons' state.
        crunch: The django-crunch site's state.
        pangea: Pangea's state.
    """

    url = Running(lambda running: running.url)
    s3_url = Running(lambda running: running.context.staging.url)
    secrets = Running(lambda running: running.context.secrets)
    password = Running(lambda running: running.context.secrets.password)
    s3_credentials = Running(lambda running: owner_credentials(running.context.secrets))
    swagger_url = Running(lambda running: f"{running.url}/dss/v1/swagger.json")
    azul_url = Running(lambda running: f"{running.url}{AZUL_PREFIX}")
    upload_url = Running(lambda running: f"{running.url}/upload/v1")
    upload_key = Running(lambda running: api_key(running.context.secrets))
    sb_url = Running(lambda running: f"{running.url}{SB_PREFIX}")
    sb_token = Running(lambda running: sandbox_sb_token(running.context.secrets))
    gen3_url = Running(lambda running: running.url)
    google_url = Running(lambda running: f"{running.url}{GOOGLE_PREFIX}")
    gen3_client_secret = Running(lambda running: client_secret(running.context.secrets))
    crunch_url = Running(lambda running: f"{running.url}/crunch")
    pangea_url = Running(lambda running: f"{running.url}/pangea")
    htsget_url = Running(lambda running: f"{running.url}/htsget")
    refget_url = Running(lambda running: f"{running.url}/refget")
    trs_url = Running(lambda running: f"{running.url}/trs/ga4gh/trs/v2")
    gdc_url = Running(lambda running: f"{running.url}{GDC_PREFIX}")
    ena_url = Running(lambda running: f"{running.url}{ENA_PREFIX}")
    sdl_url = Running(lambda running: f"{running.url}{SDL_PREFIX}")
    zenodo_url = Running(lambda running: f"{running.url}{ZENODO_PREFIX}")
    eutils_url = Running(lambda running: f"{running.url}{EUTILS_PREFIX}")
    auth_swagger_url = Running(lambda running: f"{running.url}/auth/swagger.json")
    staging_bucket = STAGING_BUCKET
    crunch_token = Running(lambda running: running.platforms.crunch.token_of(SANDBOX_CRUNCH_USER))
    context = Running(lambda running: running.context)
    settings = Running(lambda running: running.context.settings)
    dss = Running(lambda running: running.platforms.dss)
    ga4gh = Running(lambda running: running.platforms.ga4gh.seed())
    portals = Running(lambda running: running.platforms.portals)
    azul = Running(lambda running: running.platforms.azul)
    fusillade = Running(lambda running: running.platforms.fusillade)
    upload = Running(lambda running: running.platforms.upload)
    sb = Running(lambda running: running.platforms.sb)
    gen3 = Running(lambda running: running.platforms.gen3)
    crunch = Running(lambda running: running.platforms.crunch)
    pangea = Running(lambda running: running.platforms.pangea)

    def __init__(
        self,
        folder: Path | str | None = None,
        port: int = 0,
        faults: Path | str | Sequence[Rule] = (),
        *,
        documents: Mapping[str, Mapping[str, Any]] | None = None,
        host: str = LOOPBACK,
        s3_port: int = 0,
        allow_hosts: Sequence[str] = (),
        run_tools: bool = False,
        strict_errors: Literal["helpful", "real"] = "helpful",
        specs: "Mapping[str, Spec] | Sequence[Spec]" = (),
    ) -> None:
        hosts = (*allow_hosts, *names_of(host))
        documents, specs = documents or {}, _named(specs) if specs else {}
        self.options = Options(port, documents, host, s3_port, hosts, run_tools, strict_errors, specs)
        self._chosen_folder = None if folder is None else Path(folder).absolute()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._first_faults = read_rules(Path(faults)) if isinstance(faults, str | Path) else list(faults)
        self.allow_hosts = self.options.allow_hosts
        self.clock = Clock()
        self.fault_book = FaultBook()
        self.request_log = RequestLog()
        self.s3_log = RequestLog()
        self.stalls = Stalls()
        self._running: Instance | None = None

    # -- life

    def start(self) -> Self:
        """Start the server, and return when it responds.

        Raises:
            FolderInUse: Another sandbox runs on the folder.
            OSError: The port is taken or the folder cannot be written.
            ValueError: A document cannot be read.
            RuntimeError: The sandbox is already running.
        """
        if self._running is not None:
            raise RuntimeError("the sandbox is already running")
        if self._chosen_folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="omics-sandbox-")
        else:
            self._chosen_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            close_to_others(self._chosen_folder)
        self.fault_book.clear()
        self.fault_book.add(self._first_faults)
        # They refer to this class.
        from omicsdk.sandbox.control import control_routes
        from omicsdk.sandbox.pages import page_routes

        try:
            running = Instance(self, [*page_routes(self), control_routes(self)], lasting=self._temporary is None)
            running.begin()
        except BaseException:
            self._clean_up()
            raise
        self._running = running
        return self

    def stop(self) -> None:
        """Stop the server; the state stays in the folder unless that was a temporary one."""
        running, self._running = self._running, None
        try:
            if running is not None:
                # Stalled responses would use up the time that the end gives to those under way.
                running.in_loop(self.stalls.release)
                running.end()
        finally:
            self._clean_up()

    def _clean_up(self) -> None:
        temporary, self._temporary = self._temporary, None
        if temporary is not None:
            temporary.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- what runs

    @property
    def _up(self) -> Instance:
        if self._running is None:
            raise RuntimeError("the sandbox is not running: call start() or use it in a with block")
        return self._running

    @property
    def folder(self) -> Path:
        """The folder of the state."""
        if self._temporary is not None:
            return Path(self._temporary.name)
        if self._chosen_folder is None:
            raise RuntimeError("the sandbox has no folder before it is started: it makes a temporary one")
        return self._chosen_folder

    def explain(self) -> "dict[str, list[Explanation]]":
        """How each operation of the services is answered, and why, by service."""
        return {engine.name: engine.explain() for engine in self._up.services.all()}

    def gen3_token(self, seconds: float) -> str:
        """Make an access token of the commons' administrator.

        Args:
            seconds: Validity in seconds, in the sandbox's time.
        """
        return self.gen3.access.issue(GEN3_ADMINISTRATOR, self.gen3_url, seconds=seconds)

    @cached_property
    def engines(self) -> "list[Engine]":
        """The services of documents."""
        if not self.options.specs:
            return []
        from omicsdk.sandbox.engine.engine import engines_of

        return engines_of(self.options.specs)

    def spec_url(self, name: str) -> str:
        """The base URL of a document's service, as generated clients are configured with.

        Args:
            name: Its name.

        Raises:
            LookupError: The sandbox serves no document of that name.
        """
        if name not in self.options.specs:
            raise LookupError(
                f"the sandbox serves no document named {name!r}; it serves {', '.join(self.options.specs) or 'none'}"
            )
        return f"{self.url}/apis/{name}"

    def gen3_credentials(self, path: Path | str, name: str = GEN3_ADMINISTRATOR) -> Path:
        """Make an API key for the Gen3 commons and write it as `credentials.json` of a profile page.

        Args:
            path: The file; rewritten, readable by its owner only.
            name: The key's owner; by default an administrator's, and `reader@example.org` may read what is open.

        Returns:
            The file.

        Raises:
            LookupError: The commons has no user of that name.
        """
        return self.gen3.credentials_file(Path(path), self.gen3_url, name)

    @property
    def crunch_storage_settings(self) -> Path:
        """A file of settings that states where the site's datasets have their files: below the sandbox's folder."""
        return written_storage_settings(self.folder, self.crunch.storage)

    def environment(self) -> dict[str, str]:
        """The environment variables that point this SDK and the platform's own client at the sandbox."""
        return variables(self)

    def info(self) -> dict[str, Any]:
        """The control API's description of the sandbox."""
        return {
            "version": omicsdk.__version__,
            "url": self.url,
            "s3_url": self.s3_url,
            "staging_bucket": self.staging_bucket,
            "folder": str(self.folder),
            "services": {
                "dss": {"swagger_url": self.swagger_url},
                "azul": {"url": self.azul_url},
                "auth": {"swagger_url": self.auth_swagger_url},
                "upload": {"url": self.upload_url, "api_key": self.upload_key},
                "sb": {"url": self.sb_url, "token": self.sb_token},
                "gen3": {"url": self.gen3_url, "client_id": GEN3_CLIENT, "client_secret": self.gen3_client_secret},
                "crunch": {"url": self.crunch_url, "token": self.crunch_token, "password": self.password},
                "pangea": {"url": self.pangea_url, "user": SANDBOX_PANGEA_USER, "password": self.password},
                "htsget": {"url": self.htsget_url},
                "refget": {"url": self.refget_url},
                "trs": {"url": self.trs_url},
                "gdc": {"url": self.gdc_url},
                "ena": {"url": self.ena_url, "sdl_url": self.sdl_url},
                "zenodo": {"url": self.zenodo_url},
                **{name: {"url": self.spec_url(name)} for name in self.options.specs},
            },
            "clock": self.clock.state(),
        }

    # -- contents and settings

    def area(self, uuid: str = "") -> str:
        """Make an upload area.

        Args:
            uuid: Its UUID; default a new one.

        Returns:
            Its address, `s3://BUCKET/UUID/`.
        """
        return self.upload.create(uuid or str(uuids.uuid4()))

    @property
    def stalled(self) -> int:
        """Number of responses that a fault stalls at present."""
        return self.stalls.waiting

    def token(self, email: str = ADMINISTRATOR, seconds: float = 3600.0, *, groups: Sequence[str] = ALL_GROUPS) -> str:
        """Issue a bearer token.

        Args:
            email: Its owner.
            seconds: Validity in seconds, in the sandbox's time.
            groups: The owner's groups: `hca` may write, `admin` may delete bundles and administer. Default both.

        Returns:
            The token.
        """
        return self._up.context.tokens.issue(email, seconds, groups)

    def service_account(
        self, folder: Path | str, email: str = "robot@sandbox.example.org", *, groups: Sequence[str] = ("hca",)
    ) -> Path:
        """Make a service account and write its key file, for GOOGLE_APPLICATION_CREDENTIALS.

        Args:
            folder: Folder of the file; created if it does not exist.
            email: Name of the account.
            groups: Fusillade's groups that it joins: `hca` may write, `admin` may also administer. Default `hca`.

        Returns:
            The file, readable by its owner only.

        Raises:
            ValueError: A group does not exist.
        """
        token_uri = f"{self.url}/auth/oauth/token"
        return self.fusillade.add_service_account(Path(folder), email, groups, token_uri)

    def seed(
        self, folder: Path | str, *, service: str = "dss", replica: str = "aws", creator_uid: int = 0
    ) -> dict[str, Any]:
        """Put a folder's files into a platform, without the network.

        Args:
            folder: The folder.
            service: `dss` makes a bundle, whose files with names in .json are indexed as metadata, `azul` one as well, `upload` an
                area, `sb` a project, `gen3` index records, `crunch` a project whose folders are datasets, `pangea` a library whose
                folders are samples, `htsget` data sets, `refget` sequences, `trs` a tool, `gdc` files, of which those in a folder
                `controlled` need a token, `ena` a study whose folders are runs, `zenodo` a record; the name of a served document
                objects of its collections: `pets.json` those of /pets. Default dss.
            replica: Of a bundle: aws or gcp; both have the same contents.
            creator_uid: Of a bundle: the user's number in it and its files.

        Returns:
            What was made.

        Raises:
            ValueError: There is no such service, the folder is not one or has nothing for it, or a name is taken.
        """
        if service in ("dss", "azul"):
            return seed_folder(self.dss, Path(folder), replica=replica, creator_uid=creator_uid)
        from omicsdk.sandbox.seeds.folders import seed_service

        path = Path(folder).absolute()
        # What is made has the folder's name; of a link that is its own.
        return seed_service(self._up.platforms, service, path.resolve() if path.name == ".." else path)

    def seed_exchanges(self, file: Path | str) -> "Report":
        """Put what other servers answered into the sandbox: things of django-crunch, Pangea and Gen3 commons.

        Args:
            file: JSON lines, each with `request` (`method`, `path`, `body`) and `response` (`status`, `body`).

        Returns:
            How many objects were taken and how many were left, by kind and reason.

        Raises:
            ValueError: A line is not an exchange; nothing was made.
            OSError: The file cannot be read.
        """
        from omicsdk.sandbox.seeds.exchanges import seed_exchanges

        return seed_exchanges(self._up.platforms, Path(file))

    @contextmanager
    def record(self, server: str, file: Path | str) -> Generator[str]:
        """Record the exchanges of your client with a real service, and add them to the sandbox at the end.

        The client is given the URL that the block gets, in place of the service's. Secrets are masked in the file, which
        `seed_exchanges` takes again later.

        Args:
            server: The base URL of the service, such as https://pangea.example.org/api.
            file: Where the exchanges go, one line of JSON each; replaced if it exists, readable by its owner only.

        Yields:
            The base URL to give to the client.

        Raises:
            ValueError: The base URL is not one, or no exchange was recorded; the message states why.
            OSError: The file cannot be written.
        """
        from omicsdk.sandbox.seeds.recording import recording

        with recording(server, Path(file)) as url:
            yield url
        self.seed_exchanges(file)

    def save(self, file: Path | str) -> "Snapshot":
        """Write the whole state into one file, for `load_snapshot`, while requests continue.

        Args:
            file: The file; replaced if it exists.

        Returns:
            What is in it. What is only on the S3 server is not.
        """
        from omicsdk.sandbox.state.snapshots import save_snapshot

        self.upload.settle_all()
        return save_snapshot(self.context.database, self.folder, Path(file))

    def contents(self) -> dict[str, dict[str, int]]:
        """Count the contents: the length of each list of each platform, as its pages show them."""
        from omicsdk.sandbox.contents import counted

        self._up.platforms.ga4gh.seed()
        return counted(self.context.database)

    def add_faults(self, *rules: Rule) -> list[int]:
        """Put faults in force and return their numbers."""
        return self.fault_book.add(rules)

    def release(self) -> None:
        """Let stalled responses continue."""
        self._up.in_loop(self.stalls.release)

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """The logged requests whose path begins with a text; /_s3/BUCKET/KEY is the path of those to the S3 server."""
        log = self.s3_log if path.startswith(S3_PREFIX) else self.request_log
        return [entry for entry in log.entries() if entry["path"].startswith(path)]

    def finish(self) -> int:
        """Finish everything that is under way at once and return how many they were.

        That is file copies and checkouts of the Data Store, checksums, validations and deletions of the Upload service,
        imports, exports, tasks and jobs of the Seven Bridges Platform.
        """
        return self._up.platforms.finish()

    def reset(self) -> None:
        """Empty all services, undo injected faults and moved time, and forget tokens and the log."""
        running = self._up
        running.in_loop(self.stalls.release)
        self.fault_book.clear()
        self.fault_book.add(self._first_faults)
        self.clock.reset()
        running.platforms.clear()
        self.request_log.clear()
        self.s3_log.clear()


def _named(specs: "Mapping[str, Spec] | Sequence[Spec]") -> "dict[str, Spec]":
    """Documents by name; none has a platform's."""
    from omicsdk.sandbox.engine.engine import named_specs  # a sandbox of the platforms alone starts without the engine

    return named_specs(specs, [platform.name for platform in platforms()])


def serve(sandbox: Sandbox, on_ready: Callable[[Sandbox], None] = lambda _sandbox: None) -> None:
    """Run a sandbox until the process receives SIGINT, SIGTERM or SIGHUP; only in the main thread of a process.

    Args:
        sandbox: The sandbox, not started yet.
        on_ready: Called with the running sandbox, to print its address.
    """
    stop = threading.Event()

    def end(_number: int, _frame: object) -> None:
        stop.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    # Windows has no SIGHUP; under nohup it is ignored.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        with sandbox:
            on_ready(sandbox)
            # A wait without an end cannot be interrupted on every system.
            while not stop.wait(1.0):
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
