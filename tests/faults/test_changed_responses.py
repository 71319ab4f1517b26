"""Responses of which one field is missing, of another type, too large or nested: commands report it, and never a defect of their own."""

import gc
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

import pytest
from changed_responses import DIGITS, changed, changed_xml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lied_stores import READ_ONLY, ROOTS, World
from lying_proxy import Lie, Reply, Request
from omicsdk.core import OmicsError
from published import published_names

pytestmark = pytest.mark.sandbox

#: Commands about files that every store has.
FILES = (
    "ls -r {uri}",
    "ls -l --output json {uri}",
    "du {uri}",
    "cp -r {uri} {here}/in/",
    "sync --delete --dry-run {uri} {here}/sync/",
    "find {uri}",
)
WRITES = (
    "rm -r --dry-run {uri}",
    "cp {here}/n.txt {uri}n.txt",
    "mv {here}/n.txt {uri}m.txt",
    "stat {uri}a.txt",
)
OF_PLATFORM = {
    "s3": ("verify {uri}n.txt {here}/n.txt",),
    "sb": (
        "whoami sb",
        "login sb --base-url {SB_API_ENDPOINT} --token-stdin < {SB_AUTH_TOKEN}",
        "sb projects ls",
        "sb projects members sandbox-user/lies",
        "sb files ls {root}",
        "sb files metadata {uri}a.txt",
        "sb files download {uri} --download-dir {here}/sb",
        "sb tasks ls --project sandbox-user/lies",
        "sb apps ls --project sandbox-user/lies",
        "sb volumes ls",
        "sb manifest export {uri} --file {here}/manifest.tsv --overwrite",
    ),
    "pangea": (
        "whoami pangea",
        "login pangea --base-url {PANGEA_ENDPOINT} --user {PANGEA_USER} --password-stdin < {PANGEA_PASS}",
        "pangea list samples Sandbox 'Sandbox Library'",
        "pangea list results Sandbox 'Sandbox Library' s",
        "pangea list groups Sandbox",
        "pangea list orgs",
        "pangea download metadata Sandbox 'Sandbox Library'",
        "pangea download sample-results Sandbox 'Sandbox Library' --target-dir {here}/pangea",
    ),
    "dss": (
        "dss get-bundle --uuid {id} --replica aws",
        "dss download --bundle-uuid {id} --replica aws --download-dir {here}/dss",
        "dss get-bundles-all --replica aws",
        "dss post-search --replica aws --es-query '{{}}'",
        "dss post-bundles-checkout --uuid {id} --replica aws --wait",
        "dss get-collections",
    ),
    "azul": (
        "azul catalogs",
        "azul summary",
        "azul facets",
        "azul get {id}",
        "azul matrices {id}",
        "azul projects ls",
        "azul files ls",
        "azul download --filter projectId={id} --to {here}/azul",
        "azul manifest --filter projectId={id} --to {here}/m.tsv",
    ),
    "gen3": (
        "gen3 whoami",
        "login gen3 --base-url {OMICS_GEN3_URL} --access-token - < {OMICS_GEN3_TOKEN}",
        "gen3 objects ls",
        "gen3 objects get {guid}",
        "gen3 objects manifest read --output-file {here}/index.csv",
        "gen3 programs ls",
        "gen3 projects ls",
        "gen3 records ls P-Q",
        "gen3 submit P-Q {here}/e.tsv",
        "gen3 export P-Q --node experiment",
        "gen3 delete P-Q --node experiment --dry-run",
        "gen3 dictionary",
        "gen3 discovery ls",
        "gen3 discovery publish {here}/s.tsv",
        "gen3 discovery read --output-file {here}/studies.tsv",
        "gen3 jobs ls",
        "gen3 get {guid}",
        "gen3 download drs://{host}/{guid} -d {here}/gen3",
    ),
    "drs": (
        "drs get drs://{host}/{guid}",
        "drs ls drs://{host}/{guid}",
        "drs download drs://{host}/{guid} -d {here}/drs",
        "drs resolve drs://{host}/{guid}",
    ),
    "crunch": (
        "whoami crunch",
        "login crunch --base-url {CRUNCH_URL} --access-token - < {CRUNCH_TOKEN}",
        "crunch projects ls",
        "crunch datasets ls",
        "crunch files lies:in",
    ),
    "ga4gh": (
        "htsget download sample-1 --to {here}/a.bam",
        "htsget download sample-1 --format VCF --region chr1:1-300 --to {here}/a.vcf.gz",
        "htsget service-info",
        "refget get plasmid --start 0 --end 70",
        "refget get plasmid --to {here}/plasmid.fa",
        "refget metadata plasmid",
        "refget service-info",
        "trs ls",
        "trs get '#workflow/sandbox/example/count'",
        "trs versions '#workflow/sandbox/example/count'",
        "trs files '#workflow/sandbox/example/count' --version v1.0",
        "trs download '#workflow/sandbox/example/count' --version v1.0 -d {here}/trs",
        "trs classes",
        "trs service-info",
    ),
}
#: Programs for published clients, which the import hook gives ours.
PROGRAMS = {
    "sb": tuple(
        f"import sevenbridges; api = sevenbridges.Api(debug=True); {line}"
        for line in (
            "api.users.me()",
            "[(each.name, each.id) for each in api.projects.query().all()]",
            "project = api.projects.get('sandbox-user/lies'); str(project); [each.permissions for each in project.get_members()]",
            "[(str(each), each.size, each.metadata, each.tags) for each in api.files.query('sandbox-user/lies').all()]",
            "[each.id for file in api.files.query('sandbox-user/lies', names=['in']) for each in file.list_files().all()]",
            "list(api.files.query('sandbox-user/lies', limit=1).next_page())",
            "[each.pending for each in api.billing_groups.query()]; api.invoices.query()",
            "api.apps.query('sandbox-user/lies'); api.tasks.query('sandbox-user/lies').total",
            "api.rate_limit.get(); api.remaining; api.reset_time",
            "[each.name for each in api.volumes.query().all()]",
            "list(api.divisions.query()); [each.name for each in api.datasets.query()]",
        )
    ),
    "pangea": tuple(
        f"import os, pangea_api as pangea; knex = pangea.Knex(os.environ['PANGEA_ENDPOINT']); {line}"
        for line in (
            "pangea.User(knex, os.environ['PANGEA_USER'], os.environ['PANGEA_PASS']).login()",
            "pangea.Organization(knex, 'Sandbox').get().uuid",
            "list(pangea.Organization(knex, 'Sandbox').get().get_sample_groups())",
            "library = pangea.Organization(knex, 'Sandbox').sample_group('Sandbox Library').get(); "
            "[str(each.metadata) for each in library.get_samples(cache=False)]",
            "library = pangea.Organization(knex, 'Sandbox').sample_group('Sandbox Library').get(); library.get_manifest()",
            "library = pangea.Organization(knex, 'Sandbox').sample_group('Sandbox Library').get(); "
            "[(each.name, each.stored_data) for sample in library.get_samples(cache=False) for result in "
            "sample.get_analysis_results(cache=False) for each in result.get_fields(cache=False)]",
            "pangea.Organization(knex, 'Sandbox').sample_group('Sandbox Library').get().sample('s').exists()",
        )
    ),
    "dss": tuple(
        f"import hca.dss; dss = hca.dss.DSSClient(swagger_url={{SWAGGER!r}}); {line}"
        for line in (
            "dss.get_bundle(uuid={id!r}, replica='aws')",
            "list(dss.get_bundles_all.iterate(replica='aws'))",
            "list(dss.post_search.iterate(replica='aws', es_query={{}}))",
            "list(dss.post_search.paginate(replica='aws', es_query={{}}))",
            "dss.download(bundle_uuid={id!r}, replica='aws', download_dir={here!r})",
            "dss.get_collections()",
            "dss.get_subscriptions(replica='aws')",
            "dss.post_bundles_checkout(uuid={id!r}, replica='aws')",
        )
    ),
    "gen3": tuple(
        "from gen3 import auth, file, index, jobs, metadata, submission; import os; "
        f"url, given = os.environ['OMICS_GEN3_URL'], auth.Gen3Auth(os.environ['OMICS_GEN3_URL'], access_token=os.environ['OMICS_GEN3_TOKEN']); {line}"
        for line in (
            "index.Gen3Index(url).get_record({guid!r})",
            "i = index.Gen3Index(url); i.get_all_records(); i.get_records_on_page(limit=2, page=0)",
            "i = index.Gen3Index(url); i.get_stats(); i.get_version(); i.get_guids_prefix(); i.is_healthy()",
            "i = index.Gen3Index(url); i.get_records([{guid!r}]); i.get_urls(size=1)",
            "i = index.Gen3Index(url); i.get({guid!r}); i.query_urls('a')",
            "m = metadata.Gen3Metadata(url); m.get_version(); m.query('', return_full_metadata=True); m.is_healthy()",
            "m = metadata.Gen3Metadata(url); m.get('s1'); m.get_aliases('s1')",
            "s = submission.Gen3Submission(given); s.get_programs(); s.get_projects('P'); s.get_dictionary_all()",
            "s = submission.Gen3Submission(given); s.export_node('P', 'Q', 'experiment', 'json'); s.get_graphql_schema()",
            "s = submission.Gen3Submission(given); s.query('{{ project {{ code }} }}')",
            "jobs.Gen3Jobs(url, given).list_jobs(); jobs.Gen3Jobs(url, given).get_version()",
            "[file.Gen3File(given).get_presigned_url(each.get('did')) for each in index.Gen3Index(url).get_all_records() if each.get('did') != {guid!r}]",
            "from gen3.tools.download import drs_download as d; m = d.get_drs_object_info('{host}', {guid!r}); "
            "d.get_access_methods(m)",
        )
    ),
    "crunch": tuple(
        f"from crunch.client.connections import Connection; connection = Connection(); {line}"
        for line in (
            "connection.get_json_response('api/projects/')",
            "connection.add_item('lies:in', 'item').json(); connection.add_char_attribute('lies:in', 'key', 'value').json()",
        )
    ),
}
#: Commands that make what the others are about.
PREPARATIONS = {
    "s3": ("cp {here}/n.txt {uri}n.txt",),
    "gen3": (
        "gen3 programs create P",
        "gen3 projects create P Q",
        "gen3 submit P-Q {here}/e.tsv",
        "gen3 discovery publish {here}/s.tsv",
    ),
}
TABLES = {
    "n.txt": "n",
    "e.tsv": "type\tsubmitter_id\tprojects.code\nexperiment\te1\tQ\nexperiment\te2\tQ\n",
    "s.tsv": "guid\ttitle\ttags\ns1\tFirst\t[]\ns2\tSecond\t[]\n",
}
#: What a command may end with: it did all, some or nothing of it.
EXITS = (0, 1, 2, 3, 4)
_SECONDS = re.compile(r"(?<=[?&])(?:X-Amz-[A-Za-z]+|expires|Expires|signature|Signature|_)=[^&]*")


def commands(scheme: str) -> Sequence[str]:
    """The commands of a store, or of services that have none."""
    files = FILES if scheme in READ_ONLY or scheme in ROOTS else ()
    return (*files, *(WRITES if scheme in ROOTS else ()), *OF_PLATFORM[scheme])


def _names(world: World) -> dict[str, str]:
    """What stands in commands, beside an empty folder and the tables in it."""
    here = world.folder / "here"
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    (here / "sync").mkdir()
    for name, text in TABLES.items():
        (here / name).write_text(text)
    place = urlsplit(world.uri)
    return {
        **world.environ,
        "uri": world.uri,
        "root": world.root,
        "here": str(here),
        "host": place.netloc,
        "guid": place.path.strip("/"),
        "id": place.path.strip("/").rpartition("/")[2],
        "SWAGGER": f"{world.environ['OMICS_DSS_URL']}/swagger.json",
    }


TRUTH = "none"
"""The name of what only listens."""


def run_program(world: World, program: str, lie: Lie) -> None:
    """Run a program with the names of published clients; an error of it must be one of ours, and there is none without a lie."""
    text = program.format(**_names(world))
    world.lie(lie)
    try:
        exec(text, {})
    except OmicsError:
        if lie.name == TRUTH:
            raise
    except KeyError as error:  # pangea-api's own for a field that an object must have
        if lie.name == TRUTH or "is missing in the server's response about <Pangea::" not in str(error):
            raise


def run(world: World, command: str, lie: Lie | None) -> subprocess.CompletedProcess[str]:
    """Run a command, and return how it ended; fail where that is not what it may be."""
    names = _names(world)
    words = shlex.split(command.format(**{name: shlex.quote(value) for name, value in names.items()}))
    typed = words[words.index("<") + 1] if "<" in words else ""
    words = words[: words.index("<")] if typed else words
    ended = world.run(lie, None, *words, typed=typed)
    message = f"omics {' '.join(words)}: exit {ended.returncode}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}"
    assert "This is a bug" not in message, message
    assert "Traceback" not in message, message
    assert ended.returncode in EXITS, message
    if ended.returncode and not command.startswith("whoami"):  # its table states the problem
        assert ended.stderr.strip(), message
    return ended


Execute = Callable[[World, str, Lie], subprocess.CompletedProcess[str] | None]


def recorded(world: World, command: str, execute: Execute) -> list[tuple[str, Reply]]:
    """The responses to a command, which succeeds, that have something to change, each by its request."""
    responses: dict[str, Reply] = {}

    def keep(request: Request, reply: Reply) -> Reply:
        if reply.data is not None or reply.body.startswith(b"<?xml"):
            responses.setdefault(_request(request), reply)
        return reply

    ended = execute(world, command, Lie(TRUTH, reply=keep, methods=METHODS))
    assert ended is None or ended.returncode == 0, ended
    return list(responses.items())


METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def _request(request: Request) -> str:
    return f"{request.method} {_SECONDS.sub('', request.target)}"


def searched(world: World, commands: Sequence[str], execute: Execute, examples: int) -> None:
    """Run commands, each time with one place of one response changed.

    With the logins, the recorded responses and the lists, `make test-long` searches for about 20 minutes on two processors.
    """
    responses = {command: recorded(world, command, execute) for command in commands}
    usable = [command for command, exchanges in responses.items() if exchanges]
    assert usable

    @settings(suppress_health_check=list(HealthCheck), max_examples=examples)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        command = data.draw(st.sampled_from(usable))
        where, reply = data.draw(st.sampled_from(responses[command]))
        new = data.draw(changed(reply.data) if reply.data is not None else changed_xml(reply.body))

        def change(request: Request, truth: Reply) -> Reply:
            return Reply(truth.status, truth.headers, new) if _request(request) == where else truth

        execute(world, command, Lie("changed", reply=change, methods=frozenset({where.partition(" ")[0]})))

    check()


def prepare(world: World, scheme: str) -> None:
    """Make what commands are about."""
    for command in PREPARATIONS.get(scheme, ()):
        assert run(world, command, None).returncode == 0, command


@pytest.mark.parametrize("world", OF_PLATFORM, indirect=True)
def test_no_response_is_a_defect_of_a_command(world: World, request: pytest.FixtureRequest) -> None:
    scheme: str = request.node.callspec.params["world"]
    prepare(world, scheme)
    searched(world, commands(scheme), run, settings().max_examples // 2)


#: What is no size and no count, as JSON; in XML, where all is text, a text in its place.
NO_NUMBERS = ("-1", "NaN", "1e400", "true", '"12"', "12.5", str(2**80), "7" * DIGITS, "[]")
#: Fields that state a size or a count, of stores that list any.
_STATED = ("size", "Size", "count", "total", "KeyCount")
_NUMBERS = re.compile(
    rf"""(?P<before>"(?:{"|".join(_STATED)})":\ ?|<(?P<tag>{"|".join(_STATED)})>)\d+(?P<after>(?(tag)</(?P=tag)>))""".encode(),
    re.VERBOSE,
)


@pytest.mark.parametrize("world", ["s3", "sb", "pangea", "dss", "azul", "gen3", "drs"], indirect=True)
def test_what_is_no_whole_number_is_no_size_and_no_count(world: World, request: pytest.FixtureRequest) -> None:
    platform = request.node.callspec.params["world"]
    is_xml = platform == "s3"
    for number in NO_NUMBERS:
        if number == '"12"' and platform in ("gen3", "drs"):
            continue  # sizes of the first versions of DRS are texts of digits
        content = ("twelve" if number == '"12"' else number.strip('"')).encode() if is_xml else number.encode()

        def change(_: Request, truth: Reply, content: bytes = content) -> Reply:
            body = _NUMBERS.sub(lambda match: match["before"] + content + match["after"], truth.body)
            return Reply(truth.status, truth.headers, body)

        for command in ("ls -r -l --output json {uri}", "cp -r {uri} {here}/in/"):
            ended = run(world, command, Lie("no number", reply=change, methods=METHODS))
            assert ended.returncode == 1, f"{number[:9]}: {ended}"
            assert not list((world.folder / "here" / "in").glob("**/*.txt"))


@pytest.fixture
def installed() -> Iterator[None]:
    """The import hook, until the test ends; and what programs catch."""
    import requests  # noqa: F401 - errors are also those of it once it is imported

    with published_names():
        yield
        gc.collect()


@pytest.mark.parametrize("world", PROGRAMS, indirect=True)
@pytest.mark.usefixtures("installed")
# Programs for published clients leave them open.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_response_is_a_defect_of_a_published_client(
    world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme: str = request.node.callspec.params["world"]
    prepare(world, scheme)
    for name, value in world.environ.items():
        monkeypatch.setenv(name, value)
    searched(world, PROGRAMS[scheme], run_program, settings().max_examples // 4)
