"""The platforms' places that files are in, one store a scheme."""
