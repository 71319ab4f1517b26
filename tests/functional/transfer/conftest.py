"""A server that breaks on demand, and a clock that tests move."""

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import Any

import pytest
from breakable import clock as clock
from breakable import fault as fault
from breakable import leftovers as leftovers
from breakable import noise as noise
from breakable import server as server
from breakable import target as target
from small_cells import small_cells as small_cells
from small_cells import small_etag_parts as small_etag_parts
from small_cells import small_parts as small_parts
from small_cells import usual_cells as usual_cells


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: Any) -> tuple[Path, ssl.SSLContext]:
    """A certificate of an authority that nobody knows, and a server's context with it."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return pem, context
