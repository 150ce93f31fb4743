"""Karaden SMS API: one message per request, a bearer token per project, and a version that every call names.

KD-A… are the numbered assumptions of the vendor's fact sheet: what its documents leave open and we settled ourselves.
"""

from .adapter import Karaden

__all__ = ["Karaden"]
