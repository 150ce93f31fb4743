"""Django's own makemessages, which also finds texts marked with the two short names used in this project."""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    # Where one file needs the text at once and the text kept for later, the second goes by _l or _t.
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=_l", "--keyword=_t"]
    # No guesses: a text without a translation stays empty, and the test of the catalogue says so.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
