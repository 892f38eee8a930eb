"""Lengths and counts of components: rows, buttons, selects, modals, and the V2 layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from sandbox.discord.limits import Flaw, count_flaws, required, text_flaws
from sandbox.discord.wire import Json

ROW, BUTTON, TEXT_SELECT, TEXT_INPUT = 1, 2, 3, 4
SELECTS: Final = (3, 5, 6, 7, 8)
SECTION, TEXT_DISPLAY, CONTAINER, LABEL = 9, 10, 17, 18
LINK_STYLE, PREMIUM_STYLE = 5, 6
ROWS_MAX: Final = 5
V2_MAX: Final = 40
V2_TEXT_MAX: Final = 4000


def walk(components: Sequence[Json] | None) -> Iterator[Json]:
    """Yield every component, outer before inner."""
    for one in components or ():
        yield one
        yield from walk(one.get("components"))
        for key in ("component", "accessory"):
            if isinstance(one.get(key), dict):
                yield from walk([one[key]])


def message_component_flaws(components: Sequence[Json], *, layout: bool) -> list[Flaw]:
    """Return every broken limit of a message's components; `layout` means the V2 flag is set."""
    if layout:
        flaws = _layout_flaws(components)
    else:
        flaws = count_flaws("components", components, ROWS_MAX)
        for number, row in enumerate(components):
            if row.get("type") != ROW:
                text = "The specified component type is invalid in this location"
                path = ("components", str(number), "type")
                flaws.append(Flaw(path, "UNION_TYPE_CHOICES", text))
    for number, one in enumerate(components):
        flaws += [flaw.under("components", str(number)) for flaw in _inside(one)]
    return flaws + _twins(components)


def _layout_flaws(components: Sequence[Json]) -> list[Flaw]:
    flaws = []
    everything = list(walk(components))
    if len(everything) > V2_MAX:
        text = f"A message may contain at most {V2_MAX} components."
        flaws.append(Flaw(("components",), "COMPONENT_MAX_TOTAL_COMPONENTS", text))
    length = sum(len(one.get("content") or "") for one in everything if one["type"] == TEXT_DISPLAY)
    if length > V2_TEXT_MAX:
        text = f"The displayable text may be at most {V2_TEXT_MAX} characters."
        code = "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"
        flaws.append(Flaw(("components",), code, text))
    return flaws


def _twins(components: Sequence[Json]) -> list[Flaw]:
    counted = Counter(one["custom_id"] for one in walk(components) if one.get("custom_id"))
    if not counted or max(counted.values()) < 2:
        return []
    text = "Component custom id cannot be duplicated"
    return [Flaw(("components",), "COMPONENT_CUSTOM_ID_DUPLICATED", text)]


def _inside(one: Json) -> list[Flaw]:
    """Return the flaws of one component and of what it holds."""
    flaws = _own(one)
    children = one.get("components") or []
    if one.get("type") == ROW:
        selects = [child for child in children if child.get("type") in (*SELECTS, TEXT_INPUT)]
        flaws += count_flaws("components", children, 1 if selects else 5, 1)
    for number, child in enumerate(children):
        flaws += [flaw.under("components", str(number)) for flaw in _inside(child)]
    for key in ("component", "accessory"):
        if isinstance(one.get(key), dict):
            flaws += [flaw.under(key) for flaw in _inside(one[key])]
    return flaws


def _own(one: Json) -> list[Flaw]:
    kind = one.get("type")
    if kind == BUTTON:
        return _button(one)
    if kind in SELECTS:
        return _select(one)
    if kind == TEXT_INPUT:
        return _text_input(one)
    if kind == LABEL:
        flaws = text_flaws("label", one.get("label"), 45, 1)
        return flaws + text_flaws("description", one.get("description"), 100)
    return []


def _button(one: Json) -> list[Flaw]:
    flaws = text_flaws("label", one.get("label"), 80)
    style = one.get("style")
    if style == LINK_STYLE:
        flaws += text_flaws("url", one.get("url"), 512, 1)
    elif style != PREMIUM_STYLE:
        flaws += text_flaws("custom_id", one.get("custom_id"), 100, 1)
    if style != PREMIUM_STYLE and not one.get("label") and not one.get("emoji"):
        flaws.append(required("label"))
    return flaws


def _select(one: Json) -> list[Flaw]:
    flaws = text_flaws("custom_id", one.get("custom_id"), 100, 1)
    flaws += text_flaws("placeholder", one.get("placeholder"), 150)
    if one.get("type") != TEXT_SELECT:
        return flaws
    options = one.get("options") or []
    flaws += count_flaws("options", options, 25, 1)
    for number, option in enumerate(options):
        found = text_flaws("label", option.get("label"), 100, 1)
        found += text_flaws("value", option.get("value"), 100, 1)
        found += text_flaws("description", option.get("description"), 100)
        flaws += [flaw.under("options", str(number)) for flaw in found]
    return flaws


def _text_input(one: Json) -> list[Flaw]:
    flaws = text_flaws("custom_id", one.get("custom_id"), 100, 1)
    flaws += text_flaws("label", one.get("label"), 45)
    flaws += text_flaws("placeholder", one.get("placeholder"), 100)
    return flaws + text_flaws("value", one.get("value"), 4000)


def modal_flaws(modal: Json) -> list[Flaw]:
    """Return every broken limit of a modal."""
    components = modal.get("components") or []
    flaws = text_flaws("title", modal.get("title"), 45, 1)
    flaws += text_flaws("custom_id", modal.get("custom_id"), 100, 1)
    flaws += count_flaws("components", components, 5, 1)
    for number, one in enumerate(components):
        flaws += [flaw.under("components", str(number)) for flaw in _inside(one)]
    return [flaw.under("data") for flaw in flaws + _twins(components)]
