"""What the platform says went wrong with one thing of many, or with a job."""

from __future__ import annotations

from omicsdk.compat.sevenbridges.errors import BY_STATUS, SbgError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.value import Value


class Error(Value):
    """An error that the platform told without failing the request. Its text is its message."""

    status = fields.whole()
    code = fields.whole()
    message = fields.text()
    more_info = fields.text()

    @classmethod
    def told_by(cls, error: SbgError) -> dict[str, object]:
        """An error that was raised, as the platform would have told it: status, code, message, more_info.

        Args:
            error: What was raised.
        """
        return {"status": error.status, "code": error.code, "message": error.message, "more_info": error.more_info}

    def as_exception(self) -> SbgError:
        """What would have been raised, had the request been for this thing alone; of the class of its status."""
        status, code, more = self.field("status"), self.field("code"), self.field("more_info")
        kind = BY_STATUS.get(status)
        if kind is None:
            return SbgError(str(self), code, status, more)
        return kind(code, str(self), more)

    def __str__(self) -> str:
        code = self.field("code")
        return self.field("message") or f"error{'' if code is None else f' {code}'} without words"
