"""Downloads of bundles, collections and manifests into the shared folder of files."""
