"""The state of every platform in a sandbox."""

from dataclasses import dataclass

from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.sb.seeding import seed
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.service import Grounds
from omicsdk.sandbox.upload.state import Upload


@dataclass(frozen=True, slots=True)
class Platforms:
    """The platforms, and what they stand on.

    Attributes:
        grounds: The state's file, the contents, the switches.
        dss: The Data Store.
        fusillade: The authorisation service.
        upload: The Upload service.
        sb: The Seven Bridges Platform.
        gen3: The Gen3 data commons.
        crunch: The django-crunch site.
        pangea: Pangea.
    """

    grounds: Grounds
    dss: Dss
    fusillade: Fusillade
    upload: Upload
    sb: Sb
    gen3: Gen3
    crunch: Crunch
    pangea: Pangea

    def finish(self) -> int:
        """Finishes everything that is under way at once and returns how many they were."""
        return self.dss.finish() + self.upload.finish() + self.sb.finish() + self.gen3.finish()

    def clear(self) -> None:
        """Empties all of them; Seven Bridges has its first user again."""
        with self.grounds.database.transaction():
            self.grounds.database.clear()
        self.grounds.secrets.release_all()
        self.dss.clear()
        self.fusillade.clear()
        self.grounds.objects.clear()
        self.grounds.staging.reset()
        self.sb.clear()
        seed(self.sb)
        self.gen3.clear()
        self.crunch.clear()
        self.pangea.clear()
