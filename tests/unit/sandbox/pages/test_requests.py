"""The page of requests, and what the log states of how they kept to the service's document."""

import pytest
from omicsdk.sandbox.traffic.wire import object_operation


@pytest.mark.parametrize(
    ("method", "target", "operation"),
    [
        ("GET", "/_objects/abc?X-Sandbox-Signature=x", "objects GetObject"),
        ("PUT", "/sb/_storage/parts/u/1?X-Sandbox-Signature=x", "objects UploadPart"),
        ("GET", "/sb/_storage/files/u/f?X-Sandbox-Signature=x", "objects GetObject"),
        ("PUT", "/gen3/_storage/s3/b/k?method=PUT&uploadId=u&partNumber=1", "objects UploadPart"),
        ("GET", "/_s3/", "s3 ListBuckets"),
        ("GET", "/_s3/b?list-type=2", "s3 ListObjects"),
        ("HEAD", "/_s3/b/k", "s3 HeadObject"),
        ("POST", "/_s3/b/k?uploads", "s3 CreateMultipartUpload"),
        ("PUT", "/_s3/b/k?uploadId=u&partNumber=1", "s3 UploadPart"),
        ("POST", "/_s3/b/k?uploadId=u", "s3 CompleteMultipartUpload"),
        ("PUT", "/_s3/b/k?tagging", "s3 PutObjectTagging"),
        ("GET", "/dss/v1/nothing", ""),
    ],
)
def test_requests_to_object_stores_are_named_as_s3_names_them(method, target, operation):
    path, _, query = target.partition("?")
    assert object_operation(method, path, query) == operation
