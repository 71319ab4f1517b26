"""A server that breaks on demand, and a clock that tests move."""

from breakable import clock as clock
from breakable import fault as fault
from breakable import leftovers as leftovers
from breakable import noise as noise
from breakable import server as server
from breakable import target as target
from certificates import certificate as certificate
from small_cells import small_cells as small_cells
from small_cells import small_etag_parts as small_etag_parts
from small_cells import small_parts as small_parts
from small_cells import usual_cells as usual_cells
