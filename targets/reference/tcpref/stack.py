"""The stack: segments and time-outs in, datagrams out, connections in between.

It reads no clock: every entry point is told the time in nanoseconds. It knows sockets only as
something to wake and to tell that a connection has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import (
    addresses,
    cookies,
    deferral,
    ecn,
    fastopen_stack,
    icmp,
    icmpv6,
    ip_input,
    ipv4,
    ipv6,
    isn,
    keepalive,
    loss_recovery,
    output,
    pmtu,
    quickack,
    quiet,
    rack,
    recovery,
    resets,
    reuseport,
    sack,
    seq,
    soft_errors,
    source_route,
    states,
    syn_schedule,
    tail_loss,
    timestamps,
    urgent,
    user_timeout,
    uto,
)
from tcpref.disposition import Answer, Disposition
from tcpref.fastopen_cache import CookieCache
from tcpref.fragments import FragmentTable, Partial
from tcpref.icmp import IcmpError
from tcpref.icmp_send import ErrorBudget
from tcpref.pmtu import PathTable
from tcpref.ports import PortTable
from tcpref.quiet import QuietTime
from tcpref.segment import Segment, parse_segment
from tcpref.tcb import OPENING, Key, State, Tcb
from tcpref.timers import Timer, TimerKind, TimerQueue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tcpref.listener import Listener
    from tcpref.settings import Settings
    from tcpref.sockets import Socket

SECOND = 1_000_000_000
#: How far beyond the old sequence space a reopened connection starts (RFC 9293, 3.6.1).
REOPEN_GAP = 128_000
#: What each segment is asked for; Python 3.11 takes 90 ns to find a member of an enumeration.
CLOSED, TIME_WAIT = State.CLOSED, State.TIME_WAIT
NOTHING, ACK, DELAYED_ACK = Answer.NOTHING, Answer.ACK, Answer.DELAYED_ACK
ABORT = Answer.ABORT


class Stack:
    """All connections and listeners of one host."""

    def __init__(self, settings: Settings, own: Sequence[bytes], rng: Random) -> None:
        self.settings = settings
        self.addresses = tuple(own)
        self.broadcasts = {
            ipv4.directed_broadcast(address, settings.prefix)
            for address in own
            if len(address) == 4
        }
        self.secret = rng.randbytes(16)
        self.ports = PortTable(settings, rng)
        self.timers = TimerQueue()
        self.fragments = FragmentTable(settings)
        self.icmp_budget = ErrorBudget()
        #: None without path MTU discovery; `identification` is that of the next IPv4 datagram then.
        self.paths = PathTable(settings) if settings.path_mtu_discovery else None
        self.identification = 0
        self.fast_opens = CookieCache()
        self.connections: dict[Key, Tcb] = {}
        self.listeners: dict[tuple[bytes, int], Listener] = {}
        self.now = 0
        self.quiet = QuietTime(settings.quiet_time_s) if settings.quiet_time_s else None
        #: What has happened, in order; and sockets and calls that are to be tried again.
        self.events: list[tuple[object, ...]] = []
        self.woken: list[Socket] = []
        self.expired_calls: list[object] = []

    # Input.
    def datagram_arrives(self, octets: bytes) -> None:
        """An IP datagram has come; what is damaged or not for us is dropped."""
        packet = ip_input.receive(self, octets)
        if packet is None:
            return
        protocol, src, dst, payload, _, _, options, codepoint = packet
        if protocol == ipv4.PROTOCOL_TCP:
            if self.quiet is not None and self.quiet.lasts(self.now):
                return
            segment = parse_segment(src, dst, payload)
            if segment is not None:
                if codepoint == ecn.CE:
                    segment = segment._replace(ecn=ecn.CE)
                if options:
                    source_route.segment_arrives(self, segment, options)
                else:
                    self.segment_arrives(segment)
        else:
            version4 = protocol == ipv4.PROTOCOL_ICMP
            error = icmp.parse_error(payload) if version4 else icmpv6.parse_error(packet)
            if error is not None:
                self.icmp_arrives(error)

    def is_peer_address(self, address: bytes) -> bool:
        """Whether another host may have sent from this address (MUST-57, MUST-63).

        Asked where no connection is found: one was only ever opened to such an address.
        """
        return address not in self.addresses and self.is_host_address(address)

    def is_host_address(self, address: bytes) -> bool:
        """Whether a single other host may have this address."""
        return addresses.is_unicast(address) and address not in self.broadcasts

    def segment_arrives(self, segment: Segment) -> None:
        """Find the connection, or the listener, or nothing (RFC 9293, 3.10.7)."""
        key = (segment.dst, segment.dst_port, segment.src, segment.src_port)
        tcb = self.connections.get(key)
        if tcb is None:
            self.segment_without_connection(key, segment)
        elif tcb.state is TIME_WAIT and self.may_reopen(tcb, segment):
            self.reopen(tcb, segment)
        else:
            self.segment_for(tcb, segment)

    def segment_for(self, tcb: Tcb, segment: Segment) -> None:
        """Let the connection's state handle a segment, and do what follows from it."""
        una = tcb.snd_una
        self.carry_out(tcb, segment, states.handle(tcb, segment, self.now))
        if tcb.state is not CLOSED:
            self.after_segment(tcb, una)

    def after_segment(self, tcb: Tcb, una: int) -> None:
        """Send what the segment made possible, and the ACK it is owed if nothing carried one.

        `una`: SND.UNA before it came.
        """
        if tcb.socket is not None and tcb.socket.read_shut:
            tcb.discard_received()
        if tcb.mark is not None:
            urgent.tell(self, tcb)
        if tcb.keepalive is not None:
            keepalive.heard(self, tcb)
        if tcb.fast_open is not None:
            fastopen_stack.after_segment(self, tcb)
        if tcb.suspicious:
            loss_recovery.ack_arrived(self, tcb, (tcb.snd_una - una) & seq.MASK)
        output.send_queued(self, tcb)
        if tcb.ack_due:
            output.send_ack(self, tcb)
        self.wake(tcb)

    def segment_without_connection(self, key: Key, segment: Segment) -> None:
        """LISTEN if a listener matches, else CLOSED."""
        if not self.is_peer_address(segment.src):
            return
        listener = self.listener_for(key)
        if listener is None:
            disposition = states.closed.segment_arrives(segment)
        elif cookies.takes(self, listener, key, segment):
            return
        else:
            disposition = states.listen.segment_arrives(listener, segment)
        if disposition.answer is Answer.RESET:
            self.emit(resets.reset_for(segment, stamped=self.settings.timestamps))
        elif disposition.enter is State.SYN_RECEIVED and listener is not None:
            self.open_passively(listener, key, segment, self.choose_iss(key))

    def listener_for(self, key: Key) -> Listener | None:
        """Who serves this client, of all that listen for it."""
        found = self.find_listener(key[0], key[1])
        if found is None or not found.mates:
            return found
        return reuseport.choose(found, key, self.secret)

    def find_listener(self, address: bytes, port: int) -> Listener | None:
        """The listener for this address, or else the one for any address."""
        listeners = self.listeners
        found = listeners.get((address, port))
        if found is None and len(address) == 4:
            found = listeners.get((ipv4.WILDCARD, port))
        if found is None:
            found = listeners.get((ipv6.WILDCARD, port))
            if found is not None and len(address) == 4 and found.socket.v6only:
                return None
        return found

    def open_passively(self, listener: Listener, key: Key, segment: Segment, iss: int) -> None:
        """A SYN in LISTEN: a new connection in SYN-RECEIVED, its SYN,ACK on the way."""
        tcb = self.admit(listener, key, segment, iss)
        if tcb is not None:
            if listener.socket.fast_open is not None:
                fastopen_stack.syn_arrives(self, listener, tcb, segment)
            self.start_handshake(tcb)

    def admit(self, listener: Listener, key: Key, segment: Segment, iss: int) -> Tcb | None:
        """The record of a SYN, in the SYN queue; None where the stack is full."""
        if len(self.connections) >= self.settings.max_connections:
            return None
        tcb = Tcb(key, self.settings, iss, passive=True)
        tcb.listener = listener
        listener.socket.configure(tcb)
        pmtu.begin(self, tcb)
        socket = listener.socket
        tcb.binding = self.ports.hold(key[0], key[1], reuse=socket.reuse, shared=socket.reuseport)
        tcb.synchronize(segment.seq)
        tcb.negotiate(segment.options, self.now)
        tcb.take_mss(segment.options.mss)
        ecn.grant(tcb, segment)
        if segment.route is not None:
            source_route.take(tcb, segment.route)
        if tcb.uto is not None:
            tcb.uto.remote = segment.options.user_timeout
        states.steps.set_send_window(tcb, segment)
        states.steps.check_urgent(tcb, segment)
        states.steps.hold_text(tcb, segment)
        listener.add_half_open(tcb)
        self.connections[key] = tcb
        self.enter(tcb, State.SYN_RECEIVED)
        return tcb

    def start_handshake(self, tcb: Tcb) -> None:
        """Send the SYN or SYN,ACK for the first time."""
        if quiet.put_off(self, tcb):
            return
        tcb.stalled_since = self.now
        if tcb.timestamps:
            tcb.ts_offset = timestamps.offset(self.secret, tcb.key)
        output.send_syn(self, tcb)
        tcb.rto.start_timing(tcb.snd_nxt, self.now)
        user_timeout.watch(self, tcb)
        syn_schedule.begin(tcb)
        self.timers.start(tcb.retransmission, self.now + tcb.rto.rto)

    def choose_iss(self, key: Key) -> int:
        """The initial sequence number of a connection opened now."""
        return isn.initial_sequence_number(self.secret, key, self.now)

    def may_reopen(self, tcb: Tcb, segment: Segment) -> bool:
        """MAY-2: a new SYN ends TIME-WAIT when somebody listens for it and has room."""
        if not states.time_wait.reopens(tcb, segment):
            return False
        listener = self.listener_for(tcb.key)
        return listener is not None and listener.admits_syn()

    def reopen(self, old: Tcb, segment: Segment) -> None:
        """A new incarnation; its numbers start above those of the old one."""
        key, highest = old.key, old.snd_nxt
        self.close_connection(old, None)
        listener = self.listener_for(key)
        if listener is not None:
            iss = self.choose_iss(key)
            if not seq.after(iss, highest):
                iss = seq.add(highest, REOPEN_GAP)
            self.open_passively(listener, key, segment, iss)

    # What handlers decide.
    def carry_out(self, tcb: Tcb, segment: Segment, disposition: Disposition) -> None:
        """Do what a handler returned: the next state first, so that the answer shows it."""
        answer, enter, errno = disposition
        if answer is ABORT:
            self.emit(resets.abort_of(tcb, self.now))
        if enter is CLOSED:
            self.close_connection(tcb, errno)
        elif enter is not None:
            self.enter(tcb, enter)
        if answer is not NOTHING:
            self.answer(tcb, segment, answer)

    def answer(self, tcb: Tcb, segment: Segment, answer: Answer) -> None:
        """Send the answer, or note the ACK that is owed."""
        if answer is DELAYED_ACK:
            self.delay_ack(tcb)
        elif answer is ACK:
            tcb.ack_due = True
        elif answer is Answer.DUPLICATE_ACK:
            self.tell_numbers(tcb, segment)
        elif answer is Answer.CHALLENGE_ACK:
            if self.may_challenge(tcb):
                self.tell_numbers(tcb, segment)
        elif answer is Answer.RESET:
            self.emit(resets.reset_for(segment, stamped=self.settings.timestamps))
        elif answer is Answer.SYN_ACK:
            tcb.rto.stop_timing()
            output.send_syn(self, tcb)

    def delay_ack(self, tcb: Tcb) -> None:
        """Owe an ACK, for less than half a second (SHLD-18, MUST-40)."""
        if tcb.quick_acks:
            quickack.spend(tcb)
        elif tcb.delayed_ack.at is None:
            wait = self.settings.delayed_ack_ms * 1_000_000
            self.timers.start(tcb.delayed_ack, self.now + wait)

    def tell_numbers(self, tcb: Tcb, segment: Segment) -> None:
        """Tell the current numbers, and what of the segment's text had come before (RFC 2883)."""
        if tcb.sack:
            sack.note_duplicate(tcb, segment)
        output.send_ack(self, tcb)

    def may_challenge(self, tcb: Tcb) -> bool:
        """RFC 5961, 7: so many challenges a second. Counted for each connection on its own, so
        that nobody learns of one connection by wearing out another's share.
        """
        second = self.now // SECOND
        if second != tcb.challenge_second:
            tcb.challenge_second = second
            tcb.challenge_count = 0
        tcb.challenge_count += 1
        limit = self.settings.challenge_acks_per_s
        return not limit or tcb.challenge_count <= limit

    # States.
    def enter(self, tcb: Tcb, state: State) -> None:
        """Change state, with what belongs to entering it."""
        opened = tcb.state in OPENING and state not in OPENING
        tcb.state = state
        if opened:
            self.established(tcb)
        recovery.start_lingering(self, tcb)

    def established(self, tcb: Tcb) -> None:
        """The handshake is over: tell whoever waits for it."""
        tcb.retransmission.stop()
        tcb.heard_at = tcb.sent_at = self.now
        tcb.congestion.opened(tcb)
        rack.start(tcb)
        tail_loss.start(tcb)
        if tcb.uto is not None:
            uto.adopt(tcb, tcb.uto)
        keepalive.start(self, tcb)
        if tcb.syn_lost:
            tcb.rto.restart_after_lost_syn()
        deferral.handshake_over(self, tcb)
        if tcb.fast_open is not None:
            fastopen_stack.established(self, tcb)
        if tcb.fin_queued and tcb.state is State.ESTABLISHED:
            tcb.state = State.FIN_WAIT_1

    def close_connection(self, tcb: Tcb, errno: str | None) -> None:
        """Delete the TCB; `errno` is what the application is told, None for a normal end."""
        refused = tcb.state in OPENING and not tcb.opened_early
        if tcb.fast_open is not None:
            fastopen_stack.ended(self, tcb, errno)
        self.wake(tcb)
        tcb.state = State.CLOSED
        tcb.stop_timers()
        if self.connections.get(tcb.key) is tcb:
            del self.connections[tcb.key]
        if tcb.binding is not None:
            self.ports.release(tcb.binding)
            tcb.binding = None
        if tcb.listener is not None:
            tcb.listener.remove(tcb)
            tcb.listener = None
        if errno is not None:
            tcb.flush()
            if tcb.socket is not None:
                tcb.socket.connection_failed(errno, opening=refused)

    def wake(self, tcb: Tcb) -> None:
        """Note that calls blocked on the connection's socket may be able to return."""
        if tcb.listener is None:
            socket = tcb.socket
        else:
            if tcb.deferral is not None:
                deferral.look(tcb)
            socket = tcb.listener.socket
        if socket is not None and socket.waiters:
            self.woken.append(socket)

    # ICMP.
    def icmp_arrives(self, error: IcmpError) -> None:
        """MUST-54: act on the connection that the quoted header names."""
        tcb = self.connections.get(error.key)
        if tcb is None or not icmp.quotes_flight(tcb, error):
            return
        if error.too_big is not None:
            pmtu.too_big(self, tcb, error, error.too_big)
        elif icmp.is_hard(tcb, error):
            self.close_connection(tcb, error.hard)
        else:
            tcb.soft_error = icmp.told_later(tcb, error) or tcb.soft_error
            if tcb.soft_error is not None:
                soft_errors.tell(self, tcb, tcb.soft_error)

    # Time.
    def next_timeout(self) -> int | None:
        """When `time_passes` must be called next; None for never."""
        return self.timers.next_deadline()

    def time_passes(self) -> None:
        """Act on every timer that has expired."""
        for timer in self.timers.due(self.now):
            self.timer_expires(timer)

    def timer_expires(self, timer: Timer) -> None:
        """What each kind of timer does."""
        owner = timer.owner
        if not isinstance(owner, Tcb):
            if isinstance(owner, Partial):
                ip_input.fragments_timeout(self, owner)
            else:
                self.expired_calls.append(owner)
            return
        if timer.kind is TimerKind.RETRANSMISSION:
            recovery.retransmission_timeout(self, owner)
        elif timer.kind is TimerKind.PERSIST:
            recovery.persist_timeout(self, owner)
        elif timer.kind is TimerKind.DELAYED_ACK:
            output.send_ack(self, owner)
        elif timer.kind is TimerKind.LOSS_PROBE:
            tail_loss.expires(self, owner)
        elif timer.kind is TimerKind.REORDERING:
            loss_recovery.time_has_passed(self, owner)
        elif timer.kind is TimerKind.KEEPALIVE:
            keepalive.expires(self, owner)
        elif timer.kind is TimerKind.USER:
            recovery.give_up(self, owner)
        elif timer.kind is TimerKind.DEFERRAL:
            deferral.end(owner)
            self.wake(owner)
        elif timer.kind is TimerKind.PATH_MTU:
            pmtu.aged(self, owner)
        else:
            recovery.lingering_timeout(self, owner)
        self.wake(owner)

    def emit(self, datagram: bytes) -> None:
        """Give a datagram to whoever drives the stack."""
        if self.paths is None:
            datagram = self.fragmentable(datagram)
        self.events.append(("datagram", datagram))

    def fragmentable(self, datagram: bytes) -> bytes:
        """Without discovery an IPv4 datagram may be cut on its way (RFC 1191, 6.6)."""
        if datagram[0] >= ipv6.FIRST_OCTET:
            return datagram
        self.identification = (self.identification + 1) & 0xFFFF
        return ipv4.fragmentable(datagram, self.identification)
