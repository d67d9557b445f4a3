"""What the application hears of soft errors: RFC 9293, section 3.9.2.2."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import ICMP
from tcpassay.conformance.reach import syn_sent

SECTION = "3.9.2.2"
#: Errors that tell more than ETIMEDOUT; which of them is each stack's own choice.
TELLING = ("ENETUNREACH", "EHOSTUNREACH", "EPROTO", "EOPNOTSUPP")
#: Seconds within which every stack has given up a SYN.
GIVEN_UP = 250.0


@case(
    "RFC9293:SHLD-25",
    rows={
        "net": (3, 0),
        "host": (3, 1),
        "source_route": (3, 5),
        "ttl": (11, 0),
        "reassembly": (11, 1),
        "parameter": (12, 0),
    },
    needs=("active_open", "icmp", "errno"),
    ip=(4,),
    state="SYN-SENT",
    settings=("fast_syn_giveup",),
)
def soft_error_is_told(bench: Bench, row: tuple[int, int]) -> None:
    """A soft error quotes the SYN, and no answer comes; connect() tells more than ETIMEDOUT."""
    conn, pending = syn_sent(bench)
    conn.send_icmp(ICMP(type=row[0], code=row[1]))
    pending.expect_return(errno=TELLING, within=GIVEN_UP)
