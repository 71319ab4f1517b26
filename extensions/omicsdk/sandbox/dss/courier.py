"""Delivers notifications in a thread of its own, and keeps those that wait over a restart."""

import json
import threading
from collections.abc import Iterable

from omicsdk.sandbox.dss.notifications import Event, Subscription, notifications_of
from omicsdk.sandbox.dss.webhooks import Attempt, Deliverer
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.database import Database


class Courier:
    """Drives a deliverer by the sandbox's clock.

    Args:
        database: Where waiting notifications survive a restart.
        clock: The sandbox's time; moving it makes retries due.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        database.define(dss_deliveries="id INTEGER PRIMARY KEY, pending TEXT NOT NULL")
        self._database = database
        self._clock = clock
        self._deliverer = Deliverer(clock)
        self._changed = threading.Condition()
        self._dirty = False
        self._busy = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._forget_clock = clock.on_change(self._wake)
        if row := database.row("SELECT pending FROM dss_deliveries"):
            self._deliverer.restore(json.loads(row["pending"]))
            if self._deliverer.next_due() is not None:
                self._start()

    def tell(self, subscriptions: Iterable[Subscription], event: Event) -> None:
        """Sends an event to the subscribers that want it; returns at once."""
        notifications = notifications_of(subscriptions, event)
        for notification in notifications:
            self._deliverer.enqueue(notification)
        if notifications:
            self._keep()
            self._start()

    def cancel(self, subscription_id: str) -> None:
        """Drops what waits for a subscription."""
        if self._deliverer.cancel(subscription_id):
            self._keep()

    def _start(self) -> None:
        # Most sandboxes never deliver anything, so the thread comes with the first notification.
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="omics-sandbox-courier", daemon=True)
                self._thread.start()
        self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._dirty = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._dirty and not self._closed and not self._due():
                    self._changed.wait(self._until_due())
                if self._closed:
                    return
                self._dirty, self._busy = False, True
            try:
                if self._deliverer.run_due():
                    self._keep()
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()

    def _due(self) -> bool:
        due = self._deliverer.next_due()
        return due is not None and due <= self._clock.now()

    def _until_due(self) -> float | None:
        due = self._deliverer.next_due()
        if due is None or self._clock.state()["frozen"]:
            return None
        return max(0.0, due - self._clock.now())

    def settle(self, seconds: float = 30.0) -> bool:
        """Waits until everything that is due was tried.

        Args:
            seconds: How long at most, in real time.

        Returns:
            Whether nothing is due any more.
        """
        with self._changed:
            return self._changed.wait_for(lambda: not (self._busy or self._dirty or self._due()), seconds)

    def history(self) -> list[Attempt]:
        """The latest attempts, oldest first."""
        return self._deliverer.history()

    def _keep(self) -> None:
        with self._database.transaction():  # so that what is kept is the newest
            text = json.dumps(self._deliverer.pending())
            self._database.execute("REPLACE INTO dss_deliveries VALUES (1, ?)", (text,))

    def clear(self) -> None:
        """Drops everything that waits, and the history."""
        self._deliverer.clear()

    def close(self) -> None:
        """Stops delivering; what waits stays in the database."""
        self._forget_clock()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
