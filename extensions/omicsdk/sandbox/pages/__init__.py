"""The sandbox's pages for browsers: its contents and requests, faults, tokens, lines for a shell.

They are plain HTML that the server writes; the script only refreshes and copies. Nothing here is imported before
a user opens a page.
"""
