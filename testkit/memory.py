"""An object store in memory, for tests that do not need S3."""

import threading
from collections.abc import Iterator

from fairlead.errors import NotFoundError


class Memory:
    """A store whose put_new is atomic, like S3's conditional put."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes:
        if key not in self.objects:
            raise NotFoundError(key)
        return self.objects[key]

    def put_new(self, key: str, data: bytes) -> bool:
        with self._lock:
            if key in self.objects:
                return False
            self.objects[key] = data
            return True

    def rewritten(self, prefix: str) -> list[str]:  # noqa: ARG002 - it remembers nothing
        return []

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        return iter(sorted(key for key in list(self.objects) if key.startswith(prefix) and key > after))
