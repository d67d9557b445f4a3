/* lwIP behind tcpassay's agent protocol: its raw API, a virtual clock, a link without layers.
 *
 * Datagrams come in and go out as they are; time is the tester's, and lwIP's timers are asked when
 * they are due; socket calls are in sockets.h and options.h. Nothing of TCP is added here.
 */
#include "tcpassay_agent.h"

#include "lwip/init.h"
#include "lwip/stats.h"
#include "lwip/timeouts.h"
#include "options.h"
#include "port.h"
#include "sockets.h"

u32_t sys_now(void)
{
    return (u32_t)(ta_now_ns() / MS);
}

int64_t port_now_ns(void)
{
    return ta_now_ns();
}

/* ---------------------------------------------------------------- the link */

static err_t output(struct pbuf *pbuf)
{
    ta_sent_begin(pbuf->tot_len);
    for (; pbuf != NULL; pbuf = pbuf->next)
        ta_sent_add(pbuf->payload, pbuf->len);
    return ERR_OK;
}

static err_t output4(struct netif *netif, struct pbuf *pbuf, const ip4_addr_t *ip)
{
    return output(pbuf);
}

static err_t output6(struct netif *netif, struct pbuf *pbuf, const ip6_addr_t *ip)
{
    return output(pbuf);
}

static void datagram(const uint8_t *octets, size_t length)
{
    bool fits = length > 0 && length <= 0xffff;
    struct pbuf *pbuf = fits ? pbuf_alloc(PBUF_RAW, (u16_t)length, PORT_RX_PBUF) : NULL;
    if (pbuf == NULL) {
        LINK_STATS_INC(link.memerr);
        return;
    }
    pbuf_take(pbuf, octets, (u16_t)length);
    netifs[0].input(pbuf, &netifs[0]);
}

static err_t on_netif(struct netif *netif)
{
    netif->mtu = 1500;
#if LWIP_ND6_ALLOW_RA_UPDATES
    netif->mtu6 = 1500;
#endif
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_LINK_UP;
    netif->output = output4;
    netif->output_ip6 = output6;
    return ERR_OK;
}

static void add_netif(struct netif *netif, const ip4_addr_t *ip, int prefix)
{
    ip4_addr_t mask = {prefix == 0 ? 0 : htonl(0xffffffffu << (32 - prefix))}, none = {0};
    netif_add(netif, ip, &mask, &none, NULL, on_netif, ip_input);
    netif_set_up(netif);
}

/* An interface has one IPv4 address: the first has the network, the others take what arrives on it.
 * IPv6 addresses share the first; by lwIP's custom slot 0 is for the link-local one. */
static const char *start(const ta_start *given)
{
    static const ip4_addr_t none = {0};
    int count = 0, slot = 1;
    port_seed(given->seed);
    lwip_init();
    ext_id = tcp_ext_arg_alloc_id();
    if (given->ip == 6)
        add_netif(&netifs[0], &none, 0);
    for (const ta_json *each = given->addresses->child; each != NULL; each = each->next, count++) {
        ip_addr_t ip;
        if (!parse(each->text, &ip) || count == LWIP_ARRAYSIZE(netifs))
            return "an address that is none, or one too many";
        if (!IP_IS_V6(&ip)) {
            add_netif(&netifs[count], ip_2_ip4(&ip), count == 0 ? given->prefix : 32);
            continue;
        }
        int at = ip6_addr_islinklocal(ip_2_ip6(&ip)) ? 0 : slot++;
        if (at >= LWIP_IPV6_NUM_ADDRESSES)
            return "more addresses than LWIP_IPV6_NUM_ADDRESSES";
        netif_ip6_addr_set(&netifs[0], (s8_t)at, ip_2_ip6(&ip));
        netif_ip6_addr_set_state(&netifs[0], (s8_t)at, IP6_ADDR_PREFERRED);
    }
    if (ta_number_of(given->settings, "default_route", 1))
        netif_set_default(&netifs[0]);
    else if (given->ip == 6)
        add_netif(&netifs[1], &none, 0); /* with one interface alone, all IPv6 goes there */
    return NULL;
}

/* ---------------------------------------------------------------- what the tester asks */

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
    const struct tcp_pcb *pcb;
    ip_addr_t ip, remote_ip;
    parse(host, &ip);
    if (remote_host == NULL) {
        pcb = find(tcp_listen_pcbs.pcbs, &ip, port, NULL, 0);
        ta_tell_state(pcb == NULL ? "CLOSED" : "LISTEN", NULL, 0);
        return;
    }
    parse(remote_host, &remote_ip);
    pcb = find(tcp_active_pcbs, &ip, port, &remote_ip, remote_port);
    if (pcb == NULL)
        pcb = find(tcp_tw_pcbs, &ip, port, &remote_ip, remote_port);
    if (pcb == NULL) {
        ta_tell_state("CLOSED", NULL, 0);
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

/* ---------------------------------------------------------------- the calls */

static int (*const on_socket[])(ta_call *call, struct socket *socket) = {
    do_bind, do_listen, do_accept, do_connect, do_send, do_recv, do_shutdown, do_close, do_name,
    do_fcntl, do_option};
enum { BIND, LISTENS, ACCEPT, CONNECTS, SEND, RECV, SHUTDOWN, CLOSE, NAME, FCNTL, OPTION };

/* A call whose first argument is a socket. `which` is its place in the table. */
static void make(ta_call *call)
{
    int64_t fd = ta_int(call, 0);
    struct socket *socket = fd >= FIRST_FD && fd < MAX_SOCKETS ? sockets[fd] : NULL;
    int result = socket == NULL ? fail(call, "EBADF")
                                : on_socket[call->entry->which % OTHER](call, socket);
    if (result == ERR_OK)
        ta_return(call, 0);
    else if (result < 0)
        ta_fail(call, errno_name((err_t)result));
}

static const ta_entry calls[] = {
    {"socket", do_socket, 0}, {"bind", make, BIND}, {"listen", make, LISTENS},
    {"accept", make, ACCEPT}, {"accept4", make, ACCEPT + OTHER}, {"connect", make, CONNECTS},
    {"send", make, SEND}, {"sendmsg", make, SEND}, {"recv", make, RECV},
    {"recvmsg", make, RECV + OTHER}, {"shutdown", make, SHUTDOWN}, {"close", make, CLOSE},
    {"getsockname", make, NAME}, {"getpeername", make, NAME + OTHER}, {"fcntl", make, FCNTL},
    {"getsockopt", make, OPTION}, {"setsockopt", make, OPTION + OTHER}, {"poll", do_poll, 0},
    {"select", do_poll, 0}, {NULL, NULL, 0}};

static const ta_stack lwip = {
    .name = "lwIP", .version = LWIP_VERSION_STRING, .calls = calls, .start = start,
    .datagram = datagram, .next_deadline = next_deadline, .timer = sys_check_timeouts,
    .read_state = read_state, .read_stats = read_stats};

int main(void)
{
    return ta_serve(&lwip, ta_fd());
}
