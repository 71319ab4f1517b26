"""Sending files: in parts or whole, to presigned URLs or stores of parts, checked by both sides, going on after a stop."""
