"""The URI of an uploaded object, from the presigned URL that it was sent to."""

import pytest
from omicsdk.gen3.fence_store import storage_url


@pytest.mark.parametrize(
    ("presigned", "uri"),
    [
        ("https://b.s3.amazonaws.com/dg.1/g/a%20b?X-Amz-Signature=1", "s3://b/dg.1/g/a b"),
        ("https://b.x.s3.eu-west-1.amazonaws.com/g/a", "s3://b.x/g/a"),
        ("https://s3.eu-west-1.amazonaws.com/b/g/a", "s3://b/g/a"),
        ("https://s3-us-west-2.amazonaws.com/b/g/a", "s3://b/g/a"),
        ("https://storage.googleapis.com/b/g/a?x=1", "gs://b/g/a"),
        ("https://b.storage.googleapis.com/g/a", "gs://b/g/a"),
        ("https://minio.example.org/b/g/a", ""),
        ("https://s3.amazonaws.com.evil.org/b/g/a", ""),
        ("nonsense", ""),
    ],
)
def test_an_object_is_known_by_its_url_where_the_storage_documents_the_form(presigned: str, uri: str) -> None:
    assert storage_url(presigned) == uri
