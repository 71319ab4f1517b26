"""What `omics init` finds and `omics doctor` probes. Gathering is thin; what it means is decided by pure functions."""
