"""Parts of resources: fields, edits, and pages of lists."""
