"""Keeps the versions of the spoof check's last layer, and puts one of them into use."""

import hashlib
from typing import Any

from shared.domain.languages import phrase
from shared.errors import Conflict, ModelUnavailable, NotFound
from shared.persistence import spoof
from shared.persistence.database import Session
from shared.persistence.tables import SpoofActivation, SpoofVersion
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox


def is_worse(card: dict[str, Any]) -> bool:
    """Tell whether a version makes more mistakes than the one it was trained from: APCER and BPCER
    together."""
    before, after = card["before"], card["after"]
    return bool(after["apcer"] + after["bpcer"] > before["apcer"] + before["bpcer"])


def add_version(toolbox: Toolbox, actor: Actor, heads: bytes, card: dict[str, Any]) -> int:
    """Keep a last layer that was trained elsewhere, once, and give its id.

    Raise ModelUnavailable if it is damaged or was trained for other networks.
    """
    toolbox.spoof_detector.open_trained(heads)
    with toolbox.sessions.begin() as session:
        return keep_version(toolbox, session, actor, heads, card).id


def keep_version(
    toolbox: Toolbox, session: Session, actor: Actor, heads: bytes, card: dict[str, Any]
) -> SpoofVersion:
    """Write a last layer, sealed, unless it is known already; the caller commits."""
    digest = hashlib.sha256(heads).hexdigest()
    known = spoof.find_version_by_digest(session, digest)
    if known is not None:
        return known
    version = SpoofVersion(
        digest=digest,
        sealed_heads=b"",
        card=card,
        trained_at=toolbox.now(),
        activations=[],
        mistakes=[],
    )
    session.add(version)
    session.flush()
    version.sealed_heads = toolbox.sealer.seal(heads, purpose=purposes.spoof_version(version.id))
    audit.record(session, toolbox, actor, "add spoof version", _name(version), after=_rates(card))
    return version


def _rates(card: dict[str, Any]) -> dict[str, Any]:
    return {rate: card["after"][rate] for rate in ("apcer", "bpcer", "auc")} if card else {}


def activate(toolbox: Toolbox, actor: Actor, version_id: int | None, *, even_if_worse: bool = False) -> None:
    """Put a version into use on all machines, or with None the shipped one again.

    Raise NotFound; ModelUnavailable if it cannot be used; and Conflict if it is in use already, or, unless
    `even_if_worse`, if its first use would be a step back: its card is missing, or shows more mistakes than
    the version made that was in use when it was trained.
    """
    with toolbox.sessions.begin() as session:
        earlier = spoof.find_activation(session)
        version = None if version_id is None else _find(session, version_id)
        if (earlier.version_id if earlier else None) == version_id:
            raise Conflict(phrase("This version is in use already."))
        if version is not None:
            toolbox.spoof_detector.open_trained(_open_heads(toolbox, version))
            if not version.activations and not even_if_worse:
                _refuse_a_step_back(version.card)
            spoof.delete_mistakes(session, version.id)
        session.add(SpoofActivation(version_id=version_id, activated_at=toolbox.now()))
        before = {"version": _name(earlier.version if earlier else None)}
        after = {"version": _name(version), "even_if_worse": even_if_worse}
        audit.record(
            session, toolbox, actor, "activate spoof version", _name(version), before=before, after=after
        )


def _name(version: SpoofVersion | None) -> str:
    return version.digest[:8] if version else "shipped"


def _refuse_a_step_back(card: dict[str, Any]) -> None:
    if not card:
        raise Conflict(phrase("This version has no card that says how good it is."))
    if is_worse(card):
        raise Conflict(phrase("This version makes more mistakes than the one it was trained from."))


def decline(toolbox: Toolbox, actor: Actor, version_id: int) -> None:
    """Delete a version that was never in use, with its mistakes. Raise NotFound, and Conflict if it was."""
    with toolbox.sessions.begin() as session:
        version = _find(session, version_id)
        if version.activations:
            raise Conflict(phrase("This version has been in use, so it is kept."))
        session.delete(version)
        audit.record(
            session, toolbox, actor, "decline spoof version", _name(version), before=_rates(version.card)
        )


def open_mistake(toolbox: Toolbox, mistake_id: int) -> bytes:
    """Return a small JPEG of a picture that a version got wrong. Raise NotFound."""
    with toolbox.reading() as session:
        mistake = spoof.find_mistake(session, mistake_id)
    if mistake is None:
        raise NotFound(phrase("This picture was deleted."))
    try:
        return toolbox.sealer.open(mistake.sealed_picture, purpose=purposes.spoof_mistake(mistake.version_id))
    except BrokenSeal as cause:
        raise NotFound(phrase("This picture was altered in the database.")) from cause


def find_fault(toolbox: Toolbox) -> str | None:
    """Return why the camera check judges nobody now, as a sentence; None if it does."""
    try:
        _ = toolbox.spoof_detector.limits
    except ModelUnavailable as fault:
        return str(fault)
    return None


def _find(session: Session, version_id: int) -> SpoofVersion:
    version = spoof.find_version(session, version_id)
    if version is None:
        raise NotFound(phrase("There is no such version."))
    return version


def _open_heads(toolbox: Toolbox, version: SpoofVersion) -> bytes:
    try:
        return toolbox.sealer.open(version.sealed_heads, purpose=purposes.spoof_version(version.id))
    except BrokenSeal as cause:
        raise ModelUnavailable(phrase("This version was altered in the database.")) from cause
