"""boto3 without types of its own: what we use of its transfers."""

class TransferConfig:
    def __init__(self, *, multipart_threshold: int, multipart_chunksize: int, max_concurrency: int = ...) -> None: ...
