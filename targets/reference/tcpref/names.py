"""The resolver: questions about hosts and services, answered from tables handed in as settings.

The tables are read when first asked, so a stack whose programs use no names pays nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from tcpref.names_errors import TROUBLES, Unanswered
from tcpref.names_hosts import HostLine, Hosts
from tcpref.names_services import Services

if TYPE_CHECKING:
    from tcpref.settings import Settings


class Resolver:
    """The names of one host; `addresses` are the host's own, four or sixteen octets each."""

    def __init__(self, settings: Settings, addresses: Collection[bytes]) -> None:
        self._settings = settings
        self._addresses = addresses
        self.list_numbers = count(1)

    @cached_property
    def _hosts(self) -> Hosts:
        return Hosts(self._settings.hosts)

    @cached_property
    def services(self) -> Services:
        """The services table."""
        return Services(self._settings.services)

    @property
    def max_lists(self) -> int:
        """How many results of getaddrinfo() a process may hold."""
        return self._settings.max_address_lists

    def hosts_named(self, name: str) -> tuple[HostLine, ...]:
        """The lines with this name. Raises Unanswered when the table cannot be asked."""
        self._ask()
        return self._hosts.named(name)

    def host_at(self, address: bytes) -> HostLine | None:
        """The line with this address. Raises Unanswered when the table cannot be asked."""
        self._ask()
        return self._hosts.at(address)

    def _ask(self) -> None:
        trouble = TROUBLES[self._settings.resolver]
        if trouble is not None:
            raise Unanswered(*trouble)

    def has_family(self, family: str) -> bool:
        """Whether the host has an address of the family, for AI_ADDRCONFIG."""
        size = 4 if family == "AF_INET" else 16
        return any(len(address) == size for address in self._addresses)

    def without_domain(self, name: str) -> str:
        """The host's part of a name in this host's own domain, for NI_NOFQDN; others whole."""
        domain = self._settings.domain
        ending = f".{domain}".lower()
        return name[: -len(ending)] if domain and name.lower().endswith(ending) else name
