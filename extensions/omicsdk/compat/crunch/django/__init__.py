"""Parts of the published Django application that programs of its client import."""
