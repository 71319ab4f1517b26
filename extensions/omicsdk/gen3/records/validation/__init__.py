"""Records held against the dictionary, against each other and against what is there."""
