"""Full-width ASCII, as browsers and servers of East Asia fold it."""


def narrow(point: int) -> int:
    """The byte for a 16-bit code point: FF01-FF5E become ASCII, everything else loses its high byte."""
    low = point & 0xFF
    return low + 0x20 if 0xFF01 <= point <= 0xFF5E else low
