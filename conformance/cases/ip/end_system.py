"""Hosts with several interfaces: the strong and the weak model of RFC 1122, 3.3.4.2."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.reach import listener


@case(
    "RFC1122:3.3.4-STRONG-ES",
    settings=("other_interface",),
    state="LISTEN",
    measures=True,
)
def address_of_another_interface(bench: Bench) -> None:
    """SYN over the link to an address of another interface; whether it is answered is recorded."""
    listener(bench)
    conn = bench.connection(address=bench.stack_addresses[-1])
    conn.send(TCP(flags="S"))
    answers = conn.drop_arrivals()
    bench.measure("SYN to another interface's address", "taken" if answers else "dropped")
