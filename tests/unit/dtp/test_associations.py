"""Queries and retrievals of a DICOM archive, whose responses are scripted: pynetdicom's associations have no network here."""

import threading
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("pynetdicom", reason="pynetdicom is not installed: pip install 'omicsdk[dtp]'")

from omicsdk.core import AuthError, ConfigError, ConnectFailed, ConnectionLost, Interrupted, OmicsError, TransferError
from omicsdk.dtp.config import PacsConfig
from omicsdk.dtp.storage.associations import ATTEMPTS, Archive
from omicsdk.dtp.storage.datasets import Subject, Unlisted
from omicsdk.dtp.storage.dicom import Instance, instance_of
from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.pdu_primitives import A_ASSOCIATE, A_P_ABORT

STUDY, SERIES = "1.2.3", "1.2.3.1"
SUBJECT = Subject(f"sub-{STUDY}")
FIND, MOVE, GET = (f"1.2.840.10008.5.1.4.1.2.2.{number}" for number in (1, 2, 3))
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
PLAIN = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"]
Scripted = tuple[int | None, dict[str, Any] | None]


def data_set(members: dict[str, Any]) -> Dataset:
    made = Dataset()
    for name, value in members.items():
        setattr(made, name, value)
    return made


class Peer:
    """What connects to an archive in place of pynetdicom, and is the association that results.

    Args:
        responses: Status and members of each response, for each query or retrieval.
        ends: The archive's message on each connection: none for an accepted association; a closed one has no connection.
        offers: The abstract syntax that it accepts; None for all.
    """

    def __init__(self, *responses: Sequence[Scripted], ends: Sequence[Any] = (), offers: str | None = None) -> None:
        self.responses, self.ends, self.offers = list(responses), list(ends), offers
        self.calls: list[Any] = []
        self.options: dict[str, Any] = {}
        self.connections: list[SimpleNamespace] = []
        self.attempts = 0
        self.ident = None
        self.requestor = SimpleNamespace(address="192.0.2.7")
        self.is_established, self.accepted_contexts = False, list[Any]()
        self.dul = SimpleNamespace(receive_pdu=lambda wait: None)

    def associate(self, entity: Any, ip: str, port: int, **options: Any) -> "Peer":
        self.attempts, self.options = self.attempts + 1, {"ip": ip, "port": port, "ours": entity.ae_title, **options}
        handlers = dict(options["evt_handlers"])
        end = self.ends.pop(0) if self.ends else None
        self.is_established = end is None
        self.accepted_contexts = [] if self.offers else options["contexts"]
        if end != "closed":
            socket = SimpleNamespace(options=[], is_open=True)
            socket.setsockopt = lambda *option: socket.options.append(option)
            socket.close = lambda: setattr(socket, "is_open", False)
            self.connections.append(socket)
            self.dul.socket = SimpleNamespace(socket=socket)
            handlers[evt.EVT_CONN_OPEN](SimpleNamespace(assoc=self))
            if end is not None:
                received = handlers[evt.EVT_ACSE_RECV]
                self.dul.receive_pdu = lambda wait: received(SimpleNamespace(primitive=end))
        return self

    def _answers(self, *call: Any) -> Iterator[tuple[Dataset, Dataset | None]]:
        self.calls.append(call)
        for status, members in self.responses.pop(0):
            about = data_set({} if status is None else {"Status": status})
            if status not in (0xFF00, 0xFF01) and members:
                about.update(data_set(members))
            yield about, None if members is None else data_set(members)

    send_c_find = send_c_get = send_c_move = _answers

    def release(self) -> None:
        self.calls.append("release")

    def abort(self) -> None:
        self.calls.append("abort")


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    def archive(peer: Peer, method: Any = "cget") -> Archive:
        monkeypatch.setattr(
            "pynetdicom.ae.ApplicationEntity.associate", lambda self, *a, **o: peer.associate(self, *a, **o)
        )
        return Archive(PacsConfig(ip="192.0.2.1", port=104, aec="THEIRS", aet="OURS", method=method))

    return archive


def rejected(reason: int | None) -> A_ASSOCIATE:
    primitive = A_ASSOCIATE()
    primitive.result, primitive.result_source = 1, 1
    if reason is not None:
        primitive.diagnostic = reason
    return primitive


def files(*classes: str) -> list[Instance]:
    return [instance_of(SUBJECT, SERIES, f"{SERIES}.{number}", kind) for number, kind in enumerate(classes)]


# -- associations


def test_an_association_has_both_titles_and_its_connection_is_closed(connect: Any) -> None:
    peer = Peer()
    assert connect(peer).own_address() == "192.0.2.7"
    assert [peer.options[name] for name in ("ip", "port", "ours", "ae_title")] == ["192.0.2.1", 104, "OURS", "THEIRS"]
    assert [str(context.abstract_syntax) for context in peer.options["contexts"]] == [FIND]
    assert peer.calls == ["release"]
    (connection,) = peer.connections
    assert connection.options == [(6, 1, 1)]  # no waiting for more to send
    assert not connection.is_open


@pytest.mark.parametrize(
    ("ends", "attempts", "error", "message"),
    [
        ([A_P_ABORT(), A_P_ABORT(), None], 3, None, ""),
        ([A_P_ABORT()] * ATTEMPTS, 3, ConnectionLost, "ended the association before it began"),
        (["closed"], 1, ConnectFailed, "does not respond"),
        ([rejected(7)], 1, AuthError, "does not accept 'OURS': Called AE title not recognised"),
        ([A_P_ABORT(), rejected(7)], 2, AuthError, "does not accept 'OURS': Called AE title"),
        ([A_ASSOCIATE()], 1, ConnectionLost, "ended the association before it began"),
    ],
)
def test_only_a_connection_that_ends_without_a_response_is_repeated(
    connect: Any, ends: list[Any], attempts: int, error: type[OmicsError] | None, message: str
) -> None:
    peer = Peer(ends=ends)
    if error is None:
        connect(peer).own_address()
    else:
        with pytest.raises(error, match=f"The archive THEIRS at 192.0.2.1:104 {message}"):
            connect(peer).own_address()
    assert peer.attempts == attempts
    assert all(not connection.is_open for connection in peer.connections)


# -- queries


def test_instances_are_listed_series_by_series(connect: Any) -> None:
    series = [(0xFF00, {"SeriesInstanceUID": f"{SERIES}.{number}"}) for number in (1, 2)]
    images = [[(0xFF01, {"SOPInstanceUID": f"{SERIES}.{number}.1", "SOPClassUID": CT}), (0, None)] for number in (1, 2)]
    peer = Peer([*series, (0, None)], *images)
    found = list(connect(peer).instances([SUBJECT]))
    assert [(file.series, file.sop, file.sop_class) for file in found] == [
        (f"{SERIES}.{number}", f"{SERIES}.{number}.1", CT) for number in (1, 2)
    ]
    queries = [call[0] for call in peer.calls[:-1]]
    assert [query.QueryRetrieveLevel for query in queries] == ["SERIES", "IMAGE", "IMAGE"]
    assert [query.StudyInstanceUID for query in queries] == [STUDY] * 3
    assert [query.SeriesInstanceUID for query in queries] == ["", f"{SERIES}.1", f"{SERIES}.2"]
    assert {"SOPInstanceUID", "SOPClassUID"} <= set(queries[1].dir())
    assert {call[1] for call in peer.calls[:-1]} == {FIND}
    assert peer.calls[-1] == "release"


@pytest.mark.parametrize(
    ("responses", "message"),
    [
        ([(0, None)], f"The archive has no study {STUDY}"),
        (
            [(0xA700, {"ErrorComment": " full "})],
            f"The archive failed while listing the study {STUDY} (status 0xA700, failure: full)",
        ),
        ([(0xC001, None)], "(status 0xC001, failure)"),
        ([(0xFF00, None), (0, None)], "is not a DICOM identifier"),  # one that cannot be decoded
    ],
)
def test_a_study_that_cannot_be_listed_has_the_reason(connect: Any, responses: list[Scripted], message: str) -> None:
    (unlisted,) = connect(Peer(responses)).instances([SUBJECT])
    assert isinstance(unlisted, Unlisted)
    assert message in str(unlisted.error)


@pytest.mark.parametrize(
    ("peer", "error", "message"),
    [
        (Peer(offers="none"), TransferError, "does not answer queries (C-FIND)"),
        (Peer([(None, None)]), ConnectionLost, f"The archive did not respond while listing the study {STUDY}"),
    ],
)
def test_an_archive_that_answers_no_queries_ends_the_listing(
    connect: Any, peer: Peer, error: type[OmicsError], message: str
) -> None:
    with pytest.raises(error) as caught:
        list(connect(peer).instances([SUBJECT]))
    assert message in str(caught.value)


# -- retrievals


@pytest.mark.parametrize("method", ["cget", "cmove"])
def test_the_instances_of_a_series_are_requested_together(connect: Any, method: str) -> None:
    peer = Peer([(0xFF00, None), (0x0000, None)])
    error = connect(peer, method).retrieve(files(CT, MR), print, threading.Event())
    (request, *rest), end = peer.calls
    assert (request.QueryRetrieveLevel, request.StudyInstanceUID, request.SeriesInstanceUID) == ("IMAGE", STUDY, SERIES)
    assert list(request.SOPInstanceUID) == [f"{SERIES}.0", f"{SERIES}.1"]
    assert rest == (["OURS", MOVE] if method == "cmove" else [GET])
    assert end == "release"
    assert "did not send all instances (status 0x0000, success)" in str(error)
    assert ("It must reach this machine" in error.remedy) == (method == "cmove")


@pytest.mark.parametrize("method", ["cget", "cmove"])
def test_each_syntax_of_an_instance_has_a_context_of_its_own(connect: Any, method: str) -> None:
    peer = Peer([(0, None)])
    connect(peer, method).retrieve(files(MR, CT), print, threading.Event())
    contexts = [(str(context.abstract_syntax), list(context.transfer_syntax)) for context in peer.options["contexts"]]
    handled = [event for event, *_ in peer.options["evt_handlers"]]
    if method == "cmove":
        assert [kind for kind, _ in contexts] == [MOVE]
        assert (peer.options["ext_neg"], evt.EVT_C_STORE in handled) == ([], False)
        return
    assert contexts[0][0] == GET
    assert contexts[1:3] == [(CT, PLAIN), (MR, PLAIN)]
    compressed = contexts[3:]
    assert all(len(forms) == 1 for _, forms in compressed)
    assert [kind for kind, _ in compressed] == [CT, MR] * 18
    numbers = {str(forms[0]).removeprefix("1.2.840.10008.1.2.") for _, forms in compressed}
    jpegs = {f"4.{number}" for number in (50, 51, 57, 70, 80, 81, 90, 91)}
    others = {"5", "1.99", "4.201", "4.202", "4.203", "4.100", "4.102", "4.103", "4.106", "4.107"}
    assert numbers == jpegs | others
    assert [(str(role.sop_class_uid), role.scp_role) for role in peer.options["ext_neg"]] == [(CT, True), (MR, True)]
    assert evt.EVT_C_STORE in handled


@pytest.mark.parametrize("kinds", [("",), tuple(f"{CT}.{number}" for number in range(200))])
def test_an_association_has_at_most_128_contexts(connect: Any, kinds: tuple[str, ...]) -> None:
    peer = Peer([(0, None)])
    connect(peer).retrieve(files(*kinds), print, threading.Event())
    assert len(peer.options["contexts"]) == 128


@pytest.mark.parametrize(
    ("method", "response", "error", "message"),
    [
        (
            "cget",
            (0xB000, {"NumberOfFailedSuboperations": 2}),
            None,
            "did not send all instances (2 were not sent, status 0xB000",
        ),
        ("cget", (0xA702, {"ErrorComment": "disk"}), None, "failed to send instances (status 0xA702, failure: disk)"),
        ("cget", (0xA801, None), None, "failed to send instances (status 0xA801"),
        ("cmove", (0xA801, None), ConfigError, "does not know the title 'OURS', to which it must send (status 0xA801"),
        ("cget", (None, None), ConnectionLost, f"did not respond while sending the series {SERIES}"),
        ("cget", (0xFF00, None), TransferError, "ended its response too early"),
    ],
)
def test_the_last_response_states_why_instances_lack(
    connect: Any, method: str, response: Scripted, error: type[OmicsError] | None, message: str
) -> None:
    peer = Peer([(0xFF01, None), response])
    archive = connect(peer, method)
    if error is None:
        assert message in str(archive.retrieve(files(CT), print, threading.Event()))
        return
    with pytest.raises(error) as caught:
        archive.retrieve(files(CT), print, threading.Event())
    assert message in str(caught.value)
    assert peer.calls[-1] == "abort"


@pytest.mark.parametrize(("method", "name"), [("cget", "C-GET"), ("cmove", "C-MOVE")])
def test_a_retrieval_that_the_archive_does_not_offer_is_named(connect: Any, method: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"does not offer {name}"):
        connect(Peer(offers="none"), method).retrieve(files(CT), print, threading.Event())


def test_a_stop_ends_a_retrieval(connect: Any) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        connect(Peer([(0xFF00, None)])).retrieve(files(CT), print, stop)
