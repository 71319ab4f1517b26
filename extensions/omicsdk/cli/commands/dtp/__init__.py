"""What the commands of `omics dtp` do."""
