"""Tables of records: files of every kind, data frames, and plain rows."""
