"""Operations of areas: their life, and the credentials that open them."""

from datetime import UTC, datetime

from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.upload.state import Upload


def area_exists(upload: Upload, call: Call) -> Reply:
    """HEAD /v1/area/{upload_area_uuid}."""
    upload.area(call.arguments["upload_area_uuid"])
    return Reply()


def create_area(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}."""
    return Reply({"uri": upload.create(call.arguments["upload_area_uuid"])}, 201)


def delete_area(upload: Upload, call: Call) -> Reply:
    """DELETE /v1/area/{upload_area_uuid}."""
    area = upload.area(call.arguments["upload_area_uuid"])
    if area.gone is None:
        upload.delete(area.uuid)
    return Reply(status=202)


def get_credentials(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}/credentials."""
    session = upload.session(upload.open_area(call.arguments["upload_area_uuid"]).uuid)
    told = {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret_key,
        "SessionToken": session.token,
        "Expiration": datetime.fromtimestamp(session.ends, UTC).isoformat(timespec="seconds"),
    }
    return Reply(told, 201)
