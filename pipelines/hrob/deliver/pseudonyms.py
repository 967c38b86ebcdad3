"""Names for births that tell nothing about them, and that nobody can compute without the key."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from hrob.step import Refused

KEY_BYTES = 32


def read_or_make_key(path: Path) -> bytes:
    """32 bytes, in hexadecimal in a file that only its owner reads; made when it is first needed, once.

    Whoever loses the file gives every birth another name from then on.
    """
    if not path.exists():
        make_key(path)
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise Refused(f"{path} holds no key; put {2 * KEY_BYTES} hexadecimal digits into it, for example by `openssl rand -hex 32`")
    return key


def make_key(path: Path) -> None:
    """Of several who make it at once, one wins; a reader never finds half a key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    made.unlink()


def of_partner(key: bytes, partner: str) -> bytes:
    """A key for each partner, so that two of them cannot join what they were given."""
    return hmac.digest(key, f"partner {partner}".encode(), "sha256")


def pseudonyms(key: bytes, ids: Iterable[str]) -> list[str]:
    """HMAC-SHA256 of each id, its first 128 bits in hexadecimal."""
    return [hmac.digest(key, id.encode(), "sha256")[:16].hex() for id in ids]


def fingerprint(key: bytes) -> str:
    """Tells keys apart without telling them."""
    return hashlib.sha256(b"fingerprint" + key).hexdigest()[:16]
