"""What every page of ours must be: readable without network, by keyboard, by a screen reader, in both colours."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "br", "link", "img", "hr", "input", "source"}
TEXT = ("ink", "muted", "accent", "good", "bad")
"""Colours that text is written in."""
SHAPES = ("second",)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page(HTMLParser):
    """Collects tags, ids, links and text, and insists that every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.headings: list[int] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        self.elements.append((tag, given))
        self.ids.update(value for name, value in given.items() if name == "id" and value)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "href" in given:
            self.links.append(given["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data


def complaints(text: str) -> list[str]:
    """What is wrong with a page, without a browser."""
    page = Page(text)
    found = [f"id {name} {times} times" for name, times in page.ids.items() if times > 1]
    if not any(tag == "html" and given.get("lang") for tag, given in page.elements):
        found.append("no language")
    if page.tags["main"] != 1 or page.tags["h1"] != 1 or page.tags["title"] < 1:
        found.append("not one main, one h1 and a title")
    for above, below in zip(page.headings, page.headings[1:], strict=False):
        if below > above + 1:
            found.append(f"h{below} after h{above}")
    for tag, given in page.elements:
        found += _of_element(tag, given, page)
    if external := re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", re.sub(r"<p>.*?</p>|<li>.*?</li>", "", text)):
        found.append(f"addresses {external[:3]}")
    if "@media print" not in text or "prefers-color-scheme: dark" not in text:
        found.append("no style for paper or for the dark")
    return found + [f"contrast of {one}" for one in faint(text)]


def _of_element(tag: str, given: dict[str, str], page: Page) -> list[str]:
    named = bool(given.get("aria-label")) or given.get("aria-labelledby") in page.ids
    found = []
    if tag in ("video", "nav", "section") and not named:
        found.append(f"{tag} without a name")
    if given.get("role") in ("img", "region") and not named:
        found.append(f"{given['role']} without a name")
    if given.get("role") == "region" and given.get("tabindex") != "0":
        found.append("a region that scrolls out of reach of the keyboard")
    if tag == "video" and "controls" not in given:
        found.append("a video without controls")
    if tag == "th" and given.get("scope") not in ("col", "row"):
        found.append("a heading cell of no row or column")
    if tag == "select" and not any(t == "label" and g.get("for") == given.get("id") for t, g in page.elements):
        found.append("a choice without a label")
    for name in ("src", "href"):
        value = given.get(name, "")
        if value.startswith("#") and value[1:] not in page.ids:
            found.append(f"{value} leads nowhere")
        if value and (":" in value.split("/")[0] or value.startswith("//")) and not value.startswith("data:"):
            found.append(f"{value} is outside")
    if any(name.startswith("on") for name in given):
        found.append(f"{tag} with a script of its own")
    return found


def faint(text: str) -> list[str]:
    """Colours below the contrast that WCAG 2 AA asks for: 4.5 of text, 3 of shapes."""
    found = []
    palettes = [
        dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", rule)) for rule in re.findall(r":root \{(.*?)\}", text, re.S)
    ]
    assert len(palettes) == 3, "light, dark and paper"
    for colours in palettes:
        for ground in ("page", "panel"):
            for names, least in ((TEXT, 4.5), (SHAPES, 3.0)):
                found += [f"{n} on {ground}" for n in names if contrast(colours[n], colours[ground]) < least]
    return found


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours as WCAG 2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def chromium(path: Path, *options: str) -> str:
    """Open a page in headless Chromium without network; its document once scripts have run, or nothing."""
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    done = subprocess.run([*command, *options, path.as_uri()], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-500:]
    return done.stdout
