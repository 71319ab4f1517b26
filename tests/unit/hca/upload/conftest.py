"""A user with a configuration of their own, and an upload area of the sandbox."""

from upload_user import home as home
from upload_user import user_file as user_file
