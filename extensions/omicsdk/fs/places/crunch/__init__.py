"""Files of a crunch site's datasets."""
