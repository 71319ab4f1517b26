"""The Human Cell Atlas Data Store (DSS): its 22 operations over a store of files, bundles and collections."""
