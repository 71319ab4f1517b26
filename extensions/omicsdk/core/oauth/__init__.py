"""OAuth 2.0: logging in with a browser, renewing and revoking tokens, and service accounts; knows no platform.

`application`, `authorization` and `grants` are pure; `endpoint`, `redirect_server` and `browser` reach out of the process.
"""
