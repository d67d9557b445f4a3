/* lwIP's raw API behind the sockets of tcpassay_sockets.h.
 *
 * What its users see is lwIP's own socket layer (api/sockets.c, api/api_msg.c) without its threads:
 * the same states, the same err_t as the same errno. Where that layer would go on using a connection
 * that lwIP has freed, this one knows (on_free).
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "tcpassay_sockets.h"

#include "link.h"
#include "lwip/ip6.h"
#include "lwip/priv/tcp_priv.h"

/* `error` is the pending_err of a netconn, `message` what err_tcp posts to its recvmbox. */
struct socket {
    ta_socket base;
    struct tcp_pcb *pcb; /* NULL when lwIP has freed it */
    bool connected, fin, shut_rx, shut_tx, failed;
    err_t error, message;
};

static u8_t ext_id;

static struct socket *of(ta_socket *base)
{
    return (struct socket *)base;
}

/* err_to_errno of api/err.c, by name. */
static const char *errno_of(err_t err)
{
    static const char *const names[] = {
        NULL, "ENOMEM", "ENOBUFS", "EAGAIN", "EHOSTUNREACH", "EINPROGRESS", "EINVAL", "EAGAIN",
        "EADDRINUSE", "EALREADY", "EISCONN", "ENOTCONN", "EIO", "ECONNABORTED", "ECONNRESET",
        "ENOTCONN", "EIO"};
    return names[-err];
}

static err_t take_error(struct socket *socket) /* netconn_err */
{
    err_t error = socket->error;
    socket->error = ERR_OK;
    return error;
}

static bool parse(const char *host, ip_addr_t *ip)
{
    ta_address address;
    bool parsed = ta_parse(host, &address);
    link_ip(address.ipv6, address.octets, ip);
    return parsed;
}

static const char *on_name(const ta_socket *base, bool peer, ta_address *address)
{
    const struct tcp_pcb *pcb = ((const struct socket *)base)->pcb;
    if (pcb == NULL || (peer && (pcb->state == CLOSED || pcb->state == LISTEN)))
        return errno_of(ERR_CONN);
    const ip_addr_t *ip = peer ? &pcb->remote_ip : &pcb->local_ip;
    bool four = !base->ipv6 || IP_IS_V4_VAL(*ip);
    *address = (ta_address){.ipv6 = !four, .port = peer ? pcb->remote_port : pcb->local_port};
    memcpy(address->octets, four ? &ip_2_ip4(ip)->addr : ip_2_ip6(ip)->addr, four ? 4 : 16);
    address->zone = !four && ip6_addr_has_zone(ip_2_ip6(ip)) ? ip6_addr_zone(ip_2_ip6(ip)) : 0;
    return NULL;
}

static void on_free(u8_t id, void *socket)
{
    ((struct socket *)socket)->pcb = NULL;
}

static const struct tcp_ext_arg_callbacks watched = {on_free, NULL}, unwatched = {NULL, NULL};

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t err)
{
    struct socket *socket = arg;
    socket->fin |= pbuf == NULL;
    if (pbuf != NULL)
        ta_arrived(&socket->base, pbuf, pbuf->tot_len);
    return ERR_OK;
}

static void on_error(void *arg, err_t err) /* err_tcp */
{
    struct socket *socket = arg;
    socket->pcb = NULL;
    socket->error = socket->message = err;
    socket->failed = true;
    socket->base.phase = TA_PLAIN;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct socket *socket = arg;
    socket->base.phase = TA_PLAIN;
    socket->connected = true;
    return ERR_OK;
}

static void attach(struct socket *socket, struct tcp_pcb *pcb) /* setup_tcp */
{
    socket->pcb = pcb;
    tcp_arg(pcb, socket);
    tcp_ext_arg_set(pcb, ext_id, socket);
    tcp_ext_arg_set_callbacks(pcb, ext_id, &watched);
    tcp_recv(pcb, on_recv);
    tcp_poll(pcb, NULL, 2); /* calls are made again after each timer anyway */
    tcp_err(pcb, on_error);
}

static void detach(struct socket *socket)
{
    tcp_arg(socket->pcb, NULL);
    tcp_ext_arg_set_callbacks(socket->pcb, ext_id, &unwatched);
    tcp_accept(socket->pcb, NULL);
    if (socket->pcb->state != LISTEN) {
        tcp_recv(socket->pcb, NULL);
        tcp_poll(socket->pcb, NULL, 0);
        tcp_err(socket->pcb, NULL);
    }
}

/* accept_function; where there was no memory for a connection, accept() tells of it in its turn. */
static err_t on_accepted(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct socket *listener = arg;
    struct socket *made = of(ta_new_socket(listener->base.ipv6));
    ta_queue(&listener->base, &made->base);
    made->error = pcb == NULL ? ERR_ABRT : ERR_OK;
    if (pcb == NULL)
        return ERR_VAL;
    made->connected = true;
    attach(made, pcb);
    tcp_backlog_delayed(pcb);
    return ERR_OK;
}

static const char *on_open(ta_socket *base)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(base->ipv6 ? IPADDR_TYPE_ANY : IPADDR_TYPE_V4);
    if (pcb == NULL)
        return errno_of(ERR_BUF);
    attach(of(base), pcb);
    return NULL;
}

static const char *on_bind(ta_socket *base, const ta_address *address)
{
    ip_addr_t ip;
    link_ip(address->ipv6, address->octets, &ip);
    if (of(base)->pcb == NULL)
        return errno_of(ERR_VAL);
    if (IP_IS_V6(&ip) && ip_addr_isany(&ip) && !base->v6only)
        ip_addr_copy(ip, *IP_ANY_TYPE);
    return errno_of(tcp_bind(of(base)->pcb, &ip, (u16_t)address->port));
}

static const char *on_listen(ta_socket *base, int wanted)
{
    u8_t backlog = (u8_t)LWIP_MIN(LWIP_MAX(wanted, 0), 0xff);
    struct tcp_pcb *pcb = of(base)->pcb, *listener;
    err_t err = ERR_OK;
    if (pcb == NULL || base->phase == TA_CONNECTING)
        return errno_of(ERR_CONN);
    if (base->phase == TA_LISTENING)
        tcp_backlog_set(pcb, backlog);
    if (pcb->state != CLOSED)
        return errno_of(base->phase == TA_LISTENING ? ERR_OK : ERR_VAL);
    if (base->ipv6 && !base->v6only && ip_addr_isany(&pcb->local_ip)) {
        IP_SET_TYPE_VAL(pcb->local_ip, IPADDR_TYPE_ANY);
        IP_SET_TYPE_VAL(pcb->remote_ip, IPADDR_TYPE_ANY);
    }
    tcp_ext_arg_set_callbacks(pcb, ext_id, &unwatched); /* freed for a smaller one */
    listener = tcp_listen_with_backlog_and_err(pcb, backlog, &err);
    if (listener == NULL) {
        attach(of(base), pcb);
        return errno_of(err);
    }
    of(base)->pcb = listener;
    tcp_arg(listener, base);
    tcp_accept(listener, on_accepted);
    return NULL;
}

static const char *on_accept(ta_socket *accepted)
{
    if (of(accepted)->pcb != NULL) {
        tcp_backlog_accepted(of(accepted)->pcb);
    }
    return of(accepted)->connected ? NULL : errno_of(take_error(of(accepted)));
}

static const char *on_connect(ta_socket *base, const ta_address *address)
{
    ip_addr_t ip;
    if (base->phase != TA_PLAIN)
        return errno_of(base->phase == TA_CONNECTING ? ERR_ALREADY : ERR_ISCONN);
    if (of(base)->pcb == NULL)
        return errno_of(ERR_CLSD);
    link_ip(address->ipv6, address->octets, &ip);
    return errno_of(tcp_connect(of(base)->pcb, &ip, (u16_t)address->port, on_connected));
}

static const char *connect_ended(ta_socket *base)
{
    return of(base)->failed ? errno_of(of(base)->error) : NULL;
}

static const char *on_send(ta_socket *base, const uint8_t *octets, size_t length, bool more, bool waits,
                           size_t *taken) /* lwip_netconn_do_writemore */
{
    struct tcp_pcb *pcb = of(base)->pcb;
    err_t err = take_error(of(base));
    if (err == ERR_OK && base->phase != TA_PLAIN)
        err = ERR_INPROGRESS;
    if (err != ERR_OK || pcb == NULL)
        return errno_of(err != ERR_OK ? err : ERR_CONN);
    u16_t room = (u16_t)LWIP_MIN(length, tcp_sndbuf(pcb));
    more |= room < length && waits;
    err = room == 0 ? ERR_MEM : tcp_write(pcb, octets, room,
        (u8_t)(TCP_WRITE_FLAG_COPY | (more ? TCP_WRITE_FLAG_MORE : 0)));
    if (err != ERR_OK && err != ERR_MEM)
        return errno_of(err);
    *taken = err == ERR_OK ? room : 0;
    return tcp_output(pcb) == ERR_RTE ? errno_of(ERR_RTE) : NULL;
}

static size_t on_copy(void *pbuf, size_t from, uint8_t *into, size_t length)
{
    return pbuf_copy_partial(pbuf, into, (u16_t)length, (u16_t)from);
}

static void on_drop(void *pbuf)
{
    pbuf_free(pbuf);
}

static void on_consumed(ta_socket *base, size_t length)
{
    LWIP_ASSERT("a window in 16 bits", length <= 0xffff);
    if (of(base)->pcb != NULL)
        tcp_recved(of(base)->pcb, (u16_t)length);
}

/* lwip_netconn_do_close_internal without SO_LINGER. */
static err_t shut(struct socket *socket, bool rx, bool tx)
{
    struct tcp_pcb *pcb = socket->pcb;
    bool over = pcb->state == FIN_WAIT_1 || pcb->state == FIN_WAIT_2 || pcb->state == CLOSING;
    bool close = (rx && tx) || (rx && over) || (tx && (pcb->flags & TF_RXCLOSED));
    err_t err;
    if (rx) {
        ta_drop_pieces(&socket->base);
        if (pcb->state != LISTEN)
            tcp_recv(pcb, NULL);
    }
    if (close)
        detach(socket);
    err = close ? tcp_close(pcb) : tcp_shutdown(pcb, rx, tx);
    if (err == ERR_OK) {
        socket->shut_rx |= rx;
        socket->shut_tx |= tx;
        socket->pcb = close ? NULL : socket->pcb;
        socket->failed |= close; /* NETCONN_EVT_ERROR */
        socket->base.phase = TA_PLAIN;
    } else if (close) {
        attach(socket, pcb);
    }
    return err;
}

/* What recv() finds when no text is left: netconn_recv_data and netconn_recv_data_tcp. */
static const char *on_end(ta_socket *base)
{
    struct socket *socket = of(base);
    err_t err = socket->message;
    if (socket->shut_rx || base->phase == TA_LISTENING)
        return errno_of(ERR_CONN);
    if (socket->fin || err == ERR_CLSD) {
        err = socket->pcb == NULL ? take_error(socket) : shut(socket, true, false);
        socket->shut_rx = true;
        return err == ERR_CLSD ? NULL : errno_of(err);
    }
    socket->message = ERR_OK;
    if (err == ERR_OK)
        err = take_error(socket);
    if (err == ERR_OK)
        err = socket->failed ? ERR_CONN : ERR_WOULDBLOCK;
    return errno_of(err);
}

static const char *on_shutdown(ta_socket *base, bool rx, bool tx)
{
    bool half = base->phase == TA_LISTENING && !(rx && tx);
    if (of(base)->pcb == NULL || half || base->phase == TA_CONNECTING)
        return errno_of(ERR_CONN);
    ta_drop_accepted(base);
    return errno_of(shut(of(base), rx, tx));
}

static void on_finish(ta_socket *base)
{
    if (of(base)->pcb != NULL)
        tcp_close(of(base)->pcb);
}

static bool on_unsent(const ta_socket *base)
{
    const struct tcp_pcb *pcb = ((const struct socket *)base)->pcb;
    return pcb != NULL && pcb->state != LISTEN && (pcb->unsent != NULL || pcb->unacked != NULL);
}

static void on_abort(ta_socket *base)
{
    struct tcp_pcb *pcb = of(base)->pcb;
    if (pcb == NULL)
        return;
    detach(of(base));
    of(base)->pcb = NULL;
    tcp_abort(pcb);
}

/* False where there is no memory for the FIN. */
static bool on_close(ta_socket *base)
{
    return of(base)->pcb == NULL || shut(of(base), true, true) == ERR_OK;
}

static const char *on_so_error(ta_socket *base)
{
    return errno_of(take_error(of(base)));
}

#define FIELD(member) offsetof(struct tcp_pcb, member), sizeof ((struct tcp_pcb *)NULL)->member

static const ta_field fields[] = {
    {"TCP_NODELAY", FIELD(flags), TF_NODELAY, 0},
    {"SO_KEEPALIVE", FIELD(so_options), SOF_KEEPALIVE, 0},
    {"IP_TTL", FIELD(ttl), 0, 1}, {"IPV6_UNICAST_HOPS", FIELD(ttl), 0, 1},
    {"IP_TOS", FIELD(tos), 0, 1}, {"IPV6_TCLASS", FIELD(tos), 0, 1},
    {"TCP_KEEPIDLE", FIELD(keep_idle), 0, 1000},
#if SO_REUSE
    {"SO_REUSEADDR", FIELD(so_options), SOF_REUSEADDR, 0},
#endif
#if LWIP_TCP_KEEPALIVE
    {"TCP_KEEPINTVL", FIELD(keep_intvl), 0, 1000}, {"TCP_KEEPCNT", FIELD(keep_cnt), 0, 1},
#endif
    {NULL, 0, 0, 0, 0}};

static const char *on_option(ta_socket *base, const char *name, bool set, int64_t *value)
{
    struct tcp_pcb *pcb = of(base)->pcb;
    if (pcb == NULL || (base->phase == TA_LISTENING && name[0] == 'T'))
        return errno_of(ERR_VAL);
    return ta_field_option(fields, pcb, name, set, value);
}

/* rcvevent, sendevent and errevent of api/sockets.c. */
static int on_ready(const ta_socket *base)
{
    const struct socket *socket = (const struct socket *)base;
    const struct tcp_pcb *pcb = socket->pcb;
    bool room = socket->connected && pcb != NULL && tcp_sndbuf(pcb) > TCP_SNDLOWAT &&
                tcp_sndqueuelen(pcb) < TCP_SNDQUEUELOWAT;
    bool in = base->pieces || base->accepted || socket->fin || socket->failed || socket->shut_rx;
    return (in ? TA_IN : 0) | (room || socket->failed || socket->shut_tx ? TA_OUT : 0) |
           (socket->failed ? TA_ERR : 0);
}

#endif
