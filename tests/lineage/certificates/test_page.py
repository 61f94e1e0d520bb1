"""The page is one file that runs nothing and fetches nothing, and no text in it can become anything but text."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lineage.certificates.certificate import Certificate, Document
from lineage.certificates.checking import check_certificate
from lineage.certificates.html import joined, said, table, tag
from lineage.certificates.page import read_page, written
from lineage.certificates.words import moment, period
from tests.lineage.certificates.worlds import Certifying

HOSTILE = "</script><script>alert(1)</script><!-- --> <img src=x onerror=alert(2)> ]]> & \u2028 \u202e \"'"
SAMPLES = Path(__file__).parent / "samples"


class Reader(HTMLParser):
    """Reads elements in order, as a browser would."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(page)

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((name, dict(attributes)))
        if name not in ("meta", "br"):
            self._open.append(name)

    def handle_endtag(self, name: str) -> None:
        if not self._open or self._open.pop() != name:
            self.unbalanced.append(name)

    def handle_data(self, text: str) -> None:
        self.text.append(text)

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.elements if found == name]


@pytest.fixture(scope="module")
def certificates(issuing: Certifying) -> dict[str, Certificate]:
    return {"person": issuing.person(), "tenant": issuing.tenant(), "model": issuing.model()}


@pytest.fixture(params=["person", "tenant", "model"])
def page(request: pytest.FixtureRequest, certificates: dict[str, Certificate]) -> str:
    return written(certificates[request.param]).decode()


def test_it_runs_nothing_and_fetches_nothing(page: str):
    read = Reader(page)

    assert {one["type"] for one in read.named("script")} == {"application/json"}
    assert not read.named("link") + read.named("img") + read.named("iframe") + read.named("a")
    assert not [
        name
        for _, given in read.elements
        for name in given
        if name.startswith("on") or name in ("src", "href", "style")
    ]
    assert "url(" not in page
    assert "@import" not in page
    (rules,) = [one["content"] for one in read.named("meta") if one.get("http-equiv")]
    assert str(rules).startswith("default-src 'none'; style-src 'sha256-")


def test_it_can_be_read_by_who_does_not_see_it(page: str):
    read = Reader(page)

    levels = [int(name[1]) for name, _ in read.elements if re.fullmatch("h[1-6]", name)]
    assert read.named("html") == [{"lang": "en"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(read.named("caption")) == len(read.named("table"))
    assert all(one.get("scope") in ("col", "row") for one in read.named("th"))
    assert len(read.named("main")) == 1
    assert read.unbalanced == []


def test_it_is_prepared_for_print_for_narrow_windows_and_for_the_dark(page: str):
    style = page.partition("<style>")[2].partition("</style>")[0]

    for rule in ("@media print", "size: A4", "break-inside: avoid", "max-width: 46rem", "prefers-color-scheme: dark"):
        assert rule in style


def _contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        whole = colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
        parts = [int(whole[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_every_text_has_the_contrast_that_wcag_asks_for(page: str):
    style = page.partition("<style>")[2].partition("</style>")[0]

    schemes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.S)
    ]
    assert len(schemes) == 3
    for colours in schemes:
        for text in ("ink", "soft", "accent", "alert"):
            assert _contrast(colours[text], colours["paper"]) >= 4.5, (text, colours)
        assert _contrast(colours["alert"], colours["alert-wash"]) >= 4.5, colours


def test_hostile_text_stays_text_and_the_certificate_holds(issuing: Certifying):
    plain = issuing.person()

    def change(document: Document, _: dict[str, Any]) -> None:
        document["contact"] = HOSTILE
        document["collected"]["controllers"] = [HOSTILE]
        document["collected"]["files"][0]["categories"] = [HOSTILE]
        document["snapshots"][0]["grounds"][0]["rule"] = HOSTILE
        document["not_looked_up"] = [HOSTILE]

    page = written(issuing.reissued(plain, change))
    read = Reader(page.decode())
    assert "".join(read.text).count(HOSTILE) == 5
    assert len(read.named("script")) == len(Reader(written(plain).decode()).named("script"))
    assert not read.named("img")
    assert read_page(page).document["contact"] == HOSTILE
    check_certificate(page, issuing.home.trusted())


@pytest.mark.parametrize("hostile", ["<", "</script>", "<!--", "-->", "]]>", "&lt;", "\u2028", '"'])
def test_whatever_is_put_in_a_block_comes_out_again(issuing: Certifying, hostile: str):
    page = written(
        issuing.reissued(
            issuing.tenant(),
            lambda document, _: document.update(landed=[{"source": hostile, "files": 1, "records": 1, "raw_files": 1}]),
        )
    )

    block = page.decode().partition('id="document">')[2].partition("</script>")[0]
    assert not set(block) & set("<>&\u2028\u2029")
    assert json.loads(block)["landed"][0]["source"] == hostile


def test_text_is_escaped_and_markup_is_not():
    assert tag("p", "a < b", tag("b", "c"), title='"&"').text == '<p title="&quot;&amp;&quot;">a &lt; b<b>c</b></p>'
    assert joined(["<", None, said("\u202e")]).text == '&lt;<bdi class="short">\u202e</bdi>'


def test_a_cell_names_its_column_for_who_reads_it_alone():
    text = table("Numbers", ("what", "how many"), [("a", "1")], numbers=(1,)).text

    assert '<th scope="row" role="rowheader" data-label="what"><div>a</div></th>' in text
    assert '<td role="cell" data-label="how many" class="number"><div>1</div></td>' in text


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2026-05-06T10:00:00.000000Z", "2026-05-06T23:59:59.999999Z", "6 May 2026"),
        ("2026-05-06T10:00:00.000000Z", "2026-05-23T00:00:00.000000Z", "6 to 23 May 2026"),
        ("2026-05-06T10:00:00.000000Z", "2026-06-23T00:00:00.000000Z", "6 May to 23 June 2026"),
        ("2025-05-06T10:00:00.000000Z", "2026-05-23T00:00:00.000000Z", "6 May 2025 to 23 May 2026"),
    ],
    ids=["one day", "one month", "one year", "two years"],
)
def test_a_period_is_said_as_people_say_it(first: str, last: str, told: str):
    assert period(first, last).replace("\u00a0", " ") == told


def test_a_time_is_said_with_its_zone():
    assert moment("2026-05-20T07:04:59.000000Z").replace("\u00a0", " ") == "20 May 2026, 07:04 UTC"


@pytest.mark.parametrize("sample", sorted(path.stem for path in SAMPLES.glob("*.json")))
def test_the_page_of_a_document_never_changes_within_a_version(sample: str, golden):
    """Whoever kept a certificate must be able to check it: another page needs another version of the form."""
    document = json.loads((SAMPLES / f"{sample}.json").read_text())

    golden(f"certificates/{sample}.html", written(Certificate(document, {}, {})).decode())
