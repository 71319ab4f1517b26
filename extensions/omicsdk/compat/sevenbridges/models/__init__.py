"""The platform's resources."""
