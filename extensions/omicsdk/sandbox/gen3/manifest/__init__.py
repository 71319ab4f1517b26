"""The manifest service, which keeps people's manifests, cohorts and exported metadata."""
