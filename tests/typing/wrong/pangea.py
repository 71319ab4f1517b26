"""Code for Pangea that a type checker must reject; marks as in auth.py."""

from omicsdk.compat.pangea_api import Knex, Organization, PangeaGeneralError, Pipeline, Sample, SampleGroup, User
from omicsdk.compat.pangea_api.contrib.tagging.tag import Tag
from omicsdk.pangea import Pangea


def logging_in(knex: Knex) -> None:
    Knex(5)  # error: cannot be assigned to parameter "endpoint_url"
    knex.login("me@example.org")  # error: Argument missing for parameter "password"
    knex.add_auth_token(None)  # error: cannot be assigned to parameter "token"
    User(knex, "me@example.org")  # error: Argument missing for parameter "password"


def groups(knex: Knex, org: Organization) -> None:
    Organization("name", knex)  # error: cannot be assigned to parameter "knex"
    org.sample_group()  # error: Argument missing for parameter "group_name"
    org.sample_group("g", True)  # error: to parameter "moved" of type "Never"
    org.sample_group("g", is_library="yes")  # error: cannot be assigned to parameter "is_library"
    org.sample_group("g", is_public="no")  # error: cannot be assigned to parameter "is_public"
    org.sample_group("g", metadata=[1])  # error: cannot be assigned to parameter "metadata"
    SampleGroup(knex, org, "g", {"a": 1})  # error: to parameter "moved" of type "Never"
    SampleGroup(knex, "org", "g")  # error: cannot be assigned to parameter "org"


def samples(group: SampleGroup, sample: Sample) -> None:
    group.sample("s", "metadata")  # error: cannot be assigned to parameter "metadata"
    group.add_sample("s")  # error: cannot be assigned to parameter "sample"
    group.add_samples(sample)  # error: cannot be assigned to parameter "samples"
    group.get_samples(error_handler=5)  # error: cannot be assigned to parameter "error_handler"
    sample.change_library(None)  # error: cannot be assigned to parameter "new_lib"
    sample.get_samples()  # error: Cannot access attribute "get_samples"


def more(knex: Knex, tag: Tag, org: Organization, pipeline: Pipeline) -> None:
    tag.tag(org)  # error: cannot be assigned to parameter "other"
    pipeline.module("m")  # error: Argument missing for parameter "version"
    knex.post("samples", options={})  # error: No parameter named "options"


def refused(error: PangeaGeneralError) -> int:
    return error.response.status_code  # error: "status_code" is not a known attribute of "None"


def typed(pangea: Pangea) -> None:
    pangea.find_sample("org", "group")  # error: Argument missing for parameter "name"
    pangea.upload("a", "org", "group", "s", "module")  # error: Argument missing for parameter "field"
    pangea.upload("a", "org", "group", "s", "module", "field", force=True)  # error: No parameter named "force"
    pangea.get_sample()  # error: Argument missing for parameter "uuid"
