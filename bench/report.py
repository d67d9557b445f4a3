"""The page of `compare`: writing one of 10,000 cases on 8 targets, its size, opening it.

Opening is measured in headless Chromium where that is installed: until the matrix is drawn, the
work for a frame of a scroll through all of it unfolded, a filter, a cell. The work for a frame is
processor time of the page's thread, which no other load changes.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.made_record import made_columns
from bench.measure import Figure
from tcpassay.reports.page import write_page
from tcpassay.reports.page.render import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

CASES, TARGETS = 10_000, 8
#: Seconds in which the page is to be open.
OPEN_S: Final = 2.0
#: Seconds of a frame in which a scroll is still smooth; how many are measured.
FRAME_S: Final = 1 / 30
FRAMES: Final = 120

_OPENED: Final = """
    const done = arguments[0], frame = requestAnimationFrame;
    const drawn = () => frame(() => frame(() => done(performance.now())));
    if (document.readyState === "complete") drawn(); else addEventListener("load", drawn);
"""
_UNFOLDED: Final = """
    const before = performance.now();
    document.querySelector("[data-fold=all]").click();
    grid.getBoundingClientRect();
    arguments[0](performance.now() - before);
"""
_SCROLLED: Final = """
    const [frames, done] = arguments;
    let left = frames;
    const step = () => {
        grid.scrollTop += 120;
        if (--left) requestAnimationFrame(step);
        else done();
    };
    requestAnimationFrame(step);
"""
_FILTERED: Final = """
    const before = performance.now();
    apply({...FIRST, level: "all", text: "window 77"});
    grid.getBoundingClientRect();
    arguments[0](performance.now() - before);
"""
_CELL: Final = """
    const before = performance.now(), done = arguments[0];
    openCase(REQS[300].rows[0], 3).then(() => done(performance.now() - before));
"""


def figures() -> Iterator[Figure]:
    """Write it, weigh it, open it."""
    columns = made_columns(CASES, TARGETS)
    with tempfile.TemporaryDirectory(prefix="tcpassay-bench-") as folder:
        page = Path(folder) / "page.html"
        begun = time.perf_counter()
        write_page(page, columns)
        took = time.perf_counter() - begun
        yield Figure(f"write the page of {CASES} x {TARGETS}", took, "s")
        size = page.stat().st_size
        yield Figure("its size", size / 1e6, "MB", size / LIMIT, "of what it may be", most=1)
        yield from _in_the_browser(page)


def _in_the_browser(page: Path) -> Iterator[Figure]:
    driver = _chromium()
    if driver is None:
        print("  not opened: chromium, chromedriver or selenium is missing (make browser)")
        return
    try:
        opened = min(_open(driver, page) for _ in range(3))
        yield Figure("open it", opened, "s", opened / OPEN_S, "of the time it has", most=1)
        unfolded = _seconds(driver, _UNFOLDED)
        yield Figure("unfold all", unfolded * 1e3, "ms")
        frame = _work_of_a_frame(driver)
        yield Figure(
            "work for a frame of a scroll by 7,200 pixels a second",
            frame * 1e3, "ms", frame / FRAME_S, "of a 30th second", most=1,
        )  # fmt: skip
        yield Figure("filter by words", _seconds(driver, _FILTERED) * 1e3, "ms")
        yield Figure("open a cell", _seconds(driver, _CELL) * 1e3, "ms")
    finally:
        driver.quit()


def _open(driver: Chrome, page: Path) -> float:
    """Seconds from the beginning of the navigation until the matrix has been drawn."""
    driver.get("about:blank")
    driver.get(page.as_uri())
    return _seconds(driver, _OPENED)


def _work_of_a_frame(driver: Chrome) -> float:
    """Seconds of processor time of the page's thread."""
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    before = _busy(driver)
    driver.execute_async_script(_SCROLLED, FRAMES)
    return (_busy(driver) - before) / FRAMES


def _busy(driver: Chrome) -> float:
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


def _seconds(driver: Chrome, script: str) -> float:
    return float(driver.execute_async_script(script)) / 1e3


def _chromium() -> Chrome | None:
    try:
        from selenium import webdriver
    except ImportError:
        return None
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        return None
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    driver.set_window_size(1400, 900)
    return driver
