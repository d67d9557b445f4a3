/* lwIP behind tcpassay's agent protocol: its raw API, a virtual clock, a link without layers.
 *
 * Time is the tester's, and lwIP's timers are asked when they are due. sockets.h has the sockets,
 * port/link.c the link. Nothing of TCP is added here.
 */
#include "lwip/init.h"
#include "lwip/stats.h"
#include "lwip/timeouts.h"
#include "port.h"
#include "sockets.h"

#define MS INT64_C(1000000)

int64_t port_now_ns(void)
{
    return ta_now_ns();
}

err_t link_sent(const struct pbuf *pbuf)
{
    ta_sent_begin(pbuf->tot_len);
    for (; pbuf != NULL; pbuf = pbuf->next)
        ta_sent_add(pbuf->payload, pbuf->len);
    return ERR_OK;
}

static const char *start(const ta_start *given)
{
    ip_addr_t ip;
    port_seed(given->seed);
    lwip_init();
    ext_id = tcp_ext_arg_alloc_id();
    for (const ta_json *each = given->addresses->child; each != NULL; each = each->next)
        if (!parse(each->text, &ip) || !link_address(&ip, given->prefix))
            return "an address that is none, or one too many";
    link_route(given->ip == 6, ta_number_of(given->settings, "default_route", 1) != 0);
    return NULL;
}

static int64_t next_deadline(void)
{
    u32_t left = sys_timeouts_sleeptime();
    return left == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? TA_NEVER : (ta_now_ns() / MS + left) * MS;
}

static bool is(const ip_addr_t *ip, const ip_addr_t *wanted)
{
    return ip_addr_cmp(ip, wanted) || ip_addr_isany(ip) || IP_IS_ANY_TYPE_VAL(*ip);
}

static struct tcp_pcb *find(struct tcp_pcb *pcb, const ip_addr_t *ip, unsigned port,
                            const ip_addr_t *remote_ip, unsigned remote_port)
{
    for (; pcb != NULL; pcb = pcb->next)
        if (pcb->local_port == port && is(&pcb->local_ip, ip) &&
            (remote_ip == NULL || (pcb->remote_port == remote_port && is(&pcb->remote_ip, remote_ip))))
            return pcb;
    return NULL;
}

static void read_state(const char *host, unsigned port, const char *remote_host, unsigned remote_port)
{
    static const char *const names[] = {
        "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
        "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"};
    bool listener = remote_host == NULL;
    const struct tcp_pcb *pcb;
    ip_addr_t ip, remote_ip;
    parse(host, &ip);
    if (!listener)
        parse(remote_host, &remote_ip);
    pcb = find(listener ? tcp_listen_pcbs.pcbs : tcp_active_pcbs, &ip, port,
               listener ? NULL : &remote_ip, remote_port);
    if (pcb == NULL && !listener)
        pcb = find(tcp_tw_pcbs, &ip, port, &remote_ip, remote_port);
    if (pcb == NULL || listener) {
        ta_tell_state(pcb == NULL ? "CLOSED" : "LISTEN", NULL, 0);
        return;
    }
    const ta_number numbers[] = {
        {"snd.una", (u32_t)(pcb->lastack + (pcb->state == SYN_SENT))}, {"snd.nxt", pcb->snd_nxt},
        {"snd.wnd", pcb->snd_wnd}, {"snd.wl1", pcb->snd_wl1}, {"snd.wl2", pcb->snd_wl2},
        {"rcv.nxt", pcb->rcv_nxt}, {"rcv.wnd", (u32_t)(pcb->rcv_ann_right_edge - pcb->rcv_nxt)},
        {"mss", pcb->mss}, {"cwnd", pcb->cwnd}, {"ssthresh", pcb->ssthresh},
        {"rto_ms", (int64_t)pcb->rto * TCP_SLOW_INTERVAL}, {"retransmissions", pcb->nrtx}};
    ta_tell_state(names[pcb->state], numbers, LWIP_ARRAYSIZE(numbers));
}

static void read_stats(void)
{
    const struct stats_proto *tcp = &lwip_stats.tcp;
    int64_t connections = 0;
    for (const struct tcp_pcb *each = tcp_active_pcbs; each != NULL; each = each->next)
        connections++;
    const ta_number numbers[] = {
        {"connections", connections}, {"sent", tcp->xmit}, {"received", tcp->recv},
        {"dropped", tcp->drop}, {"checksum_errors", tcp->chkerr}, {"length_errors", tcp->lenerr},
        {"memory_errors", tcp->memerr}, {"protocol_errors", tcp->proterr}};
    ta_tell_stats(numbers, LWIP_ARRAYSIZE(numbers));
}

#ifdef PORT_COVERAGE
void __sanitizer_cov_8bit_counters_init(uint8_t *from, uint8_t *to);
void __sanitizer_cov_8bit_counters_init(uint8_t *from, uint8_t *to)
{
    ta_coverage(from, to);
}
#endif

static const ta_endpoints endpoints = {
    .size = sizeof(struct socket), .open = on_open, .bind = on_bind, .listen = on_listen,
    .accept = on_accept, .connect = on_connect, .connected = connect_ended, .send = on_send,
    .copy = on_copy, .drop = on_drop, .consumed = on_consumed, .end = on_end,
    .shutdown = on_shutdown, .finish = PORT_SO_LINGER ? on_finish : NULL, .unsent = on_unsent,
    .abort = on_abort, .close = on_close, .name = on_name, .error = on_so_error,
    .option = on_option, .ready = on_ready, .busy = "EINPROGRESS"};

static const ta_stack lwip = {
    .name = "lwIP", .version = LWIP_VERSION_STRING, .calls = ta_socket_calls, .start = start,
    .datagram = link_datagram, .next_deadline = next_deadline, .timer = sys_check_timeouts,
    .read_state = read_state, .read_stats = read_stats};

int main(void)
{
    ta_use(&endpoints);
    return ta_serve(&lwip, ta_fd());
}
