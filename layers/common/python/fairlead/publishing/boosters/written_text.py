"""Take a text from a library that writes it to a path only, where the process may write no file."""

import ctypes
import os
import threading
from collections.abc import Callable


def written_text(write: Callable[[str], None]) -> str:
    """Return the text that `write` writes to a path: the end of a pipe, which the process may write to.

    The library may hold Python's lock while it writes more than the pipe holds, so C's `getdelim` reads: ctypes gives
    the lock up for the whole call. The text may have no zero byte.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fdopen.restype = ctypes.c_void_p
    libc.getdelim.restype = ctypes.c_ssize_t
    reading, writing = os.pipe()
    stream = ctypes.c_void_p(libc.fdopen(reading, b"r"))
    text, room, length = ctypes.c_void_p(), ctypes.c_size_t(), [0]

    def read() -> None:
        length[0] = libc.getdelim(ctypes.byref(text), ctypes.byref(room), 0, stream)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        write(f"/dev/fd/{writing}")
    finally:
        os.close(writing)
        reader.join()
        libc.fclose(stream)
    try:
        return ctypes.string_at(text, max(0, length[0])).decode()
    finally:
        libc.free(text)
