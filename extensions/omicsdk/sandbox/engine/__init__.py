"""The engine: a server with state for any resolved OpenAPI document."""

from omicsdk.core.lazy import lazy_package

lazy_package(__name__, {"engine": "Engine Explanation"})
