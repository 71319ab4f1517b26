"""What the platform keeps: documents, members, files and their bytes, uploads, buckets, and what is due when."""
