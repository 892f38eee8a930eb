"""The font of the page, in the form that browsers take."""

from __future__ import annotations

import struct

# The sfnt header: version, number of tables, and three numbers made of that; then a row per table
# of tag, checksum, offset, and length (OpenType specification, "Organization of an OpenType font").
_HEADER = struct.Struct(">IHHHH")
_ROW = struct.Struct(">4sIII")


def without_empty_tables(font: bytes) -> bytes:
    """Return a TrueType font without the tables that are empty.

    Makers of fonts leave such tables behind. Whatever draws with the file passes over them, but
    browsers refuse the whole font ("zero-length table"), and Hangul is then boxes where the system
    has no Korean font of its own. Everything else stays where it is.
    """
    version, count, *_ = _HEADER.unpack_from(font)
    begin, end = _HEADER.size, _HEADER.size + _ROW.size * count
    rows = [row for row in _ROW.iter_unpack(font[begin:end]) if row[3]]
    power = 1 << (len(rows).bit_length() - 1)
    head = _HEADER.pack(
        version,
        len(rows),
        power * _ROW.size,
        power.bit_length() - 1,
        (len(rows) - power) * _ROW.size,
    )
    table = head + b"".join(_ROW.pack(*row) for row in rows)
    return table.ljust(end, b"\0") + font[end:]
