"""Properties are checked by what they find, not by how long a busy machine takes for one example."""

from hypothesis import settings

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")
