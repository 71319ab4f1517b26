"""Files on their way to and from the platform: handles over `omicsdk.transfer`, which moves the bytes."""
