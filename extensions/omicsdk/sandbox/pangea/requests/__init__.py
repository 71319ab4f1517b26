"""What several operations need: paths, lists, references, and how things look in answers."""
