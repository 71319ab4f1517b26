"""Fusillade: users, groups, roles, policies and shared resources of the Atlas's services."""

from omicsdk.core.lazy import lazy_package

lazy_package(__name__, {"client": "AsyncFusillade Fusillade"})
