from dataclasses import dataclass

@dataclass
class StorageProviderSettingsBase:
    max_requests_per_second: float | None = None
