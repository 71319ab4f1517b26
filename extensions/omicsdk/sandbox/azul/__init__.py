"""Azul in the sandbox: an index over the Data Store's bundles, manifests and files, as the explorers' service has them."""
