"""Refusals that are shown to the person who asked."""


class InvalidInput(ValueError):  # noqa: N818 - the word of the house for it
    """This input cannot be used. `code` is stable; `context` fills the sentence shown for it."""

    def __init__(self, code: str, **context: object) -> None:
        super().__init__(code)
        self.code = code
        self.context = context


class RuleError(Exception):
    """Not allowed now; the text is the sentence the view shows, already in the reader's language."""
