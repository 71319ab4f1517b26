"""Apps, and the tasks that run them: what they take, how they go on, what they leave."""
