"""Numbers, names and plain values as short texts that JSON can hold, and back. Loads no torch.

Numbers are packed little-endian, byte plane by byte plane (all first bytes, then all second ones:
exponents stand together and shrink), compressed by zlib, in base64. What is unpacked comes from
strangers: it is never allowed to grow beyond the size that its shape says.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

from emobench.api.errors import DataError

LEVEL = 9
MOST_BYTES = 64_000_000
"""A column that claims to be larger is refused before anything is unpacked."""
MOST_TIMES_SMALLER = 1100
"""zlib shrinks nothing further than this, so a text's bytes bound what it can hold."""
TYPES = frozenset({"|u1", "<u2", "<i8", "<f4", "<f8"})
DIGITS_AS_NOUGHT = bytes.maketrans(b"123456789", b"0" * 9)
HUGE = (b"e000", b"e+000", b"E000", b"E+000", b"0" * 300)
"""What a number that overflows to infinity must hold, one of these, whatever its digits."""
PACKED_KEYS = frozenset({"type", "shape", "data"})


def pack_numbers(values: np.ndarray, *, kind: str) -> dict[str, Any]:
    """The values as numbers of that type, such as `<f4`."""
    typed = np.ascontiguousarray(values, dtype=kind)
    planes = typed.view(np.uint8).reshape(-1, typed.itemsize).T
    return {
        "type": kind,
        "shape": list(typed.shape),
        "data": _packed(np.ascontiguousarray(planes).tobytes()),
    }


def unpack_numbers(packed: object, *, where: str) -> np.ndarray:
    """What `pack_numbers` packed; a DataError names the column that is wrong."""
    kind, shape, data = _fields(packed, where)
    size = math.prod(shape) * np.dtype(kind).itemsize
    if size > MOST_BYTES:
        raise DataError(f"{where}: {size} bytes, and a column has at most {MOST_BYTES}")
    raw = _unpacked(data, where, size=size)
    if len(raw) != size:
        raise DataError(f"{where}: its data do not fill the shape {shape}")
    planes = np.frombuffer(raw, dtype=np.uint8).reshape(np.dtype(kind).itemsize, -1)
    return np.ascontiguousarray(planes.T).view(kind).reshape(shape)


def pack_names(names: Sequence[str]) -> str:
    """A list of names as one text."""
    return pack_plain(list(names))


def unpack_names(packed: object, *, where: str) -> tuple[str, ...]:
    """What `pack_names` packed; a DataError names the column that is wrong."""
    return _names(_text(packed, where), where)


def pack_plain(value: object) -> str:
    """Plain values, such as a table of figures, as one text."""
    return _packed(json.dumps(value, separators=(",", ":"), allow_nan=False).encode())


def unpack_plain(packed: object, *, where: str) -> Any:
    """What `pack_plain` packed; a DataError says where it is wrong."""
    text = _text(packed, where)
    raw = _unpacked(text, where, size=min(MOST_BYTES, MOST_TIMES_SMALLER * len(text)))
    try:
        value = json.loads(raw, parse_constant=_refuse_constant)
        if may_overflow(raw):
            json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        raise DataError(f"{where}: its data are no plain values") from None
    return value


def may_overflow(raw: bytes) -> bool:
    """Whether some number of a JSON text may be too large: surely where it is."""
    digits = raw.translate(DIGITS_AS_NOUGHT)
    return any(mark in digits for mark in HUGE)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


@lru_cache(maxsize=512)
def _names(packed: str, where: str) -> tuple[str, ...]:
    """Records of one task and fold hold the same names: they are read, and kept, once."""
    names = unpack_plain(packed, where=where)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{where}: its data are no list of names")
    return tuple(names)


def _text(packed: object, where: str) -> str:
    if not isinstance(packed, str):
        raise DataError(f"{where}: expected packed text, got {type(packed).__name__}")
    return packed


def exact_type(values: np.ndarray) -> str:
    """The smallest type that holds the values exactly."""
    if values.dtype.kind in "iub":
        low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
        if low < 0 or high > 65535:
            return "<i8"
        return "|u1" if high < 256 else "<u2"
    same = np.array_equal(values.astype(np.float32).astype(np.float64), values)
    return "<f4" if same else "<f8"


def _packed(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw, LEVEL)).decode("ascii")


def _unpacked(data: str, where: str, *, size: int) -> bytes:
    try:
        packed = base64.b64decode(data, validate=True)
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(packed, size + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise DataError(f"{where}: its data cannot be unpacked: {error}") from None
    if len(raw) > size or not unpacker.eof or unpacker.unused_data:
        raise DataError(f"{where}: its data are longer than they say, or cut short")
    return raw


def _fields(packed: object, where: str) -> tuple[str, tuple[int, ...], str]:
    if not isinstance(packed, Mapping) or set(packed) != PACKED_KEYS:
        raise DataError(f"{where}: expected packed numbers with type, shape and data")
    kind, shape, data = packed["type"], packed["shape"], packed["data"]
    if kind not in TYPES:
        raise DataError(f"{where}.type: expected one of {', '.join(sorted(TYPES))}")
    sizes = isinstance(shape, list) and all(type(side) is int and side >= 0 for side in shape)
    if not sizes or not 1 <= len(shape) <= 2:
        raise DataError(f"{where}.shape: expected one or two whole numbers from 0")
    if not isinstance(data, str):
        raise DataError(f"{where}.data: expected text, got {type(data).__name__}")
    return kind, tuple(shape), data
