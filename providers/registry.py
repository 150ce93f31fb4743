"""Every vendor the portal speaks to, listed by hand."""

from .base import Provider
from .karaden import Karaden
from .rakuten_cpaas import RakutenCpaas
from .zettai_reach import ZettaiReach

PROVIDERS: dict[str, type[Provider]] = {provider.slug: provider for provider in (ZettaiReach, RakutenCpaas, Karaden)}
