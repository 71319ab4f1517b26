"""What the commands of `omics pangea` do."""
