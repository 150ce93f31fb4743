"""Rooms of `manage.py benchmark`: each module measures one thing. See ROOMS in commands/benchmark.py."""
