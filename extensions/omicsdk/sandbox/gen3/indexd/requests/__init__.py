"""What holds of several operations: what is sent, who may, and what the framework does before."""
