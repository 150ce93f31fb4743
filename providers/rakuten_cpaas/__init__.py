"""Rakuten Symphony CPaaS, SMS HTTP API: several messages per request, a token for a quarter of an hour.

RK-A… are the numbered assumptions of the vendor's fact sheet: what its documents leave open and we settled ourselves.
"""

from .adapter import RakutenCpaas

__all__ = ["RakutenCpaas"]
