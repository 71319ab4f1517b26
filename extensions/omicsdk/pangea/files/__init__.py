"""Files of fields: uploads and downloads, one by one and of whole groups."""
