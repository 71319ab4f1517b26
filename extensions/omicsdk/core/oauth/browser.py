"""Opening the user's browser."""

import threading


def open_browser(url: str) -> None:
    """Opens a URL in the user's browser, if there is one; returns at once.

    Python's `webbrowser` decides which: the variable BROWSER, or what the desktop prefers. A browser that runs in the
    terminal would hold up its caller, so this happens in a thread. Nobody can tell whether it worked: show the URL too.

    Args:
        url: Where to go.
    """
    threading.Thread(target=_open, args=(url,), name="omics-browser", daemon=True).start()


def _open(url: str) -> None:
    import logging
    import webbrowser

    try:
        opened = webbrowser.open(url)
    except (webbrowser.Error, OSError) as error:
        opened = False
        logging.getLogger("omicsdk.oauth").debug("no browser: %s", error)
    if not opened:
        logging.getLogger("omicsdk.oauth").debug("no browser could be opened")
