"""管理: configuration only. What clerks and accountants do all day has screens of its own."""

from . import site  # first: it clears the site of what other packages registered

# isort: split
from . import accounts, ledgers, organisation, people

__all__ = ["accounts", "ledgers", "organisation", "people", "site"]
