"""All pages: what they link to is there, what they run exists, and the index names every page."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from tcpassay.cli.app import VERBS, make_app
from tcpassay.core.content import content_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = content_root()
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md"), ROOT / "targets" / "mutants" / "README.md"])
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
#: A command in a block: at the beginning of its line, or behind a prompt.
COMMAND = re.compile(r"^ *(?:\$ )?((?:tcpassay|make) +[a-z-].*)$")
#: A command among words.
SPOKEN = re.compile(r"`((?:tcpassay|make) +[a-z-][^`]*)`")
MAKEFILE = (ROOT / "Makefile").read_text()


def named(path: Path) -> str:
    """A page as the reader knows it."""
    return str(path.relative_to(ROOT))


def prose(page: Path) -> str:
    """A page without its blocks."""
    return FENCED.sub("", page.read_text())


@cache
def anchors(page: Path) -> frozenset[str]:
    """Its headings, as a forge makes them into anchors."""
    heads = (re.sub(r"[`*]", "", head).lower() for head in HEADING.findall(prose(page)))
    return frozenset(re.sub(r"[^\w\- ]", "", head).replace(" ", "-") for head in heads)


def broken(page: Path) -> Iterator[str]:
    """Links of a page that lead nowhere."""
    for link in LINK.findall(prose(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path) if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            yield link


def commands(page: Path) -> Iterator[str]:
    """The commands of a page: lines of blocks that are no Python, and what is quoted in words."""
    for language, block in FENCED.findall(page.read_text()):
        if language not in ("python", "c", "go"):
            for line in block.splitlines():
                if found := COMMAND.match(line):
                    yield found[1]
    yield from (" ".join(words.split()) for words in SPOKEN.findall(prose(page)))


@cache
def options_of(verb: str) -> frozenset[str]:
    """The options that a verb, or one of its own verbs, takes."""
    root: Any = typer.main.get_command(make_app([verb]))
    command = root.commands[verb]
    every = [command, *getattr(command, "commands", {}).values()]
    found = {name for each in every for parameter in each.params for name in parameter.opts}
    return frozenset({*found, "--help", "-h"})


def wrong(line: str) -> Iterator[str]:
    """What of a command is not there: verb, option, target of make, variable of it."""
    program, *words = shlex.split(re.split(r" [#|>]|\|\||&&", line)[0].replace("'", '"'))
    if program == "make":
        yield from wrong_make(words)
        return
    verbs = words[0].split("|")
    yield from (f"verb {verb}" for verb in verbs if verb not in VERBS)
    known = frozenset().union(*(options_of(verb) for verb in verbs if verb in VERBS))
    for word in words[1:]:
        option = word.strip("[]").partition("=")[0]
        if re.fullmatch(r"--[a-z][a-z-]*", option) and option not in known:
            yield f"option {option}"


def wrong_make(words: list[str]) -> Iterator[str]:
    """Targets and variables that the Makefile does not have."""
    for word in words:
        name, variable, _ = word.partition("=")
        if variable and not re.search(rf"\$\([^)]*{name}\b", MAKEFILE):
            yield f"variable {name}"
        elif re.fullmatch(r"[a-z-]+", word) and not re.search(rf"^{word}:", MAKEFILE, re.MULTILINE):
            yield f"target {word}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    """A page; each link is a file that is there, and each anchor a heading in it."""
    assert list(broken(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_are_ours(page: Path) -> None:
    """A page; each command has a verb and options, or a target of make, that exist."""
    if page.name == "CHANGELOG.md":  # which tells of what was, too
        return
    assert [f"{line}: {what}" for line in commands(page) for what in wrong(line)] == []


def test_what_is_not_there_would_be_seen(tmp_path: Path) -> None:
    """A page with a link, an anchor, a verb, an option and a target of make that are nobody's."""
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](none.md) [b](#there) [c](#here) `tcpassay nothing`\n"
        "```\n$ tcpassay run linux --casing x   # why\nmake everything NUMBER=1 setup\n```\n"
    )
    assert list(broken(page)) == ["none.md", "#there"]
    told = [what for line in commands(page) for what in wrong(line)]
    assert told == ["option --casing", "target everything", "variable NUMBER", "verb nothing"]


def test_there_are_commands_and_links_to_check() -> None:
    """All pages; enough of both that the tests above cannot pass for want of them."""
    assert sum(1 for page in PAGES for _ in commands(page)) > 150
    assert sum(len(LINK.findall(prose(page))) for page in PAGES) > 80


def test_the_index_names_every_page() -> None:
    """docs/README.md; each page of the folder is in it once."""
    links = LINK.findall((DOCS / "README.md").read_text())
    pages = {page.name for page in DOCS.glob("*.md")} - {"README.md"}
    assert sorted(link for link in links if not link.startswith("../")) == sorted(pages)


def test_the_readme_is_short_and_shows_the_matrix() -> None:
    """README.md; the picture with words for it, the index, the first steps."""
    text = (ROOT / "README.md").read_text()
    assert re.search(r"!\[[^\]]{40,}\]\(docs/matrix\.svg\)", text)
    assert {"docs/README.md", "docs/quick-start.md"} <= set(LINK.findall(text))
    assert len(text.splitlines()) <= 150
