"""What ties a template of ours to one the vendor keeps."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .message_template import MessageTemplate
from .provider_account import ProviderAccount


class RegisteredTemplate(models.Model):
    template = models.OneToOneField(
        MessageTemplate, models.CASCADE, related_name="registered", verbose_name=_("定型文")
    )
    account = models.ForeignKey(ProviderAccount, models.CASCADE, verbose_name=_("接続先"))
    vendor_id = models.CharField(_("配信事業者の定型文"), max_length=100)  # its id, or its title where it has none
    version = models.PositiveIntegerField(default=1)  # of the text the two sides agreed in: a later one is ours alone
    fields = models.JSONField(default=dict)  # the vendor's name of a field -> ours

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "vendor_id"], name="registered_once_per_account")]

    def __str__(self) -> str:
        return self.vendor_id

    @property
    def is_current(self) -> bool:
        """Whether the text is still the one registered there."""
        return self.version == self.template.version


class FieldValues(models.Model):
    """What the fields of one message were filled with: pinned with its text, for the vendor fills them again."""

    message = models.OneToOneField("Message", models.CASCADE, primary_key=True, related_name="field_values")
    filled = models.JSONField(default=dict)  # the vendor's name of a field -> value

    def __str__(self) -> str:
        return str(self.pk)
