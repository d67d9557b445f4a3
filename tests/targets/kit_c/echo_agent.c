/* The smallest stack behind tcpassay_agent.h: it sends back what arrives, and beeps each second. */
#include "tcpassay_agent.h"

static const uint8_t counters[4] = {1, 2, 3, 255};
static int64_t beep_ns = TA_NEVER;
static int64_t gate;

static const char *start(const ta_start *given)
{
    const ta_json *beeps = ta_get(given->settings, "beeps");
    beep_ns = beeps != NULL && beeps->number ? 1000000000 : TA_NEVER;
    return ta_get(given->settings, "volume") != NULL ? "no setting \"volume\"" : NULL;
}

static void datagram(const uint8_t *octets, size_t length)
{
    ta_sent(octets, length);
    gate += (int64_t)length;
}

static int64_t next_deadline(void)
{
    return beep_ns;
}

static void timer(void)
{
    ta_log("beep \"%c\"", 1);
    beep_ns += 1000000000;
}

static void read_state(const char *host, unsigned port, const char *remote, unsigned remote_port)
{
    const ta_number numbers[] = {{"port", port}, {"remote_port", remote_port}, {"host", host[0]}};
    ta_tell_state(remote == NULL ? "LISTEN" : "ESTABLISHED", numbers, 3);
}

/* Waits until as many octets have arrived as it is given; it takes all that have. */
static void do_take(ta_call *call)
{
    if (gate < ta_int(call, 0))
        return;
    ta_return(call, gate);
    gate = 0;
}

static void do_repeat(ta_call *call)
{
    uint8_t octets[64];
    unsigned port;
    size_t length = ta_octets(call, 0, 0, octets, sizeof octets);
    const char *host = ta_host(call, 1, &port);
    ta_out_octets(call, octets, length);
    ta_out_address(call, host, port);
    ta_out(call, "text", "\"%s\"", ta_text(call, 2));
    ta_return(call, ta_flag(call, 3, "MSG_PEEK"));
}

static int ready(ta_call *call, int64_t fd)
{
    if (fd > 5)
        ta_fail(call, "EBADF");
    return (gate > 0 ? TA_IN : 0) | (fd == 4 ? TA_OUT : 0) | (fd == 5 ? TA_NVAL : 0);
}

static void do_poll(ta_call *call)
{
    ta_poll(call, ready);
}

static const ta_entry calls[] = {{"take", do_take, 0}, {"repeat", do_repeat, 0},
                                 {"poll", do_poll, 0}, {"select", do_poll, 0}, {NULL, NULL, 0}};
static const ta_stack echo = {
    .name = "echo", .version = "1.0 \"\xc3\xa9\"", .calls = calls, .start = start,
    .datagram = datagram, .next_deadline = next_deadline, .timer = timer, .read_state = read_state};

int main(void)
{
    ta_coverage(counters, counters + sizeof counters);
    return ta_serve(&echo, ta_fd());
}
