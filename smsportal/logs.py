"""What may stand in a log."""

import logging
import re

WEBHOOK = re.compile(r"/hooks/\S+")


class WithoutKeys(logging.Filter):
    """The address of a webhook is its own key, and Django names the address of whatever failed."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if WEBHOOK.search(text):
            record.msg, record.args = WEBHOOK.sub("/hooks/…", text), None
        return True
