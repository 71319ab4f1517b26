"""Apps: `App`, its ids, and the text that it is made of."""

from omicsdk.sb.models.app.resource import App as App
