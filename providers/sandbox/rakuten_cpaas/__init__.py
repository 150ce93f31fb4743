"""Stand-in for Rakuten Symphony CPaaS: SMS HTTP API, Report API and Short URL API, from the vendor's documents."""

from .api import RakutenCpaas

__all__ = ["RakutenCpaas"]
