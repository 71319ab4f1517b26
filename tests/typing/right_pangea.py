"""Code of users of Pangea, without errors under a strict type checker."""

from typing import Any, assert_type

from omicsdk.compat.pangea_api import (
    Knex,
    Organization,
    PangeaGeneralError,
    PangeaNotFoundError,
    Pipeline,
    Sample,
    SampleAnalysisResult,
    SampleGroup,
    User,
)
from omicsdk.compat.pangea_api.blob_constructors import sample_from_uuid
from omicsdk.compat.pangea_api.contrib.tagging.tag import Tag
from omicsdk.compat.pangea_api.contrib.tagging.tag_funcs import get_tags_for_sample
from omicsdk.compat.pangea_api.file_system_cache import FileSystemCache
from omicsdk.compat.pangea_api.utils import paginated_iterator
from omicsdk.compat.responses import DocumentedResponse
from omicsdk.pangea import AsyncPangea, FieldId, FieldUpload, Pangea, PasswordLogin, single_reads, upload_files
from omicsdk.transfer import TransferReport


def logging_in() -> Knex:
    knex = Knex("https://pangea.example.org", timeout=5)
    assert_type(knex.login("me@example.org", "secret"), Knex)
    assert_type(User(knex, "me@example.org", "secret").register(), User)
    knex.add_auth_token("token")
    return Knex(endpoint_url="https://pangea.example.org")


def samples(knex: Knex) -> list[str]:
    org = Organization(knex, "name").idem()
    assert_type(org, Organization)
    library = org.sample_group("library", metadata={"a": 1}, is_library=True, is_public=None).create()
    assert_type(library, SampleGroup)
    sample = library.sample("s", metadata={"a": [1, 2]}).get()
    assert_type(sample, Sample)
    assert_type(sample.uuid, str | None)
    assert_type(sample.lib.org, Organization)
    assert_type(sample.exists(), bool)
    sample.metadata["b"] = 2
    sample.save()
    sample.change_library(library)
    library.add_sample(sample).remove_sample(sample).add_samples(library.get_samples(cache=False)).save()
    assert_type(knex.client.create_library_samples("org", "library", ["a", "b"]), list[str])
    assert_type(library.get_module_counts(), dict[str, int])
    assert_type(sample_from_uuid(knex, "uuid"), Sample)
    return [sample.name for sample in library.get_samples(error_handler=print)]


def results(sample: Sample) -> None:
    result = sample.analysis_result("module", replicate="1").create()
    assert_type(result, SampleAnalysisResult)
    for field in result.get_fields():
        assert_type(field.get_blob_filename(), str)
        assert_type(field.download_file(filename="x"), str)


def requests(knex: Knex) -> int:
    response = knex.get("samples", url_options={"name": "s"}, json_response=False)
    assert_type(response, DocumentedResponse)
    knex.post("samples", json={"name": "s"})
    knex.delete("samples/uuid", json={"a": 1})
    assert_type([blob["name"] for blob in paginated_iterator(knex, "samples")], list[Any])
    return response.status_code


def refused(error: PangeaGeneralError) -> str:
    if isinstance(error, PangeaNotFoundError):
        assert_type(error.status, int)
    return error.response.text if error.response is not None else error.message


def more(knex: Knex, org: Organization, sample: Sample, group: SampleGroup) -> None:
    tag = Tag(knex, "name", payload="words")
    tag(sample)
    tag.tag(group, payload="more")
    assert_type([listed_sample.name for listed_sample in get_tags_for_sample(knex, sample)], list[str])
    pipeline = Pipeline(knex, "name")
    module = pipeline.module("m", "1.0", metadata={"k": 31})
    module.add_dependency(module)
    FileSystemCache(timeout=60).cache_blob(org, org.blob)


def typed() -> None:
    with Pangea(credentials=PasswordLogin("me@example.org", "secret"), timeout=5) as pangea:
        assert_type(pangea.get_me().email, str)
        assert_type(pangea.find_sample("org", "group", "s").name, str)
        assert_type([listed_sample.uuid for listed_sample in pangea.samples_of("org", "group")], list[str])
        assert_type(pangea.upload("a", "org", "group", "s", "module", "field", overwrite=True), TransferReport)
        assert_type(pangea.upload_reads(single_reads(["a.fastq.gz"]), "org", "library").ok, bool)
        assert_type(upload_files(pangea, [FieldUpload(FieldId("uuid"), "a")]), TransferReport)


async def asynchronous() -> None:
    async with AsyncPangea("https://pangea.example.org", credentials="token") as pangea:
        assert_type((await pangea.find_organization("name")).name, str)
        assert_type(await pangea.upload("a", "org", "group", None, "module", "field"), TransferReport)
        async for sample in pangea.samples_of("org", "group"):
            assert_type(sample.name, str)
