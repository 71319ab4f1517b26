"""What we use of oauthlib, which comes without types."""
