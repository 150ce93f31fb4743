"""What a contact is found by: one narrow row a person, so that a million are read through in a fifth of a second.

Any part of a name or a number may be searched for, and no index that both databases have knows parts.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import StrIndex, Substr
from django.db.models.lookups import GreaterThan

from campaigns.rules.folding import SEPARATOR, fold
from campaigns.rules.phone_numbers import is_whole_mobile, to_domestic, typed_digits

from . import bulk
from .fields import RowKeyField

if TYPE_CHECKING:
    from .contact import Contact

FOUND_BY = ("name", "kana", "company", "department", "external_id", "email")
NUMBER_WIDTH = 14  # of the longest: the number stands in front, and can be left out by position
COLUMNS = {"phone": "text", "words": "text"}
# A path into JSON would not do: SQLite takes 店 and its escape for two names.
EACH_VALUE = {"postgresql": "jsonb_each_text", "sqlite": "json_each"}
# Parameters: the rows, and where it narrows, its own.
WRITE = """
INSERT INTO campaigns_contactindex (contact_id, phone, words)
SELECT c.id, c.phone, v.words FROM <rows> JOIN campaigns_contact c ON c.phone = v.phone WHERE <which>
ON CONFLICT (contact_id) DO UPDATE SET phone = excluded.phone, words = excluded.words
"""


def phone_like(typed: str, *, whole: bool = False) -> Q:
    """Numbers that contain these digits as they are dialled; nothing when it is not digits."""
    digits = typed_digits(typed)
    if not digits:
        return Q(pk__in=[])
    e164 = f"+81{digits.removeprefix('0')}"
    return Q(phone=e164) if whole else Q(phone__contains=digits) | Q(phone__startswith=e164)


def words_of(values: Mapping[str, Any]) -> str:
    """The number as dialled, then everything else folded, each between two separators."""
    texts = [values[name] for name in FOUND_BY if values.get(name)]
    folded = fold(SEPARATOR.join([*texts, *(values.get("attributes") or {}).values()]))
    return f"{to_domestic(values['phone']):<{NUMBER_WIDTH}}{SEPARATOR}{folded}{SEPARATOR}"


def _within(text: str, words: Any = "words") -> Q:
    """By position and not by LIKE, which takes half as long again on both databases."""
    return Q(GreaterThan(StrIndex(words, Value(text)), 0))


class ContactIndexQuerySet(models.QuerySet["ContactIndex"]):
    def search(self, text: str, *, whole_numbers: bool = False) -> "ContactIndexQuerySet":
        """By part of a number as it is typed, or of name, kana, company, id or a merge value, however it is spelt.

        `whole_numbers`: a number is found only by all its digits. By those it is found at once where it is somebody's.
        """
        folded, digits = fold(text), typed_digits(text)
        if not folded:
            return self
        if is_whole_mobile(text):
            owner = self.filter(contact__phone=f"+81{digits[1:]}")
            if owner.exists():
                return owner
        if whole_numbers:
            return self.filter(_within(folded, Substr("words", NUMBER_WIDTH + 1)) | phone_like(text, whole=True))
        found = _within(folded)
        return self.filter(found | _within(digits) if digits and digits != folded else found)

    def having(self, field: str, value: str) -> "ContactIndexQuerySet":
        """Whose merge field holds exactly this; the words narrow it to a few before any contact is opened."""
        pair = Func(Value(field), Value(value), template="(%(expressions)s)")
        holds = Func(
            F("contact__attributes"),
            pair,
            template=f"EXISTS (SELECT 1 FROM {EACH_VALUE[connection.vendor]}(%(expressions)s)",  # noqa: S608  a name of our own
            arg_joiner=") WHERE (key, value) = ",
            output_field=models.BooleanField(),
        )
        return self.filter(_within(f"{SEPARATOR}{fold(value)}{SEPARATOR}"), holds)

    def write(self, people: "Iterable[Contact]") -> None:
        """Of people just stored."""
        rows = [{"phone": person.phone, "words": words_of(vars(person))} for person in people]
        if rows:
            self._write("1 = 1", [bulk.packed(rows)])

    def write_packed(self, people: str, made_at: datetime) -> None:
        """Of those among packed people who were added at this moment; each names its `words`."""
        self._write("c.created_at = %s", [people, bulk.moment(made_at)])

    def _write(self, which: str, parameters: list[Any]) -> None:
        statement = WRITE.replace("<rows>", bulk.packed_table(COLUMNS)).replace("<which>", which)
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)


class ContactIndex(models.Model):
    contact = RowKeyField("Contact", models.CASCADE, primary_key=True, related_name="found_by")
    phone = models.CharField(max_length=16)
    words = models.TextField()  # folded

    objects = ContactIndexQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)
