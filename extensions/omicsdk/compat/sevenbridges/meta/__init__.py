"""What resources consist of: fields, edits, and pages of lists."""
