/* lwIP's socket layer (api/sockets.c, api/api_msg.c) without its threads, over the raw API.
 *
 * The same states, the same err_t as the same errno. lwIP's callbacks take notes; the calls look at
 * them, and are made again after whatever happens while they block. Where lwIP's own layer would go
 * on using a connection that lwIP has freed, this one knows (on_free).
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <fcntl.h>

#include "tcpassay_agent.h"

#include "addresses.h"
#include "lwip/priv/tcp_priv.h"

#define MAX_SOCKETS 4096
#define FIRST_FD 3
#define BLOCKED 1 /* beside the values of err_t: not over yet */
#define RETURNED 2 /* the call has told its own result */
#define MS INT64_C(1000000)
#define OTHER 100 /* added to the `which` of the second of two calls that share a function */

struct packet {
    struct pbuf *pbuf;
    struct packet *next;
};

/* `phase` is the state of a netconn, `error` its pending_err, `message` what err_tcp posts. */
struct socket {
    enum { IDLE, CONNECT, LISTENING } phase;
    struct tcp_pcb *pcb; /* NULL when lwIP has freed it */
    bool ipv6, v6only, nonblocking, connected, fin, shut_rx, shut_tx, failed, accept_failed;
    err_t error, message;
    int linger_s; /* -1: off */
    int64_t closing_ns;
    const ta_call *writer; /* the send() that has not written everything yet */
    struct packet *packets;
    struct socket *accepted, *next; /* of a listener: who waits for accept() */
};

static struct socket *sockets[MAX_SOCKETS];
static u8_t ext_id;

/* err_to_errno of api/err.c, by name. */
static const char *errno_name(err_t err)
{
    static const char *const names[] = {
        "EIO", "ENOMEM", "ENOBUFS", "EAGAIN", "EHOSTUNREACH", "EINPROGRESS", "EINVAL", "EAGAIN",
        "EADDRINUSE", "EALREADY", "EISCONN", "ENOTCONN", "EIO", "ECONNABORTED", "ECONNRESET",
        "ENOTCONN", "EIO"};
    return names[-err];
}

static int fail(ta_call *call, const char *name)
{
    ta_fail(call, name);
    return RETURNED;
}

static int give(ta_call *call, int64_t value)
{
    ta_return(call, value);
    return RETURNED;
}

/* ---------------------------------------------------------------- lwIP's callbacks */

static err_t take_error(struct socket *socket) /* netconn_err */
{
    err_t error = socket->error;
    socket->error = ERR_OK;
    return error;
}

static void on_free(u8_t id, void *socket)
{
    ((struct socket *)socket)->pcb = NULL;
}

static const struct tcp_ext_arg_callbacks watched = {on_free, NULL}, unwatched = {NULL, NULL};

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t err)
{
    struct socket *socket = arg;
    struct packet *packet, **last = &socket->packets;
    socket->fin |= pbuf == NULL;
    if (pbuf == NULL)
        return ERR_OK;
    packet = ta_room(NULL, sizeof *packet);
    *packet = (struct packet){pbuf, NULL};
    while (*last != NULL)
        last = &(*last)->next;
    *last = packet;
    return ERR_OK;
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
    return ERR_OK; /* calls are made again after each timer anyway */
}

static void on_error(void *arg, err_t err)
{
    struct socket *socket = arg;
    socket->pcb = NULL;
    socket->error = socket->message = err;
    socket->failed = true;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct socket *socket = arg;
    socket->phase = IDLE;
    socket->connected = true;
    return ERR_OK;
}

static void attach(struct socket *socket) /* setup_tcp */
{
    tcp_arg(socket->pcb, socket);
    tcp_ext_arg_set(socket->pcb, ext_id, socket);
    tcp_ext_arg_set_callbacks(socket->pcb, ext_id, &watched);
    tcp_recv(socket->pcb, on_recv);
    tcp_poll(socket->pcb, on_poll, 2);
    tcp_err(socket->pcb, on_error);
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

static struct socket *new_socket(struct tcp_pcb *pcb, bool ipv6, bool connected)
{
    struct socket *made = ta_room(NULL, sizeof *made);
    *made = (struct socket){.pcb = pcb, .ipv6 = ipv6, .connected = connected, .linger_s = -1};
    attach(made);
    return made;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err) /* accept_function */
{
    struct socket *listener = arg, **last = &listener->accepted;
    listener->accept_failed |= pcb == NULL;
    if (pcb == NULL)
        return ERR_VAL;
    while (*last != NULL)
        last = &(*last)->next;
    *last = new_socket(pcb, listener->ipv6, true);
    tcp_backlog_delayed(pcb);
    return ERR_OK;
}

/* ---------------------------------------------------------------- opening */

static int free_fd(void)
{
    int fd = FIRST_FD;
    while (fd < MAX_SOCKETS && sockets[fd] != NULL)
        fd++;
    return fd < MAX_SOCKETS ? fd : -1;
}

static void do_socket(ta_call *call)
{
    bool ipv6 = strcmp(ta_text(call, 0), "AF_INET6") == 0, other = ta_flag(call, 1, "SOCK_DGRAM");
    int fd = free_fd();
    struct tcp_pcb *pcb = NULL;
    if (!ta_flag(call, 1, "SOCK_STREAM"))
        ta_fail(call, other ? "ENOSYS-AGENT" : "EINVAL");
    else if (fd < 0 || (pcb = tcp_new_ip_type(ipv6 ? IPADDR_TYPE_ANY : IPADDR_TYPE_V4)) == NULL)
        ta_fail(call, fd < 0 ? "ENFILE" : "ENOBUFS");
    if (pcb == NULL)
        return;
    sockets[fd] = new_socket(pcb, ipv6, false);
    sockets[fd]->nonblocking = ta_flag(call, 1, "SOCK_NONBLOCK");
    ta_return(call, fd);
}

static int do_bind(ta_call *call, struct socket *socket)
{
    ip_addr_t ip;
    u16_t port;
    err_t err = address_of(call, socket->ipv6, &ip, &port);
    if (err != ERR_OK || socket->pcb == NULL)
        return ERR_VAL;
    if (IP_IS_V6(&ip) && ip_addr_isany(&ip) && !socket->v6only)
        ip_addr_copy(ip, *IP_ANY_TYPE);
    return tcp_bind(socket->pcb, &ip, port);
}

static int do_listen(ta_call *call, struct socket *socket)
{
    u8_t backlog = (u8_t)LWIP_MIN(LWIP_MAX(ta_int(call, 1), 0), 0xff);
    struct tcp_pcb *pcb = socket->pcb, *listener;
    err_t err = ERR_OK;
    if (pcb == NULL || socket->phase == CONNECT)
        return ERR_CONN;
    if (socket->phase == LISTENING) {
        tcp_backlog_set(pcb, backlog);
        return ERR_OK;
    }
    if (pcb->state != CLOSED)
        return ERR_VAL;
    if (socket->ipv6 && !socket->v6only && ip_addr_isany(&pcb->local_ip)) {
        IP_SET_TYPE_VAL(pcb->local_ip, IPADDR_TYPE_ANY);
        IP_SET_TYPE_VAL(pcb->remote_ip, IPADDR_TYPE_ANY);
    }
    tcp_ext_arg_set_callbacks(pcb, ext_id, &unwatched); /* freed for a smaller one */
    listener = tcp_listen_with_backlog_and_err(pcb, backlog, &err);
    if (listener == NULL) {
        attach(socket);
        return err;
    }
    socket->pcb = listener;
    socket->phase = LISTENING;
    tcp_arg(listener, socket);
    tcp_accept(listener, on_accept);
    return ERR_OK;
}

static void free_packets(struct socket *socket)
{
    while (socket->packets != NULL) {
        struct packet *first = socket->packets;
        socket->packets = first->next;
        pbuf_free(first->pbuf);
        free(first);
    }
}

static int do_accept(ta_call *call, struct socket *listener)
{
    struct socket *first = listener->accepted;
    bool four = call->entry->which >= OTHER;
    int fd = free_fd();
    if (listener->phase != LISTENING)
        return fail(call, call->again ? "ENOTCONN" : "EINVAL");
    if (listener->accept_failed || first == NULL) {
        err_t err = listener->accept_failed ? ERR_ABRT : ERR_WOULDBLOCK;
        listener->accept_failed = false;
        return err == ERR_ABRT || listener->nonblocking ? err : BLOCKED;
    }
    listener->accepted = first->next;
    first->next = NULL;
    if (first->pcb == NULL) { /* netconn_peer finds nobody */
        free_packets(first);
        free(first);
        return ERR_CONN;
    }
    tcp_backlog_accepted(first->pcb);
    sockets[fd] = first;
    first->nonblocking = four && ta_flag(call, 1, "SOCK_NONBLOCK");
    out_name(call, four ? 2 : 1, first->ipv6, &first->pcb->remote_ip, first->pcb->remote_port);
    return give(call, fd);
}

static int do_connect(ta_call *call, struct socket *socket)
{
    ip_addr_t ip;
    u16_t port;
    err_t err;
    if (call->again) {
        if (socket->phase == CONNECT && !socket->failed)
            return BLOCKED;
        socket->phase = IDLE;
        return socket->failed ? socket->error : ERR_OK;
    }
    err = address_of(call, socket->ipv6, &ip, &port);
    if (err != ERR_OK)
        return err;
    if (socket->phase != IDLE)
        return socket->phase == CONNECT ? ERR_ALREADY : ERR_ISCONN;
    err = socket->pcb == NULL ? ERR_CLSD : tcp_connect(socket->pcb, &ip, port, on_connected);
    if (err == ERR_OK)
        socket->phase = CONNECT;
    return err != ERR_OK ? err : socket->nonblocking ? ERR_INPROGRESS : BLOCKED;
}

/* ---------------------------------------------------------------- text */

/* lwip_netconn_do_writemore: as much as there is room for, then the rest. */
static int write_more(ta_call *call, struct socket *socket, size_t size, bool dontblock)
{
    static uint8_t piece[0xffff];
    err_t err = ERR_OK, out;
    while (err == ERR_OK && call->progress < size) {
        size_t left = size - call->progress;
        u16_t length = (u16_t)LWIP_MIN(left, tcp_sndbuf(socket->pcb));
        bool more = ta_flag(call, 2, "MSG_MORE") || left > 0xffff || (length < left && !dontblock);
        ta_octets(call, 1, call->progress, piece, length);
        err = length == 0 ? ERR_MEM : tcp_write(socket->pcb, piece, length,
            (u8_t)(TCP_WRITE_FLAG_COPY | (more ? TCP_WRITE_FLAG_MORE : 0)));
        if (err == ERR_OK)
            call->progress += length;
    }
    if (err != ERR_OK && err != ERR_MEM)
        return err;
    out = tcp_output(socket->pcb);
    if (out == ERR_RTE || (dontblock && call->progress == 0))
        return out == ERR_RTE ? out : ERR_WOULDBLOCK;
    return call->progress == size || dontblock ? give(call, (int64_t)call->progress) : BLOCKED;
}

static int do_send(ta_call *call, struct socket *socket)
{
    size_t size = ta_octets(call, 1, 0, NULL, 0);
    err_t err = size == 0 ? ERR_OK : take_error(socket);
    int result;
    if (size == 0 || err != ERR_OK)
        return size == 0 ? give(call, 0) : err;
    if (socket->phase != IDLE || (socket->writer != NULL && socket->writer != call))
        return ERR_INPROGRESS;
    if (socket->pcb == NULL)
        return ERR_CONN;
    result = write_more(call, socket, size, socket->nonblocking || ta_flag(call, 2, "MSG_DONTWAIT"));
    socket->writer = result == BLOCKED ? call : NULL;
    return result;
}

static err_t shut(struct socket *socket, bool rx, bool tx);

/* What recv() finds when no text is left: netconn_recv_data and netconn_recv_data_tcp. */
static int recv_nothing(ta_call *call, struct socket *socket, bool dontblock)
{
    err_t err = socket->message;
    if (socket->shut_rx || socket->phase == LISTENING)
        return ERR_CONN;
    if (socket->fin || err == ERR_CLSD) {
        err = socket->pcb == NULL ? take_error(socket) : shut(socket, true, false);
        socket->shut_rx = true;
        if (err != ERR_OK && err != ERR_CLSD)
            return err;
        ta_out_octets(call, NULL, 0);
        return give(call, 0);
    }
    socket->message = ERR_OK;
    if (err == ERR_OK)
        err = take_error(socket);
    if (err == ERR_OK && socket->failed)
        err = ERR_CONN;
    return err != ERR_OK ? err : dontblock ? ERR_WOULDBLOCK : BLOCKED;
}

static int do_recv(ta_call *call, struct socket *socket)
{
    static uint8_t text[TA_MAX_LENGTH / 2 - 256];
    bool peek = ta_flag(call, 2, "MSG_PEEK"), dontblock = ta_flag(call, 2, "MSG_DONTWAIT");
    size_t wanted = (size_t)LWIP_MIN(ta_int(call, 1), (int64_t)sizeof text), got = 0;
    if (socket->packets == NULL)
        return recv_nothing(call, socket, dontblock || socket->nonblocking);
    do {
        struct packet *first = socket->packets;
        u16_t length = (u16_t)LWIP_MIN((size_t)first->pbuf->tot_len, wanted - got);
        got += pbuf_copy_partial(first->pbuf, text + got, length, 0);
        if (peek)
            break;
        first->pbuf = pbuf_free_header(first->pbuf, length);
        if (first->pbuf == NULL) {
            socket->packets = first->next;
            free(first);
        }
    } while (got < wanted && socket->packets != NULL);
    for (size_t left = peek || socket->pcb == NULL ? 0 : got, part; left > 0; left -= part) {
        part = LWIP_MIN(left, 0xffff);
        tcp_recved(socket->pcb, (u16_t)part);
    }
    ta_out_octets(call, text, got);
    if (call->entry->which >= OTHER)
        ta_out(call, "flags", "[]");
    return give(call, (int64_t)got);
}

/* ---------------------------------------------------------------- closing */

/* lwip_netconn_do_close_internal without SO_LINGER. */
static err_t shut(struct socket *socket, bool rx, bool tx)
{
    struct tcp_pcb *pcb = socket->pcb;
    bool over = pcb->state == FIN_WAIT_1 || pcb->state == FIN_WAIT_2 || pcb->state == CLOSING;
    bool close = (rx && tx) || (rx && over) || (tx && (pcb->flags & TF_RXCLOSED));
    err_t err;
    if (rx) {
        free_packets(socket);
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
        socket->phase = IDLE;
    } else if (close) {
        attach(socket);
    }
    return err;
}

static void abort_connection(struct socket *socket)
{
    struct tcp_pcb *pcb = socket->pcb;
    if (pcb != NULL) {
        detach(socket);
        socket->pcb = NULL;
        tcp_abort(pcb);
    }
}

static void abort_accepted(struct socket *listener) /* netconn_drain */
{
    while (listener->accepted != NULL) {
        struct socket *first = listener->accepted;
        listener->accepted = first->next;
        free_packets(first);
        abort_connection(first);
        free(first);
    }
}

static int do_shutdown(ta_call *call, struct socket *socket)
{
    const char *how = ta_text(call, 1);
    bool both = strcmp(how, "SHUT_RDWR") == 0;
    bool rx = both || strcmp(how, "SHUT_RD") == 0, tx = both || strcmp(how, "SHUT_WR") == 0;
    if (!rx && !tx)
        return ERR_VAL;
    if (socket->pcb == NULL || (socket->phase == LISTENING && !both) || socket->phase == CONNECT)
        return ERR_CONN;
    if (socket->writer != NULL)
        return ERR_INPROGRESS;
    abort_accepted(socket);
    return shut(socket, rx, tx);
}

/* SO_LINGER: whether close() waits for what is on its way, for `linger_s` at most. */
static bool lingers(ta_call *call, struct socket *socket)
{
    struct tcp_pcb *pcb = socket->pcb;
    int64_t until = socket->closing_ns + socket->linger_s * 1000 * MS;
    if (socket->linger_s < 0 || pcb == NULL || pcb->state == LISTEN)
        return false;
    if (socket->linger_s > 0 && pcb->unsent == NULL && pcb->unacked == NULL)
        return false;
    if (ta_now_ns() >= until) {
        abort_connection(socket);
        return false;
    }
    call->deadline_ns = until;
    tcp_close(pcb);
    return true;
}

static int do_close(ta_call *call, struct socket *socket)
{
    if (!call->again) {
        if (socket->writer != NULL || (socket->phase == CONNECT && !socket->nonblocking))
            return ERR_INPROGRESS;
        socket->closing_ns = ta_now_ns();
        free_packets(socket);
        abort_accepted(socket);
    }
    if (socket->nonblocking && socket->linger_s > 0 && socket->pcb != NULL &&
        (socket->pcb->unsent != NULL || socket->pcb->unacked != NULL))
        return ERR_WOULDBLOCK;
    if (lingers(call, socket) || (socket->pcb != NULL && shut(socket, true, true) != ERR_OK))
        return BLOCKED; /* the latter: no memory for the FIN */
    sockets[ta_int(call, 0)] = NULL;
    free(socket);
    return give(call, 0);
}

#endif
