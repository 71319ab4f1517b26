"""The sandbox's Upload service: upload areas, credentials for them, checksums and validations of what is put there."""
