/* lwIP behind tcpassay's agent protocol: its raw API, a virtual clock, one link without layers.
 *
 * The socket calls behave as lwIP's own socket layer does (api/sockets.c, api/api_msg.c), which
 * needs threads and so is not built: the same states, the same err_t as the same errno. Nothing of
 * TCP is added. Callbacks take note only; calls look at what was noted and are made again after
 * each step while they block.
 */
#include "tcpassay_agent.h"

#include "lwip/opt.h"
#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/ip6.h"
#include "lwip/netif.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/stats.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "random.h"

#define MAX_SOCKETS 4096
#define FIRST_FD 3
#define MS INT64_C(1000000)

struct packet {
    struct pbuf *pbuf;
    struct packet *next;
};

/* A socket: `phase` is netconn's state, `error` its pending_err, `message` what err_tcp posts. */
struct socket {
    enum { IDLE, CONNECT, LISTENING } phase;
    struct tcp_pcb *pcb; /* NULL when lwIP has freed it */
    bool ipv6, v6only, nonblocking, connected, fin, shut_rx, shut_tx, failed, aborted_accept;
    err_t error, message;
    int linger_s; /* -1: off */
    int64_t closing_ns;
    const ta_call *writer; /* the send() that has not written everything yet */
    struct packet *packets;
    struct socket *accepted, *next; /* of a listener: who waits for accept() */
};

static struct socket *sockets[MAX_SOCKETS];
static struct netif netifs[4];
static u8_t ext_id;

u32_t sys_now(void)
{
    return (u32_t)(ta_now_ns() / MS);
}

int64_t port_now_ns(void);
int64_t port_now_ns(void)
{
    return ta_now_ns();
}

/* err_to_errno of api/err.c, by name. */
static const char *errno_name(err_t err)
{
    static const char *const names[] = {
        "EIO", "ENOMEM", "ENOBUFS", "EAGAIN", "EHOSTUNREACH", "EINPROGRESS", "EINVAL", "EAGAIN",
        "EADDRINUSE", "EALREADY", "EISCONN", "ENOTCONN", "EIO", "ECONNABORTED", "ECONNRESET",
        "ENOTCONN", "EIO"};
    return names[-err];
}

static void finish(ta_call *call, err_t err)
{
    if (err == ERR_OK)
        ta_return(call, 0);
    else
        ta_fail(call, errno_name(err));
}

/* ---------------------------------------------------------------- descriptors and addresses */

static struct socket *find(ta_call *call, int64_t fd)
{
    struct socket *found = fd >= FIRST_FD && fd < MAX_SOCKETS ? sockets[fd] : NULL;
    if (found == NULL)
        ta_fail(call, "EBADF");
    return found;
}

static struct socket *of(ta_call *call)
{
    return find(call, ta_int(call, 0));
}

static int free_fd(void)
{
    int fd = FIRST_FD;
    while (fd < MAX_SOCKETS && sockets[fd] != NULL)
        fd++;
    return fd < MAX_SOCKETS ? fd : -1;
}

static struct socket *new_socket(struct tcp_pcb *pcb)
{
    struct socket *made = ta_room(NULL, sizeof *made);
    *made = (struct socket){.pcb = pcb, .linger_s = -1};
    return made;
}

static bool parse(const char *host, ip_addr_t *ip)
{
    char plain[INET6_ADDRSTRLEN];
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(host, "%"), host);
    ip_addr_set_zero(ip);
    if (inet_pton(AF_INET, plain, &ip_2_ip4(ip)->addr) == 1) {
        IP_SET_TYPE(ip, IPADDR_TYPE_V4);
        return true;
    }
    IP_SET_TYPE(ip, IPADDR_TYPE_V6);
    if (inet_pton(AF_INET6, plain, ip_2_ip6(ip)->addr) != 1)
        return false;
    if (ip6_addr_has_scope(ip_2_ip6(ip), IP6_UNKNOWN))
        ip6_addr_assign_zone(ip_2_ip6(ip), IP6_UNKNOWN, &netifs[0]);
    return true;
}

/* The address in an argument for this socket, as lwip_bind and lwip_connect take it. */
static err_t address_of(const ta_call *call, const struct socket *socket, ip_addr_t *ip, u16_t *port)
{
    unsigned number;
    if (!parse(ta_host(call, 1, &number), ip) || IP_IS_V6(ip) != socket->ipv6)
        return ERR_VAL;
    if (IP_IS_V6(ip) && ip6_addr_isipv4mappedipv6(ip_2_ip6(ip))) {
        u32_t inner = ip_2_ip6(ip)->addr[3];
        ip_addr_set_ip4_u32(ip, inner);
    }
    *port = (u16_t)number;
    return ERR_OK;
}

static void out_address(ta_call *call, bool ipv6, const ip_addr_t *ip, unsigned port)
{
    char text[INET6_ADDRSTRLEN + 16] = "0.0.0.0", *at = text;
    if (IP_IS_V6(ip) || (IP_IS_ANY_TYPE_VAL(*ip) && ipv6)) {
        inet_ntop(AF_INET6, ip_2_ip6(ip)->addr, text, sizeof text);
        if (ip6_addr_has_zone(ip_2_ip6(ip)))
            sprintf(text + strlen(text), "%%%u", ip6_addr_zone(ip_2_ip6(ip)));
    } else {
        if (ipv6)
            at += sprintf(text, "::ffff:");
        inet_ntop(AF_INET, &ip_2_ip4(ip)->addr, at, INET_ADDRSTRLEN);
    }
    ta_out_address(call, text, port);
}

/* ---------------------------------------------------------------- lwIP's callbacks */

static err_t take_error(struct socket *socket) /* netconn_err */
{
    err_t error = socket->error;
    socket->error = ERR_OK;
    return error;
}

static void freed(u8_t id, void *data)
{
    LWIP_UNUSED_ARG(id);
    ((struct socket *)data)->pcb = NULL;
}

static const struct tcp_ext_arg_callbacks on_free = {freed, NULL}, on_nothing = {NULL, NULL};

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t err)
{
    struct socket *socket = arg;
    LWIP_UNUSED_ARG(pcb);
    LWIP_UNUSED_ARG(err);
    if (pbuf == NULL) {
        socket->fin = true;
        return ERR_OK;
    }
    struct packet *packet = ta_room(NULL, sizeof *packet), **last = &socket->packets;
    *packet = (struct packet){pbuf, NULL};
    while (*last != NULL)
        last = &(*last)->next;
    *last = packet;
    return ERR_OK;
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb) /* calls are made again after each step */
{
    LWIP_UNUSED_ARG(arg);
    LWIP_UNUSED_ARG(pcb);
    return ERR_OK;
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
    LWIP_UNUSED_ARG(pcb);
    LWIP_UNUSED_ARG(err);
    socket->phase = IDLE;
    socket->connected = true;
    return ERR_OK;
}

static void attach(struct socket *socket) /* setup_tcp */
{
    tcp_arg(socket->pcb, socket);
    tcp_ext_arg_set(socket->pcb, ext_id, socket);
    tcp_ext_arg_set_callbacks(socket->pcb, ext_id, &on_free);
    tcp_recv(socket->pcb, on_recv);
    tcp_poll(socket->pcb, on_poll, 2);
    tcp_err(socket->pcb, on_error);
}

static void detach(struct socket *socket)
{
    tcp_arg(socket->pcb, NULL);
    tcp_ext_arg_set_callbacks(socket->pcb, ext_id, &on_nothing);
    if (socket->pcb->state == LISTEN) {
        tcp_accept(socket->pcb, NULL);
        return;
    }
    tcp_recv(socket->pcb, NULL);
    tcp_poll(socket->pcb, NULL, 0);
    tcp_err(socket->pcb, NULL);
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err) /* accept_function */
{
    struct socket *listener = arg, **last;
    LWIP_UNUSED_ARG(err);
    if (listener == NULL)
        return ERR_VAL;
    if (pcb == NULL) {
        listener->aborted_accept = true;
        return ERR_VAL;
    }
    struct socket *made = new_socket(pcb);
    made->ipv6 = listener->ipv6;
    made->connected = true;
    attach(made);
    tcp_backlog_delayed(pcb);
    for (last = &listener->accepted; *last != NULL;)
        last = &(*last)->next;
    *last = made;
    return ERR_OK;
}

/* ---------------------------------------------------------------- opening */

static void do_socket(ta_call *call)
{
    int fd = free_fd();
    if (!ta_flag(call, 1, "SOCK_STREAM")) {
        ta_fail(call, "EINVAL");
        return;
    }
    if (fd < 0) {
        ta_fail(call, "ENFILE");
        return;
    }
    bool ipv6 = strcmp(ta_text(call, 0), "AF_INET6") == 0;
    struct tcp_pcb *pcb = tcp_new_ip_type(ipv6 ? IPADDR_TYPE_ANY : IPADDR_TYPE_V4);
    if (pcb == NULL) {
        ta_fail(call, "ENOBUFS");
        return;
    }
    sockets[fd] = new_socket(pcb);
    sockets[fd]->ipv6 = ipv6;
    sockets[fd]->nonblocking = ta_flag(call, 1, "SOCK_NONBLOCK");
    attach(sockets[fd]);
    ta_return(call, fd);
}

static void do_bind(ta_call *call)
{
    struct socket *socket = of(call);
    ip_addr_t ip;
    u16_t port;
    if (socket == NULL)
        return;
    err_t err = address_of(call, socket, &ip, &port);
    if (err == ERR_OK && IP_IS_V6(&ip) && ip_addr_isany(&ip) && !socket->v6only)
        ip_addr_copy(ip, *IP_ANY_TYPE);
    if (err == ERR_OK)
        err = socket->pcb == NULL ? ERR_VAL : tcp_bind(socket->pcb, &ip, port);
    finish(call, err);
}

static void start_listening(struct socket *socket, u8_t backlog, err_t *err)
{
    struct tcp_pcb *pcb = socket->pcb;
    if (pcb->state != CLOSED) {
        *err = ERR_VAL;
        return;
    }
    if (ip_addr_cmp(&pcb->local_ip, IP6_ADDR_ANY) && socket->ipv6 && !socket->v6only) {
        IP_SET_TYPE_VAL(pcb->local_ip, IPADDR_TYPE_ANY);
        IP_SET_TYPE_VAL(pcb->remote_ip, IPADDR_TYPE_ANY);
    }
    tcp_ext_arg_set_callbacks(pcb, ext_id, &on_nothing); /* listen frees it for a smaller one */
    struct tcp_pcb *listener = tcp_listen_with_backlog_and_err(pcb, backlog, err);
    if (listener == NULL) {
        attach(socket);
        return;
    }
    socket->pcb = listener;
    socket->phase = LISTENING;
    tcp_arg(listener, socket);
    tcp_accept(listener, on_accept);
}

static void do_listen(ta_call *call)
{
    struct socket *socket = of(call);
    err_t err = ERR_OK;
    if (socket == NULL)
        return;
    int64_t wanted = ta_int(call, 1);
    u8_t backlog = (u8_t)LWIP_MIN(LWIP_MAX(wanted, 0), 0xff);
    if (socket->pcb == NULL || socket->phase == CONNECT)
        err = ERR_CONN;
    else if (socket->phase == LISTENING)
        tcp_backlog_set(socket->pcb, backlog);
    else
        start_listening(socket, backlog, &err);
    finish(call, err);
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

static void accept_with(ta_call *call, size_t length_place, bool nonblocking)
{
    struct socket *listener = of(call), *first;
    if (listener == NULL)
        return;
    if (listener->phase != LISTENING) {
        ta_fail(call, call->again ? "ENOTCONN" : "EINVAL");
        return;
    }
    first = listener->accepted;
    if (listener->aborted_accept || first == NULL) {
        if (listener->aborted_accept || listener->nonblocking)
            ta_fail(call, listener->aborted_accept ? "ECONNABORTED" : "EAGAIN");
        listener->aborted_accept = false;
        return;
    }
    const ta_json *room = ta_arg(call, length_place);
    int64_t wanted = room == NULL ? 1000 : room->number, size = first->ipv6 ? 28 : 16;
    int fd = free_fd();
    if (first->pcb != NULL) {
        tcp_backlog_accepted(first->pcb);
    }
    listener->accepted = first->next;
    first->next = NULL;
    if (fd < 0 || (first->pcb == NULL && wanted != 0)) { /* netconn_peer finds nobody */
        free_packets(first);
        free(first);
        ta_fail(call, fd < 0 ? "ENFILE" : "ENOTCONN");
        return;
    }
    sockets[fd] = first;
    first->nonblocking = nonblocking;
    if (wanted >= size)
        out_address(call, first->ipv6, &first->pcb->remote_ip, first->pcb->remote_port);
    if (room != NULL && wanted != 0)
        ta_out(call, "length", "%d", (int)LWIP_MIN(size, wanted));
    ta_return(call, fd);
}

static void do_accept(ta_call *call)
{
    accept_with(call, 1, false);
}

static void do_accept4(ta_call *call)
{
    accept_with(call, 2, ta_flag(call, 1, "SOCK_NONBLOCK"));
}

static void do_connect(ta_call *call)
{
    struct socket *socket = of(call);
    ip_addr_t ip;
    u16_t port;
    if (socket == NULL)
        return;
    if (call->again) {
        if (socket->phase != CONNECT || socket->failed) {
            finish(call, socket->failed ? socket->error : ERR_OK);
            socket->phase = IDLE;
        }
        return;
    }
    err_t err = address_of(call, socket, &ip, &port);
    if (err != ERR_OK)
        ;
    else if (socket->pcb == NULL)
        err = ERR_CLSD;
    else if (socket->phase != IDLE)
        err = socket->phase == CONNECT ? ERR_ALREADY : ERR_ISCONN;
    else
        err = tcp_connect(socket->pcb, &ip, port, on_connected);
    if (err == ERR_OK) {
        socket->phase = CONNECT;
        if (!socket->nonblocking)
            return;
        err = ERR_INPROGRESS;
    }
    finish(call, err);
}

/* ---------------------------------------------------------------- text */

/* netconn_write and lwip_netconn_do_writemore: as much as there is room for, then the rest. */
static void do_send(ta_call *call)
{
    static uint8_t piece[0xffff];
    struct socket *socket = of(call);
    if (socket == NULL)
        return;
    size_t size = ta_octets(call, 1, 0, piece, 0);
    bool dontblock = socket->nonblocking || ta_flag(call, 2, "MSG_DONTWAIT");
    if (size == 0) {
        ta_return(call, 0);
        return;
    }
    err_t err = take_error(socket);
    if (err == ERR_OK && (socket->phase != IDLE || (socket->writer != NULL && socket->writer != call)))
        err = ERR_INPROGRESS;
    if (err == ERR_OK && socket->pcb == NULL)
        err = call->again ? ERR_CLSD : ERR_CONN;
    while (err == ERR_OK && call->progress < size) {
        size_t left = size - call->progress;
        u16_t room = tcp_sndbuf(socket->pcb), length = (u16_t)LWIP_MIN(LWIP_MIN(left, room), 0xffff);
        u8_t flags = TCP_WRITE_FLAG_COPY;
        if (ta_flag(call, 2, "MSG_MORE") || left > 0xffff || (length < left && !dontblock))
            flags |= TCP_WRITE_FLAG_MORE;
        ta_octets(call, 1, call->progress, piece, length);
        err = length == 0 ? ERR_MEM : tcp_write(socket->pcb, piece, length, flags);
        if (err == ERR_OK)
            call->progress += length;
        if (dontblock && length < left && left <= 0xffff)
            break;
    }
    if (err == ERR_OK || err == ERR_MEM) {
        err_t out = tcp_output(socket->pcb);
        bool over = call->progress == size || dontblock || out == ERR_RTE;
        socket->writer = over ? NULL : call;
        if (!over)
            return;
        err = out == ERR_RTE ? out : call->progress == 0 ? ERR_WOULDBLOCK : ERR_OK;
    }
    socket->writer = NULL;
    if (err == ERR_OK)
        ta_return(call, (int64_t)call->progress);
    else
        finish(call, err);
}

static err_t shut(struct socket *socket, bool rx, bool tx);

/* What recv() finds when no text is left: netconn_recv_data and netconn_recv_data_tcp. */
static void recv_nothing(ta_call *call, struct socket *socket, bool dontblock)
{
    err_t err = ERR_CONN;
    if (socket->shut_rx || socket->phase == LISTENING) {
        ta_fail(call, "ENOTCONN");
    } else if (socket->fin || socket->message == ERR_CLSD) {
        err_t error = socket->pcb == NULL ? take_error(socket) : ERR_OK;
        socket->fin = false;
        if (socket->pcb == NULL)
            socket->shut_rx = true;
        else
            shut(socket, true, false);
        if (error != ERR_OK && error != ERR_CLSD) {
            ta_fail(call, errno_name(error));
        } else {
            ta_out_octets(call, NULL, 0);
            ta_return(call, 0);
        }
    } else if (socket->message != ERR_OK) {
        err = socket->message;
        socket->message = ERR_OK;
        ta_fail(call, errno_name(err));
    } else if (socket->failed || socket->error != ERR_OK) {
        err = take_error(socket);
        ta_fail(call, errno_name(err == ERR_OK ? ERR_CONN : err));
    } else if (dontblock) {
        ta_fail(call, "EAGAIN");
    }
}

static void recv_with(ta_call *call, bool message)
{
    static uint8_t text[TA_MAX_LENGTH / 2 - 256];
    struct socket *socket = of(call);
    if (socket == NULL)
        return;
    bool peek = ta_flag(call, 2, "MSG_PEEK"), dontblock = ta_flag(call, 2, "MSG_DONTWAIT");
    size_t wanted = (size_t)LWIP_MIN(ta_int(call, 1), (int64_t)sizeof text), got = 0;
    if (socket->packets == NULL) {
        recv_nothing(call, socket, dontblock || socket->nonblocking);
        return;
    }
    do {
        struct packet *first = socket->packets;
        u16_t length = (u16_t)LWIP_MIN((size_t)first->pbuf->tot_len, wanted - got);
        pbuf_copy_partial(first->pbuf, text + got, length, 0);
        got += length;
        if (peek)
            break;
        if (length < first->pbuf->tot_len) {
            first->pbuf = pbuf_free_header(first->pbuf, length);
        } else {
            socket->packets = first->next;
            pbuf_free(first->pbuf);
            free(first);
        }
    } while (got < wanted && socket->packets != NULL);
    for (size_t left = peek || socket->pcb == NULL ? 0 : got; left > 0;) {
        u16_t part = (u16_t)LWIP_MIN(left, 0xffff);
        tcp_recved(socket->pcb, part);
        left -= part;
    }
    ta_out_octets(call, text, got);
    if (message)
        ta_out(call, "flags", "[]");
    ta_return(call, (int64_t)got);
}

static void do_recv(ta_call *call)
{
    recv_with(call, false);
}

static void do_recvmsg(ta_call *call)
{
    recv_with(call, true);
}

/* ---------------------------------------------------------------- closing */

/* lwip_netconn_do_close_internal without SO_LINGER. */
static err_t shut(struct socket *socket, bool rx, bool tx)
{
    struct tcp_pcb *pcb = socket->pcb;
    err_t err;
    bool close = (rx && tx) || (tx && (pcb->flags & TF_RXCLOSED)) ||
                 (rx && (pcb->state == FIN_WAIT_1 || pcb->state == FIN_WAIT_2 || pcb->state == CLOSING));
    if (rx) {
        free_packets(socket);
        if (pcb->state != LISTEN)
            tcp_recv(pcb, NULL);
    }
    if (close) {
        detach(socket);
        err = tcp_close(pcb);
        if (err == ERR_OK) {
            socket->pcb = NULL;
            socket->failed = true; /* NETCONN_EVT_ERROR */
            socket->phase = IDLE;
        } else {
            attach(socket);
        }
    } else {
        err = tcp_shutdown(pcb, rx, tx);
    }
    if (err == ERR_OK) {
        socket->shut_rx |= rx;
        socket->shut_tx |= tx;
    }
    return err;
}

static void abort_accepted(struct socket *listener) /* netconn_drain */
{
    while (listener->accepted != NULL) {
        struct socket *first = listener->accepted;
        listener->accepted = first->next;
        free_packets(first);
        if (first->pcb != NULL) {
            struct tcp_pcb *pcb = first->pcb;
            detach(first);
            tcp_abort(pcb);
        }
        free(first);
    }
}

static void do_shutdown(ta_call *call)
{
    struct socket *socket = of(call);
    const char *how = ta_text(call, 1);
    if (socket == NULL)
        return;
    bool both = strcmp(how, "SHUT_RDWR") == 0;
    bool rx = both || strcmp(how, "SHUT_RD") == 0, tx = both || strcmp(how, "SHUT_WR") == 0;
    if (!rx && !tx)
        ta_fail(call, "EINVAL");
    else if (socket->pcb == NULL || (socket->phase == LISTENING && !both) || socket->phase == CONNECT)
        ta_fail(call, "ENOTCONN");
    else if (socket->writer != NULL)
        ta_fail(call, "EINPROGRESS");
    else {
        if (socket->phase == LISTENING)
            abort_accepted(socket);
        finish(call, shut(socket, rx, tx));
    }
}

/* SO_LINGER of lwip_netconn_do_close_internal: whether close() has to wait. */
static bool lingers(ta_call *call, struct socket *socket)
{
    struct tcp_pcb *pcb = socket->pcb;
    if (socket->linger_s < 0 || pcb->state == LISTEN || (pcb->unsent == NULL && pcb->unacked == NULL))
        return false;
    int64_t until = socket->closing_ns + socket->linger_s * 1000 * MS;
    if (socket->linger_s == 0 || ta_now_ns() >= until) {
        detach(socket);
        socket->pcb = NULL;
        tcp_abort(pcb);
        return false;
    }
    call->deadline_ns = until;
    tcp_close(pcb);
    return true;
}

static void do_close(ta_call *call)
{
    int fd = (int)ta_int(call, 0);
    struct socket *socket = find(call, fd);
    if (socket == NULL)
        return;
    if (!call->again) {
        if (socket->writer != NULL || (socket->phase == CONNECT && !socket->nonblocking)) {
            ta_fail(call, "EINPROGRESS");
            return;
        }
        socket->closing_ns = ta_now_ns();
        free_packets(socket);
        abort_accepted(socket);
    }
    if (socket->pcb != NULL && socket->linger_s > 0 && socket->nonblocking &&
        (socket->pcb->unsent != NULL || socket->pcb->unacked != NULL)) {
        ta_fail(call, "EAGAIN");
        return;
    }
    if (socket->pcb != NULL && lingers(call, socket) && socket->pcb != NULL)
        return;
    if (socket->pcb != NULL && shut(socket, true, true) != ERR_OK)
        return; /* no memory for the FIN: again after the next step */
    sockets[fd] = NULL;
    free(socket);
    ta_return(call, 0);
}

/* ---------------------------------------------------------------- names and options */

static void do_name(ta_call *call, bool local)
{
    struct socket *socket = of(call);
    if (socket == NULL)
        return;
    struct tcp_pcb *pcb = socket->pcb;
    if (pcb == NULL || (!local && (pcb->state == CLOSED || pcb->state == LISTEN))) {
        ta_fail(call, "ENOTCONN");
        return;
    }
    const ta_json *room = ta_arg(call, 1);
    int64_t size = socket->ipv6 ? 28 : 16, wanted = room == NULL ? size : room->number;
    if (wanted >= size)
        out_address(call, socket->ipv6, local ? &pcb->local_ip : &pcb->remote_ip,
                    local ? pcb->local_port : pcb->remote_port);
    ta_out(call, "length", "%d", (int)LWIP_MIN(size, wanted));
    ta_return(call, 0);
}

static void do_getsockname(ta_call *call)
{
    do_name(call, true);
}

static void do_getpeername(ta_call *call)
{
    do_name(call, false);
}

static void do_fcntl(ta_call *call)
{
    struct socket *socket = of(call);
    const char *command = ta_text(call, 1);
    if (socket == NULL)
        return;
    if (strcmp(command, "F_SETFL") == 0) {
        socket->nonblocking = ta_flag(call, 2, "O_NONBLOCK");
        ta_return(call, 0);
    } else if (strcmp(command, "F_GETFL") == 0) {
        ta_out(call, "flags", socket->nonblocking ? "[\"O_RDWR\",\"O_NONBLOCK\"]" : "[\"O_RDWR\"]");
        ta_return(call, socket->nonblocking ? 04002 : 2);
    } else {
        ta_fail(call, "ENOSYS");
    }
}

/* The numbers of lwip_getsockopt and lwip_setsockopt; false: no such option. */
static bool option(struct socket *socket, const char *name, bool set, int64_t *value)
{
    struct tcp_pcb *pcb = socket->pcb;
    static const struct { const char *name; u8_t bit; } flags[] = {
        {"SO_KEEPALIVE", SOF_KEEPALIVE},
#if SO_REUSE
        {"SO_REUSEADDR", SOF_REUSEADDR},
#endif
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(name, flags[i].name) == 0) {
            if (!set)
                *value = (pcb->so_options & flags[i].bit) != 0;
            else if (*value)
                ip_set_option(pcb, flags[i].bit);
            else
                ip_reset_option(pcb, flags[i].bit);
            return true;
        }
    if (strcmp(name, "TCP_NODELAY") == 0) {
        if (!set)
            *value = tcp_nagle_disabled(pcb) != 0;
        else if (*value)
            tcp_nagle_disable(pcb);
        else
            tcp_nagle_enable(pcb);
        return true;
    }
    if (strcmp(name, "IP_TTL") == 0 || strcmp(name, "IPV6_UNICAST_HOPS") == 0) {
        *value = set ? (pcb->ttl = (u8_t)*value) : pcb->ttl;
        return true;
    }
    if (strcmp(name, "IP_TOS") == 0 || strcmp(name, "IPV6_TCLASS") == 0) {
        *value = set ? (pcb->tos = (u8_t)*value) : pcb->tos;
        return true;
    }
    if (strcmp(name, "TCP_KEEPIDLE") == 0) {
        *value = set ? (pcb->keep_idle = 1000 * (u32_t)*value) : pcb->keep_idle / 1000;
        return true;
    }
#if LWIP_TCP_KEEPALIVE
    if (strcmp(name, "TCP_KEEPINTVL") == 0) {
        *value = set ? (pcb->keep_intvl = 1000 * (u32_t)*value) : pcb->keep_intvl / 1000;
        return true;
    }
    if (strcmp(name, "TCP_KEEPCNT") == 0) {
        *value = set ? (pcb->keep_cnt = (u32_t)*value) : pcb->keep_cnt;
        return true;
    }
#endif
    return false;
}

/* Options of the socket rather than of the connection; false: none of these. */
static bool own_option(ta_call *call, struct socket *socket, const char *name, const ta_json *value)
{
    static const char *const accepting[] = {"0", "1"};
    if (strcmp(name, "SO_ERROR") == 0 && value == NULL) {
        err_t err = take_error(socket);
        ta_out(call, "name", "\"%s\"", err == ERR_OK ? "0" : errno_name(err));
    } else if (strcmp(name, "SO_ACCEPTCONN") == 0 && value == NULL) {
        ta_out(call, "value", "%s", accepting[socket->phase == LISTENING]);
    } else if (strcmp(name, "SO_TYPE") == 0 && value == NULL) {
        ta_out(call, "name", "\"SOCK_STREAM\"");
    } else if (strcmp(name, "IPV6_V6ONLY") == 0) {
        if (value == NULL)
            ta_out(call, "value", "%d", socket->v6only);
        else
            socket->v6only = value->number != 0;
#if PORT_SO_LINGER
    } else if (strcmp(name, "SO_LINGER") == 0) {
        if (value == NULL)
            ta_out(call, "linger", "[%d,%d]", socket->linger_s >= 0, LWIP_MAX(socket->linger_s, 0));
        else
            socket->linger_s = value->child->number ? (int)value->child->next->number : -1;
#endif
    } else {
        return false;
    }
    ta_return(call, 0);
    return true;
}

static void sockopt(ta_call *call, bool set)
{
    struct socket *socket = of(call);
    const char *level = ta_text(call, 1), *name = ta_text(call, 2);
    const ta_json *given = set ? ta_arg(call, 3) : NULL;
    if (socket == NULL || own_option(call, socket, name, given))
        return;
    if (socket->pcb == NULL || (strcmp(level, "IPPROTO_TCP") == 0 && socket->phase == LISTENING)) {
        ta_fail(call, "EINVAL");
        return;
    }
    int64_t value = given != NULL ? given->number : 0;
    if (!option(socket, name, set, &value)) {
        ta_fail(call, "ENOPROTOOPT");
        return;
    }
    if (!set)
        ta_out(call, "value", "%lld", (long long)value);
    ta_return(call, 0);
}

static void do_getsockopt(ta_call *call)
{
    sockopt(call, false);
}

static void do_setsockopt(ta_call *call)
{
    sockopt(call, true);
}

/* ---------------------------------------------------------------- readiness */

/* rcvevent, sendevent and errevent of api/sockets.c as bits 1, 2 and 4. */
static int readiness(const struct socket *socket)
{
    const struct tcp_pcb *pcb = socket->pcb;
    bool in = socket->packets || socket->fin || socket->failed || socket->shut_rx ||
              socket->accepted || socket->aborted_accept;
    bool room = socket->connected && pcb != NULL && tcp_sndbuf(pcb) > TCP_SNDLOWAT &&
                tcp_sndqueuelen(pcb) < TCP_SNDQUEUELOWAT;
    bool out = socket->failed || socket->shut_tx || room;
    return in * 1 + out * 2 + socket->failed * 4;
}

static bool wait_over(ta_call *call, int64_t timeout_ms)
{
    if (!call->again && timeout_ms >= 0)
        call->deadline_ns = ta_now_ns() + timeout_ms * MS;
    return call->deadline_ns <= ta_now_ns();
}

static bool wants(const ta_json *events, const char *name)
{
    for (const ta_json *each = events->child; each != NULL; each = each->next)
        if (strcmp(each->text, name) == 0)
            return true;
    return false;
}

static void do_poll(ta_call *call)
{
    char list[4096] = "";
    size_t at = 0;
    int ready = 0;
    for (const ta_json *each = ta_arg(call, 0)->child; each != NULL; each = each->next) {
        int64_t fd = each->child->number;
        struct socket *socket = fd < 0 ? NULL : find(call, fd);
        if (fd < 0)
            continue;
        if (socket == NULL)
            return; /* lwip_poll fails, and as a whole */
        int bits = readiness(socket);
        const ta_json *events = each->child->next;
        bool in = (bits & 1) && wants(events, "POLLIN"), out = (bits & 2) && wants(events, "POLLOUT");
        if ((in || out || (bits & 4)) && at < sizeof list - 64) {
            at += (size_t)sprintf(list + at, "%s[%d,[%s%s%s", ready++ ? "," : "", (int)fd,
                                  in ? "\"POLLIN\"" : "", in && out ? "," : "", out ? "\"POLLOUT\"" : "");
            at += (size_t)sprintf(list + at, "%s%s]]", (in || out) && (bits & 4) ? "," : "",
                                  bits & 4 ? "\"POLLERR\"" : "");
        }
    }
    if (ready == 0 && !wait_over(call, ta_int(call, 1)))
        return;
    ta_out(call, "pollfds", "[%s]", list);
    ta_return(call, ready);
}

/* ---------------------------------------------------------------- the stack's side */

static err_t on_output(struct netif *netif, struct pbuf *pbuf)
{
    LWIP_UNUSED_ARG(netif);
    ta_sent_begin(pbuf->tot_len);
    for (const struct pbuf *each = pbuf; each != NULL; each = each->next)
        ta_sent_add(each->payload, each->len);
    return ERR_OK;
}

static err_t on_output4(struct netif *netif, struct pbuf *pbuf, const ip4_addr_t *ip)
{
    LWIP_UNUSED_ARG(ip);
    return on_output(netif, pbuf);
}

static err_t on_output6(struct netif *netif, struct pbuf *pbuf, const ip6_addr_t *ip)
{
    LWIP_UNUSED_ARG(ip);
    return on_output(netif, pbuf);
}

static err_t on_netif(struct netif *netif)
{
    netif->name[0] = 'a';
    netif->name[1] = 's';
    netif->mtu = 1500;
#if LWIP_ND6_ALLOW_RA_UPDATES
    netif->mtu6 = 1500;
#endif
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_LINK_UP;
    netif->output = on_output4;
    netif->output_ip6 = on_output6;
    return ERR_OK;
}

static void add_netif(struct netif *netif, const ip4_addr_t *ip, int prefix)
{
    ip4_addr_t mask, none = {0};
    ip4_addr_set_u32(&mask, prefix == 0 ? 0 : htonl(0xffffffffu << (32 - prefix)));
    netif_add(netif, ip, &mask, &none, NULL, on_netif, ip_input);
    netif_set_up(netif);
}

/* An IPv4 address needs a network interface of its own: the first is the one with the network,
 * the others take what arrives on it. IPv6 addresses share the first; slot 0 is link-local. */
static const char *start(const ta_start *given)
{
    static const ip4_addr_t none = {0};
    int count = 0, slot = 1;
    port_seed(given->seed);
    lwip_init();
    ext_id = tcp_ext_arg_alloc_id();
    if (given->ip == 6)
        add_netif(&netifs[0], &none, 0);
    for (const ta_json *each = given->addresses->child; each != NULL; each = each->next) {
        ip_addr_t ip;
        if (!parse(each->text, &ip) || count == LWIP_ARRAYSIZE(netifs))
            return "an address that is none, or one too many";
        if (given->ip == 6) {
            int at = ip6_addr_islinklocal(ip_2_ip6(&ip)) ? 0 : slot++;
            if (at >= LWIP_IPV6_NUM_ADDRESSES)
                return "one IPv6 address too many for LWIP_IPV6_NUM_ADDRESSES";
            netif_ip6_addr_set(&netifs[0], (s8_t)at, ip_2_ip6(&ip));
            netif_ip6_addr_set_state(&netifs[0], (s8_t)at, IP6_ADDR_PREFERRED);
        } else {
            add_netif(&netifs[count], ip_2_ip4(&ip), count == 0 ? given->prefix : 32);
        }
        count++;
    }
    if (ta_number_of(given->settings, "default_route", 1))
        netif_set_default(&netifs[0]);
    return NULL;
}

static void datagram(const uint8_t *octets, size_t length)
{
    struct pbuf *pbuf = length > 0 && length <= 0xffff
                            ? pbuf_alloc(PBUF_RAW, (u16_t)length, PORT_RX_PBUF) : NULL;
    if (pbuf == NULL) {
        LINK_STATS_INC(link.memerr);
        return;
    }
    pbuf_take(pbuf, octets, (u16_t)length);
    if (netifs[0].input(pbuf, &netifs[0]) != ERR_OK)
        pbuf_free(pbuf);
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

static void read_state(const char *host, unsigned port, const char *remote_host, unsigned remote_port)
{
    static const char *const names[] = {
        "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
        "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"};
    struct tcp_pcb *lists[] = {tcp_active_pcbs, tcp_tw_pcbs, tcp_listen_pcbs.pcbs}, *found = NULL;
    ip_addr_t local, remote;
    parse(host, &local);
    if (remote_host != NULL)
        parse(remote_host, &remote);
    for (int i = remote_host != NULL ? 0 : 2; i < (remote_host != NULL ? 2 : 3); i++)
        for (struct tcp_pcb *each = lists[i]; each != NULL && found == NULL; each = each->next)
            if (each->local_port == port && is(&each->local_ip, &local) &&
                (remote_host == NULL ||
                 (each->remote_port == remote_port && is(&each->remote_ip, &remote))))
                found = each;
    if (found == NULL || found->state == LISTEN) {
        ta_tell_state(found == NULL ? "CLOSED" : "LISTEN", NULL, 0);
        return;
    }
    const ta_number numbers[] = {
        {"snd.una", found->lastack + (found->state == SYN_SENT)}, {"snd.nxt", found->snd_nxt},
        {"snd.wnd", found->snd_wnd}, {"snd.wl1", found->snd_wl1}, {"snd.wl2", found->snd_wl2},
        {"rcv.nxt", found->rcv_nxt}, {"rcv.wnd", (u32_t)(found->rcv_ann_right_edge - found->rcv_nxt)},
        {"mss", found->mss}, {"cwnd", found->cwnd}, {"ssthresh", found->ssthresh},
        {"rto_ms", (int64_t)found->rto * TCP_SLOW_INTERVAL}, {"retransmissions", found->nrtx}};
    ta_tell_state(names[found->state], numbers, LWIP_ARRAYSIZE(numbers));
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

static const ta_entry calls[] = {
    {"socket", do_socket}, {"bind", do_bind}, {"listen", do_listen}, {"accept", do_accept},
    {"accept4", do_accept4}, {"connect", do_connect}, {"send", do_send}, {"sendmsg", do_send},
    {"recv", do_recv}, {"recvmsg", do_recvmsg}, {"shutdown", do_shutdown}, {"close", do_close},
    {"getsockname", do_getsockname}, {"getpeername", do_getpeername}, {"fcntl", do_fcntl},
    {"getsockopt", do_getsockopt}, {"setsockopt", do_setsockopt}, {"poll", do_poll}, {NULL, NULL}};

static const ta_stack lwip = {
    .name = "lwIP", .version = LWIP_VERSION_STRING, .calls = calls, .start = start,
    .datagram = datagram, .next_deadline = next_deadline, .timer = sys_check_timeouts,
    .read_state = read_state, .read_stats = read_stats};

int main(void)
{
    return ta_serve(&lwip, ta_fd());
}
