"""The gateway: which service a path of a commons belongs to."""

import pytest
from omicsdk.sandbox.gen3.service import inner_path


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("/user/user", "/gen3/fence/user"),
        ("/user", "/gen3/fence/"),
        ("//user/user", "/gen3/fence/user"),
        ("/manifests", "/gen3/manifest/"),
        ("/user/data/download/dg.TEST/1", "/gen3/fence/data/download/dg.TEST/1"),
        ("/user/ga4gh/drs/v1/objects/access", "/gen3/fence/ga4gh/drs/v1/objects/access"),
        ("/ga4gh/drs/v1/objects/access", "/gen3/fence/ga4gh/drs/v1/objects/access"),
        ("/ga4gh/drs/v1/objects/dg.TEST/1/access/s3", "/gen3/fence/ga4gh/drs/v1/objects/dg.TEST/1/access/s3"),
        ("/ga4gh/drs/v1/objects/dg.TEST/1/access/s3/", "/gen3/fence/ga4gh/drs/v1/objects/dg.TEST/1/access/s3"),
        ("/ga4gh/drs/v1/objects/dg.TEST/1", "/gen3/indexd/ga4gh/drs/v1/objects/dg.TEST/1"),
        ("/index/index/dg.TEST/1", "/gen3/indexd/index/dg.TEST/1"),
        ("/index/dg.TEST/1", "/gen3/indexd/dg.TEST/1"),
        ("/api/v0/submission/graphql", "/gen3/peregrine/api/v0/submission/graphql"),
        ("/api/v0/submission/graphql/", "/gen3/peregrine/api/v0/submission/graphql"),
        ("/api/search/datasets/projects", "/gen3/peregrine/api/search/datasets/projects"),
        ("/api/v0/datasets", "/gen3/sheepdog/v0/datasets"),
        ("/api/v0/submission/demo", "/gen3/sheepdog/v0/submission/demo"),
        ("/mds/metadata/1", "/gen3/metadata/metadata/1"),
        ("/mds-admin/metadata/1", "/gen3/metadata/metadata/1"),
        ("/wts/token/", "/gen3/wts/token/"),
        ("/authz", "/gen3/arborist/auth/proxy"),
        ("/authz/mapping", "/gen3/arborist/auth/mapping"),
        ("/authz/resources/", "/gen3/arborist/auth/resources"),
        ("/authz/policy", "/gen3/arborist/policy"),
        ("/authz/auth/mapping", None),
        ("/authz/user", None),
        ("/manifests/file/a.json", "/gen3/manifest/file/a.json"),
        ("/guppy/graphql", "/gen3/guppy/graphql"),
        ("/users", None),
        ("/dss/v1/files", None),
        ("/gen3/_storage/s3/a/b", None),
    ],
)
def test_a_path_refers_to_its_service(path: str, inner: str | None):
    assert inner_path(path) == inner
