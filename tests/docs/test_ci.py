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
    assert len(MAKES) == 3


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
        wanted = (
            f"`{about['default']}`" if about["default"] else ("all" if name == "case" else "none")
        )
        assert row == wanted
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


# The action's own steps, run as a runner would


class Runner:
    """Runs the scripts of the action in a workspace, with an environment that is there already."""

    def __init__(self, folder: Path, **inputs: str) -> None:
        self.workspace = folder / "workspace"
        self.summary = folder / "summary.md"
        self.log: dict[str, str] = {}
        self.codes: dict[str, int] = {}
        self._inputs = {name: about["default"] for name, about in ACTION["inputs"].items()} | inputs
        self._action = folder / "action"
        self.workspace.mkdir()
        self._install()

    def _install(self) -> None:
        """A checkout with a .venv whose `tcpassay` is this one."""
        programs = self._action / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name in ("Makefile", "pyproject.toml", "targets"):
            (self._action / name).symlink_to(ROOT / name)
        program = programs / "tcpassay"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tcpassay "$@"\n')
        program.chmod(0o755)
        (self._action / ".venv" / ".ready").touch()

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


def test_a_run_as_expected(tmp_path: Path) -> None:
    """The reference stack and a few cases; every step ends with 0, summary and files are there."""
    baseline = ROOT / "reports" / "baselines" / "reference.json"
    runner = Runner(
        tmp_path, targets="reference", case="rfc9293/3.7.1/*", arguments="--ip 4 --seed 1",
        baseline=str(baseline),
    )  # fmt: skip
    runner.run()
    assert set(runner.codes.values()) == {0}, runner.log
    assert list(runner.codes) == list(SCRIPTS)
    told = runner.summary.read_text()
    assert told.startswith("# Conformance: all as expected\n")
    assert "# What changed" in told
    assert runner.log["Report"].strip() == "tcpassay: report.json: " + told_of(runner)
    out = runner.workspace / "tcpassay-out"
    for name in (
        "junit.xml",
        "run.json",
        "run.jsonl",
        "report.json",
        "summary.md",
        "badges.md",
        "page.html",
    ):
        assert (out / "conformance" / name).is_file(), name
    assert (out / "changes" / "changes.html").is_file()


def told_of(runner: Runner) -> str:
    """What the bundle is said to hold."""
    lines = (runner.workspace / "tcpassay-out/conformance/run.jsonl").read_text().splitlines()
    cases = sum(line.startswith('{"case"') for line in lines)
    return f"{cases} cases, no trace beside it"


STACK = """
like = "{like}"
name = "mine"
title = "Mine"
"""


def test_a_run_that_is_not_as_expected(tmp_path: Path) -> None:
    """A stack of the user's own with an expectation that is not met; told, noted, and it fails."""
    runner = Runner(tmp_path, targets="mine/target.toml", case="rfc9293/3.7.1/*")
    folder = runner.workspace / "mine"
    folder.mkdir()
    like = os.path.relpath(ROOT / "targets" / "reference", folder)
    (folder / "target.toml").write_text(STACK.format(like=like))
    (folder / "expectations.toml").write_text(
        '[[expect]]\ncase = "rfc9293/3.7.1/*"\nverdict = "fail"\nreason = "::error::forged"\n'
    )
    runner.run()
    assert runner.codes["Judge"] == 2
    log = runner.log["Judge"].splitlines()
    stopped = next(line for line in log if line.startswith("::stop-commands::"))
    token = stopped.removeprefix("::stop-commands::")
    assert len(token) == 32
    assert f"::{token}::" in log
    between = log[log.index(stopped) : log.index(f"::{token}::")]
    assert any("Error 1" in line for line in between)
    assert runner.codes["Report"] == 0
    notes = [line for line in runner.log["Report"].splitlines() if line.startswith("::")]
    assert notes[0].startswith("::error file=conformance/cases/rfc9293/")
    assert "title=mine%3A info%2C expected fail%3A rfc9293/3.7.1/" in notes[0]
    assert "not as expected" in runner.summary.read_text().splitlines()[0]


def test_nothing_judged_is_told(tmp_path: Path) -> None:
    """A target that is not there; the step fails, and the summary says where to look."""
    runner = Runner(tmp_path, targets="nobody")
    runner.run()
    assert runner.codes["Judge"] == 2
    assert runner.codes["Report"] == 0
    assert runner.summary.read_text() == "Nothing was judged: the log says why.\n"
