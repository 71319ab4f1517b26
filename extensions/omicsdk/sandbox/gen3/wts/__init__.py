"""The Workspace Token Service, which has tokens of other commons."""
