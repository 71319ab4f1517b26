"""The engine shared by downloads and uploads: its loop, the state machine of jobs, and its control."""
