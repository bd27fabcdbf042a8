"""A real Chromium without a window, for what a reader sees and does; without one, tests skip with the reason."""

import shutil
from contextlib import contextmanager
from importlib.resources import files

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    BROWSER is None or DRIVER is None,
    reason="no Chromium with its driver here: apt-get install chromium chromium-driver",
)
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")
SERIOUS = ("serious", "critical")
FAULTS = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
  (found) => done(found.violations.map((one) => [one.impact, one.id, one.nodes.map((node) => node.html)])),
  (error) => done([["critical", String(error), []]]));
"""


@contextmanager
def chromium():
    """A browser of one's own, which is gone afterwards."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(120)
    try:
        yield driver
    finally:
        driver.quit()


def complaints(browser):
    """What the page has written to the console since this was asked last, of warnings and errors."""
    return [line for line in browser.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]


def faults(browser):
    """What axe-core finds serious about the page as it stands, with the elements."""
    # evaluated beside the page: its policy lets no foreign script in
    source = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": source})
    return [found for found in browser.execute_async_script(FAULTS) if found[0] in SERIOUS]


def screen(browser, width, scheme="light"):
    """A screen so wide, a phone's below 600 pixels, of a reader who prefers light or dark."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
