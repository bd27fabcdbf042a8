"""The page in a real browser: no error, and what a reader does with mouse and keyboard does what it says."""

import shutil
from contextlib import suppress

import pytest
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait
from support.hand_made import NASTY, hand_made

from harness.report.page import Story, report

BROWSERS = [path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))]
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not BROWSERS or DRIVER is None, reason="no Chromium with its driver here: apt-get install chromium chromium-driver"
)
CHART = ".chart.curves"
DRAWN = f"return document.querySelector('{CHART}').data.filter((one) => one.x.length > 1).map((one) => one.legendgroup)"


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSERS[0]
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    tables = hand_made(["slow", "quick", NASTY], 5, [1.0, 3.0])
    # a part of the budget is then too little to learn anything
    tables["runs"]["budget"] /= 1e3
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report(tables, Story(NASTY, (NASTY,))), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser, address):
    browser.get(address)
    browser.execute_script(f"document.querySelector('{CHART}').scrollIntoView()")
    WebDriverWait(browser, 60).until(lambda one: one.find_elements(By.CSS_SELECTOR, f"{CHART} .legendtoggle"))
    browser.execute_async_script(
        "const done = arguments[0]; setTimeout(() => requestAnimationFrame(() => done()), 700)"
    )
    yield browser
    assert [line for line in browser.get_log("browser") if line["level"] in ("SEVERE", "WARNING")] == []


def test_a_click_on_the_legend_hides_an_optimizer_and_another_brings_it_back(page):
    assert set(page.execute_script(DRAWN)) == {"0", "1", "2"}
    for expected in ({"1", "2"}, {"0", "1", "2"}):
        press_first_name(page, expected)
        assert page.execute_script("return states[0].boxes[0].checked") == ("0" in expected)


def press_first_name(page, expected, tries=4):
    """Press until it shows: while a busy machine still lays the chart out, a press may be lost."""
    for _ in range(tries):
        page.find_elements(By.CSS_SELECTOR, f"{CHART} .legendtoggle")[0].click()
        with suppress(TimeoutException):
            WebDriverWait(page, 8).until(lambda one: set(one.execute_script(DRAWN)) == expected)
            return
    pytest.skip("The browser took no press of the mouse in time; the machine is too busy to tell more.")


def test_the_keyboard_hides_an_optimizer_too(page):
    page.find_element(By.CSS_SELECTOR, "details.optimizers summary").send_keys(Keys.ENTER)
    page.find_elements(By.CSS_SELECTOR, ".optimizers input")[1].send_keys(Keys.SPACE)
    assert set(page.execute_script(DRAWN)) == {"0", "2"}
    assert "2 of 3 are drawn" in page.find_element(By.CSS_SELECTOR, ".optimizers .count").text


@pytest.mark.parametrize(("axis", "title"), [("steps", "steps"), ("seconds", "seconds in"), ("loss", "training loss")])
def test_the_axis_selector_changes_the_axis(page, axis, title):
    places = "return [...document.querySelector('.chart.curves').data[1].x]"
    before = page.execute_script(places)
    Select(page.find_element(By.NAME, "axis")).select_by_value(axis)
    assert title in page.find_element(By.CSS_SELECTOR, f"{CHART} .xtitle").text
    after = page.execute_script(places)
    assert (before == after) == (axis == "steps")  # one evaluation costs one here
    assert (after[0] > after[-1]) == (axis == "loss")


def test_the_table_sorts_both_ways(page):
    rows = "return [...document.querySelectorAll('#order-table tbody th')].map((cell) => cell.textContent)"
    button = page.find_element(By.CSS_SELECTOR, "#order-table thead button")
    page.execute_script("arguments[0].click()", button)
    assert page.execute_script(rows) == [NASTY, "quick", "slow"]
    page.execute_script("arguments[0].click()", button)
    assert page.execute_script(rows) == ["slow", "quick", NASTY]
    assert page.find_element(By.CSS_SELECTOR, "#order-table thead th").get_attribute("aria-sort") == "descending"


def test_the_table_of_choices_fits_on_a_phone_and_sorts(page):
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    )
    sizes = "const box = document.querySelector('#choices .scroll'); return [box.scrollWidth, box.clientWidth]"
    needed, held = page.execute_script(sizes)
    assert needed <= held
    button = page.find_elements(By.CSS_SELECTOR, "#choices-table thead button")[0]
    button.send_keys(Keys.ENTER)
    names = "return [...document.querySelectorAll('#choices-table tbody th')].map((cell) => cell.textContent)"
    assert page.execute_script(names) == [NASTY, "quick", "slow"]
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_name_with_a_script_in_it_is_text_everywhere(page):
    assert page.execute_script("return document.title").startswith("Order of frequencies: waves")
    assert NASTY in page.find_element(By.CSS_SELECTOR, ".understood").text
    assert NASTY in page.execute_script(f"return document.querySelector('{CHART} .legend').textContent")
    assert NASTY in page.execute_script("return document.querySelector('.maps').textContent")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_no_wider_than_the_screen_dark_or_light(page, width):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    papers = set()
    for scheme in ("light", "dark"):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        assert page.execute_script("return document.documentElement.scrollWidth") == width
        papers.add(page.execute_script("return getComputedStyle(document.body).backgroundColor"))
    page.execute_script("arguments[0].click()", page.find_element(By.ID, "theme"))
    assert page.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert papers == {"rgb(255, 255, 255)", "rgb(22, 24, 27)"}
    page.execute_script("localStorage.clear()")
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
