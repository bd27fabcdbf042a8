"""The page in a real browser: no error, and what a reader does with mouse and keyboard does what it says."""

import time
from contextlib import suppress

import pandas as pd
import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait
from support.browser import chromium, complaints, faults, needs_browser, screen
from support.hand_made import NASTY, hand_made

from harness.report.page import Story, report

pytestmark = needs_browser
CHART = ".chart.curves"
DRAWN = f"return document.querySelector('{CHART}').data.filter((one) => one.x.length > 1).map((one) => one.legendgroup)"
PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """The page of three optimizers, drawn, once for all tests: each leaves it as it was."""
    tables = hand_made(["slow", "quick", NASTY], 5, [1.0, 3.0])
    # a part of the budget is then too little to learn anything
    tables["runs"]["budget"] /= 1e3
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report(tables, Story(NASTY, (NASTY,))), encoding="utf-8")
    with chromium() as browser:
        screen(browser, DESK)
        browser.get(path.as_uri())
        browser.execute_script(f"document.querySelector('{CHART}').scrollIntoView()")
        WebDriverWait(browser, 60).until(lambda one: one.find_elements(By.CSS_SELECTOR, f"{CHART} .legendtoggle"))
        yield browser


@pytest.fixture
def page(opened):
    yield opened
    screen(opened, DESK)
    assert complaints(opened) == []


def test_a_click_on_the_legend_hides_an_optimizer_and_another_brings_it_back(page):
    assert set(page.execute_script(DRAWN)) == {"0", "1", "2"}
    for expected in ({"1", "2"}, {"0", "1", "2"}):
        press_first_name(page, expected)
        assert page.execute_script("return states[0].boxes[0].checked") == ("0" in expected)


def press_first_name(page, expected, tries=3):
    """Press until it shows: while a busy machine still lays the chart out, a press may be lost."""
    for _ in range(tries):
        # two presses within 0.3 s are a double one, which shows a name alone
        time.sleep(0.5)
        page.find_elements(By.CSS_SELECTOR, f"{CHART} .legendtoggle")[0].click()
        with suppress(TimeoutException):
            WebDriverWait(page, 10).until(lambda one: set(one.execute_script(DRAWN)) == expected)
            return
    assert set(page.execute_script(DRAWN)) == expected


def test_the_keyboard_hides_an_optimizer_too(page):
    page.find_element(By.CSS_SELECTOR, "details.optimizers summary").send_keys(Keys.ENTER)
    box = page.find_elements(By.CSS_SELECTOR, ".optimizers input")[1]
    box.send_keys(Keys.SPACE)
    assert set(page.execute_script(DRAWN)) == {"0", "2"}
    assert "2 of 3 are drawn" in page.find_element(By.CSS_SELECTOR, ".optimizers .count").text
    box.send_keys(Keys.SPACE)


@pytest.mark.parametrize(("axis", "title"), [("steps", "steps"), ("seconds", "seconds in"), ("loss", "training loss")])
def test_the_axis_selector_changes_the_axis(page, axis, title):
    places = "return [...document.querySelector('.chart.curves').data[1].x]"
    chosen = Select(page.find_element(By.NAME, "axis"))
    chosen.select_by_value("cost")
    before = page.execute_script(places)
    chosen.select_by_value(axis)
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
    screen(page, PHONE)
    sizes = "const box = document.querySelector('#choices .scroll'); return [box.scrollWidth, box.clientWidth]"
    needed, held = page.execute_script(sizes)
    assert needed <= held
    button = page.find_elements(By.CSS_SELECTOR, "#choices-table thead button")[0]
    button.send_keys(Keys.ENTER)
    names = "return [...document.querySelectorAll('#choices-table tbody th')].map((cell) => cell.textContent)"
    assert page.execute_script(names) == [NASTY, "quick", "slow"]


def test_a_name_with_a_script_in_it_is_text_everywhere(page):
    assert page.execute_script("return document.title").startswith("Order of frequencies: waves")
    assert NASTY in page.find_element(By.CSS_SELECTOR, ".understood").text
    assert NASTY in page.execute_script(f"return document.querySelector('{CHART} .legend').textContent")
    assert NASTY in page.execute_script("return document.querySelector('.maps').textContent")


def test_axe_finds_no_serious_fault_on_any_screen_and_nothing_is_wider_than_it(page):
    papers = set()
    for width, scheme in ((DESK, "light"), (PHONE, "dark")):
        screen(page, width, scheme)
        assert page.execute_script("return document.documentElement.scrollWidth") == width
        papers.add(page.execute_script("return getComputedStyle(document.body).backgroundColor"))
        assert faults(page) == []
    assert papers == {"rgb(255, 255, 255)", "rgb(22, 24, 27)"}
    page.execute_script("arguments[0].click()", page.find_element(By.ID, "theme"))
    assert page.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.execute_script("localStorage.clear(); delete document.documentElement.dataset.theme")


def test_on_a_phone_the_legend_stands_below_the_axis(page):
    screen(page, PHONE)
    box = f"document.querySelector('{CHART} %s').getBoundingClientRect()"
    gap = f"return {box % '.legend'}.top - {box % '.xtitle'}.bottom"
    WebDriverWait(page, 30).until(lambda one: one.execute_script(gap) >= 0)


def test_a_problem_of_classes_shows_its_waves_first_and_not_its_mean(opened, tmp_path):
    tables = hand_made(["one"], 5, [1.0, 2.0, 3.0, 4.0], judged=False)
    named = tables["spectra"].replace({"frequency": {1.0: 0.0}})
    tables["spectra"] = pd.concat([named.assign(component=place) for place in (0, 1)], ignore_index=True)
    path = tmp_path / "report.html"
    path.write_text(report(tables, Story("classes"), robust=False), encoding="utf-8")
    opened.get(path.as_uri())
    assert opened.execute_script("return [...states[0].frequencies].sort()") == ["[0] k=2", "[0] k=4"]
