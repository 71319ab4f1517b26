"""OAuth 2.0: logins with a browser, token refresh and revocation, and service accounts. Knows no platform."""
