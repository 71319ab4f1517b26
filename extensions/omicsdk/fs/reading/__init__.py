"""A file's bytes by places, however its platform gives them."""
