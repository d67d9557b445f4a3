/* The agent of mystack: it drives one stack for tcpassay.
 *
 * tcpassay_agent.h beside this file speaks the protocol. The upper half of this file ties it to a
 * stack; the lower half is a stack, the smallest that tells the truth: a host whose TCP ports are
 * all closed. Put yours in its place: each comment that begins with "Yours:" says what belongs
 * there.
 */
#include "tcpassay_agent.h"

#include <arpa/inet.h>

#define MS INT64_C(1000000)

static void stack_address(const char *text);
static void stack_input(const uint8_t *octets, size_t length);

static const char *start(const ta_start *start)
{
    /* Yours: make a fresh stack and give its interface these addresses. Take every random number
     * (ISNs, ports, hashes) from start->seed, so that a run can be repeated. Return one line for a
     * setting in start->settings that you do not have (ta_get, ta_number_of). */
    for (const ta_json *each = start->addresses->child; each != NULL; each = each->next)
        stack_address(each->text);
    return NULL;
}

static void datagram(const uint8_t *octets, size_t length)
{
    /* Yours: hand it, an IP datagram without a link header, to the input of your stack. Where your
     * stack sends, at any time, call ta_sent. */
    stack_input(octets, length);
}

static int64_t next_deadline(void)
{
    /* Yours: the earliest of your stack's timers, in nanoseconds of ta_now_ns(). A stack with a
     * periodic tick gives its next tick, or TA_NEVER while no timer of its is running. */
    return TA_NEVER;
}

static void timer(void)
{
    /* Yours: set your stack's clock to ta_now_ns() and run what is due. */
}

static void read_state(const char *host, unsigned port, const char *remote, unsigned remote_port)
{
    /* Yours, where your stack can tell: the state in RFC 9293's spelling and numbers such as
     * "snd.una" of the connection; without `remote`, of the listener. */
    (void)host, (void)port, (void)remote, (void)remote_port;
    ta_tell_state("CLOSED", NULL, 0);
}

/* poll() of no descriptors, which is a sleep: an example of a call that waits. A call that has
 * neither returned nor failed waits, and is made again after whatever happens. */
static void do_poll(ta_call *call)
{
    int64_t timeout_ms = ta_int(call, 1);
    if (ta_arg(call, 0)->length > 0) {
        ta_fail(call, "EBADF");
        return;
    }
    if (!call->again && timeout_ms >= 0)
        call->deadline_ns = ta_now_ns() + timeout_ms * MS;
    if (ta_now_ns() >= call->deadline_ns) {
        ta_out(call, "pollfds", "[]");
        ta_return(call, 0);
    }
}

/* Yours: one line and one function for each socket call that your stack has: socket, bind, listen,
 * accept, connect, send, recv, shutdown and close come first. Arguments and results stand in
 * docs/targets.md. What is not here is answered ENOSYS-AGENT, and what needs it is unsupported. */
static const ta_entry calls[] = {
    {.name = "poll", .make = do_poll},
    {.name = NULL},
};

static const ta_stack stack = {
    /* Yours: name and version of your stack as it runs, as people will read them in reports. */
    .name = "mystack",
    .version = "0.1",
    .calls = calls,
    .start = start,
    .datagram = datagram,
    .next_deadline = next_deadline,
    .timer = timer,
    .read_state = read_state,
};

int main(void)
{
    return ta_serve(&stack, ta_fd());
}

/* ---- Yours in place of all that follows: a host with all ports closed (RFC 9293, 3.10.7.1) ---- */

enum { TCP = 6, FIN = 1, SYN = 2, RST = 4, ACK = 16, MAX_ADDRESSES = 8 };

struct address {
    uint8_t octets[16];
    size_t length; /* 4 or 16 */
};

static struct address own[MAX_ADDRESSES];
static size_t own_count;

static void stack_address(const char *text)
{
    struct address *at = &own[own_count];
    if (own_count == MAX_ADDRESSES)
        return;
    at->length = strchr(text, ':') != NULL ? 16 : 4;
    if (inet_pton(at->length == 16 ? AF_INET6 : AF_INET, text, at->octets) == 1)
        own_count++;
}

static bool is_own(const uint8_t *octets, size_t length)
{
    for (size_t i = 0; i < own_count; i++)
        if (own[i].length == length && memcmp(own[i].octets, octets, length) == 0)
            return true;
    return false;
}

static uint32_t get(const uint8_t *at, int size)
{
    uint32_t value = 0;
    while (size-- > 0)
        value = value << 8 | *at++;
    return value;
}

static void put(uint8_t *at, int size, uint32_t value)
{
    for (; size-- > 0; value >>= 8)
        at[size] = (uint8_t)value;
}

/* The Internet checksum (RFC 1071) over octets, added to a sum so far. */
static uint32_t add(uint32_t sum, const uint8_t *octets, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sum += i & 1 ? octets[i] : (uint32_t)octets[i] << 8;
    return sum;
}

static uint16_t folded(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* TCP's checksum over pseudo-header and segment; 0 where that in the segment is right. */
static uint16_t tcp_checksum(const uint8_t *ends, size_t size, const uint8_t *segment, size_t length)
{
    return folded(add(add((uint32_t)length + TCP, ends, 2 * size), segment, length));
}

/* Send a segment without data; `ends` are source and destination, `size` octets each. */
static void send_reset(const uint8_t *ends, size_t size, uint32_t ports, uint32_t seq, uint32_t ack,
                       uint8_t flags)
{
    uint8_t out[60] = {0}, *tcp = out + (size == 4 ? 20 : 40);
    size_t head = (size_t)(tcp - out);
    if (size == 4) {
        out[0] = 0x45, out[8] = 64, out[9] = TCP;
        put(out + 2, 2, 40);
        memcpy(out + 12, ends, 8);
        put(out + 10, 2, folded(add(0, out, 20)));
    } else {
        out[0] = 0x60, out[5] = 20, out[6] = TCP, out[7] = 64;
        memcpy(out + 8, ends, 32);
    }
    put(tcp, 4, ports);
    put(tcp + 4, 4, seq);
    put(tcp + 8, 4, ack);
    tcp[12] = 5 << 4, tcp[13] = flags;
    put(tcp + 16, 2, tcp_checksum(ends, size, tcp, 20));
    ta_sent(out, head + 20);
}

static void closed(const uint8_t *from, const uint8_t *to, size_t size, const uint8_t *tcp, size_t length)
{
    uint8_t ends[32];
    size_t offset = length >= 20 ? (size_t)(tcp[12] >> 4) * 4 : 0;
    memcpy(ends, to, size);
    memcpy(ends + size, from, size);
    if (!is_own(to, size) || offset < 20 || offset > length ||
        tcp_checksum(ends, size, tcp, length) != 0 || tcp[13] & RST)
        return;
    uint32_t ports = get(tcp + 2, 2) << 16 | get(tcp, 2);
    uint32_t taken = (uint32_t)(length - offset) + !!(tcp[13] & SYN) + !!(tcp[13] & FIN);
    if (tcp[13] & ACK)
        send_reset(ends, size, ports, get(tcp + 8, 4), 0, RST);
    else
        send_reset(ends, size, ports, 0, get(tcp + 4, 4) + taken, RST | ACK);
}

static void stack_input(const uint8_t *octets, size_t length)
{
    if (length >= 20 && octets[0] >> 4 == 4) {
        size_t head = (size_t)(octets[0] & 15) * 4, total = get(octets + 2, 2);
        bool fragment = (get(octets + 6, 2) & 0x3fff) != 0;
        if (head >= 20 && head <= total && total <= length && octets[9] == TCP && !fragment &&
            folded(add(0, octets, head)) == 0)
            closed(octets + 12, octets + 16, 4, octets + head, total - head);
    } else if (length >= 40 && octets[0] >> 4 == 6 && octets[6] == TCP) {
        size_t total = get(octets + 4, 2);
        if (40 + total <= length)
            closed(octets + 8, octets + 24, 16, octets + 40, total);
    }
}
