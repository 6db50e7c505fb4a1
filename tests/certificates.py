"""A certificate authority of the tests' own, and what it signs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Signs certificates; its own is in `ca_file`."""

    def __init__(self, folder: Path, name: str = "tests") -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(f"authority of the {name}")
        made = _certificate(self._name, self._name, self._key.public_key(), authority=True)
        self.ca_file = folder / f"{name}-ca.pem"
        self.ca_file.write_bytes(_pem(made.sign(self._key, hashes.SHA256())))

    def issue(self, host: str) -> tuple[Path, Path]:
        """The files of a certificate for that host, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(_named(host), self._name, key.public_key(), authority=False)
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        signed = made.add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        certificate, secret = self.folder / f"{host}.pem", self.folder / f"{host}.key"
        certificate.write_bytes(_pem(signed))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate, secret


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
