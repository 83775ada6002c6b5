"""Throw-away certificates for 127.0.0.1, made for one test."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Issuer:
    """A name and the key that it signs with."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey


def issuer(name: str) -> Issuer:
    return Issuer(_named(name), ec.generate_private_key(ec.SECP256R1()))


def write_ca(path: Path, ca: Issuer) -> Path:
    """The certificate that clients trust."""
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    built = _builder(ca.name, ca.key, ca).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    signed = built.add_extension(usage, critical=True).sign(ca.key, hashes.SHA256())
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return path


def write_server(
    path: Path, signer: Issuer | None, days: int = 1, host: str = "127.0.0.1", dns: str | None = None
) -> Path:
    """A server's key and certificate in one file; without a signer it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named("timed server")
    own = signer or Issuer(name, key)
    address = x509.SubjectAlternativeName([x509.DNSName(dns) if dns else x509.IPAddress(IPv4Address(host))])
    built = _builder(name, key, own, days).add_extension(address, critical=False)
    signed = built.sign(own.key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


def _builder(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, signer: Issuer, days: int = 1
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(signer.name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=days))
        # Python 3.13 wants both
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(signed_by, critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
