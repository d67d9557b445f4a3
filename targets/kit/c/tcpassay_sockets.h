/* SPDX-License-Identifier: 0BSD
 *
 * tcpassay's kit for agents in C: POSIX sockets over a stack that calls back and never waits.
 *
 * The agent's own socket begins with a `ta_socket`, and `ta_endpoints` are the operations on it. This
 * header has the descriptors, the calls that wait (they are made again after whatever happens), the
 * queues behind accept() and recv(), poll() and select(), names, flags, options and SO_LINGER. The
 * stack's callbacks take notes in the socket; nothing has to be woken up.
 *
 *     struct socket { ta_socket base; struct my_pcb *pcb; };
 *     static const ta_endpoints endpoints = {.size = sizeof(struct socket), .open = on_open, ...};
 *     static const ta_stack stack = {.calls = ta_socket_calls, ...};
 *     int main(void) { ta_use(&endpoints); return ta_serve(&stack, ta_fd()); }
 *
 * Errors are POSIX names such as "EINVAL", NULL for none. There is no dup() and no MSG_WAITALL, and
 * MSG_PEEK shows the first piece of text that has arrived.
 */
#ifndef TCPASSAY_SOCKETS_H
#define TCPASSAY_SOCKETS_H

#include <arpa/inet.h>
#include <fcntl.h>

#include "tcpassay_agent.h"

#define TA_MAX_SOCKETS 4096
#define TA_FIRST_FD 3

typedef struct ta_address {
    bool ipv6;
    uint8_t octets[16]; /* 4 or 16 of them */
    unsigned zone;      /* of a link-local address; 0 for none */
    unsigned port;
} ta_address;

/* Text that has arrived, as the stack keeps it. */
typedef struct ta_piece {
    void *item;
    size_t length, taken;
    struct ta_piece *next;
} ta_piece;

typedef struct ta_socket {
    bool ipv6, v6only, nonblocking;
    enum { TA_PLAIN, TA_CONNECTING, TA_LISTENING } phase; /* the agent ends TA_CONNECTING */
    int linger_s;                                         /* of SO_LINGER; -1: off */

    const ta_call *writer; /* the header's own, from here: the send() that waits */
    int64_t closing_ns;
    ta_piece *pieces;
    struct ta_socket *accepted, *next; /* of a listener: who waits for accept() */
} ta_socket;

typedef struct ta_endpoints {
    size_t size; /* of the agent's socket, which is zero but for its ta_socket at open */
    const char *(*open)(ta_socket *socket);
    const char *(*bind)(ta_socket *socket, const ta_address *address);
    const char *(*listen)(ta_socket *socket, int backlog);
    const char *(*accept)(ta_socket *accepted); /* of ta_queue; an error drops it */
    const char *(*connect)(ta_socket *socket, const ta_address *address); /* has begun */
    const char *(*connected)(ta_socket *socket); /* once it is not TA_CONNECTING any more */
    /* How much of a piece of up to 65,535 octets is taken; `more` follows it, `waits`: the rest will
     * be given again when there may be room. An error counts even after some has been taken. */
    const char *(*send)(ta_socket *socket, const uint8_t *octets, size_t length, bool more, bool waits,
                        size_t *taken);
    size_t (*copy)(void *item, size_t from, uint8_t *into, size_t length); /* of ta_arrived */
    void (*drop)(void *item);
    void (*consumed)(ta_socket *socket, size_t length); /* so much has been read */
    const char *(*end)(ta_socket *socket); /* no text is left: NULL at the end, "EAGAIN" before it */
    const char *(*shutdown)(ta_socket *socket, bool rx, bool tx);
    void (*finish)(ta_socket *socket);   /* send the FIN and go on; NULL: there is no SO_LINGER */
    bool (*unsent)(const ta_socket *socket); /* text or FIN is not acknowledged yet */
    void (*abort)(ta_socket *socket);
    bool (*close)(ta_socket *socket);    /* let go of it; false: not yet */
    const char *(*name)(const ta_socket *socket, bool peer, ta_address *address);
    const char *(*error)(ta_socket *socket); /* the pending one, once, as SO_ERROR gives it */
    const char *(*option)(ta_socket *socket, const char *name, bool set, int64_t *value);
    int (*ready)(const ta_socket *socket); /* TA_IN and the like */
    const char *busy; /* error of a call while connect() or another send() waits; NULL: it waits too */
} ta_endpoints;

/* An option that is a member of the stack's struct of 1, 2, 4 or 8 octets: a bit of it, or a number in
 * its units. A table of them ends with a name of NULL. */
typedef struct ta_field {
    const char *name;
    size_t at, size;
    uint64_t bit;
    int64_t unit;
} ta_field;

/* What the operation `option` gives for it; "ENOSYS-AGENT" for an option of POSIX or of common use
 * that is not in the table, so that what needs it is unsupported rather than failed. */
static inline const char *ta_field_option(const ta_field *fields, void *whole, const char *name, bool set,
                                          int64_t *value);
/* Before ta_serve. */
static inline void ta_use(const ta_endpoints *endpoints);
/* The address in a text of the tester's, with port 0. */
static inline bool ta_parse(const char *host, ta_address *address);
/* A new socket: for those that come to a listener. */
static inline ta_socket *ta_new_socket(bool ipv6);
/* Who has come to a listener; what waits there, dropped. */
static inline void ta_queue(ta_socket *listener, ta_socket *accepted);
static inline void ta_drop_accepted(ta_socket *listener);
/* Text has arrived; what is not read, dropped. */
static inline void ta_arrived(ta_socket *socket, void *item, size_t length);
static inline void ta_drop_pieces(ta_socket *socket);

/* ---------------------------------------------------------------- how it is done */

static const ta_endpoints *ta_ops;
static ta_socket *ta_sockets[TA_MAX_SOCKETS];

static inline void ta_use(const ta_endpoints *endpoints)
{
    ta_ops = endpoints;
}

static inline ta_socket *ta_socket_of(int64_t fd)
{
    return fd >= TA_FIRST_FD && fd < TA_MAX_SOCKETS ? ta_sockets[fd] : NULL;
}

static inline int ta_free_fd(void)
{
    int fd = TA_FIRST_FD;
    while (fd < TA_MAX_SOCKETS && ta_sockets[fd] != NULL)
        fd++;
    return fd < TA_MAX_SOCKETS ? fd : -1;
}

static inline ta_socket *ta_new_socket(bool ipv6)
{
    ta_socket *made = ta_room(NULL, ta_ops->size);
    memset(made, 0, ta_ops->size);
    made->ipv6 = ipv6;
    made->linger_s = -1;
    return made;
}

static inline void ta_end_socket(ta_socket *socket)
{
    ta_drop_pieces(socket);
    free(socket);
}

/* The end of a call that fails with that error, or else gives that value. */
static inline void ta_finish(ta_call *call, const char *error, int64_t value)
{
    if (error != NULL)
        ta_fail(call, error);
    else
        ta_return(call, value);
}

/* Addresses. */

static inline bool ta_parse(const char *host, ta_address *address)
{
    char plain[INET6_ADDRSTRLEN];
    size_t length = strcspn(host, "%");
    memset(address, 0, sizeof *address);
    snprintf(plain, sizeof plain, "%.*s", (int)length, host);
    address->ipv6 = strchr(plain, ':') != NULL;
    address->zone = host[length] ? (unsigned)strtoul(host + length + 1, NULL, 10) : 0;
    return inet_pton(address->ipv6 ? AF_INET6 : AF_INET, plain, address->octets) == 1;
}

/* The address in an argument, of the socket's family. */
static inline bool ta_address_of(const ta_call *call, const ta_socket *socket, ta_address *address)
{
    unsigned port;
    const char *host = ta_host(call, 1, &port);
    bool right = ta_parse(host, address) && address->ipv6 == socket->ipv6;
    address->port = port;
    return right;
}

static inline void ta_out_peer(ta_call *call, size_t place, bool ipv6, const ta_address *address)
{
    char text[INET6_ADDRSTRLEN + 16] = "::ffff:"; /* before an IPv4 address of an IPv6 socket */
    size_t at = ipv6 && !address->ipv6 ? 7 : 0;
    inet_ntop(address->ipv6 ? AF_INET6 : AF_INET, address->octets, text + at, INET6_ADDRSTRLEN);
    if (address->zone)
        sprintf(text + strlen(text), "%%%u", address->zone);
    ta_out_name(call, place, ipv6 ? 28 : 16, text, address->port);
}

/* Opening. */

static inline void ta_do_socket(ta_call *call)
{
    bool other = ta_flag(call, 1, "SOCK_DGRAM");
    int fd = ta_free_fd();
    if (!ta_flag(call, 1, "SOCK_STREAM") || fd < 0) {
        ta_fail(call, fd < 0 ? "ENFILE" : other ? "ENOSYS-AGENT" : "EINVAL");
        return;
    }
    ta_socket *socket = ta_new_socket(strcmp(ta_text(call, 0), "AF_INET6") == 0);
    const char *error = ta_ops->open(socket);
    socket->nonblocking = ta_flag(call, 1, "SOCK_NONBLOCK");
    ta_sockets[fd] = error == NULL ? socket : NULL;
    if (error != NULL)
        free(socket);
    ta_finish(call, error, fd);
}

static inline void ta_do_bind(ta_call *call, ta_socket *socket)
{
    ta_address address;
    bool right = ta_address_of(call, socket, &address);
    ta_finish(call, right ? ta_ops->bind(socket, &address) : "EINVAL", 0);
}

static inline void ta_do_listen(ta_call *call, ta_socket *socket)
{
    const char *error = ta_ops->listen(socket, (int)ta_int(call, 1));
    socket->phase = error == NULL ? TA_LISTENING : socket->phase;
    ta_finish(call, error, 0);
}

static inline void ta_queue(ta_socket *listener, ta_socket *accepted)
{
    ta_socket **last = &listener->accepted;
    while (*last != NULL)
        last = &(*last)->next;
    *last = accepted;
}

static inline ta_socket *ta_first_accepted(ta_socket *listener)
{
    ta_socket *first = listener->accepted;
    listener->accepted = first->next;
    first->next = NULL;
    return first;
}

static inline void ta_drop_accepted(ta_socket *listener)
{
    while (listener->accepted != NULL) {
        ta_socket *first = ta_first_accepted(listener);
        ta_ops->abort(first);
        ta_end_socket(first);
    }
}

static inline void ta_do_accept(ta_call *call, ta_socket *listener)
{
    bool four = strcmp(call->entry->name, "accept4") == 0;
    int fd = ta_free_fd();
    ta_address peer;
    if (listener->phase != TA_LISTENING || fd < 0) {
        ta_fail(call, fd < 0 ? "ENFILE" : "EINVAL");
        return;
    }
    if (listener->accepted == NULL) {
        if (listener->nonblocking)
            ta_fail(call, "EAGAIN");
        return;
    }
    ta_socket *first = ta_first_accepted(listener);
    const char *error = ta_ops->accept(first);
    if (error == NULL)
        error = ta_ops->name(first, true, &peer);
    if (error != NULL) {
        ta_ops->abort(first);
        ta_end_socket(first);
    } else {
        ta_sockets[fd] = first;
        first->nonblocking = four && ta_flag(call, 1, "SOCK_NONBLOCK");
        ta_out_peer(call, four ? 2 : 1, first->ipv6, &peer);
    }
    ta_finish(call, error, fd);
}

static inline void ta_do_connect(ta_call *call, ta_socket *socket)
{
    ta_address address;
    if (call->again) {
        if (socket->phase != TA_CONNECTING)
            ta_finish(call, ta_ops->connected(socket), 0);
        return;
    }
    bool right = ta_address_of(call, socket, &address);
    const char *error = right ? ta_ops->connect(socket, &address) : "EINVAL";
    if (error == NULL)
        socket->phase = TA_CONNECTING;
    if (error != NULL || socket->nonblocking)
        ta_fail(call, error != NULL ? error : "EINPROGRESS");
}

/* Text. */

static inline void ta_do_send(ta_call *call, ta_socket *socket)
{
    static uint8_t piece[0xffff];
    size_t size = ta_octets(call, 1, 0, NULL, 0), length, taken;
    bool waits = !socket->nonblocking && !ta_flag(call, 2, "MSG_DONTWAIT");
    bool flagged = ta_flag(call, 2, "MSG_MORE");
    const char *error = NULL;
    if (size > 0 && socket->writer != NULL && socket->writer != call) {
        if (ta_ops->busy != NULL)
            ta_fail(call, ta_ops->busy);
        return;
    }
    socket->writer = NULL;
    for (taken = length = 0; call->progress < size && taken == length && error == NULL;) {
        size_t left = size - call->progress;
        length = left < sizeof piece ? left : sizeof piece;
        ta_octets(call, 1, call->progress, piece, length);
        taken = 0;
        error = ta_ops->send(socket, piece, length, flagged || left > length, waits, &taken);
        call->progress += taken;
    }
    if (error != NULL)
        ta_fail(call, error);
    else if (call->progress == size || (!waits && call->progress > 0))
        ta_return(call, (int64_t)call->progress);
    else if (!waits)
        ta_fail(call, "EAGAIN");
    else
        socket->writer = call;
}

static inline void ta_arrived(ta_socket *socket, void *item, size_t length)
{
    ta_piece *piece = ta_room(NULL, sizeof *piece), **last = &socket->pieces;
    *piece = (ta_piece){item, length, 0, NULL};
    while (*last != NULL)
        last = &(*last)->next;
    *last = piece;
}

static inline void ta_drop_first(ta_socket *socket)
{
    ta_piece *first = socket->pieces;
    socket->pieces = first->next;
    ta_ops->drop(first->item);
    free(first);
}

static inline void ta_drop_pieces(ta_socket *socket)
{
    while (socket->pieces != NULL)
        ta_drop_first(socket);
}

static inline size_t ta_take(ta_socket *socket, uint8_t *into, size_t room, bool peek)
{
    size_t got = 0;
    while (socket->pieces != NULL && got < room) {
        ta_piece *first = socket->pieces;
        size_t left = first->length - first->taken, length = left < room - got ? left : room - got;
        got += ta_ops->copy(first->item, first->taken, into + got, length);
        if (peek)
            break;
        first->taken += length;
        if (first->taken == first->length)
            ta_drop_first(socket);
    }
    return got;
}

static inline void ta_do_recv(ta_call *call, ta_socket *socket)
{
    static uint8_t text[TA_MAX_LENGTH / 2 - 256];
    size_t room = (size_t)ta_int(call, 1), got;
    bool peek = ta_flag(call, 2, "MSG_PEEK");
    bool waits = !socket->nonblocking && !ta_flag(call, 2, "MSG_DONTWAIT");
    const char *error = socket->pieces == NULL ? ta_ops->end(socket) : NULL;
    if (error != NULL) {
        if (!waits || strcmp(error, "EAGAIN") != 0)
            ta_fail(call, error);
        return;
    }
    got = ta_take(socket, text, room < sizeof text ? room : sizeof text, peek);
    if (got > 0 && !peek)
        ta_ops->consumed(socket, got);
    ta_out_octets(call, text, got);
    if (strcmp(call->entry->name, "recvmsg") == 0)
        ta_out(call, "flags", "[]");
    ta_return(call, (int64_t)got);
}

/* Closing. */

static inline void ta_do_shutdown(ta_call *call, ta_socket *socket)
{
    const char *how = ta_text(call, 1);
    bool both = strcmp(how, "SHUT_RDWR") == 0;
    bool rx = both || strcmp(how, "SHUT_RD") == 0, tx = both || strcmp(how, "SHUT_WR") == 0;
    if (!rx && !tx)
        ta_fail(call, "EINVAL");
    else if (socket->writer != NULL && ta_ops->busy != NULL)
        ta_fail(call, ta_ops->busy);
    else
        ta_finish(call, ta_ops->shutdown(socket, rx, tx), 0);
}

/* SO_LINGER: whether close() waits for what is on its way, for `linger_s` at most. */
static inline bool ta_lingers(ta_call *call, ta_socket *socket)
{
    int64_t until = socket->closing_ns + (int64_t)socket->linger_s * 1000000000;
    if (socket->linger_s < 0 || socket->phase == TA_LISTENING)
        return false;
    if (socket->linger_s > 0 && !ta_ops->unsent(socket))
        return false;
    if (ta_now_ns() >= until) {
        ta_ops->abort(socket);
        return false;
    }
    call->deadline_ns = until;
    ta_ops->finish(socket);
    return true;
}

static inline void ta_do_close(ta_call *call, ta_socket *socket)
{
    if (!call->again) {
        bool connects = socket->phase == TA_CONNECTING && !socket->nonblocking;
        if ((connects || socket->writer != NULL) && ta_ops->busy != NULL) {
            ta_fail(call, ta_ops->busy);
            return;
        }
        socket->closing_ns = ta_now_ns();
        ta_drop_pieces(socket);
        ta_drop_accepted(socket);
    }
    if (socket->nonblocking && socket->linger_s > 0 && ta_ops->unsent(socket)) {
        ta_fail(call, "EAGAIN");
        return;
    }
    if (ta_lingers(call, socket) || !ta_ops->close(socket))
        return;
    ta_sockets[ta_int(call, 0)] = NULL;
    ta_end_socket(socket);
    ta_return(call, 0);
}

/* Names, flags, options, readiness. */

static inline void ta_do_name(ta_call *call, ta_socket *socket)
{
    ta_address address = {0};
    const char *error = ta_ops->name(socket, strcmp(call->entry->name, "getpeername") == 0, &address);
    if (error == NULL)
        ta_out_peer(call, 1, socket->ipv6, &address);
    ta_finish(call, error, 0);
}

static inline void ta_do_fcntl(ta_call *call, ta_socket *socket)
{
    const char *command = ta_text(call, 1);
    bool get = strcmp(command, "F_GETFL") == 0;
    if (strcmp(command, "F_SETFL") == 0)
        socket->nonblocking = ta_flag(call, 2, "O_NONBLOCK");
    else if (get)
        ta_out(call, "flags", socket->nonblocking ? "[\"O_RDWR\",\"O_NONBLOCK\"]" : "[\"O_RDWR\"]");
    else
        ta_fail(call, "ENOSYS");
    ta_return(call, get ? O_RDWR | (socket->nonblocking ? O_NONBLOCK : 0) : 0);
}

/* What setsockopt() sets: a number, in octets as well. */
static inline bool ta_option_value(const ta_call *call, int64_t *value)
{
    const ta_json *given = ta_arg(call, 3);
    uint8_t octets[sizeof(int)];
    int number;
    *value = given != NULL ? given->number : 0;
    if (given == NULL || given->kind != '"')
        return true;
    if (ta_octets(call, 3, 0, octets, sizeof octets) < sizeof octets)
        return false;
    memcpy(&number, octets, sizeof number);
    *value = number;
    return true;
}

static inline uint64_t ta_read_field(const void *at, size_t size)
{
    return size == 1 ? *(const uint8_t *)at : size == 2 ? *(const uint16_t *)at
         : size == 4 ? *(const uint32_t *)at : *(const uint64_t *)at;
}

static inline void ta_write_field(void *at, size_t size, uint64_t value)
{
    if (size == 1)
        *(uint8_t *)at = (uint8_t)value;
    else if (size == 2)
        *(uint16_t *)at = (uint16_t)value;
    else if (size == 4)
        *(uint32_t *)at = (uint32_t)value;
    else
        *(uint64_t *)at = value;
}

static inline const char *ta_no_option(const char *name)
{
    static const char *const common[] = {
        "SO_RCVBUF", "SO_SNDBUF", "SO_RCVTIMEO", "SO_SNDTIMEO", "SO_RCVLOWAT", "TCP_MAXSEG",
        "TCP_INFO", "SO_REUSEADDR", "SO_LINGER", "TCP_KEEPINTVL", "TCP_KEEPCNT"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (strcmp(common[i], name) == 0)
            return "ENOSYS-AGENT";
    return "ENOPROTOOPT";
}

static inline const char *ta_field_option(const ta_field *fields, void *whole, const char *name, bool set,
                                          int64_t *value)
{
    while (fields->name != NULL && strcmp(fields->name, name) != 0)
        fields++;
    if (fields->name == NULL)
        return ta_no_option(name);
    uint8_t *at = (uint8_t *)whole + fields->at;
    uint64_t now = ta_read_field(at, fields->size), bit = fields->bit;
    if (!set)
        *value = bit ? (now & bit) != 0 : (int64_t)now / fields->unit;
    else if (bit)
        ta_write_field(at, fields->size, *value ? now | bit : now & ~bit);
    else
        ta_write_field(at, fields->size, (uint64_t)(*value * fields->unit));
    return NULL;
}

static inline void ta_do_linger(ta_call *call, ta_socket *socket, bool set)
{
    const ta_json *given = ta_arg(call, 3);
    if (!set)
        ta_out(call, "linger", "[%d,%d]", socket->linger_s >= 0, socket->linger_s > 0 ? socket->linger_s : 0);
    else if (given == NULL || given->kind != '[' || given->length != 2)
        ta_fail(call, "EINVAL");
    else
        socket->linger_s = given->child->number ? (int)given->child->next->number : -1;
    ta_return(call, 0);
}

static inline void ta_do_option(ta_call *call, ta_socket *socket)
{
    const char *name = ta_text(call, 2), *error = NULL;
    bool set = strcmp(call->entry->name, "setsockopt") == 0;
    int64_t value = 0;
    if (strcmp(name, "SO_LINGER") == 0 && ta_ops->finish != NULL) {
        ta_do_linger(call, socket, set);
        return;
    }
    if (strcmp(name, "SO_ERROR") == 0 && !set) {
        ta_out_error(call, ta_ops->error(socket));
        ta_return(call, 0);
        return;
    }
    if (set && !ta_option_value(call, &value))
        error = "EINVAL";
    else if (strcmp(name, "IPV6_V6ONLY") == 0)
        value = set ? socket->v6only = value != 0 : socket->v6only;
    else if (strcmp(name, "SO_ACCEPTCONN") == 0 && !set)
        value = socket->phase == TA_LISTENING;
    else if (strcmp(name, "SO_TYPE") == 0 && !set)
        value = 1; /* SOCK_STREAM */
    else
        error = ta_ops->option(socket, name, set, &value);
    if (!set && error == NULL)
        ta_out(call, "value", "%lld", (long long)value);
    ta_finish(call, error, 0);
}

static inline int ta_ready(ta_call *call, int64_t fd)
{
    const ta_socket *socket = ta_socket_of(fd);
    if (socket == NULL && strcmp(call->entry->name, "select") == 0)
        ta_fail(call, "EBADF");
    return socket == NULL ? TA_NVAL : ta_ops->ready(socket);
}

static inline void ta_do_poll(ta_call *call)
{
    ta_poll(call, ta_ready);
}

/* A call whose first argument is a socket. */
static inline void ta_on_socket(ta_call *call)
{
    static void (*const make[])(ta_call *call, ta_socket *socket) = {
        ta_do_bind, ta_do_listen, ta_do_accept, ta_do_connect, ta_do_send, ta_do_recv, ta_do_shutdown,
        ta_do_close, ta_do_name, ta_do_fcntl, ta_do_option};
    ta_socket *socket = ta_socket_of(ta_int(call, 0));
    if (socket == NULL)
        ta_fail(call, "EBADF");
    else
        make[call->entry->which](call, socket);
}

static const ta_entry ta_socket_calls[] = {
    {"socket", ta_do_socket, 0}, {"bind", ta_on_socket, 0}, {"listen", ta_on_socket, 1},
    {"accept", ta_on_socket, 2}, {"accept4", ta_on_socket, 2}, {"connect", ta_on_socket, 3},
    {"send", ta_on_socket, 4}, {"sendmsg", ta_on_socket, 4}, {"recv", ta_on_socket, 5},
    {"recvmsg", ta_on_socket, 5}, {"shutdown", ta_on_socket, 6}, {"close", ta_on_socket, 7},
    {"getsockname", ta_on_socket, 8}, {"getpeername", ta_on_socket, 8}, {"fcntl", ta_on_socket, 9},
    {"getsockopt", ta_on_socket, 10}, {"setsockopt", ta_on_socket, 10}, {"poll", ta_do_poll, 0},
    {"select", ta_do_poll, 0}, {NULL, NULL, 0}};

#endif
