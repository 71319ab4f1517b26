"""The services behind lists on loopback, and no settings of the user's own."""

from portal_host import portal as portal
