"""The Upload service as a function that gives out keys."""

from omicsdk.hca.upload.storage import Keys

HOUR = 3600.0


class Service:
    """Gives keys that live so long, and counts."""

    def __init__(self, life: float = HOUR) -> None:
        self.life = life
        self.count = 0
        self.error: Exception | None = None

    def __call__(self) -> Keys:
        if self.error is not None:
            raise self.error
        self.count += 1
        return Keys(f"AKIA{self.count}", "secret-canary", f"token-{self.count}", "then", self.life)
