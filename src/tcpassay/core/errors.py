"""The errors that people see: one line that says where, what was wrong and what to do."""

from __future__ import annotations


class TcpassayError(Exception):
    """Base of every error that this project raises on purpose; `exit_code` is the process's."""

    exit_code = 3


class ConfigurationError(TcpassayError):
    """Something named on the command line or in a file is wrong; nothing has run (exit 2)."""

    exit_code = 2


class NothingSelectedError(TcpassayError):
    """The selection is well formed and empty, or nothing of it could run (exit 5)."""

    exit_code = 5


class TargetUnavailableError(TcpassayError):
    """A target could not be started: no permission, no program, early death (exit 4)."""

    exit_code = 4


class StackFault(TcpassayError):  # noqa: N818 - a fault of the target, not of the program
    """The stack under test died, hung or said nonsense: a fail verdict.

    `stderr` keeps what the stack printed last.
    """

    exit_code = 1

    def __init__(self, message: str, *, stderr: str = "") -> None:
        super().__init__(message)
        self.stderr = stderr


class AgentFault(TcpassayError):  # noqa: N818 - a fault of the agent, not of the program
    """The agent broke its protocol or gave up with status 70: an error verdict."""
