"""What a member may do."""

from omicsdk.compat.sevenbridges.meta.fields import DictView


class Permissions(DictView):
    """Names of rights ("read", "copy", "write", "execute", "admin") to whether a member has them."""
