"""What a commons knows of its subjects: records by the dictionary's node types, in programs and projects."""
