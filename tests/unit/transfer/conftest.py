"""A server that breaks on demand, and a clock that tests move."""

from breakable import clock as clock
from breakable import target as target
