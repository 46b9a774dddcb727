"""The pictures: well formed, nothing over anything else, nothing told by colour alone, nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import combinations
from xml.etree import ElementTree

import pytest

from garrison.responsibility import CheckResult, Matrix, Party, Profile, Standing, every, matrix, select
from garrison.responsibility.render.columns import columns_svg
from garrison.responsibility.render.drawing import PAINTS, STANDING_INK, WIDTH
from garrison.responsibility.render.grid import grid_svg
from garrison.responsibility.render.page import html_page
from garrison.responsibility.render.text import fit, width, wrap

NOW = 1_800_000_000.0
SVG = "{http://www.w3.org/2000/svg}"
STACK = ("ec2", "rds", "lambda", "s3", "eks", "eks:auto-mode")


def results(check: str = "iam.root-mfa") -> list[CheckResult]:
    return [
        CheckResult(
            check, "FAIL", NOW, ("*/identity",), evidence="ev-<1>", title="Root & MFA", fix="aws iam enable-mfa-device"
        ),
        CheckResult("cloudtrail.on", "PASS", NOW, ("*/logging",)),
        CheckResult("rds.backup", "EXCEPTED", NOW, ("rds/data",)),
        CheckResult("ec2.backup", "ERROR", NOW, ("ec2/data",)),
        CheckResult("host.kernel", "PASS", NOW, ("*/host/operator",)),
    ]


def pictures() -> list[tuple[str, str]]:
    stack = [select(text) for text in STACK]
    found: list[tuple[str, str]] = [("every service", grid_svg(matrix(every())))]
    for profile in Profile:
        plain = matrix(stack, profile)
        assessed = plain.with_results(results(), NOW)
        found += [(f"stack {profile}", grid_svg(plain)), (f"stack assessed {profile}", grid_svg(assessed))]
        for some in (stack[:1], stack[:2], stack[:3], stack[1:]):
            few = matrix(some, profile)
            found.append((f"{len(some)} columns {profile}", columns_svg(few, NOW)))
            long = results("organizations.a-check-with-quite-a-long-name-that-cannot-fit-anywhere")
            found.append((f"{len(some)} columns assessed {profile}", columns_svg(few.with_results(long, NOW), NOW)))
    return found


PICTURES = pictures()


class Box:
    """Where a text is drawn."""

    def __init__(self, element: ElementTree.Element) -> None:
        self.text = element.text or ""
        size = float(element.attrib["font-size"])
        wide = width(self.text, size, bold="font-weight" in element.attrib)
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        anchor = element.attrib.get("text-anchor", "start")
        self.left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
        self.right = self.left + wide
        self.top, self.bottom = y - 0.76 * size, y + 0.2 * size

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@pytest.mark.parametrize(("name", "svg"), PICTURES, ids=[name for name, _ in PICTURES])
def test_no_text_lies_over_another_or_leaves_the_picture(name: str, svg: str) -> None:
    root = ElementTree.fromstring(svg)
    high = float(root.attrib["height"])
    boxes = [Box(text) for text in root.iter(f"{SVG}text")]
    assert len(boxes) > 20
    for box in boxes:
        assert box.left >= 0, box.text
        assert box.right <= WIDTH, box.text
        assert box.bottom <= high, box.text
    boxes.sort(key=lambda box: box.top)
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other), f"{one.text!r} over {other.text!r}"


@pytest.mark.parametrize(("name", "svg"), PICTURES, ids=[name for name, _ in PICTURES])
def test_text_in_a_box_stays_in_it(name: str, svg: str) -> None:
    root = ElementTree.fromstring(svg)
    rects = [
        (float(r.attrib["x"]), float(r.attrib["y"]), float(r.attrib["width"]), float(r.attrib["height"]))
        for r in root.iter(f"{SVG}rect")
        if "x" in r.attrib
    ]
    for box in (Box(text) for text in root.iter(f"{SVG}text")):
        middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        for x, y, w, h in rects:
            if x <= middle[0] <= x + w and y <= middle[1] <= y + h:
                assert box.left >= x, box.text
                assert box.right <= x + w, box.text
                assert box.bottom <= y + h, box.text


@pytest.mark.parametrize(("name", "svg"), PICTURES, ids=[name for name, _ in PICTURES])
def test_a_picture_needs_nothing_from_elsewhere_and_no_script(name: str, svg: str) -> None:
    assert "<script" not in svg
    assert "<image" not in svg
    assert not re.search(r"\b(src|xlink:href)=", svg)
    assert all(address.startswith("https://docs.aws.amazon.com/") for address in re.findall(r'<a href="([^"]*)"', svg))


def test_text_is_large_enough_to_read_at_1200_pixels() -> None:
    for _, svg in PICTURES:
        assert min(float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)) >= 10


def test_every_cell_has_its_letter_and_every_standing_its_mark() -> None:
    assessed = matrix([select(text) for text in STACK]).with_results(results(), NOW)
    root = ElementTree.fromstring(grid_svg(assessed))
    groups = list(root.iter(f"{SVG}g"))
    cells = [(row, cell) for row in assessed.rows for cell in row.cells]
    assert len(groups) == len(cells)
    for group, (row, cell) in zip(groups, cells, strict=True):
        texts = [text.text for text in group.iter(f"{SVG}text")]
        letter = "–" if cell.party is Party.NOBODY else str(cell.party)
        assert texts == [letter, cell.standing.sign] if cell.parts else [letter]
        assert cell.party.word in group.attrib["aria-label"]
        assert row.selection.service.name in group.attrib["aria-label"]


def test_letters_and_marks_differ_so_that_colour_is_not_needed() -> None:
    seen = [s for s in Standing if s not in (Standing.NOT_ASSESSED, Standing.INHERITED)]
    assert len({standing.sign for standing in seen}) == len(seen)
    assert len({str(party) for party in Party}) == len(Party)


def test_ink_is_readable_on_its_ground() -> None:
    grounds = {Party.SHARED: ("#e3edf8", "#fbd58a"), Party.OPERATOR: ("#ddf1e5", "#8cc4a5"), Party.NOBODY: ("#ffffff",)}
    for party, paint in PAINTS.items():
        for ground in grounds.get(party, (paint.fill,)):
            assert contrast(paint.ink, ground) >= 4.5, party
    for ink in STANDING_INK.values():
        assert contrast(ink, "#ffffff") >= 7


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_too_many_services_for_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="side by side"):
        columns_svg(matrix([select("ec2")] * 6), NOW)


def test_lines_are_as_wide_as_there_is_room_and_lose_no_word() -> None:
    said = "Choose the weekly window and the update level, and patch custom images."
    lines = wrap(said, 12, 120)
    assert " ".join(lines) == said
    assert all(width(line, 12) <= 120 for line in lines)
    assert fit("Internationalization", 12, 60).endswith("…")
    assert width(fit("Internationalization", 12, 60), 12) <= 60


class Page(HTMLParser):
    """What a page holds: ids, targets, balanced tags."""

    void = frozenset({"meta", "br", "col"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.void:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.targets.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page(found: Matrix) -> Page:
    read = Page()
    read.feed(html_page(found, NOW))
    assert not read.open
    return read


def test_a_page_is_whole_and_each_cell_of_its_table_leads_to_what_is_known_of_it() -> None:
    found = matrix([select(text) for text in STACK]).with_results(results(), NOW)
    read = page(found)
    here = [target.removeprefix("#") for target in read.targets if target.startswith("#")]
    assert len(read.ids) == len(set(read.ids))
    assert sorted(here) == sorted(read.ids)
    assert all(t.startswith(("#", "https://docs.aws.amazon.com/")) for t in read.targets)
    text = "".join(read.text)
    for told in ("no attestation on file", "iam.root-mfa", "ev-<1>", "aws iam enable-mfa-device", "no check covers it"):
        assert told in text


def test_a_page_of_every_service_is_whole_too() -> None:
    assert len(page(matrix(every(), Profile.SELF_HOSTED)).ids) > 500
