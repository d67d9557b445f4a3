/* Names, options and readiness of sockets, as lwIP's socket layer tells them. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "sockets.h"

static int do_name(ta_call *call, struct socket *socket)
{
    const struct tcp_pcb *pcb = socket->pcb;
    bool peer = call->entry->which >= OTHER;
    if (pcb == NULL || (peer && (pcb->state == CLOSED || pcb->state == LISTEN)))
        return ERR_CONN;
    out_name(call, 1, socket->ipv6, peer ? &pcb->remote_ip : &pcb->local_ip,
             peer ? pcb->remote_port : pcb->local_port);
    return give(call, 0);
}

static int do_fcntl(ta_call *call, struct socket *socket)
{
    const char *command = ta_text(call, 1);
    if (strcmp(command, "F_SETFL") == 0) {
        socket->nonblocking = ta_flag(call, 2, "O_NONBLOCK");
        return ERR_OK;
    }
    if (strcmp(command, "F_GETFL") != 0)
        return fail(call, "ENOSYS");
    ta_out(call, "flags", socket->nonblocking ? "[\"O_RDWR\",\"O_NONBLOCK\"]" : "[\"O_RDWR\"]");
    return give(call, O_RDWR | (socket->nonblocking ? O_NONBLOCK : 0));
}

/* Flags and numbers of a pcb as setsockopt() sets them. */
static int64_t flag(u8_t *flags, u8_t bit, bool set, int64_t value)
{
    if (set)
        *flags = (u8_t)(value ? *flags | bit : *flags & ~bit);
    return (*flags & bit) != 0;
}

static int64_t octet(u8_t *at, bool set, int64_t value)
{
    return set ? *at = (u8_t)value : *at;
}

static int64_t number(u32_t *at, u32_t unit, bool set, int64_t value)
{
    return (set ? *at = (u32_t)value * unit : *at) / unit;
}

/* An option's value, set if `given`; false: lwIP has none of this name. */
static bool option(struct socket *socket, const char *name, bool set, int64_t given, int64_t *value)
{
    struct tcp_pcb *pcb = socket->pcb;
    if (strcmp(name, "TCP_NODELAY") == 0) {
        if (set)
            pcb->flags = (tcpflags_t)(given ? pcb->flags | TF_NODELAY : pcb->flags & ~TF_NODELAY);
        *value = tcp_nagle_disabled(pcb);
    } else if (strcmp(name, "SO_KEEPALIVE") == 0)
        *value = flag(&pcb->so_options, SOF_KEEPALIVE, set, given);
    else if (strcmp(name, "IP_TTL") == 0 || strcmp(name, "IPV6_UNICAST_HOPS") == 0)
        *value = octet(&pcb->ttl, set, given);
    else if (strcmp(name, "IP_TOS") == 0 || strcmp(name, "IPV6_TCLASS") == 0)
        *value = octet(&pcb->tos, set, given);
    else if (strcmp(name, "TCP_KEEPIDLE") == 0)
        *value = number(&pcb->keep_idle, 1000, set, given);
#if SO_REUSE
    else if (strcmp(name, "SO_REUSEADDR") == 0)
        *value = flag(&pcb->so_options, SOF_REUSEADDR, set, given);
#endif
#if LWIP_TCP_KEEPALIVE
    else if (strcmp(name, "TCP_KEEPINTVL") == 0)
        *value = number(&pcb->keep_intvl, 1000, set, given);
    else if (strcmp(name, "TCP_KEEPCNT") == 0)
        *value = number(&pcb->keep_cnt, 1, set, given);
#endif
    else
        return false;
    return true;
}

/* Options that the raw API has no words for at all: the case is unsupported rather than failed. */
static const char *unknown_option(const char *name)
{
    static const char *const posix[] = {
        "SO_RCVBUF", "SO_SNDBUF", "SO_RCVTIMEO", "SO_SNDTIMEO", "SO_RCVLOWAT", "TCP_MAXSEG",
        "TCP_INFO", "SO_REUSEADDR", "SO_LINGER", "TCP_KEEPINTVL", "TCP_KEEPCNT"};
    for (size_t i = 0; i < LWIP_ARRAYSIZE(posix); i++)
        if (strcmp(posix[i], name) == 0)
            return "ENOSYS-AGENT";
    return "ENOPROTOOPT";
}

static int do_option(ta_call *call, struct socket *socket)
{
    const char *name = ta_text(call, 2);
    const ta_json *given = ta_arg(call, 3);
    bool set = call->entry->which >= OTHER;
    int64_t value = 0;
    if (strcmp(name, "SO_ERROR") == 0 && !set) {
        err_t err = take_error(socket);
        ta_out_error(call, err == ERR_OK ? NULL : errno_name(err));
        return give(call, 0);
    }
    if (strcmp(name, "SO_LINGER") == 0 && PORT_SO_LINGER) {
        if (set)
            socket->linger_s = given->child->number ? (int)given->child->next->number : -1;
        else
            ta_out(call, "linger", "[%d,%d]", socket->linger_s >= 0, LWIP_MAX(socket->linger_s, 0));
        return give(call, 0);
    }
    if (strcmp(name, "IPV6_V6ONLY") == 0)
        value = set ? socket->v6only = given->number != 0 : socket->v6only;
    else if (strcmp(name, "SO_ACCEPTCONN") == 0 || strcmp(name, "SO_TYPE") == 0)
        value = name[3] == 'T' || socket->phase == LISTENING; /* SOCK_STREAM is 1 */
    else if (socket->pcb == NULL || (socket->phase == LISTENING && name[0] == 'T'))
        return ERR_VAL;
    else if (!option(socket, name, set, given != NULL ? given->number : 0, &value))
        return fail(call, unknown_option(name));
    if (!set)
        ta_out(call, "value", "%lld", (long long)value);
    return give(call, 0);
}

/* rcvevent, sendevent and errevent of api/sockets.c. */
static int ready(ta_call *call, int64_t fd)
{
    const struct socket *socket = fd >= FIRST_FD && fd < MAX_SOCKETS ? sockets[fd] : NULL;
    if (socket == NULL)
        return fail(call, "EBADF"); /* lwip_poll fails as a whole */
    const struct tcp_pcb *pcb = socket->pcb;
    bool room = socket->connected && pcb != NULL && tcp_sndbuf(pcb) > TCP_SNDLOWAT &&
                tcp_sndqueuelen(pcb) < TCP_SNDQUEUELOWAT;
    bool in = socket->packets || socket->fin || socket->failed || socket->shut_rx ||
              socket->accepted || socket->accept_failed;
    return (in ? TA_IN : 0) | (room || socket->failed || socket->shut_tx ? TA_OUT : 0) |
           (socket->failed ? TA_ERR : 0);
}

static void do_poll(ta_call *call)
{
    ta_poll(call, ready);
}

#endif
