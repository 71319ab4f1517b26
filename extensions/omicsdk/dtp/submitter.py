"""`Gen3Submitter`: files of records into a project."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.dtp.client import CommonsClient
from omicsdk.dtp.login import login_to
from omicsdk.dtp.projects import project_there
from omicsdk.dtp.record_files import Given, record_files
from omicsdk.gen3.errors import Gen3Error
from omicsdk.gen3.records.submission import CHUNK, submit

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.dtp.login import Proof
    from omicsdk.gen3.dictionary import Dictionary
    from omicsdk.gen3.records.submission import Outcome, Submission

#: Reasons that the message of an error tells; the others are in its `submission`.
TOLD = 3


class RecordsRefused(Gen3Error):
    """Some records weren't taken; all others are stored.

    Args:
        submission: What became of all.

    Attributes:
        submission: What became of all; its `refused` has each record that wasn't taken, with the reasons.
    """

    default_remedy = "Correct them and submit the file again: what is stored is updated, or stays as it is."

    def __init__(self, submission: Submission) -> None:
        reasons = [str(finding) for each in submission.refused for finding in each.findings]
        more = len(reasons) - TOLD
        told = "; ".join(each.rstrip(".") for each in reasons[:TOLD]) + (f"; and {more} more" if more > 0 else "")
        super().__init__(f"{len(submission.refused)} of {submission.total} records weren't taken: {told}")
        self.submission = submission


class Gen3Submitter(CommonsClient):
    """Submits records to projects: created where there is none of that name, else updated.

    Args:
        endpoint: The commons, such as https://commons.example.org.
        credentials: The login to it: a credentials file as the profile page gives it (a path, or a name within ~/.gen3), what
            stands in one, or an `Auth`.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network, for tests.

    Attributes:
        commons: The commons.

    Raises:
        Gen3AuthError: There is no such file, or it is none.
        ConfigError: The endpoint isn't one.
    """

    def __init__(
        self,
        endpoint: str | None,
        credentials: Proof,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(login_to(endpoint, credentials), timeout=timeout, retry=retry, transport=transport)

    def submit_record(
        self, program: str, project: str, file: Given | Iterable[Given], *, dry_run: bool = False, chunk: int = CHUNK
    ) -> Submission:
        """Submits the records of a file or folder, and fails when any isn't taken; `submit` tells instead.

        Args:
            program: The program's name.
            project: The project's code.
            file: A file of records, a folder of such files, or several of them.
            dry_run: Nothing is stored: the commons says what it would do.
            chunk: Records in a document, from 1; 100 by default, fewer where the commons can't take so many at once.

        Returns:
            What became of the records, by its `counts`.

        Raises:
            RecordsRefused: Some weren't taken; its `submission` has them, with the reasons. All others are stored.
            NotFound: There is no such program; the nearest is named.
            Gen3UserError: There is no such file, it can't be read, or there is no such project.
            APIError: One that every record would meet, such as no right to submit.
            TransportError: The commons can't be reached.
        """
        found = self.submit(program, project, file, dry_run=dry_run, chunk=chunk)
        if not found.ok:
            raise RecordsRefused(found)
        return found

    def submit(
        self,
        program: str,
        project: str,
        files: Given | Iterable[Given],
        *,
        dry_run: bool = False,
        chunk: int = CHUNK,
        all_or_nothing: bool = False,
        dictionary: Dictionary | None = None,
        journal: str | os.PathLike[str] | None = None,
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> Submission:
        """Submits the records of files and folders, and tells what became of each.

        All are held against the dictionary before anything is sent. Then they go node by node, each after those that it
        links to, whatever files they are in; one that is refused doesn't hinder the others.

        Args:
            program: The program's name.
            project: The project's code.
            files: A file of records, a folder of such files, or several of them.
            dry_run: Nothing is stored: the commons says what it would do.
            chunk: Records in a document, from 1; 100 by default, fewer where the commons can't take so many at once.
            all_or_nothing: Nothing is sent when anything is found in any record before.
            dictionary: The dictionary of the commons; by default it is asked for.
            journal: A file that notes what was taken: with the same file, a submission that was stopped goes on.
            on_outcome: Is told what became of each record as soon as that is known.

        Returns:
            Counts, and the records that weren't taken, with the reasons.

        Raises:
            NotFound: There is no such program; the nearest is named.
            Gen3UserError: There is no such file, it can't be read, or there is no such project.
            APIError: One that every record would meet, such as no right to submit. What was taken stays.
            TransportError: The commons can't be reached.
        """
        paths: list[Path] = record_files(files)
        meant = project_there(self.commons, program, project)
        return submit(
            self.commons,
            meant,
            paths,
            dictionary=dictionary,
            chunk=chunk,
            dry_run=dry_run,
            all_or_nothing=all_or_nothing,
            journal=journal,
            on_outcome=on_outcome,
        )
