"""Write docs/compare.png, a picture of a page, or docs/cell.png, one of a cell that is open in it.

`make docs-pictures PAGE=F`, or `make docs-pictures PAGE=F CASE=id TARGET=name`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from selenium import webdriver

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

DOCS: Final = Path(__file__).parents[1]
WIDTH: Final = 1280

_OPENED: Final = """
    const done = arguments[0];
    const look = () => (sheet.open ? setTimeout(done, 300) : setTimeout(look, 50));
    look();
"""


def main(page: str, case: str = "", target: str = "") -> None:
    """The page from its top, or a case's cell."""
    url = Path(page).resolve().as_uri()
    driver = _chromium()
    try:
        if not case:
            _resize(driver, 900)
            driver.get(url)
            driver.save_screenshot(str(DOCS / "compare.png"))
            return
        _resize(driver, 980)
        driver.get(f"{url}#{urlencode({'level': 'all', 'case': case, 'on': target})}")
        driver.execute_async_script(_OPENED)
        driver.save_screenshot(str(DOCS / "cell.png"))
    finally:
        driver.quit()


def _resize(driver: Chrome, height: int) -> None:
    size = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def _chromium() -> Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(word)
    service = webdriver.ChromeService(shutil.which("chromedriver") or "chromedriver")
    return webdriver.Chrome(options=options, service=service)


if __name__ == "__main__":
    main(*sys.argv[1:])
