"""絶対リーチ！SMS (AI CROSS), HTTP API 1.4.7: one message per request, two parameters instead of a log-in.

ZR-A… are the numbered assumptions of the vendor's fact sheet: what its documents leave open and we settled ourselves.
"""

from .adapter import ZettaiReach

__all__ = ["ZettaiReach"]
