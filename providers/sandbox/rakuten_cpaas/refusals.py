"""How the vendor says no: a result code, the HTTP status that goes with it, and a text nobody should branch on."""

from typing import Any

# Codes whose HTTP status is not 400; the vendor's two tables are matched by their meanings.
STATUSES = {-4: 415, -3: 406, -2: 405, -1: 500, 1: 429, 2: 401, 99: 500, 110: 403, 112: 403, 201: 500}
TEXTS = {
    -4: "Unsupported Media Type",
    -3: "Not Acceptable",
    -2: "HTTP method not allowed",
    -1: "There has been an internal error!",
    1: "Submit rate exceeded",
    2: "Authentication Failure",
    99: "Timed out while submitting, aborted",
    100: "Un-parsable Request Document",
    101: "The from field is missing or invalid",
    102: "The to field is missing or invalid",
    103: "The message_type field is missing or invalid",
    104: "The text is too long",
    105: "The validity period is invalid",
    106: "The message_class is invalid",
    107: "The message_waiting_indicator is invalid",
    108: "The delivery receipt URL is invalid",
    110: "The API key is not of channel HTTP",
    111: "The destination is not on the allow-list",
    112: "This function is not enabled for the account",
    113: "The destination is on the block-list",
    114: "The custom_callback_url is too long",
    200: "No route to the destination",
    201: "Submission failed",
}
# The vendor prints no codes for templates; these are ours, so that callers meet codes they have never seen.
UNKNOWN_TEMPLATE, MISSING_SUBSTITUTION = 120, 121

METHOD_NOT_ALLOWED, THROTTLED, UNAUTHENTICATED, UNREADABLE = -2, 1, 2, 100
WRONG_CHANNEL, NOT_ENABLED = 110, 112


class RefusalError(Exception):
    """`status` and `text` only where the code means something else than in the SMS API."""

    def __init__(self, code: int, *, status: int = 0, text: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.status = status or STATUSES.get(code, 400)
        self.text = text or TEXTS.get(code, "Refused")
        self.reference = ""

    def element(self) -> dict[str, Any]:
        """As one element of an answer to many."""
        fields: dict[str, Any] = {"result_code": self.code, "result_message": self.text}
        return {**fields, "client_reference": self.reference} if self.reference else fields

    def body(self) -> dict[str, Any]:
        """As an answer of its own, where the vendor writes the code as a string."""
        return {**self.element(), "result_code": str(self.code)}
