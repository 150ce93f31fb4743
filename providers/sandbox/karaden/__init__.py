"""Stand-in for Karaden SMS API, versions 2023-01-01 to 2024-03-01, written from the vendor's documents."""

from .api import Karaden

__all__ = ["Karaden"]
