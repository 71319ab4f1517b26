"""`Auth`: the login to a commons, under the name that it has in the workflow."""

from omicsdk.gen3.login import Gen3Login


class Auth(Gen3Login):
    __doc__ = f"The login to a Gen3 commons. It is `omicsdk.gen3.Gen3Login` by another name.\n\n{Gen3Login.__doc__}"
