"""A running sandbox: the opened state, the platforms, the server."""

import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from omicsdk.sandbox.azul.state import MIRROR_BUCKET, Azul
from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.fusillade.oauth import shared_routes
from omicsdk.sandbox.fusillade.state import ADMINISTRATOR, Fusillade
from omicsdk.sandbox.ga4gh.state import Ga4gh
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.service import middleware, with_inner_path
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.portals import Portals
from omicsdk.sandbox.s3.dialect import Dialect
from omicsdk.sandbox.s3.guard import Guard, Sessions, Wsgi, closed_to_pages
from omicsdk.sandbox.s3.staging import OWN_AGENT, STAGING_BUCKET, S3Wire, Staging, owner_credentials
from omicsdk.sandbox.sb.accounts import seed
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.service import ALL_GROUPS, STRICT_ERRORS, Caller, SandboxContext, Tokens
from omicsdk.sandbox.services import Services, app_of
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.credentials import Secrets, key_of
from omicsdk.sandbox.state.database import Contents, Database, opening
from omicsdk.sandbox.state.folder import STATE, FolderLock, note_address
from omicsdk.sandbox.state.objects import ObjectStore
from omicsdk.sandbox.state.presigned import Signer, StorageServer
from omicsdk.sandbox.state.settings import Settings, shipped
from omicsdk.sandbox.traffic.server_thread import ServerThread, closed_to_sites, listening, url_of
from omicsdk.sandbox.traffic.wire import Wire
from omicsdk.sandbox.upload import BUCKET, Upload

if TYPE_CHECKING:
    from omicsdk.sandbox.engine.engine import Engine, Spec
    from omicsdk.sandbox.server import Sandbox


@dataclass(slots=True)
class Initial:
    """The initial contents, as they were made once: putting rows back takes a fraction of the time of making them.

    Attributes:
        rows: By table; empty until they are made.
        day: The UTC date on which they were made, to which invoices refer.
        files: Sizes and times of the contents that rows name, by their names.
    """

    rows: Contents = field(default_factory=dict[str, list[tuple[Any, ...]]])
    day: date = date.min
    files: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])

    def take(self, context: SandboxContext) -> None:
        """Keep the present contents."""
        self.rows, self.day = context.database.contents(), _today(context)
        self.files = _files(context, [row[0] for row in self.rows.get("objects", ())])

    def is_right(self, context: SandboxContext) -> bool:
        """Whether they are kept, of today, and their files are as they were stored."""
        return bool(self.rows) and self.day == _today(context) and _files(context, self.files) == self.files


def _today(context: SandboxContext) -> date:
    return datetime.fromtimestamp(context.clock.now(), UTC).date()


def _files(context: SandboxContext, names: Iterable[str]) -> dict[str, tuple[int, int]]:
    paths = [path for path in map(context.objects.path, names) if path.exists()]
    return {path.name: (status.st_size, status.st_mtime_ns) for path in paths for status in (path.stat(),)}


@dataclass(frozen=True, slots=True)
class Platforms:
    """The platforms, with what they share.

    Attributes:
        context: The database, the contents, the settings.
        dss: The Data Store.
        azul: Azul, which indexes the Data Store's bundles.
        fusillade: The authorisation service.
        upload: The Upload service.
        sb: The Seven Bridges Platform.
        gen3: The Gen3 data commons.
        crunch: The django-crunch site.
        pangea: Pangea.
        ga4gh: htsget, refget and TRS.
        portals: The GDC, ENA and the SRA.
        engines: The services of documents.
        initial: What a reset puts back.
    """

    context: SandboxContext
    dss: Dss
    azul: Azul
    fusillade: Fusillade
    upload: Upload
    sb: Sb
    gen3: Gen3
    crunch: Crunch
    pangea: Pangea
    ga4gh: Ga4gh
    portals: Portals
    engines: "Sequence[Engine]" = ()
    initial: Initial = field(default_factory=Initial)

    def finish(self) -> int:
        """Finish everything that is under way at once and return how many they were."""
        from omicsdk.sandbox.sb.service import COURSES

        self.sb.follow(*COURSES)  # no request may have needed them yet
        return self.dss.finish() + self.upload.finish() + self.sb.finish() + self.gen3.finish()

    def enter_documents(self) -> None:
        """Enter the resources of documents among the contents."""
        if self.engines:
            from omicsdk.sandbox.engine.store import Store

            store = Store(self.context.database)
            for engine in self.engines:
                engine.enter(store)

    def clear(self) -> None:
        """Empty all of them; Seven Bridges has its first user again."""
        # Before the contents are removed, whose files it compares.
        is_initial = self.initial.is_right(self.context)
        with self.context.database.transaction():
            self.context.database.replace(self.initial.rows if is_initial else {})
            self.context.settings.forget()
        self.context.secrets.release_all()
        self.dss.clear()
        self.azul.clear()
        self.fusillade.clear()
        self.context.objects.clear(self.initial.files if is_initial else ())
        self.context.staging.reset()
        self.sb.clear()
        seed(self.sb)
        self.gen3.clear()
        self.ga4gh.clear()
        self.enter_documents()
        if is_initial:
            self.crunch.lay_out()
        else:
            self.crunch.clear()
            self.pangea.clear()
            self.initial.take(self.context)


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a sandbox.

    Attributes:
        port: TCP port; 0 picks a free one.
        documents: Service name to OpenAPI document, in place of the generated ones.
        host: The address that it listens on.
        s3_port: TCP port of the S3 server; 0 picks a free one.
        allow_hosts: Names besides those of loopback that requests may be for, to either server.
        run_tools: Whether cwltool runs the tools of tasks.
        strict_errors: How known crashes of the real servers are answered, until the setting is changed.
        specs: OpenAPI documents that are served, too, by name.
    """

    port: int
    documents: Mapping[str, Mapping[str, Any]]
    host: str
    s3_port: int
    allow_hosts: tuple[str, ...]
    run_tools: bool
    strict_errors: str
    specs: "Mapping[str, Spec]"


class Instance:
    """A running sandbox.

    Args:
        sandbox: Its folder, options and time, the active faults and the logs.
        control: The routes of the pages and of the control API.
        lasting: Whether the folder stays when the sandbox has stopped.

    Attributes:
        url: Its URL for programs on this machine.
        context: State and settings that all services share.
        platforms: The platforms.
        services: The services of platforms and of documents.
    """

    def __init__(self, sandbox: "Sandbox", control: Sequence[BaseRoute], *, lasting: bool) -> None:
        self._sandbox = sandbox
        # Each is called, from the last to the first, also if another one fails.
        self._closers = ExitStack()
        try:
            with opening(sandbox.folder / STATE):  # each part defines its tables
                self._open(sandbox.folder, sandbox.options, sandbox.clock)
            # moto's buckets end with the process: what the folder keeps is stored before the S3 server stops.
            if lasting:
                self._closers.callback(self.platforms.upload.settle_all)
            wire = Wire(self._app(control), sandbox.request_log, sandbox.fault_book, sandbox.clock, sandbox.stalls)
            self._serving = ServerThread(closed_to_sites(wire, sandbox.allow_hosts), self._socket)
        except BaseException:
            self._closers.close()
            raise

    def _open(self, folder: Path, options: Options, clock: Clock) -> None:
        # Called last: the folder is free only when all else has ended.
        self._closers.callback(FolderLock(folder).release)
        # First, so that a port in use leaves nothing behind.
        self._socket = listening(options.host, options.port)
        self._closers.callback(self._socket.close)
        self.url = url_of(options.host, self._socket.getsockname()[1])
        note_address(folder, self.url)
        database = Database(folder / STATE)
        self._closers.callback(database.close)
        key = key_of(folder)
        secrets = Secrets(key)
        sessions = Sessions(database, clock.now, secrets)
        staging = Staging(
            owner_credentials(secrets),
            (STAGING_BUCKET, BUCKET),
            lambda app: self._guard(app, sessions),
            # The S3 server starts on the first request, and the Upload service exists by then.
            lambda bucket, key: self.platforms.upload.settle(bucket, key),
            lambda: self.platforms.upload.refill(),
            where=(options.host, options.s3_port),
        )
        self._closers.callback(staging.stop)
        tokens = Tokens(database, clock.now)
        tokens.accept(lambda token: _administrator(token, secrets))
        self.context = SandboxContext(
            database=database,
            objects=ObjectStore(folder / "objects", database),
            clock=clock,
            settings=Settings(database),
            signer=Signer(key, clock.now),
            staging=staging,
            tokens=tokens,
            secrets=secrets,
            documents=options.documents,
        )
        settings = shipped()
        strict_errors = replace(settings[STRICT_ERRORS], default=options.strict_errors)
        self.context.settings.declare(*settings.values(), strict_errors)
        self._keep_time(database, clock)
        with database.transaction():  # the tables are made together: one after another takes five times as long
            self.platforms: Platforms = self._platforms(folder, sessions)

    def _platforms(self, folder: Path, sessions: Sessions) -> Platforms:
        context = self.context
        dss = Dss(context)
        self._closers.callback(dss.close)
        pangea = Pangea(context)
        self._closers.callback(pangea.storage.close)
        platforms = Platforms(
            context=context,
            dss=dss,
            azul=Azul(context, dss),
            fusillade=Fusillade(context, folder),
            upload=Upload(context, sessions),
            sb=Sb(context, run_tools=self._sandbox.options.run_tools),
            gen3=Gen3(context, folder),
            crunch=Crunch(context, folder),
            pangea=pangea,
            ga4gh=Ga4gh(context),
            portals=Portals(context),
            engines=self._sandbox.engines,
        )
        platforms.enter_documents()
        seed(platforms.sb)
        return platforms

    def _guard(self, app: Wsgi, sessions: Sessions) -> Wsgi:
        """Close the bucket of upload areas to all but the credentials that the Upload service gave."""
        upload = self.platforms.upload
        owner = self.context.staging.credentials
        guard = Guard(app, sessions, owner, (BUCKET,), upload.may_write, upload.settle, (MIRROR_BUCKET,))
        sandbox = self._sandbox
        dialect = Dialect(guard, self.context.settings, OWN_AGENT)
        wire = S3Wire(dialect, sandbox.s3_log, sandbox.fault_book, sandbox.clock.now)
        return closed_to_pages(wire, sandbox.allow_hosts)

    def _app(self, control: Sequence[BaseRoute]) -> ASGIApp:
        context, platforms = self.context, self.platforms
        objects = Mount("/_objects", app=StorageServer(context.objects, context.signer))
        storage = Mount("/sb/_storage", app=platforms.sb.storage)
        other = [objects, storage, *control, *shared_routes(context.secrets), *platforms.gen3.routes()]
        other += platforms.portals.routes()
        self.services = Services(platforms)
        return middleware(app_of(self.services, other), with_inner_path)

    def _keep_time(self, database: Database, clock: Clock) -> None:
        """Moved time survives a restart; otherwise versions and expiry times would be in the future."""
        database.define(clock="id INTEGER PRIMARY KEY, state TEXT NOT NULL")
        if row := database.row("SELECT state FROM clock"):
            clock.restore(json.loads(row["state"]))

        def keep() -> None:
            database.execute("REPLACE INTO clock VALUES (1, ?)", (json.dumps(clock.state()),))

        self._closers.callback(clock.on_change(keep))

    def begin(self) -> None:
        """Start serving, and return when the server responds.

        Raises:
            RuntimeError: It does not start; its cause states why.
        """
        try:
            self._serving.begin()
        except BaseException:
            self._closers.close()
            raise

    def in_loop(self, function: Callable[[], None]) -> None:
        """Run a function in the server's event loop, and wait for it."""
        self._serving.in_loop(function)

    def end(self) -> None:
        """Stop serving, once the responses that are under way were given two seconds to end, and close the state."""
        with self._closers:
            self._serving.end()


def _administrator(token: str, secrets: Secrets) -> Caller | None:
    is_own = hmac.compare_digest(token.encode(), secrets.token.encode())
    return Caller(ADMINISTRATOR, frozenset(ALL_GROUPS)) if is_own else None
