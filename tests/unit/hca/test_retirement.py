"""The Atlas's own hosts were switched off: a command that cannot reach them reports it, and names the data portal."""

import pytest
from omicsdk.hca.services import retirement


@pytest.mark.parametrize(
    ("url", "is_retired"),
    [
        ("https://dss.data.humancellatlas.org/v1/bundles", True),
        ("https://upload.staging.data.humancellatlas.org/v1", True),
        ("https://service.azul.data.humancellatlas.org/index", False),
        ("https://dss.data.humancellatlas.org.example.org/v1", False),
        ("http://127.0.0.1:8080/dss/v1", False),
        ("", False),
    ],
)
def test_hosts_are_reported_by_their_names(url: str, is_retired: bool):
    assert bool(retirement(url)) is is_retired
