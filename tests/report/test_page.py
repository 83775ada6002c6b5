"""report.html as a browser shows it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.cli import main
from foundry_exp.report.write import write_pages, write_texts
from foundry_exp.results.cell import gather
from tests.browser import browser
from tests.report.hostile import HOSTILE, INVISIBLE
from tests.report.scored import give_scores
from tests.run_folders import make_run_folder

ATTACK = (
    "</script><script>window.attacked=1</script><img src=x onerror=window.attacked=1><svg onload=window.attacked=1>"
    "</svg></title></style><iframe src=http://127.0.0.1:9/></iframe><a href=javascript:alert(1)>x</a>{{7*7}} $x_1$ "
)
VOID = {"meta", "link", "br", "img", "input", "hr"}
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a sweep with good, failed, partial and hostile cells."""
    runs = tmp_path_factory.mktemp("a sweep")
    hostile = {"retrieval": ATTACK + HOSTILE, "privacy": ATTACK}
    name = "m<img src=x onerror=window.attacked=1>$"
    cells = [
        make_run_folder(runs, model="small", ttft_ms=20.0, gap_ms=5.0, warnings=("n=6 is too small.",)),
        make_run_folder(runs, model="large", ttft_ms=90.0, gap_ms=15.0, metrics={"rss_peak_mb": 900.0}),
        make_run_folder(runs, model=name, ttft_ms=50.0, answers=hostile, warnings=(ATTACK,)),
        make_run_folder(runs, model="gone", status="failed", reason=f"it crashed: {ATTACK}"),
        make_run_folder(runs, model="half", status="partial", reason="3 requests failed.", errors=("privacy",)),
    ]
    give_scores(cells[0], {"retrieval": 3.0, "privacy": 2.0}, reason=ATTACK)
    give_scores(cells[1], {"retrieval": 4.5, "privacy": 3.5})
    read = gather(cells)
    write_texts(cells[0].parent, read)
    write_pages(cells[0].parent, read)
    return cells[0].parent / "report.html"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


def opened(chromium: Any, file: Path, **options: Any) -> Any:
    page = chromium.new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
    page.goto(file.as_uri())
    return page


def order(page: Any) -> list[str]:
    """The cells of the table from top to bottom."""
    return [text.strip() for text in page.locator("table.cells tbody th").all_inner_texts()]


def background(page: Any) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


class Structure(HTMLParser):
    """What a page is made of; raises when a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.slow
def test_it_is_well_formed_and_refers_to_nothing_elsewhere(page_file: Path) -> None:
    structure = Structure()
    structure.feed(page_file.read_text(encoding="utf-8"))
    assert structure.open == []
    links = [value for _, name, value in structure.attributes if name in ("src", "href", "xlink:href", "action")]
    assert links
    assert not [link for link in links if "//" in link or link.startswith("javascript")]
    assert not [name for _, name, _ in structure.attributes if name.startswith("on")]
    assert "url(http" not in page_file.read_text(encoding="utf-8")
    ids = [value for _, name, value in structure.attributes if name == "id"]
    assert len(ids) == len(set(ids))


@pytest.mark.real
def test_hostile_output_is_shown_and_not_run(chromium: Any, page_file: Path) -> None:
    page = chromium.new_page()
    asked, dialogs, errors = [], [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(page_file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate("window.attacked") is None
    assert (dialogs, errors) == ([], [])
    assert asked == [page_file.as_uri()]
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, embed").count() == 0
    assert page.get_by_text("<script>window.attacked=1</script>").count() > 0
    assert page.get_by_text("{{7*7}}").count() > 0
    content = page_file.read_text(encoding="utf-8")
    assert not any(sequence in content for sequence in INVISIBLE)


@pytest.mark.real
def test_even_a_script_that_got_in_would_not_run(chromium: Any, page_file: Path) -> None:
    page = opened(chromium, page_file)
    insert = "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)"
    page.evaluate(f"() => {{ {insert} }}")
    assert page.evaluate("window.ran") is None
    assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')") == "refused"


@pytest.mark.real
def test_the_six_dimensions_come_first_and_in_order(chromium: Any, page_file: Path) -> None:
    heads = opened(chromium, page_file).locator("table.cells thead th").all_inner_texts()
    found = [re.sub(r"\s+", " ", head) for head in heads[:8]]
    assert found == [
        "Cell",
        "Latency avg ms",
        "Latency p95 ms",
        "Throughput tok/s",
        "Resident memory, peak MB",
        "Quality 1–5",
        "Disk MB",
        "Licence",
    ]


@pytest.mark.real
def test_the_reason_of_a_failure_is_read_without_scrolling_the_table(chromium: Any, tmp_path: Path) -> None:
    long = " ".join(["NvTensorRTRTXExecutionProvider"] * 12)
    cell = make_run_folder(tmp_path, model="gone", status="skipped", reason=f"no such variant here: {long}; end.")
    write_pages(cell, gather([cell]))
    page = opened(chromium, cell / "report.html")
    assert page.evaluate("document.querySelector('.reason div').getBoundingClientRect().right") < 1280 - 28


@pytest.mark.real
def test_a_click_sorts_and_another_turns_it_round(chromium: Any, page_file: Path) -> None:
    page = opened(chromium, page_file)
    before = order(page)
    head = page.get_by_role("button", name="Latency avg")
    head.click()
    upwards = order(page)
    assert upwards.index("small") < upwards.index("large")
    assert upwards[-1] == "gone"
    head.click()
    downwards = order(page)
    assert downwards.index("large") < downwards.index("small")
    assert downwards[-1] == "gone"
    assert sorted(downwards) == sorted(before)
    reason = page.locator("table.cells tbody", has_text="gone").locator("tr.reason")
    assert "it crashed" in reason.inner_text()


@pytest.mark.real
def test_without_scripts_it_is_a_plain_table(chromium: Any, page_file: Path) -> None:
    page = opened(chromium, page_file, java_script_enabled=False)
    assert page.locator("table.cells tbody th").count() == 5
    assert page.locator("button:visible, select:visible").count() == 0


@pytest.mark.real
def test_light_and_dark_differ_and_the_button_switches(chromium: Any, page_file: Path) -> None:
    light = opened(chromium, page_file, color_scheme="light")
    dark = opened(chromium, page_file, color_scheme="dark")
    colours = background(light), background(dark)
    assert colours[0] != colours[1]
    axis = "getComputedStyle(document.querySelector('svg.plot text')).fill"
    assert light.evaluate(axis) != dark.evaluate(axis)
    light.get_by_role("button", name="Dark").click()
    assert background(light) == colours[1]
    light.get_by_role("button", name="Light").click()
    assert background(light) == colours[0]


@pytest.mark.real
def test_a_phone_scrolls_down_only(chromium: Any, page_file: Path) -> None:
    page = opened(chromium, page_file, viewport=NARROW)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.locator("select").select_option(label="Latency avg ms")
    assert order(page)[0] == "small"


@pytest.mark.real
def test_print_is_light_and_whole(chromium: Any, page_file: Path) -> None:
    page = opened(chromium, page_file, color_scheme="dark")
    assert page.locator("button.theme").is_visible()
    page.emulate_media(media="print")
    assert not page.locator("button.theme").is_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--paper')").strip() == "#ffffff"
    page.set_viewport_size({"width": 1040, "height": 700})  # A4, landscape
    assert page.evaluate("document.querySelector('table.cells').offsetWidth") <= 1040
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 0


@pytest.mark.real
def test_who_leads_is_said_at_the_top(chromium: Any, page_file: Path) -> None:
    page = opened(chromium, page_file)
    cards = {card.locator("h2").inner_text(): card.inner_text() for card in page.locator(".card").all()}
    assert "small" in cards["Fastest first token"]
    assert "4.00" in cards["Best quality"]
    assert "large" in cards["Best quality"]
    assert "1.50 points above small" in cards["Best quality"]
    assert page.get_by_text("Not compared:").count() == 1


@pytest.mark.real
def test_scores_and_reasons_stand_with_the_answers(chromium: Any, page_file: Path) -> None:
    page = opened(chromium, page_file)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    answers = page.locator("#answers details.prompt", has_text="retrieval").first
    assert "4.50" in answers.inner_text()
    assert "accuracy: because" in answers.inner_text()
    ranked = page.locator("#extremes details.prompt", has_text="large").inner_text()
    assert ranked.index("best · retrieval") < ranked.index("worst · privacy")


@pytest.mark.slow
def test_one_cell_has_a_page_of_its_own(tmp_path: Path) -> None:
    cell = make_run_folder(tmp_path)
    write_pages(cell, gather([cell]))
    text = (cell / "report.html").read_text(encoding="utf-8")
    assert "demo-small on cpu" in text
    assert 'href="run.json"' in text
    assert (cell / "plots" / "latency.svg").exists()
    assert not (cell.parent / "report.html").exists()


@pytest.mark.slow
def test_the_pictures_of_a_cell_of_a_sweep_are_drawn_when_asked_for_and_kept_current(tmp_path: Path) -> None:
    cells = [make_run_folder(tmp_path, model=model) for model in ("demo-small", "demo-large")]
    write_pages(cells[0].parent, gather(cells))
    page, picture = cells[0] / "report.html", cells[0] / "plots" / "latency.svg"
    assert not picture.exists()
    assert f"python -m foundry_exp report {cells[0]}" in page.read_text(encoding="utf-8")
    write_pages(cells[0], gather(cells[:1]))
    drawn = picture.read_text(encoding="utf-8")
    assert "every request" in page.read_text(encoding="utf-8")
    picture.write_text("of an earlier attempt", encoding="utf-8")
    write_pages(cells[0].parent, gather(cells))
    assert picture.read_text(encoding="utf-8") == drawn
    assert not (cells[1] / "plots").exists()


@pytest.mark.slow
def test_pictures_that_were_not_asked_for_are_drawn_by_the_command_that_the_page_names(tmp_path: Path) -> None:
    cell = make_run_folder(tmp_path)
    write_pages(cell, gather([cell]), drawn=False)
    page = cell / "report.html"
    assert f"drawn by <code>python -m foundry_exp report {cell}</code>" in page.read_text(encoding="utf-8")
    assert not (cell / "plots").exists()
    assert main.main(["report", str(cell)]) == 0
    assert "drawn by" not in page.read_text(encoding="utf-8")
    assert (cell / "plots" / "latency.svg").exists()
