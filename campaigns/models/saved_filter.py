from collections.abc import Iterable
from urllib.parse import parse_qs

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.rules.folding import fold
from campaigns.rules.phone_numbers import typed_digits


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def forget(self, facts: Iterable[str]) -> None:
        """Whichever looks for exactly one of these facts about a person, a number being given as dialled."""
        about = {fold(fact) for fact in facts if fact}
        naming = [saved.pk for saved in self.iterator() if about & {fold(saved.wanted), typed_digits(saved.wanted)}]
        self.filter(pk__in=naming).delete()


class SavedFilter(models.Model):
    """A narrowed list under a name of one user's own; the query is what stands in the address."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    screen = models.CharField(max_length=40, default="contact_list")  # the list's URL by its name
    name = models.CharField(_("名前"), max_length=50)
    query = models.CharField(max_length=1000)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "screen", "name"], name="filter_name_once_per_user")]

    def __str__(self) -> str:
        return self.name

    @property
    def wanted(self) -> str:
        """What is searched for, as it was typed."""
        return parse_qs(self.query).get("q", [""])[0]
