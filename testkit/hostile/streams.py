"""Hostile pickle streams: instructions that no estimator needs, wrong stacks, mutants."""

import pickle
import pickletools
import random
from collections.abc import Callable, Iterator

from testkit.hostile.forge import CANARY, Call, forge
from testkit.hostile.models import scaled

TOUCH = f"cos\nmkdir\n(S'{CANARY}'\ntR.".encode()
WRAPPER = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81"
OBJECTS = b"cnumpy\ndtype\n(X\x02\x00\x00\x00O8\x89\x88tR"
DTYPE = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f8\x89\x88tR"


def _wrapper(shape: bytes, order: bytes = b"C", dtype: bytes = DTYPE) -> bytes:
    """joblib's wrapper of an array, with a shape and order of the file's choosing."""
    text = {key: b"X" + len(key).to_bytes(4, "little") + key for key in (b"shape", b"order", b"dtype", b"subclass")}
    state = text[b"shape"] + shape + text[b"order"] + b"X\x01\x00\x00\x00" + order + text[b"dtype"] + dtype
    return b"\x80\x02" + WRAPPER + b"}(" + state + text[b"subclass"] + b"cnumpy\nndarray\nub"


FILES: dict[str, Callable[[], bytes]] = {
    "stream: protocol 0": lambda: TOUCH,
    "stream: an instance by INST": lambda: b"(S'" + CANARY.encode() + b"'\nios\nmkdir\n.",
    "stream: an instance by OBJ": lambda: b"(cos\nmkdir\nS'" + CANARY.encode() + b"'\no.",
    "stream: a name computed while reading": lambda: b"\x80\x04\x8c\x02os\x8c\x05mkdir\x93\x8c\x01x\x85R.",
    "stream: a name that is no text": lambda: b"\x80\x04K\x01K\x02\x93.",
    "stream: a name from the memo": lambda: b"\x80\x04\x8c\x02os\x94\x8c\x05mkdir\x94h\x00h\x01\x93\x8c\x01x\x85R.",
    "stream: a memo written twice": lambda: (
        b"\x80\x02cnumpy\nndarray\nq\x00cos\nmkdir\nq\x00h\x00X\x01\x00\x00\x00x\x85R."
    ),
    "stream: a memo that is not there": lambda: b"\x80\x02h\x63.",
    "stream: a huge memo index": lambda: b"\x80\x02Nr\xff\xff\xff\x7f.",
    "stream: an extension": lambda: b"\x80\x02\x82\x01.",
    "stream: a long extension": lambda: b"\x80\x02\x84\x01\x02\x03\x04.",
    "stream: a persistent id": lambda: b"Pos.system\n.",
    "stream: a binary persistent id": lambda: b"\x80\x02X\x02\x00\x00\x00osQ.",
    "stream: an unknown instruction": lambda: b"\x80\x02\xff.",
    "stream: a later protocol": lambda: b"\x80\x09N.",
    "stream: an empty stack": lambda: b"\x80\x02.",
    "stream: a tuple of nothing": lambda: b"\x80\x02\x87.",
    "stream: a mark as a value": lambda: b"\x80\x02(.",
    "stream: values left over": lambda: b"\x80\x02NN.",
    "stream: a state in a class": lambda: b"\x80\x02csklearn.base\nBaseEstimator\n}X\x01\x00\x00\x00aK\x01sb.",
    "stream: a state in a number": lambda: b"\x80\x02K\x01}b.",
    "stream: items in a class": lambda: b"\x80\x02csklearn.base\nBaseEstimator\nK\x01K\x02s.",
    "stream: keyword arguments": lambda: b"\x80\x04csklearn.base\nBaseEstimator\n)}\x8c\x01aK\x01s\x92.",
    "stream: a call of an object": lambda: b"\x80\x02csklearn.base\nBaseEstimator\n)\x81)R.",
    "stream: a call of a call": lambda: b"\x80\x02cfunctools\npartial\ncos\nmkdir\n\x85RX\x01\x00\x00\x00x\x85R.",
    "stream: a frame that lies": lambda: b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.",
    "stream: a text that lies": lambda: b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fa.",
    "stream: bytes that lie": lambda: b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x7fa.",
    "stream: a number of a gigabyte": lambda: b"\x80\x02\x8b\xff\xff\xff\x3fa.",
    "stream: a buffer from outside": lambda: b"\x80\x05\x97.",
    "stream: a second pickle behind": lambda: forge(1) + TOUCH,
    "stream: a list inside itself": lambda: b"\x80\x02]q\x00h\x00a.",
    "stream: a tuple inside itself": lambda: b"\x80\x02]q\x00h\x00\x85a.",
    "stream: an array of a negative shape": lambda: _wrapper(b"J\xff\xff\xff\xff\x85") + b".",
    "stream: an array of an enormous shape": lambda: _wrapper(b"\x8a\x08" + b"\xff" * 7 + b"\x0f\x85") + b".",
    "stream: an array of a shape that overflows": lambda: _wrapper(b"\x8a\x05\0\0\0\0\1\x8a\x05\0\0\0\0\1\x86") + b".",
    "stream: an array of a shape that is text": lambda: _wrapper(b"X\x01\x00\x00\x00x") + b".",
    "stream: an array in no order": lambda: _wrapper(b"K\x01\x85", b"X") + bytes(8) + b".",
    "stream: an array of objects by bytes": lambda: (
        _wrapper(
            b"K\x01\x85",
            dtype=OBJECTS + b"(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb",
        )
        + b"A" * 8
        + b"."
    ),
    "stream: an array that ends early": lambda: _wrapper(b"K\x64\x85") + b"A" * 8,
    "stream: an array of a dtype by text": lambda: (
        _wrapper(b"K\x01\x85", dtype=b"X\x01\x00\x00\x00O") + b"A" * 8 + b"."
    ),
    "stream: a computed dtype": lambda: (
        _wrapper(b"K\x01\x85", dtype=b"cnumpy\ndtype\n(X\x09\x00\x00\x00O,O,O,O,O\x89\x88tR") + b"A" * 40 + b"."
    ),
    "stream: a pickle inside an array of objects": lambda: (
        _wrapper(b"K\x01\x85", dtype=OBJECTS) + forge(Call("os.mkdir", CANARY)) + b"."
    ),
}


def mutants(seed: int, count: int, content: bytes = b"") -> Iterator[bytes]:
    """`count` mutants of a valid pickle: instructions dropped, doubled, swapped, replaced; bytes changed."""
    content = content or pickle.dumps(scaled(), 2)
    parts = _instructions(content)
    rnd = random.Random(seed)  # noqa: S311 - repeatable on purpose
    for _ in range(count):
        changed = list(parts)
        for _ in range(rnd.randint(1, 3)):
            _mutate(changed, rnd)
        yield b"".join(changed)


def _instructions(content: bytes) -> list[bytes]:
    starts = [position for _, _, position in pickletools.genops(content) if position is not None]
    return [content[start:end] for start, end in zip(starts, [*starts[1:], len(content)], strict=True)]


GADGETS = (
    b"cos\nsystem\n",
    b"cbuiltins\neval\n",
    b"cfunctools\npartial\n",
    b"ccollections\ndefaultdict\n",
    b"csklearn.metrics._scorer\n_Scorer\n",
    b"cnumpy.random._pickle\n__randomstate_ctor\n",
    *(bytes([code]) for code in b"R\x81\x92boQ.(012)N\x88]}l\x85\x86\x87ase\x93"),
)


def _mutate(parts: list[bytes], rnd: random.Random) -> None:
    place = rnd.randrange(1, len(parts))
    how = rnd.randrange(7)
    if how == 0:
        del parts[place]
    elif how == 1:
        parts.insert(place, parts[rnd.randrange(len(parts))])
    elif how == 2:
        other = rnd.randrange(1, len(parts))
        parts[place], parts[other] = parts[other], parts[place]
    elif how == 3:
        parts.insert(place, rnd.choice(GADGETS))
    elif how == 4:
        parts[place] = rnd.choice(GADGETS)
    else:
        changed = bytearray(parts[place])
        changed[rnd.randrange(len(changed))] = rnd.randrange(256)
        parts[place] = bytes(changed)
