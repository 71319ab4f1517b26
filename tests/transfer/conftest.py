"""A server that breaks on demand, and a clock that tests move."""

from breakable import clock as clock
from breakable import fault as fault
from breakable import leftovers as leftovers
from breakable import noise as noise
from breakable import server as server
from breakable import target as target
