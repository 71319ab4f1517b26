"""OAuth 2.0: logging in with a browser, refreshing and revoking tokens, and service accounts; knows no platform."""
