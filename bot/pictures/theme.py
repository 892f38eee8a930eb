"""Colours and sizes. Red is up, blue is down; 1000 px wide, no letter below 12 pt.

A phone shows the picture at a third of its width, so the canvas is small and its letters are large.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

DPI = 125
WIDTH_INCHES = 8.0
# What the bold file of the font calls itself.
BOLD = 600
SMALL, NORMAL, LARGE = 12, 14, 19


@dataclass(frozen=True, slots=True)
class Theme:
    """One background and what is readable on it."""

    background: str
    text: str
    faint: str
    grid: str
    up: str
    down: str
    line: str
    cycle: tuple[str, ...]


DARK = Theme(
    background="#1e1f22",
    text="#f2f3f5",
    faint="#a9adb6",
    grid="#3a3c42",
    up="#ff6464",
    down="#5aa2ff",
    line="#ffd166",
    cycle=("#ffd166", "#7bd88f", "#c792ea", "#ff9f68", "#6ee0e0", "#f28fb1"),
)
LIGHT = Theme(
    background="#ffffff",
    text="#16181d",
    faint="#5b616b",
    grid="#dfe2e7",
    up="#d62f2f",
    down="#1f5fc4",
    line="#8a5a00",
    cycle=("#8a5a00", "#1b7f3b", "#7b3fa0", "#c2410c", "#0f7b7b", "#a3265b"),
)


def theme(*, dark: bool, western: bool = False) -> Theme:
    """Return the theme; in `western` colours up is green and down is red."""
    found = DARK if dark else LIGHT
    if not western:
        return found
    return replace(found, up="#4cc38a" if dark else "#1b7f3b", down=found.up)
