"""Initial sequence numbers as an attacker samples them: RFC 6528, section 3."""

from ipaddress import ip_address
from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.isn_samples import (
    CIRCLE,
    formulas_that_tell,
    sample,
    steps,
    unfair_bits,
)
from tcpassay.conformance.reach import listener
from tcpassay.core.clock import NS_PER_S

FORMULA, SECRET = "RFC6528:3-FORMULA", "RFC6528:3-SECRET"
#: M of RFC 6528, section 3: a count of 4 microseconds.
COUNTS_A_SECOND = 250_000
FIRST_PORT = 20_000


@case(SECRET, state="LISTEN")
def a_thousand_numbers_tell_nothing(bench: Bench) -> None:
    """SYNs from 1,000 neighbouring ports; no bit of a number or of a step is the rule.

    Fair numbers fail with a probability below 10^-10: 4 samples of 32 bits, each at 10^-11.
    """
    listener(bench)
    ports = range(FIRST_PORT, FIRST_PORT + 1_000)
    samples = [sample(bench.connection(peer_port=port)) for port in ports]
    numbers = [each.iss for each in samples]
    bench.check(unfair_bits(numbers), [], "bits of the numbers that are not fair")
    for lag in (1, 2, 256):
        found = unfair_bits(steps(numbers, lag))
        bench.check(found, [], f"bits of the steps from each port to the {lag}. next, not fair")
    bench.check(formulas_that_tell(samples), [], "hashes without a key that tell the next number")


@case(
    FORMULA,
    rows={"own_port": "port", "own_address": "address", "peer_address": "peer_address"},
    state="LISTEN",
)
def every_end_counts(bench: Bench, end: str) -> None:
    """64 pairs of SYNs that differ in one address or port alone; the step of a pair tells nothing.

    A hash without it leaves the clock's step alone, and who has one number has the other's too.
    """
    for port in (bench.listen_port, bench.listen_port + 1)[: 1 + (end == "port")]:
        listener(bench, port=port)
    moved = []
    for peer_port in range(FIRST_PORT, FIRST_PORT + 64):
        first = sample(bench.connection(peer_port=peer_port))
        match end:
            case "port":
                other = bench.connection(peer_port=peer_port, port=bench.listen_port + 1)
            case "address":
                other = bench.connection(peer_port=peer_port, address=bench.stack_addresses[1])
            case _:
                neighbour = str(ip_address(bench.peer_address) + 7)
                other = bench.connection(peer_port=peer_port, peer_address=neighbour)
        moved.append((sample(other).iss - first.iss) % CIRCLE)
    bench.check(unfair_bits(moved), [], "bits of the steps that are not fair")


@case(FORMULA, state="LISTEN", timing=True)
def one_flow_follows_the_clock(bench: Bench) -> None:
    """The same SYN eight times, 50 ms apart; the number grows by one each 4 microseconds.

    The hash of one flow is constant, so that only the clock is left.
    """
    listener(bench)
    found = []
    for _ in range(8):
        found.append(sample(bench.connection(peer_port=FIRST_PORT)))
        bench.wait(0.05)
    for earlier, later in pairwise(found):
        wanted = (later.t_ns - earlier.t_ns) * COUNTS_A_SECOND // NS_PER_S
        moved = (later.iss - earlier.iss) % CIRCLE
        late = int(COUNTS_A_SECOND * (0.002 + bench.tolerance_s))
        near = abs(moved - wanted) <= late
        bench.check(near, True, f"the number moved by {moved}, the clock by {wanted}")
