"""Every vendor the portal speaks to, listed by hand."""

from .base import Provider
from .zettai_reach import ZettaiReach

PROVIDERS: dict[str, type[Provider]] = {provider.slug: provider for provider in (ZettaiReach,)}
