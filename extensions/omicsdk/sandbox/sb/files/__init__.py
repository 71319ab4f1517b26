"""Files and folders: one by one, in bulk, by jobs, by searches, and uploads of them."""
