"""What stands in a manifest: its table, columns and values, and whether it has the form that an index takes."""
