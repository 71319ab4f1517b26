"""Certificates that signed themselves, as fixtures for the conftests that import them."""

import datetime
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest


class Certificate:
    """A certificate that signed itself.

    Args:
        folder: Where its files go.
        names: The names that it is for, instead of 127.0.0.1.
        days: For how many days from now it holds.

    Attributes:
        pem: Its file.
        key: The file of its key.
        context: What a server needs of it.
    """

    def __init__(self, folder: Path, names: tuple[str, ...] = (), days: int = 1) -> None:
        x509 = pytest.importorskip("cryptography.x509")
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "test")])
        until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
        alternatives = [x509.DNSName(name) for name in names] or [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        signed = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(until - datetime.timedelta(days=3))
            .not_valid_after(until)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.pem, self.key = folder / "certificate.pem", folder / "key.pem"
        self.pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        encoded = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.key.write_bytes(key.private_bytes(*encoded))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.pem, self.key)


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[..., Certificate]:
    """Makes certificates."""
    return lambda *names, days=1: Certificate(tmp_path, names, days)
