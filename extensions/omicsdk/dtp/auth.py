"""`Auth`: the login to a commons, under the name that it has in the workflow."""

from omicsdk.gen3.auth import Gen3Auth


class Auth(Gen3Auth):
    __doc__ = f"The login to a Gen3 commons. It is `omicsdk.gen3.Gen3Auth` by another name.\n\n{Gen3Auth.__doc__}"
