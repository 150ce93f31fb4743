"""The few characters that lead a recipient to their own refusal, without log-in: whose it is, and a keyed proof.

Letters and digits only: a phone may leave a last hyphen out of the link it makes. Thirteen of them, sixteen after
millions of campaigns; each is paid for with every message.
"""

import hashlib
import hmac
import string

FIELD = "配信停止URL"  # {{配信停止URL}} in a text becomes the address with the token
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
CONTACT_BITS = 32
PROOF_BYTES = 5  # a guess in 10¹² hits; the page counts wrong ones
LONGEST = 20


def make_token(key: bytes, campaign_id: int, contact_id: int) -> str:
    person = campaign_id << CONTACT_BITS | contact_id
    return _letters(person << 8 * PROOF_BYTES | int.from_bytes(_proof(key, person)))


def read_token(key: bytes, token: str) -> tuple[int, int] | None:
    """The campaign and the contact; None for what we did not make."""
    if len(token) > LONGEST or not token or any(letter not in ALPHABET for letter in token):
        return None
    number = 0
    for letter in token:
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    person, proof = divmod(number, 1 << 8 * PROOF_BYTES)
    if _letters(number) != token or not hmac.compare_digest(proof.to_bytes(PROOF_BYTES), _proof(key, person)):
        return None
    return divmod(person, 1 << CONTACT_BITS)


def _proof(key: bytes, person: int) -> bytes:
    return hashlib.blake2b(b"%d" % person, key=key, digest_size=PROOF_BYTES, person=b"opt-out").digest()


def _letters(number: int) -> str:
    letters: list[str] = []
    while number:
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(reversed(letters))
