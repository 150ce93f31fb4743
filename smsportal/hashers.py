"""Argon2 with OWASP's smaller set of costs: 19 MiB and two passes, about 30 ms a log-in."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    memory_cost = 19_456
    time_cost = 2
    parallelism = 1
