"""What the commands of `omics gen3` do."""
