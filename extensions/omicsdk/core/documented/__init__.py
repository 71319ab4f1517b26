"""What documented clients of all platforms share: operations that answer plain JSON, and exceptions of two families."""
