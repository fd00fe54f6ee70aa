"""The small certificate authority that lets phones on the school's network use the camera.

Browsers give a page the camera only over HTTPS, and no public authority signs for an address
such as 192.168.1.20. So the first start makes an authority, kept in `instance/tls`; it signs
the sites' certificate, again whenever the machine's addresses change. The authority may sign
for this machine's own names and the networks it is on, for servers only, and for two years: a phone
that trusts it trusts nothing else by it.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from launcher.privileges import User
from shared.errors import SettingsError

AUTHORITY_LIFE = timedelta(days=730)
SERVER_LIFE = timedelta(days=397)  # phones refuse server certificates that live longer than 398 days
RENEW_BEFORE = timedelta(days=30)
RENEW_AUTHORITY_BEFORE = timedelta(days=60)  # so that what it signs never lives shorter than the above
CLOCK_SKEW = timedelta(days=1)  # a phone's clock may be behind ours

_NAMED = "Attendance at "
LOOPBACK_NETWORK = IPv4Network("127.0.0.0/8")


def ensure_certificate(
    tls_dir: Path,
    names: Sequence[str],
    addresses: Sequence[IPv4Address],
    *,
    networks: Sequence[IPv4Network] = (),
    reader: User | None = None,
) -> Path:
    """Return the PEM file (key, then certificate) the sites serve, valid for all names and addresses.

    What exists is kept while it is good for another thirty days and covers them all; the
    authority's public half is `authority.crt` beside it. An authority made anew may sign for these names,
    `networks` and this machine alone. `reader` is who runs the sites, where that is somebody else: what they
    serve is theirs to read, the authority's key is not. A damaged file is made anew. Raise SettingsError for
    a folder that is not ours, and for a clock that stands before the authority's first day.
    """
    tls_dir.mkdir(mode=0o700, exist_ok=True)
    if reader is not None:
        if tls_dir.is_symlink() or tls_dir.stat().st_uid != os.geteuid():
            raise SettingsError(
                f"{tls_dir} must belong to root alone. Please look who made it, and remove it."
            )
        tls_dir.chmod(0o711)
    authority, authority_key = _ensure_authority(tls_dir, names, addresses, networks)
    path = tls_dir / "server.pem"
    if not _serves(path, authority, names, addresses):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign_server(authority, authority_key, key.public_key(), names, addresses)
        _write_private(path, _pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
    if reader is not None:
        for served in (path, tls_dir / "authority.crt"):
            os.chown(served, reader.uid, reader.gid)
    return path


def is_foreign(path: Path) -> bool:
    """Tell whether a file holds a certificate that no authority of ours issued; a damaged one is ours."""
    certificate = _read_certificate(path)
    return certificate is not None and not certificate.issuer.rfc4514_string().startswith(f"CN={_NAMED}")


def _ensure_authority(
    tls_dir: Path,
    names: Sequence[str],
    addresses: Sequence[IPv4Address],
    networks: Sequence[IPv4Network],
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    path, public_path = tls_dir / "authority.pem", tls_dir / "authority.crt"
    if (kept := _read_pair(path)) is not None:
        authority, key = kept
        _require_later_clock(authority, tls_dir)
        if _may_sign(authority, names, addresses):
            if _read_certificate(public_path) != authority:
                _write_private(public_path, authority.public_bytes(serialization.Encoding.PEM))
            return authority, key
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _make_authority(key, names, addresses, networks)
    public = authority.public_bytes(serialization.Encoding.PEM)
    _write_private(path, _pem(key) + public)
    _write_private(public_path, public)
    return authority, key


def _read_pair(path: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    """Return a certificate and its own key; None where the file is missing, cut, damaged or a mixture of
    two."""
    certificate = _read_certificate(path)
    if certificate is None:
        return None
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    fits = isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == certificate.public_key()
    return (certificate, key) if fits else None  # type: ignore[return-value]


def _read_certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _require_later_clock(authority: x509.Certificate, tls_dir: Path) -> None:
    """Raise SettingsError if the clock stands before the authority's first day.

    Made anew it would be wrong again as soon as the clock is right, and every phone that trusts it would have
    to be told of the new one.
    """
    now, begins_at = datetime.now(UTC), authority.not_valid_before_utc
    if now < begins_at:
        raise SettingsError(
            f"This machine's clock says {now:%d %B %Y, %H:%M} UTC, which is before the first day of this "
            f"school's certificate, {begins_at:%d %B %Y}. Set the clock (sudo timedatectl set-ntp true) and "
            f"start again; if the clock is right, it was wrong when {tls_dir} was made: remove that folder."
        )


def _make_authority(
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    addresses: Sequence[IPv4Address],
    networks: Sequence[IPv4Network] = (),
) -> x509.Certificate:
    own_networks = [LOOPBACK_NETWORK, *(each for each in networks if not each.is_loopback)]
    alone = [
        IPv4Network(address)
        for address in addresses
        if not any(address in network for network in own_networks)
    ]
    permitted: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    permitted += [x509.IPAddress(network) for network in [*own_networks, *alone]]
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"{_NAMED}{names[1 if names[1:] else 0]}"[:64])]
    )
    public_key = key.public_key()
    return (
        _dated(AUTHORITY_LIFE)
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .sign(key, hashes.SHA256())
    )


def _sign_server(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    public_key: ec.EllipticCurvePublicKey,
    names: Sequence[str],
    addresses: Sequence[IPv4Address],
) -> x509.Certificate:
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    alternatives += [x509.IPAddress(address) for address in addresses]
    return (
        _dated(SERVER_LIFE, until=authority.not_valid_after_utc)
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Classroom attendance")]))
        .issuer_name(authority.subject)
        .public_key(public_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )


def _may_sign(authority: x509.Certificate, names: Sequence[str], addresses: Sequence[IPv4Address]) -> bool:
    """Tell whether the authority is one of ours today and may sign for these names and addresses."""
    if not any(isinstance(each.value, x509.ExtendedKeyUsage) for each in authority.extensions):
        return False  # an earlier version's, which might sign for all private networks, for ten years
    permitted = (
        authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    )
    parents = [entry.value for entry in permitted if isinstance(entry, x509.DNSName)]
    networks = [entry.value for entry in permitted if isinstance(entry.value, IPv4Network)]
    return (
        authority.not_valid_after_utc > datetime.now(UTC) + RENEW_AUTHORITY_BEFORE
        and all(any(_is_under(name, parent) for parent in parents) for name in names)
        and all(any(address in network for network in networks) for address in addresses)
    )


def _serves(
    path: Path, authority: x509.Certificate, names: Sequence[str], addresses: Sequence[IPv4Address]
) -> bool:
    if (kept := _read_pair(path)) is None:
        return False
    certificate, now = kept[0], datetime.now(UTC)
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE
        and _is_signed_by(certificate, authority)
        and set(names) <= set(alternatives.get_values_for_type(x509.DNSName))
        and set(addresses) <= set(alternatives.get_values_for_type(x509.IPAddress))
    )


def _is_signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, InvalidSignature):
        return False
    return True


def _dated(life: timedelta, *, until: datetime | None = None) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    ends_at = now - CLOCK_SKEW + life
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(min(ends_at, until) if until else ends_at)
    )


def _is_under(name: str, parent: str) -> bool:
    return name == parent or name.endswith("." + parent)


def _key_usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_private(path: Path, content: bytes) -> None:
    """Write the file whole or not at all, readable by its owner only from its first byte on."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
