from typing import Any

def client(
    service_name: str,
    *,
    region_name: str | None = ...,
    endpoint_url: str | None = ...,
    aws_access_key_id: str | None = ...,
    aws_secret_access_key: str | None = ...,
    aws_session_token: str | None = ...,
    config: Any = ...,
) -> Any: ...
