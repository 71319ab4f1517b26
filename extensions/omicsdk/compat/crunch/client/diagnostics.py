"""Facts of this machine that are sent with each status."""

from omicsdk.crunch.statuses import get_diagnostic, get_diagnostics, git_revision, version

__all__ = ["get_diagnostic", "get_diagnostics", "git_revision", "version"]
