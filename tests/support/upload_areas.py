"""Upload areas that tests know by name."""

UUID = "aaaaaaaa-1111-4222-8333-444444444444"
#: Begins as the other does.
OTHER = "aabbbbbb-1111-4222-8333-444444444444"


def uri_of(uuid: str, stage: str = "prod") -> str:
    """The URI of an area."""
    return f"s3://org-humancellatlas-upload-{stage}/{uuid}/"
