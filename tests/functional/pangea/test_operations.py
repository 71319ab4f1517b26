"""Projects, buckets with their keys, and searching, by the typed operations."""

import pytest
from omicsdk.compat.pangea_api import Knex, Organization, SampleGroup
from omicsdk.core import BadRequest, Forbidden


def test_a_project_and_its_groups(knex: Knex, library: SampleGroup, anonymous: Knex):
    pangea, org = knex.client, str(library.org.uuid)
    project = pangea.create_project(name="A Project", organization=org)
    pangea.add_project_sample_group(project_pk=project.uuid, sample_group_uuid=str(library.uuid))
    assert [group.name for group in pangea.list_project_sample_groups.iterate(project_pk=project.uuid)] == ["A Library"]
    pangea.patch_project(uuid=project.uuid, description="Words.")
    (again,) = pangea.list_projects.iterate(name="A Project", organization_id=org)
    assert (again.uuid, again.description) == (project.uuid, "Words.")
    with pytest.raises(Forbidden):
        anonymous.client.create_project(name="Another", organization=org)
    with pytest.raises(BadRequest, match="already exists"):
        pangea.create_project(name="A Project", organization=org)
    pangea.delete_project(uuid=project.uuid)
    assert list(pangea.list_projects.iterate(name="A Project")) == []


def test_a_bucket_and_its_key(knex: Knex, org: Organization, outsider: Knex):
    """The paths of buckets and keys are swapped on the server; operations are named by what they serve."""
    pangea, url = knex.client, "https://s3.example.org"
    bucket = pangea.create_s3_bucket(name="bkt", endpoint_url=url, organization=str(org.uuid))
    key = pangea.create_s3_api_key(bucket=bucket.uuid, public_key="AK", private_key="SK")
    assert "SK" not in repr(key)
    (listed,) = pangea.list_s3_buckets.iterate(organization_id=str(org.uuid))
    assert (listed.uuid, listed.name, listed.endpoint_url) == (bucket.uuid, "bkt", url)
    assert pangea.get_s3_bucket(id=bucket.uuid).name == "bkt"
    assert [s3_key.uuid for s3_key in pangea.list_s3_api_keys.iterate() if s3_key.bucket == bucket.uuid] == [key.uuid]
    assert list(outsider.client.list_s3_buckets.iterate(organization_id=str(org.uuid))) == []
    pangea.patch_s3_api_key(id=key.uuid, description="Words.")
    assert pangea.get_s3_api_key(id=key.uuid).description == "Words."
    pangea.delete_s3_api_key(id=key.uuid)
    pangea.delete_s3_bucket(id=bucket.uuid)
    assert list(pangea.list_s3_buckets.iterate(organization_id=str(org.uuid))) == []


def test_searching(knex: Knex, library: SampleGroup):
    library.sample("hay").create()
    results = knex.client.search(query="A Library")
    assert library.uuid in [group.uuid for group in results.sample_groups]
    assert [sample.library_obj.name for sample in knex.client.search(query="hay").samples] == ["A Library"]
    assert [org.name for org in knex.client.search(query="An Org").organizations] == ["An Org"]
    nothing = knex.client.search(query="zzz & ?")
    assert (nothing.samples, nothing.sample_groups, nothing.organizations) == ([], [], [])
