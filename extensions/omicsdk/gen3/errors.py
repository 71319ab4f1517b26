"""What can go wrong with a Gen3 commons beyond the errors of every service."""

from omicsdk.core.errors import AuthError, OmicsError, UsageError


class Gen3Error(OmicsError):
    """The base of what only Gen3 commons raise. A commons that answers with an error raises `omicsdk.core.errors.APIError`."""


class Gen3AuthError(Gen3Error, AuthError):
    """No token could be had: no credentials, ones that ended, or a commons that refused them."""


class Gen3UserError(Gen3Error, UsageError):
    """A call that can't work: arguments that contradict each other, or a file that isn't what was asked for."""


class Gen3SubmissionQueryError(Gen3Error):
    """A query that the commons refused; the message has its reasons."""
