"""What is on a volume, and what a volume is made of."""

from __future__ import annotations

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.fields import DictView
from omicsdk.compat.sevenbridges.meta.resource import Resource
from omicsdk.compat.sevenbridges.meta.value import Value
from omicsdk.core.redaction import mask_json


class VolumeService(DictView):
    """The bucket behind a volume: its type, name, prefix, and how it is accessed. Its text masks what is secret."""

    def __repr__(self) -> str:
        return f"<VolumeService {mask_json(dict(self))}>"


class VolumeObject(Resource):
    """An object on a volume."""

    href = fields.text()
    location = fields.text()
    volume = fields.text()
    type = fields.text()
    metadata = fields.mapping()

    def __eq__(self, other: object) -> bool:
        return self._place() == other._place() if isinstance(other, VolumeObject) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._place())

    def _place(self) -> tuple[str | None, str | None]:
        return self.field("volume"), self.field("location")

    def __repr__(self) -> str:
        return f"<VolumeObject: location={self.field('location')}>"


class VolumePrefix(Value):
    """A folder on a volume: what the names of the objects in it begin with."""

    href = fields.text()
    prefix = fields.text()
    volume = fields.text()
