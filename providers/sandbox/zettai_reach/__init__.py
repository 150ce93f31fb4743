"""Stand-in for AI CROSS 絶対リーチ!SMS, HTTP API 1.4.7, written from the vendor's documents."""

from .api import ZettaiReach

__all__ = ["ZettaiReach"]
