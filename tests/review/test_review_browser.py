"""The page in a real browser, Debian's Chromium without a window: a person's way through it, kills included.

All tests share one server and one browser; each has a paper of its own.
"""

import json
import os
import shutil
import textwrap
import time

import pytest
from driven_page import HTL, Server, row, saved, select, until, value
from printed_pdf import pdf
from reviewed_papers import TEXT, devices_of, line, write

CHROMIUM = shutil.which("chromium")
# Without these, Chromium looks for Google's hosts, and needs a user other than root.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
HOSTILE = (
    "<h1 id=pwned>Experimental</h1><script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'>"
    "<svg onload='window.pwned = 3'></svg> The layer of 𝛼-SnO2 lay below. As the hole conductor PTAA was spun."
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        told = "not checked: the page in a browser; install Debian's packages: apt-get install chromium"
        if os.environ.get("MASTERKEY_NEEDS_CHROMIUM"):
            pytest.fail(told)
        pytest.skip(told)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


PAPERS = ("mark", "mend", "reload", "kill", "tabs", "keys", "devices", "hostile", "long")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    lines = []
    for number, name in enumerate(PAPERS):
        text = {"hostile": HOSTILE, "long": "\n\n".join([TEXT] * 60)}.get(name, f"{TEXT} ({name})")
        more = {"title": HOSTILE[:80]} if name == "hostile" else {"title": name}
        if name == "devices":
            more["devices"] = devices_of(text)
        lines.append(line(name, text, number, **more))
    running = Server(write(tmp_path_factory.mktemp("review") / "papers.jsonl", lines))
    yield running
    running.kill()


@pytest.fixture
def context(browser):
    """A browser's window of its own, in which no script may fail; other hosts would be noticed."""
    own = browser.new_context(viewport={"width": 1440, "height": 900})
    own.faults = []
    yield own
    own.close()
    assert not own.faults


@pytest.fixture
def opened(context, server):
    def open_page(paper: str):
        page = context.new_page()
        page.on("pageerror", lambda error: context.faults.append(str(error)))
        page.on("request", lambda request: elsewhere(request, server, context))
        page.goto(f"{server.url}#{PAPERS.index(paper)}")
        page.wait_for_selector("body[data-ready]")
        return page

    return open_page


def elsewhere(request, server, context):
    if not request.url.startswith(server.url):
        context.faults.append(request.url)


def test_the_most_doubtful_value_is_first_and_its_sentence_is_marked(opened):
    page = opened("long")
    assert page.locator(".row.current").get_attribute("data-field") == HTL
    assert "doubtful 0.31" in row(page).inner_text()
    sentence = page.locator("#text .sentence").all_inner_texts()
    assert (
        "".join(sentence).strip()
        == "The control device had Spiro-MeOTAD doped with Li-TFSI instead."
    )
    row(page, "Substrate_stack_sequence").click()
    assert page.locator("#text mark.looked").inner_text() == "ITO"
    page.keyboard.press("g")
    # The text has ITO in each of its 60 paragraphs; the second one is brought into view.
    second = page.locator("#text mark.looked")
    assert second.bounding_box()["y"] > 0
    assert page.locator("#text mark.current").nth(1).get_attribute(
        "data-start"
    ) == second.get_attribute("data-start")
    page.locator("#text mark[data-fields~=Backcontact_stack_sequence]").first.click()
    assert page.locator(".row.current").get_attribute("data-field") == "Backcontact_stack_sequence"


def test_the_last_line_stays_in_view_without_predicted_performance(opened):
    """--no_performance hides a part of the column; the button that finishes a paper must not slip below it."""
    page = opened("mark")
    for hidden in ("false", "true"):
        page.evaluate(f"document.getElementById('performance').hidden = {hidden}")
        ends = page.evaluate("document.getElementById('closing').getBoundingClientRect().bottom")
        assert ends <= page.evaluate("window.innerHeight")
        rows = "document.getElementById('rows')"
        assert page.evaluate(f"{rows}.scrollHeight > {rows}.clientHeight")  # they scroll themselves


def test_words_that_are_selected_become_the_value_with_their_place(opened, server):
    page = opened("mark")
    select(page, "copper thiocyanate")
    assert page.locator("#take").is_visible()
    page.keyboard.press("Enter")
    saved(page)
    assert value(page) == "copper thiocyanate"
    assert row(page).get_attribute("data-status") == "mended"
    start = TEXT.index("copper thiocyanate")
    edit = server.edits()[-1]
    assert edit["evidence"] == {"copper-thiocyanate": [[start, start + 18]]}
    assert edit["was"] == "Spiro-MeOTAD"


def test_mending_changes_the_predicted_performance_and_is_there_after_a_reload(opened):
    page = opened("mend")
    pce = page.locator("[data-target=PCE]")
    pce.wait_for()
    assert pce.locator("b").inner_text() == "12.0"
    assert "0.5 – 25.0" in pce.inner_text()
    page.keyboard.press("e")
    page.keyboard.type("PTAA")
    page.keyboard.press("Enter")
    saved(page)
    until(page, "document.querySelector('[data-target=PCE] b').textContent === '4.0'")
    assert "−8" in pce.inner_text()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert value(page) == "PTAA"
    assert row(page).get_attribute("data-status") == "mended"


def test_what_was_typed_and_not_yet_entered_is_there_after_a_reload(opened):
    page = opened("reload")
    page.keyboard.press("e")
    page.keyboard.type("CuSC")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.locator(".editor input").input_value() == "CuSC"
    page.locator(".editor input").press("Escape")
    assert value(page) == "Spiro-MeOTAD"


def test_what_was_refused_can_be_mended(opened):
    page = opened("reload")
    page.keyboard.press("e")
    page.keyboard.insert_text("x" * 1001)
    page.keyboard.press("Enter")
    page.locator(".notice.error").wait_for()
    assert "1,001 characters" in page.locator(".notice.error").inner_text()
    assert page.locator(".editor input").input_value() == "x" * 1001
    page.locator(".editor input").press("Escape")
    assert value(page) == "Spiro-MeOTAD"


def test_a_server_killed_in_mid_edit_loses_nothing(opened, server):
    page = opened("kill")
    page.keyboard.press("a")
    saved(page)
    row(page).click()
    page.keyboard.press("e")
    page.keyboard.type("CuSCN")
    server.kill()
    page.keyboard.press("Enter")
    until(page, "document.getElementById('saved').textContent.includes('does not answer')")
    page.keyboard.press("n")  # a further edit meanwhile, of the next field
    server.start()
    saved(page)
    assert value(page) == "CuSCN"
    own = [edit for edit in server.edits() if edit["paper"] == "kill"]
    assert [edit["version"] for edit in own] == [1, 2, 3]
    assert [edit["value"] for edit in own] == ["Spiro-MeOTAD", "CuSCN", ""]
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert value(page) == "CuSCN"


def test_of_two_tabs_the_second_is_told_and_loses_nothing(opened, server):
    first, second = opened("tabs"), opened("tabs")
    for page, name in ((first, "CuSCN"), (second, "PTAA")):
        page.keyboard.press("e")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        until(page, "!/Saving/.test(document.getElementById('saved').textContent)")
    saved(first)
    notice = second.locator(".notice.error")
    notice.wait_for()
    assert "HTL: stack: PTAA" in notice.inner_text()
    assert value(second) == "CuSCN"
    notice.get_by_role("button", name="Do it on the newer record").click()
    saved(second)
    assert value(second) == "PTAA"
    own = [edit["value"] for edit in server.edits() if edit["paper"] == "tabs"]
    assert own == ["CuSCN", "PTAA"]


def test_a_paper_is_reviewed_by_keys_alone(opened, server):
    page = opened("keys")
    page.keyboard.press("a")  # accept the most doubtful value
    saved(page)
    page.keyboard.press("o")
    assert page.get_by_role("button", name="By doubt").get_attribute("aria-pressed") == "true"
    page.keyboard.press("t")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator("#take").is_visible()
    words = page.evaluate("getSelection().toString()")
    page.keyboard.press("Enter")
    saved(page)
    edit = server.edits()[-1]
    assert (edit["status"], edit["value"]) == ("mended", words)
    page.keyboard.press("u")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    until(page, "document.getElementById('closing').textContent.includes('Reviewed by ada')")
    page.keyboard.press("]")
    until(page, f"location.hash === '#{PAPERS.index('keys') + 1}'")
    reviewed = server.path.with_suffix(".reviewed.jsonl")
    for _ in range(100):
        if reviewed.exists() and '"keys"' in reviewed.read_text():
            break
        time.sleep(0.05)
    assert [json.loads(own)["id"] for own in reviewed.read_text().splitlines()] == ["keys"]


def test_devices_are_tabs_and_another_one_can_be_added(opened, server):
    page = opened("devices")
    assert page.get_by_role("tab").count() == 2
    page.keyboard.press("d")
    assert page.locator(".tab[aria-selected=true]").inner_text().startswith("Control")
    page.keyboard.press("+")
    page.keyboard.type("with LiF")
    page.keyboard.press("Enter")
    saved(page)
    assert page.get_by_role("tab").count() == 3
    page.get_by_role("tab", name="with LiF").click()
    page.get_by_role("button", name="Make it the target").click()
    until(page, "document.querySelector('.tab').textContent.includes('with LiF')")
    assert server.edits()[-1]["action"] == "target"


def test_a_paper_of_html_and_script_is_text(opened, server):
    page = opened("hostile")
    assert page.evaluate("window.pwned") is None
    assert (
        page.locator(
            "#pwned, #reading img, #reading script, #reading svg, #paper-list script"
        ).count()
        == 0
    )
    assert page.locator("#text").inner_text().startswith("<h1 id=pwned>Experimental</h1><script>")
    row(page).click()
    select(page, "PTAA")  # behind a letter of two UTF-16 units
    page.keyboard.press("Enter")
    saved(page)
    start = HOSTILE.index("PTAA")
    assert server.edits()[-1]["evidence"] == {"ptaa": [[start, start + 4]]}
    assert (
        page.locator(
            "#text mark.looked, #text mark[data-fields~=HTL_stack_sequence]"
        ).first.inner_text()
        == "PTAA"
    )
    row(page, "Substrate_stack_sequence").click()
    page.keyboard.press("e")
    page.keyboard.type("<img src=x onerror='window.pwned = 4'>")
    page.keyboard.press("Enter")
    saved(page)
    assert value(page, "Substrate_stack_sequence").startswith("<img src=x")
    assert page.evaluate("window.pwned") is None


def test_a_pdf_of_200_pages_is_uploaded_and_read(opened, server, tmp_path):
    filler = ["It is known that perovskites absorb light."] * 40
    section = ["Experimental Section", *textwrap.wrap(TEXT.replace("°", "deg "), 90)]
    pages = [
        ["Introduction", *filler],
        *[filler] * 150,
        section,
        ["References", *filler],
        *[filler] * 47,
    ]
    (tmp_path / "long.pdf").write_bytes(pdf(pages))
    assert len(pages) == 200
    page = opened("mark")
    page.set_input_files("#upload-file", tmp_path / "long.pdf")
    page.get_by_role("button", name="Open it").click(timeout=30_000)
    until(page, f"location.hash === '#{len(PAPERS)}'")
    text = page.locator("#text").inner_text()
    assert "doctor-bladed" in text
    assert "It is known" not in text
    assert page.locator("#title").inner_text() == "long.pdf"


def test_an_uploaded_paper_opens_however_late_its_record_comes(opened, tmp_path):
    (tmp_path / "late.txt").write_text(TEXT)
    page = opened("mark")

    def late(route):
        time.sleep(0.5)
        route.continue_()

    page.route("**/api/papers/*", late)
    page.set_input_files("#upload-file", tmp_path / "late.txt")
    page.get_by_role("button", name="Open it").click(timeout=30_000)
    until(page, "document.getElementById('title').textContent === 'late.txt'", seconds=10)
