"""A phone at the kiosk without a browser: makes a key, fetches tickets and signs as kiosk-key.js does.

phone = Phone(requests.Session(), "https://localhost:4545")   # its cookies hold the kiosk pass
phone.check_in("15203A0042", jpeg, "CO6GA")["outcome"]
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


class Refused(Exception):
    """The site answered with another status than 200; `status` and `sentence` say which and why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status, self.sentence = status, sentence


class Phone:
    """Sends check-ins over `client`, which has a kiosk pass among its cookies.

    `client` has `get(url, headers=…)` and `post(url, data=…, files=…, headers=…)` as requests.Session has;
    their answers have `status_code`, `text` and `json()`. The key is bound to the pass at the first request.
    """

    def __init__(self, client: Any, base_url: str = "") -> None:
        self.client, self.base_url = client, base_url
        self.key = ec.generate_private_key(ec.SECP256R1())
        self._csrf_token: str | None = None

    def open(self) -> None:
        """Load the kiosk's page and bind the pass to this phone's key. Raises Refused."""
        page = self.client.get(f"{self.base_url}/kiosk", headers={})
        found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
        if page.status_code != 200 or found is None:
            raise Refused(page.status_code, "there is no kiosk here")
        self._csrf_token = found[1]
        self._post("/kiosk/key", {"public_key": self.public_key}, signature="")

    @property
    def public_key(self) -> str:
        """The public half, SPKI in base64."""
        encoding = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(self.key.public_key().public_bytes(*encoding)).decode()

    def sign(self, *words: str) -> str:
        """Sign an address and what belongs to it: r and s, 32 bytes each, in base64."""
        der = self.key.sign("\n".join(words).encode(), ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        return base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()

    def status(self) -> dict[str, Any]:
        """The lecture's state and the counter. Raises Refused."""
        path = "/kiosk/status"
        return _told(self.client.get(f"{self.base_url}{path}", headers=self._headers(self.sign(path))))

    def fetch_ticket(self) -> str:
        """A fresh ticket. Raises Refused."""
        if self._csrf_token is None:
            self.open()
        return str(self._post("/kiosk/ticket", {}, signature=self.sign("/kiosk/ticket"))["ticket"])

    def check_in(self, roll_id: str, photo: bytes | None, class_code: str, **changes: str) -> dict[str, Any]:
        """Send one check-in, with a ticket and an idempotency key of its own unless they are given.

        `changes` replace fields of the form after it was signed. Raises Refused.
        """
        return self._send("/kiosk/check-in", roll_id, photo, class_code, changes)

    def call_teacher(self, roll_id: str, photo: bytes, class_code: str, **changes: str) -> dict[str, Any]:
        """Let the teacher decide, like `check_in`."""
        return self._send("/kiosk/call", roll_id, photo, class_code, changes)

    def turn_head(
        self, roll_id: str, photo: bytes, class_code: str, *, turn_of: str, frames: Sequence[bytes]
    ) -> dict[str, Any]:
        """Send the film that the request with the key `turn_of` was answered with, like `check_in`."""
        path = "/kiosk/turn"
        request = self.write(path, roll_id, photo, class_code, film=(turn_of, frames))
        return _told(self.client.post(f"{self.base_url}{path}", **request))

    def say_yes(
        self, asked_key: str, photo: bytes, *, ticket: str = "", key: str = "", **sent: str
    ) -> dict[str, Any]:
        """Say Yes to the name that the request with this key was answered with, like `check_in`.

        `sent_…` replace fields after they were signed.
        """
        path, digest = "/kiosk/yes", hashlib.sha256(photo).hexdigest()
        fields = {
            "ticket": ticket or self.fetch_ticket(),
            "idempotency_key": key or str(uuid4()),
            "photo_digest": digest,
            "yes_to": asked_key,
        }
        signature = self.sign(path, *fields.values())
        changed = {name.removeprefix("sent_"): value for name, value in sent.items()}
        return self._post(path, {**fields, **changed}, signature=signature)

    def _send(
        self, path: str, roll_id: str, photo: bytes | None, class_code: str, changes: dict[str, str]
    ) -> dict[str, Any]:
        request = self.write(path, roll_id, photo, class_code, **changes)
        return _told(self.client.post(f"{self.base_url}{path}", **request))

    def write(
        self,
        path: str,
        roll_id: str,
        photo: bytes | None,
        class_code: str,
        *,
        film: tuple[str, Sequence[bytes]] | None = None,
        **changes: str,
    ) -> dict[str, Any]:
        """What is posted to `path`, signed: data, files and headers, as requests takes them."""
        fields = {
            "ticket": changes.pop("ticket", None) or self.fetch_ticket(),
            "idempotency_key": changes.pop("idempotency_key", None) or str(uuid4()),
            "class_code": class_code,
            "roll_id": roll_id,
        }
        digest = hashlib.sha256(photo or b"").hexdigest()
        signed = [fields["ticket"], fields["idempotency_key"], digest, class_code, roll_id]
        files: Any = None if photo is None else {"photo": ("photo.jpg", photo, "image/jpeg")}
        if film is not None:
            fields["turn_of"], frames = film
            signed += [fields["turn_of"], *(hashlib.sha256(frame).hexdigest() for frame in frames)]
            files = [*files.items(), *(("frame", ("frame.jpg", frame, "image/jpeg")) for frame in frames)]
        headers = self._headers(self.sign(path, *signed))
        return {"data": {**fields, **changes}, "files": files, "headers": headers}

    def _post(self, path: str, fields: dict[str, str], *, signature: str) -> dict[str, Any]:
        headers = self._headers(signature)
        return _told(self.client.post(f"{self.base_url}{path}", data=fields, files=None, headers=headers))

    def _headers(self, signature: str) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "Referer": f"{self.base_url}/",
            "X-CSRFToken": self._csrf_token or "",
            "X-Kiosk-Signature": signature,
        }


def _told(answer: Any) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    if answer.status_code != 200:
        raise Refused(answer.status_code, str(told.get("error")))
    return told
