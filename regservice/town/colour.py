"""Which colour may be the town's: words in it on white, and white words on it, must be readable (WCAG 2.2, 1.4.3)."""

import re

HEX = re.compile(r"#[0-9a-f]{6}")
LOWEST_CONTRAST = 4.5


def contrast_with_white(colour: str) -> float:
    """The contrast ratio of `#rrggbb` to white, from 1 to 21 (WCAG 2.2, relative luminance).

    Raises ValueError for anything but six hexadecimal digits after a #.
    """
    if not HEX.fullmatch(colour):
        raise ValueError("a colour looks like #1a4f8b")
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def is_readable(colour: str) -> bool:
    """Whether the colour has enough contrast."""
    return contrast_with_white(colour) >= LOWEST_CONTRAST


def stylesheet(colour: str) -> str:
    """The design system's action colour set to the town's. A dark screen keeps its own, which is made for the dark."""
    return f"@media (prefers-color-scheme: light), print {{ :root {{ --kern-color-action-default: {colour}; }} }}\n"
