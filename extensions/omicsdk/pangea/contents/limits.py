"""Sizes that uploads go by, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable

CHUNK = 10_311_680
"""The published client's size of parts, and that from which on a file goes in parts, in bytes."""
LARGEST_FILE = 5 * 1024**4
"""S3 takes no larger object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

Logger = Callable[[str], object]
"""Is told in words how an upload fares."""
