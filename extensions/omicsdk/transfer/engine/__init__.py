"""The engine that both directions share: the loop, the state machine of jobs, and the scheduler of requests."""
