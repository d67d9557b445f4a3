"""A TCP stack in Python, sans-I/O, written to be read beside RFC 9293.

It reads no clock, starts no thread and opens no socket of its own: octets, socket calls and the
time go in, octets and returns come out. A good order to read it in:

    seq, segment, options        numbers on a circle; a segment from octets and to octets
    tcb                          what is known of one connection
    states/                      what a segment does in each state, in the order of the RFC
    transitions                  the state diagram as a table
    stack                        finding the connection, doing what a handler decided
    output, window, recovery     what is sent and when; what is announced; loss and giving up
    rto, timers, syn_schedule    how long to wait, and how waiting works without a clock
    timestamps                   round trips, and protection against wrapped numbers
    reassembly, send_buffer      octets that came too early; octets not yet acknowledged
    ip_input                     what a datagram goes through before it is TCP's: fragments,
                                 ipv4, ipv4_options, ipv6, ipv6_headers, addresses
    listener, ports, isn         queues, bindings, first numbers
    cookies, quiet               a handshake without a record; silence after the start
    icmp, icmpv6, icmp_send      errors from the network, and errors of our own
    urgent, keepalive            the mark in the stream; probes of an idle connection
    user_timeout, uto            R2 as the application sets it, and as the peer advises
    pmtu, ecn                    what the path carries, and how full it is
    user                         the calls of RFC 9293: OPEN, SEND, RECEIVE, CLOSE, ABORT
    sockets, processes, kernel   descriptors, who holds them, calls that block
    calls and calls_*            the POSIX calls
    names and names_*            the resolver
    settings                     all that can be tuned
    assay                        all of it as a tester drives it
"""
