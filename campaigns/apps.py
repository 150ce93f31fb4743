from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _

from .checks import check_queue_clock


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("SMS配信")

    def ready(self) -> None:
        register(check_queue_clock)
