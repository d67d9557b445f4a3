"""Errors of names: EAI codes (POSIX, netdb.h) and what gai_strerror() says of them; h_errno."""

from __future__ import annotations

from tcpref.errors import CallError

#: Every EAI code of POSIX, and what it means to the caller.
EAI = {
    "EAI_AGAIN": "The name cannot be resolved at the moment; a later attempt may succeed",
    "EAI_BADFLAGS": "A flag is unknown, or does not go with the other arguments",
    "EAI_FAIL": "The name cannot be resolved, and another attempt is no use",
    "EAI_FAMILY": "The address family is not supported, or the address has another length",
    "EAI_MEMORY": "There is no memory left for the result",
    "EAI_NONAME": "Host and service are not known, at least not as the hints want them",
    "EAI_OVERFLOW": "The result does not fit into the room that was given",
    "EAI_SERVICE": "The service is not known for this type of socket",
    "EAI_SOCKTYPE": "This type of socket is not supported",
    "EAI_SYSTEM": "The system failed; errno says why",
}
UNKNOWN = "No error that is known by this code"


class Unanswered(Exception):  # noqa: N818 - what happened, in the words of the field
    """The host table cannot be asked; each family of calls has its own word for that.

    `h_errno` is what gethostbyname() and gethostbyaddr() tell, `eai` what getaddrinfo() and
    getnameinfo() tell, `errno` the reason of an EAI_SYSTEM and empty for the others.
    """

    def __init__(self, h_errno: str, eai: str, errno: str = "") -> None:
        super().__init__(eai)
        self.h_errno = h_errno
        self.eai = eai
        self.errno = errno


#: What the setting `resolver` may be, and how calls fail that need the host table.
TROUBLES = {
    "answers": None,
    "try_again": ("TRY_AGAIN", "EAI_AGAIN", ""),
    "no_recovery": ("NO_RECOVERY", "EAI_FAIL", ""),
    "unreadable": ("NO_RECOVERY", "EAI_SYSTEM", "EACCES"),
}


def explain(code: str) -> str:
    """gai_strerror(): the code in words, never empty."""
    return EAI.get(code, UNKNOWN)


def refuse(code: str) -> CallError:
    """The error that ends a call with this EAI code or h_errno; raise it."""
    return CallError(code)
