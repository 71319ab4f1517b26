"""httpx without its command line, which it imports with rich and click where those are installed: half of its import time."""

import sys

if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # pyright: ignore[reportArgumentType] - documented: makes the import fail
    try:
        import httpx
    finally:
        del sys.modules["httpx._main"]
else:
    import httpx

__all__ = ["httpx"]
