"""Operations of the deployment itself: its version and its health."""

import omicsdk
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.upload.state import Upload


def get_version(_upload: Upload, _call: Call) -> Reply:
    """GET /version."""
    return Reply({"upload_service_version": omicsdk.__version__})


def get_health(upload: Upload, _call: Call) -> Reply:
    """GET /health."""
    upload.store.areas()  # the database answers, or this is a 500
    return Reply()


def get_v1_health(upload: Upload, call: Call) -> Reply:
    """GET /v1/health."""
    return get_health(upload, call)
