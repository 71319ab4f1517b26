"""What the replays of all services share."""

import pytest


@pytest.fixture
def cassette(request):
    """The cassette of the test's `operation`, out of its module's RECORDED; all of it must be played."""
    with request.module.RECORDED.cassette(request.getfixturevalue("operation")) as cassette:
        yield cassette
        assert cassette.all_played
