"""One upload on its way: what is still to be sent, what is there, and how it has fared."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

from omicsdk.core.errors import OmicsError
from omicsdk.transfer.engine.machine import FINAL, State
from omicsdk.transfer.network.requests import Location, Quota
from omicsdk.transfer.uploads.answers import Answer
from omicsdk.transfer.uploads.source import Chains, FileBody, Form, FormBody, SourceFile
from omicsdk.transfer.uploads.store import Cut, MultipartStore, PartPlan, PutTo, SentPart, Source, Upload, WholeStore


@dataclass(frozen=True, slots=True)
class Prepared:
    """A part that may go.

    Attributes:
        cut: Which bytes.
        checksums: What was computed of them.
        location: Where to; None when the platform has the part already, or takes no whole files.
        at: When the URL was signed, by the monotonic clock.
        epoch: The job's when it was prepared.
        listed: What the platform has, None when it must be sent.
        hops: Redirects that led to the location.
    """

    cut: Cut
    checksums: Mapping[str, str]
    location: Location | None
    at: float
    epoch: int
    listed: SentPart | None = None
    hops: int = 0

    def elsewhere(self, location: Location) -> Prepared:
        """The same part with a redirect's end as its place."""
        return replace(self, location=location, hops=self.hops + 1)


class Job:
    """One upload.

    Args:
        number: Its place in the order of uploads.
        upload: What was asked for.
        path: The file's absolute path.
    """

    def __init__(self, number: int, upload: Upload, path: str) -> None:
        self.number = number
        self.upload = upload
        self.path = path
        self.store: MultipartStore = WholeStore(upload.to) if isinstance(upload.to, PutTo) else upload.to
        self.key = ""  # in the journal
        self.source: SourceFile | None = None
        self.told: Source | None = None
        self.plan: PartPlan | None = None
        self.counted: int | None = None  # the size that progress counts with
        self.whole = False
        self.upload_id = ""
        self.todo = deque[int]()
        self.claimed_end = 0
        self.journaled: Mapping[int, SentPart] = {}  # parts that the journal knows
        self.listed: Mapping[int, SentPart] = {}  # parts that only the platform knows
        self.sent = dict[int, SentPart]()
        self.present = 0  # bytes of the parts that were sent
        self.recorded: Mapping[str, str] | None = None  # what the journal says of a file that is done
        self.recorded_as: tuple[str, ...] = ()  # the checksums that were confirmed of it then
        self.answered: Mapping[str, str] = {}  # what the store said of a file that went whole
        self.unconfirmed = False  # whether the store took a part without naming a checksum of it
        self.pipeline = 0  # parts that are being prepared, ready, flying or being reported
        self.needed: Chains | None = None  # checksums that are made before it begins
        self.chains: Chains | None = None  # those that are made beside the sending
        self.quota = Quota.of(upload.retries, upload.min_delay)
        self.resume_at = 0.0
        self.refused = dict[int, int]()  # how often in a row a part's URL was
        self.damaged = dict[int, int]()
        self.restarts = 0
        self.ending = False  # whether all is stored, and the platform is to assemble it
        self.assembled: Mapping[str, str] | None = (
            None  # what the platform said of an upload that it had assembled before
        )
        self.wrong = False  # whether what the platform has must not be believed
        self.attempts = 0
        self.retries = 0
        self.gone_out = 0
        self.kept = 0
        self.began: float | None = None
        self.error: OmicsError | None = None
        self.epoch = 0
        self.state = State.PLANNED

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.upload.name

    @property
    def over(self) -> bool:
        """Whether it has its outcome, or is about to have it."""
        return self.state in FINAL

    @property
    def file(self) -> SourceFile:
        """The open file."""
        assert self.source is not None
        return self.source

    @property
    def facts(self) -> Source:
        """The file as stores are told of it."""
        assert self.told is not None
        return self.told

    @property
    def cuts(self) -> PartPlan:
        """How the file is cut."""
        assert self.plan is not None
        return self.plan

    @property
    def parts(self) -> list[SentPart]:
        """All parts in order, when all were sent."""
        return [self.sent[number] for number in range(1, self.count + 1)]

    @property
    def goes_on(self) -> bool:
        """Whether an earlier run sent some of it."""
        return bool(self.kept or self.listed)

    @property
    def count(self) -> int:
        """How many requests bring it, when all goes well."""
        return 1 if self.whole else self.cuts.count

    @property
    def part_checksums(self) -> tuple[str, ...]:
        """What is computed of a part before it goes."""
        return (self.store.part_checksum,) if self.store.part_checksum else ()

    def landed(self, part: SentPart) -> None:
        """Notes a part that the platform has."""
        self.sent[part.number] = part
        self.present += part.size

    def cut(self, number: int) -> Cut:
        """The bytes of a part, or all of them."""
        return self.cuts.whole if self.whole else self.cuts.cut(number)

    def begin(self) -> None:
        """Plans it from nothing; what was under way counts no more."""
        self.epoch += 1
        self.todo.clear()
        self.sent.clear()
        self.present = self.kept = 0
        self.listed = {}
        self.claimed_end = 0
        self.ending = False

    def plan_rest(self) -> None:
        """Lines up every part that the platform doesn't have."""
        self.todo = deque(number for number in range(1, self.count + 1) if number not in self.sent)

    def plan_again(self) -> None:
        """Has everything sent once more, though it is there."""
        self.sent.clear()
        self.present = 0
        self.ending = False
        self.plan_rest()

    def give_back(self, number: int) -> None:
        """Has a part sent again, before those that follow."""
        self.todo.appendleft(number)


class Sending(Answer):
    """One attempt at sending one part.

    Args:
        job: Its upload.
        prepared: The part.
        location: Where to.
        began: When, by the monotonic clock.
    """

    def __init__(self, job: Job, prepared: Prepared, location: Location, began: float) -> None:
        super().__init__()
        self.job = job
        self.prepared = prepared
        self.location = location
        self.began = began
        self.epoch = job.epoch
        self.file_body = FileBody(job.file, prepared.cut.start, prepared.cut.length)
        self.form = FormBody(location, self.file_body) if isinstance(location, Form) else None

    @property
    def method(self) -> str:
        """How it is sent."""
        return "PUT" if self.form is None else "POST"

    @property
    def stale(self) -> bool:
        """Whether the job has begun anew since, or is over."""
        return self.epoch != self.job.epoch
