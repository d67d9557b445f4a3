"""action.yml and docs/ci.md: what they name is there, and the action's steps do what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
import yaml

from tcpassay.cli.app import VERBS, make_app
from tcpassay.core.content import content_root
from tests.manifests import BROKEN
from tests.sample_cases import HANDSHAKE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = content_root()
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
PAGE = (ROOT / "docs" / "ci.md").read_text()
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
SCRIPTS = {step["name"]: step["run"] for step in STEPS if "run" in step}
FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SNIPPETS = [yaml.safe_load(text) for language, text in FENCED if language == "yaml"]
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")


def gitlab() -> dict[str, Any]:
    """The job of the snippet for GitLab."""
    (job,) = (each["conformance"] for each in SNIPPETS if "conformance" in each)
    return dict(job)


def commands() -> Iterator[str]:
    """Each command line of the action, the snippets and the page."""
    scripts = [*SCRIPTS.values(), *gitlab()["script"], *gitlab()["after_script"]]
    scripts += [text for language, text in FENCED if not language]
    yield from (line.strip() for script in scripts for line in script.splitlines())


def options_of(verb: str) -> set[str]:
    """The options that a verb, or one of its own verbs, takes."""
    root: Any = typer.main.get_command(make_app([verb]))
    command = root.commands[verb]
    every = [command, *getattr(command, "commands", {}).values()]
    return {name for each in every for parameter in each.params for name in parameter.opts}


#: What the page calls an input that is empty by default.
EMPTY = {
    "case": "all",
    "targets": "`reference`, and `linux` where it can be had",
}

MAKES = [line for line in commands() if line.startswith("make ")]
USES = [line for line in commands() if re.search(r"tcpassay\"? [a-z]", line) and line not in MAKES]


@pytest.mark.parametrize("line", USES)
def test_command_is_one_of_ours(line: str) -> None:
    """A line with `tcpassay VERB`; the verb is there, and takes each option named."""
    words = shlex.split(line.partition(" > ")[0].partition(" || ")[0])
    at = next(n for n, word in enumerate(words) if word.endswith("tcpassay"))
    verb, *rest = words[at + 1 :]
    assert verb in VERBS
    assert {word for word in rest if word.startswith("--")} <= options_of(verb)


@pytest.mark.parametrize("line", MAKES)
def test_make_target_is_there(line: str) -> None:
    """A line with `make TARGET`; the Makefile has it, and the variables that it is given."""
    makefile = (ROOT / "Makefile").read_text()
    words = shlex.split(line.partition(" || ")[0])[1:]
    targets = [word for word in words if "=" not in word and not word.startswith(("-", "$"))]
    goals = [word for word in targets if word != "tcpassay"]
    assert goals in (["setup"], ["conformance"])
    assert f"\n{goals[0]}:" in makefile
    for name in (word.partition("=")[0] for word in words if "=" in word):
        assert f"$({name})" in makefile.partition("\nconformance:")[2].partition("\n\n")[0]


def test_there_are_commands_to_check() -> None:
    """The lines that the tests above see; some of each kind, so that they cannot pass for none."""
    assert len(USES) >= 8
    assert len(MAKES) == 2


def test_inputs_are_what_is_used() -> None:
    """The action's inputs; each is used, each used is one, and the page has them with defaults."""
    used = {
        name
        for step in STEPS
        for expression in [*EXPRESSION.findall(yaml.safe_dump(step)), str(step.get("if", ""))]
        for name in re.findall(r"inputs\.([a-z-]+)", expression)
    }
    assert used == ACTION["inputs"].keys()
    for name, about in ACTION["inputs"].items():
        (row,) = re.findall(rf"^\| `{name}` \| (.*?) \|", PAGE, re.MULTILINE)
        default = about["default"]
        assert row == (f"`{default}`" if default else EMPTY.get(name, "none"))
        assert about["description"].endswith(".")


def test_no_input_is_pasted_into_a_script() -> None:
    """Scripts; they have inputs from the environment alone, where text is no command."""
    assert not [name for name, script in SCRIPTS.items() if EXPRESSION.search(script)]
    for step in STEPS:
        assert not any(name.startswith("GITHUB_") for name in step.get("env", {}))


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_bash(name: str) -> None:
    """A step's script; bash can read it."""
    done = subprocess.run(
        ("bash", "-n"), check=False, input=SCRIPTS[name], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_workflow_uses_the_action() -> None:
    """The page's workflow; a job whose last step is the action, with inputs that it has."""
    (workflow,) = (each for each in SNIPPETS if isinstance(each, dict) and "jobs" in each)
    step = workflow["jobs"]["tcp"]["steps"][-1]
    assert step["uses"].partition("/")[2] == "tcpassay@COMMIT"
    assert step["with"].keys() <= ACTION["inputs"].keys()


def test_gitlab_keeps_what_make_writes() -> None:
    """The job for GitLab; the JUnit that is shown is where `make conformance` puts it."""
    artifacts = gitlab()["artifacts"]
    assert artifacts["when"] == "always"
    assert artifacts["reports"]["junit"] == "out/conformance/junit.xml"
    assert gitlab()["variables"]["OUT"] == "$CI_PROJECT_DIR/out"
    assert "--junit $(OUT)/conformance/junit.xml" in (ROOT / "Makefile").read_text()


def test_exit_codes_are_told() -> None:
    """The table; a row a code of the contract."""
    rows = re.findall(r"^\| ([\d, ]+) \|", PAGE, re.MULTILINE)
    assert rows == ["0", "1", "2", "3", "4", "5", "130, 143"]


@pytest.mark.parametrize(
    ("words", "skips"),
    [
        ("conformance", True),
        ("conformance TARGET=linux", False),
        ("conformance TARGET=linux ARGS=--where-possible", True),
        ("matrix", True),
        ("matrix TARGET=linux", False),
        ("compare", True),
        ("compare TARGET='reference linux'", False),
    ],
)
def test_what_is_named_has_to_start(words: str, *, skips: bool) -> None:
    """The default targets, one that is named, and one that may be skipped; the command for each."""
    ours = {"TARGET", "ARGS", "MAKEFLAGS", "MAKELEVEL"}
    environment = {name: text for name, text in os.environ.items() if name not in ours}
    told = subprocess.run(
        ("make", "--dry-run", "--no-print-directory", *shlex.split(words)),
        check=True, cwd=ROOT, env=environment, capture_output=True, text=True,
    ).stdout  # fmt: skip
    (command,) = (line for line in told.splitlines() if "/tcpassay " in line)
    assert ("--where-possible" in shlex.split(command)) is skips


# The action's own steps, run as a runner would


class Runner:
    """Runs the scripts of the action in a workspace, with an environment that is there already."""

    def __init__(self, folder: Path, **inputs: str) -> None:
        self.workspace = folder / "work space"
        self.summary = folder / "summary.md"
        self.log: dict[str, str] = {}
        self.codes: dict[str, int] = {}
        self._inputs = {name: about["default"] for name, about in ACTION["inputs"].items()} | inputs
        self._action = folder / "the action"
        self.workspace.mkdir()
        self._install()

    def _install(self) -> None:
        """A checkout with a .venv whose `tcpassay` is this one, and keeps what it was told."""
        programs = self._action / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name in ("Makefile", "pyproject.toml", "targets"):
            (self._action / name).symlink_to(ROOT / name)
        program = programs / "tcpassay"
        program.write_text(
            '#!/bin/sh\nprintf "%s\\n" "$@" > "$0.$1"\n'
            f'exec {shlex.quote(sys.executable)} -m tcpassay "$@"\n'
        )
        program.chmod(0o755)
        (self._action / ".venv" / ".ready").touch()

    def told(self, verb: str) -> list[str]:
        """The arguments that the verb was given."""
        return (self._action / ".venv" / "bin" / f"tcpassay.{verb}").read_text().splitlines()

    def own_target(self, manifest: str) -> None:
        """A stack of the user's own, mine/target.toml."""
        folder = self.workspace / "mine"
        folder.mkdir()
        like = os.path.relpath(ROOT / "targets" / "reference", folder)
        (folder / "target.toml").write_text(manifest.format(like=like))

    def run(self) -> None:
        """Each step that is due."""
        failed = False
        for step in STEPS:
            if "run" not in step or (failed and "always()" not in step.get("if", "")):
                continue
            if "inputs.baseline" in step.get("if", "") and not self._inputs["baseline"]:
                continue
            done = subprocess.run(
                ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]),
                check=False,
                cwd=self.workspace,
                env=self._environment(step.get("env", {})),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            self.log[step["name"]] = done.stdout
            self.codes[step["name"]] = done.returncode
            failed |= done.returncode != 0

    def _environment(self, own: dict[str, str]) -> dict[str, str]:
        return os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "GITHUB_ACTION_PATH": str(self._action),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **{name: EXPRESSION.sub(self._value, text) for name, text in own.items()},
        }

    def _value(self, expression: re.Match[str]) -> str:
        return str(self._inputs[expression[1].removeprefix("inputs.")])


FILES = (
    "junit.xml", "run.json", "run.jsonl", "report.json", "summary.md", "badges.md", "page.html",
)  # fmt: skip


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_run_as_expected(tmp_path: Path, *, elsewhere: bool) -> None:
    """The reference stack and a few cases; every step ends with 0, summary and files are there.

    The baseline is in the workspace; files go there, or to a folder that is named from the root.
    """
    out = str(tmp_path / "else where") if elsewhere else "its out"
    runner = Runner(
        tmp_path, targets="reference", case="rfc9293/3.7.1/*", arguments="--ip 4 --seed 1",
        baseline="old run.json", out=out,
    )  # fmt: skip
    baseline = (ROOT / "reports" / "baselines" / "reference.json").read_text()
    (runner.workspace / "old run.json").write_text(baseline)
    runner.run()
    assert set(runner.codes.values()) == {0}, runner.log
    assert list(runner.codes) == list(SCRIPTS)
    told = runner.summary.read_text()
    assert told.startswith("# Conformance: all as expected\n")
    assert "# What changed" in told
    folder = runner.workspace / out
    lines = (folder / "conformance/run.jsonl").read_text().splitlines()
    cases = sum(line.startswith('{"case"') for line in lines)
    traces = len([*folder.glob("conformance/traces/reference/*.json")])
    assert traces > 10
    said = f"tcpassay: report.json: {cases} cases, {traces} traces"
    assert runner.log["Report"].strip() == said
    assert [name for name in FILES if not (folder / "conformance" / name).is_file()] == []
    assert (folder / "changes" / "changes.html").is_file()


def test_what_is_judged_by_default(tmp_path: Path) -> None:
    """No targets; the project's own, of which those are skipped that cannot be had.

    A glob among the arguments is not the shell's, even where files match it.
    """
    glob = "rfc9293/3.7.1/*"
    runner = Runner(tmp_path, arguments=f"--ip 4 --case {glob}")
    (runner.workspace / glob).parent.mkdir(parents=True)
    (runner.workspace / glob).with_name("file").touch()
    runner.run()
    assert runner.codes["Judge"] == 0
    wanted = ["run", "reference", "linux", "--ip", "4", "--case", glob, "--where-possible"]
    assert runner.told("run")[: len(wanted)] == wanted


LIKE = """
like = "{like}"
name = "mine"
title = "Mine"
"""


def test_a_case_of_the_users_own(tmp_path: Path) -> None:
    """A file of the workspace, as docs/adding-a-case.md names it; judged on a stack of its own."""
    runner = Runner(tmp_path, targets="./mine", case="./my cases/one.py")
    runner.own_target(LIKE)
    (runner.workspace / "my cases").mkdir()
    (runner.workspace / "my cases" / "one.py").write_text(HANDSHAKE)
    runner.run()
    assert runner.codes["Judge"] == 0, runner.log["Judge"]
    assert "mine: 1 case: 1 pass" in runner.log["Judge"]


ATTACK = """x' ; touch INJECTED ; : '$(touch INJECTED)`touch INJECTED`" ; touch INJECTED ; : \""""


@pytest.mark.parametrize(
    ("attacked", "code"),
    [(("targets",), 2), (("case",), 5), (("arguments",), 2), (("baseline", "out"), 0)],
)
def test_an_input_is_no_command(tmp_path: Path, attacked: tuple[str, ...], code: int) -> None:
    """Inputs that would end a quotation and begin a command; words that mean nothing here."""
    inputs = {"targets": "reference", "case": "rfc9293/3.7.1/*", "arguments": "--ip 4"}
    runner = Runner(tmp_path, **(inputs | dict.fromkeys(attacked, ATTACK)))
    runner.run()
    assert not [*tmp_path.rglob("INJECTED")]
    assert runner.codes["Judge"] == code, runner.log["Judge"]
    words = runner.told("run")
    for name, option in (("case", "--case"), ("out", "--out")):
        if name in attacked:
            assert words[words.index(option) + 1].removesuffix("/conformance") == ATTACK


def test_a_run_that_is_not_as_expected(tmp_path: Path) -> None:
    """A stack of the user's own with an expectation that is not met; told, noted, and it fails."""
    runner = Runner(tmp_path, targets="mine/target.toml", case="rfc9293/3.7.1/*")
    runner.own_target(LIKE)
    (runner.workspace / "mine" / "expectations.toml").write_text(
        '[[expect]]\ncase = "rfc9293/3.7.1/*"\nverdict = "fail"\nreason = "::error::forged"\n'
    )
    runner.run()
    assert runner.codes["Judge"] == 1
    log = runner.log["Judge"].splitlines()
    stopped = next(line for line in log if line.startswith("::stop-commands::"))
    token = stopped.removeprefix("::stop-commands::")
    assert len(token) == 32
    between = log[log.index(stopped) : log.index(f"::{token}::")]
    assert any("NOT as expected" in line for line in between)
    assert runner.codes["Report"] == 0
    notes = [line for line in runner.log["Report"].splitlines() if line.startswith("::")]
    assert notes[0].startswith("::error title=mine%3A info%2C expected fail%3A rfc9293/3.7.1/")
    assert "::conformance/cases/rfc9293/" in notes[0]
    assert "not as expected" in runner.summary.read_text().splitlines()[0]


@pytest.mark.parametrize("targets", ["mine/target.toml", "reference ./mine"])
def test_a_target_that_does_not_start(tmp_path: Path, targets: str) -> None:
    """An agent that ends before its HELLO, alone and beside another target; it fails, and why."""
    runner = Runner(tmp_path, targets=targets, case="rfc9293/3.7.1/*")
    runner.own_target(BROKEN)
    runner.run()
    assert runner.codes["Judge"] == 4, runner.log["Judge"]
    assert runner.codes["Report"] == 0, runner.log["Report"]
    folder = runner.workspace / "tcpassay-out" / "conformance"
    assert [name for name in FILES if not (folder / name).is_file()] == []
    assert runner.summary.read_text().startswith("# Conformance: 1 target not started\n")
    assert "::error title=mine%3A not started::" in runner.log["Report"]


def test_nothing_judged_is_told(tmp_path: Path) -> None:
    """A target that is not there; the step fails, and the summary says where to look."""
    runner = Runner(tmp_path, targets="nobody")
    runner.run()
    assert runner.codes["Judge"] == 2
    assert runner.codes["Report"] == 0
    assert runner.summary.read_text() == "Nothing was judged: the log says why.\n"
