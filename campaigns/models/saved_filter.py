from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedFilter(models.Model):
    """A narrowed list under a name of one user's own; the query is what stands in the address."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    screen = models.CharField(max_length=40, default="contact_list")  # the list's URL by its name
    name = models.CharField(_("名前"), max_length=50)
    query = models.CharField(max_length=1000)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "screen", "name"], name="filter_name_once_per_user")]

    def __str__(self) -> str:
        return self.name
