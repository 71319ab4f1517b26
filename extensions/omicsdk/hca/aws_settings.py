"""The user's own AWS settings, which boto3 reads when a client is made of them."""

from collections.abc import Generator
from contextlib import contextmanager

from omicsdk.core.errors import ConfigError
from omicsdk.core.redaction import mask_text


@contextmanager
def reading_aws_settings() -> Generator[None]:
    """Tells what is wrong with the settings where boto3 refuses them while a client is made.

    Raises:
        ConfigError: AWS's variables or files name a profile, region or endpoint that isn't one, or can't be read.
    """
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except (BotoCoreError, ValueError) as error:  # an endpoint that is no URL is a ValueError
        raise ConfigError(
            f"The AWS settings can't be used: {mask_text(str(error)).rstrip('.')}",
            remedy="Correct AWS_PROFILE and the other variables of AWS, or ~/.aws/config.",
        ) from error
