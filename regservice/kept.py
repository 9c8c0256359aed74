"""What is kept in memory: found again by the version it was made from, never by time, so it cannot be out of date.

Each application keeps its own, bounded. Inside a writing transaction nothing is looked up or kept: what is read there
may never be committed.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar, cast

from cachetools import LRUCache
from flask import current_app

from regservice.db import is_writing

V = TypeVar("V")


class Kept(Generic[V]):
    """Values of one kind by their versions; the one that was not asked for longest goes first."""

    def __init__(self, name: str, *, most: int, size: Callable[[V], int] | None = None) -> None:
        self._name = name
        self._most = most
        self._size = size
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of this key, made when it is not there. `make` runs without the lock, at worst twice at once."""
        if is_writing():
            return make()
        values = self._values()
        with self._lock:
            found = values.get(key)
        if found is None:
            found = make()
            with self._lock:
                # A value larger than all that may be kept is not kept.
                if values.getsizeof(found) <= values.maxsize:
                    values[key] = found
        return found

    def find(self, key: Hashable) -> V | None:
        """What is kept under this key, also inside a transaction: for who knows that it changes nothing of this."""
        values = self._values()
        with self._lock:
            return values.get(key)

    def _values(self) -> "LRUCache[Hashable, V]":
        every = current_app.extensions.setdefault("regservice_kept", {})
        if self._name not in every:
            every.setdefault(self._name, LRUCache(self._most, getsizeof=self._size))
        return cast("LRUCache[Hashable, V]", every[self._name])
