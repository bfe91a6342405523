"""Worlds: accounts as AWS would answer about them, for ``tests/fakeaws`` to serve."""
