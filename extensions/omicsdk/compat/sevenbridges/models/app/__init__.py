"""Apps: `App`, its ids, and the text that it is made of."""

from omicsdk.compat.sevenbridges.models.app.resource import App as App
