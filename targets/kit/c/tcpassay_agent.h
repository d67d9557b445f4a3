/* SPDX-License-Identifier: 0BSD
 *
 * tcpassay's agent protocol, version 1 (docs/targets.md), for agents in C: headers, no library.
 *
 * An agent fills in one `ta_stack` and calls `ta_serve`. The header reads and writes the frames,
 * keeps the virtual clock, makes socket calls wait, and ends the program with status 70 where the
 * tester breaks the protocol. The agent brings a datagram in, says when its next timer is due,
 * fires it, and carries out calls:
 *
 *     static void do_recv(ta_call *call)            // tried again until it returns or fails
 *     {
 *         size_t got = my_read(ta_int(call, 0), buffer, (size_t)ta_int(call, 1));
 *         if (got == 0)
 *             return;                               // blocks; tried again when something happened
 *         ta_out_octets(call, buffer, got);
 *         ta_return(call, (int64_t)got);
 *     }
 *     static const ta_entry calls[] = {{"recv", do_recv, 0}, {NULL, NULL, 0}};
 *
 * tcpassay_calls.h has arguments and results. Over it, tcpassay_sockets.h has sockets for a stack that
 * calls back. Include it in one file of the program. POSIX, C99; Linux for the end that comes with the
 * tester's. Times are nanoseconds.
 */
#ifndef TCPASSAY_AGENT_H
#define TCPASSAY_AGENT_H

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <time.h>
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif

#include "tcpassay_json.h"

#define TA_PROTOCOL 1
#define TA_MAX_LENGTH (1u << 20) /* of a frame, after its length field */
#define TA_NEVER INT64_MAX

enum {
    TA_START = 1, TA_DATAGRAM, TA_CALL, TA_CANCEL, TA_ADVANCE, TA_READ_STATE, TA_READ_STATS,
    TA_SPAWN, TA_KILL, TA_BYE,
    TA_HELLO = 0x80, TA_REFUSED, TA_SENT, TA_RETURN, TA_SIGNAL, TA_EXITED, TA_LOG, TA_STATE,
    TA_STATS, TA_TIME, TA_IDLE
};

/* ---------------------------------------------------------------- what an agent sees */

typedef struct ta_call ta_call;

typedef struct ta_entry {
    const char *name;
    void (*make)(ta_call *call);
    int which; /* the agent's own, where several calls share a function */
} ta_entry;

/* A socket call that has begun. `make` is called when it arrives and again after whatever happens,
 * until it has called ta_return or ta_fail. */
struct ta_call {
    int64_t id;
    unsigned process;
    const ta_json *args;
    int64_t deadline_ns; /* when it is to be made again at the latest; TA_NEVER at first */
    size_t progress;     /* the agent's own: octets written so far, say; 0 at first */
    bool again;          /* not the first time */

    const ta_entry *entry; /* the header's own, from here */
    bool done;
    char *body;
    ta_json *nodes;
    char *out;
    size_t out_length, out_room;
    ta_call *next;
};

/* What the tester wants to start. */
typedef struct ta_start {
    uint64_t seed;
    int ip; /* 4 or 6 */
    const ta_json *addresses; /* an array of texts */
    const char *peer;
    int prefix;
    const ta_json *settings;
    bool own_process;
} ta_start;

typedef struct ta_number {
    const char *name;
    int64_t value;
} ta_number;

/* The stack. What is optional may be NULL. */
typedef struct ta_stack {
    const char *name, *version;
    bool real_clock;                 /* false: time passes within ADVANCE only */
    const char *const *capabilities; /* optional; ended by NULL */
    const ta_entry *calls;           /* ended by {NULL, NULL, 0} */
    const char *(*start)(const ta_start *start);           /* NULL, or why not: one line */
    void (*datagram)(const uint8_t *octets, size_t length); /* has arrived */
    int64_t (*next_deadline)(void);                         /* of a timer, or TA_NEVER */
    void (*timer)(void);                                    /* next_deadline has come */
    void (*cancelled)(ta_call *call);                       /* optional: it fails with EINTR */
    void (*read_state)(const char *host, unsigned port, const char *remote_host,
                       unsigned remote_port); /* ta_tell_state; remote_host may be NULL */
    void (*read_stats)(void);                 /* optional: ta_tell_stats */
    void (*before_idle)(void);                /* optional: the end of each answer */
} ta_stack;

/* Serve one stack until the tester says BYE or goes away; the exit status. */
static inline int ta_serve(const ta_stack *stack, int fd);
/* The descriptor that the tester has left in the environment; exits with 70 if there is none. */
static inline int ta_fd(void);
/* The stack's clock. */
static inline int64_t ta_now_ns(void);
/* A datagram that the stack sends, whole or from pieces: begin, add, end. */
static inline void ta_sent(const void *octets, size_t length);
static inline void ta_sent_begin(size_t length);
static inline void ta_sent_add(const void *octets, size_t length);
/* A line for the trace. */
static inline void ta_log(const char *format, ...);
/* Answers to read_state and read_stats; state names are those of RFC 9293, with hyphens. */
static inline void ta_tell_state(const char *state, const ta_number *numbers, size_t count);
static inline void ta_tell_stats(const ta_number *numbers, size_t count);

/* Counters [from, to) that the tester is to see at each IDLE, where it asks for them. */
static inline void ta_coverage(const uint8_t *from, const uint8_t *to);

/* ---------------------------------------------------------------- how it is done */

static struct {
    const ta_stack *stack;
    int fd;
    uint32_t step;
    int64_t now_ns, told_ns, origin_ns;
    ta_call *blocked;
    bool event; /* something has been told in this step */
    uint8_t *out;
    size_t out_length, out_room;
    const uint8_t *counters;
    size_t counter_count;
    uint8_t *coverage;
    size_t in_length;
    uint8_t in[4 + TA_MAX_LENGTH];
} ta_;

/* Frames out: gathered, and written when the answer is whole or the heap of them high. */

static inline void ta_flush(void)
{
    size_t at = 0;
    while (at < ta_.out_length) {
        ssize_t wrote = write(ta_.fd, ta_.out + at, ta_.out_length - at);
        if (wrote > 0) {
            at += (size_t)wrote;
        } else if (errno == EAGAIN) {
            struct pollfd room = {ta_.fd, POLLOUT, 0};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            _exit(0); /* the tester has gone */
        }
    }
    ta_.out_length = 0;
}

static inline void ta_put(const void *octets, size_t length)
{
    if (ta_.out_length + length > ta_.out_room) {
        ta_.out_room = 2 * (ta_.out_length + length) + 4096;
        ta_.out = ta_room(ta_.out, ta_.out_room);
    }
    if (length > 0)
        memcpy(ta_.out + ta_.out_length, octets, length);
    ta_.out_length += length;
}

static inline void ta_header(int type, unsigned process, size_t length)
{
    if (ta_.out_length > 32768)
        ta_flush();
    uint32_t size = (uint32_t)length + 7;
    uint32_t step = ta_.step;
    uint8_t header[11] = {
        (uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size,
        (uint8_t)type,
        (uint8_t)(step >> 24), (uint8_t)(step >> 16), (uint8_t)(step >> 8), (uint8_t)step,
        (uint8_t)(process >> 8), (uint8_t)process,
    };
    if (size > TA_MAX_LENGTH)
        ta_violation("a frame of %u octets, more than the protocol allows", (unsigned)size);
    ta_put(header, sizeof header);
}

/* A frame whose body is text that is there already. */
static inline void ta_frame(int type, unsigned process, const char *body, size_t length)
{
    ta_header(type, process, length);
    ta_put(body, length);
}

static char *ta_text_;
static size_t ta_text_length, ta_text_room;

static inline void ta_add(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ta_grow(&ta_text_, &ta_text_length, &ta_text_room, format, args);
    va_end(args);
}

/* A string in quotes; octets that are not UTF-8 go as \u00.. of each. */
static inline void ta_add_string(const char *text)
{
    const char *end = text + strlen(text);
    ta_add("\"");
    while (text < end) {
        unsigned char c = (unsigned char)*text;
        int size = ta_sequence(text, end);
        if (size == 0 || c < 0x20 || c == '"' || c == '\\')
            ta_add("\\u%04x", c);
        else
            ta_add("%.*s", size, text);
        text += size > 0 ? size : 1;
    }
    ta_add("\"");
}

static inline void ta_add_numbers(const ta_number *numbers, size_t count)
{
    ta_add("\"numbers\":{");
    for (size_t i = 0; i < count; i++)
        ta_add("%s\"%s\":%lld", i ? "," : "", numbers[i].name, (long long)numbers[i].value);
    ta_add("}}");
}

static inline void ta_end_text(int type)
{
    ta_frame(type, 0, ta_text_, ta_text_length);
    ta_text_length = 0;
}

/* The clock. Where it is real, an event has its time before it unless the one before had the same. */

static inline int64_t ta_now_ns(void)
{
    if (ta_.stack != NULL && ta_.stack->real_clock) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        ta_.now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - ta_.origin_ns;
    }
    return ta_.now_ns;
}

static inline void ta_event(void)
{
    ta_.event = true;
    if (ta_.stack->real_clock && ta_now_ns() != ta_.told_ns) {
        char body[40];
        int size = snprintf(body, sizeof body, "{\"t_ns\":%lld}", (long long)ta_.now_ns);
        ta_.told_ns = ta_.now_ns;
        ta_frame(TA_TIME, 0, body, (size_t)size);
    }
}

static inline void ta_sent_begin(size_t length)
{
    ta_event();
    ta_header(TA_SENT, 0, length);
}

static inline void ta_sent_add(const void *octets, size_t length)
{
    ta_put(octets, length);
}

static inline void ta_sent(const void *octets, size_t length)
{
    ta_sent_begin(length);
    ta_put(octets, length);
}

static inline void ta_log(const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ta_event();
    ta_add("{\"text\":");
    ta_add_string(line);
    ta_add("}");
    ta_end_text(TA_LOG);
}

static inline void ta_tell_state(const char *state, const ta_number *numbers, size_t count)
{
    ta_event();
    ta_add("{\"state\":\"%s\",", state);
    ta_add_numbers(numbers, count);
    ta_end_text(TA_STATE);
}

static inline void ta_tell_stats(const ta_number *numbers, size_t count)
{
    ta_event();
    ta_add("{");
    ta_add_numbers(numbers, count);
    ta_end_text(TA_STATS);
}

#include "tcpassay_calls.h"

/* Calls. */

/* Make what is blocked again, in order, until nothing ends any more. */
static inline void ta_settle(void)
{
    bool ended;
    do {
        ended = false;
        for (ta_call **at = &ta_.blocked; *at != NULL;) {
            ta_call *call = *at;
            if (!call->done) {
                call->again = true;
                call->entry->make(call);
            }
            if (call->done) {
                *at = call->next;
                ta_free_call(call);
                ended = true;
            } else {
                at = &call->next;
            }
        }
    } while (ended && ta_.blocked != NULL);
}

static inline void ta_begin_call(unsigned process, char *body, ta_json *nodes)
{
    ta_call *call = ta_room(NULL, sizeof *call), **last = &ta_.blocked;
    *call = (ta_call){.process = process, .deadline_ns = TA_NEVER, .body = body, .nodes = nodes};
    call->id = ta_want(nodes, "id", '0')->number;
    call->args = ta_want(nodes, "args", '[');
    const char *name = ta_want(nodes, "name", '"')->text;
    for (call->entry = ta_.stack->calls; call->entry->name != NULL; call->entry++)
        if (strcmp(call->entry->name, name) == 0)
            break;
    if (call->entry->name == NULL)
        ta_fail(call, "ENOSYS-AGENT");
    else
        call->entry->make(call);
    if (call->done) {
        ta_free_call(call);
        return;
    }
    while (*last != NULL)
        last = &(*last)->next;
    *last = call;
}

static inline void ta_cancel(int64_t id)
{
    for (ta_call *call = ta_.blocked; call != NULL; call = call->next)
        if (call->id == id) {
            if (ta_.stack->cancelled != NULL)
                ta_.stack->cancelled(call);
            ta_fail(call, "EINTR");
        }
}

/* Time. */

static inline int64_t ta_due(void)
{
    int64_t due = ta_.stack->next_deadline();
    for (const ta_call *call = ta_.blocked; call != NULL; call = call->next)
        due = call->deadline_ns < due ? call->deadline_ns : due;
    return due;
}

/* Wait on a real clock; false when a command has come. */
static inline bool ta_wait(int64_t until_ns)
{
    struct pollfd command = {ta_.fd, POLLIN, 0};
    int64_t left = until_ns - ta_now_ns();
    int ms = left <= 0 ? 0 : left > 1000000000000 ? 1000000 : (int)((left + 999999) / 1000000);
    return poll(&command, 1, ms) <= 0;
}

static inline void ta_advance(int64_t until_ns)
{
    while (!ta_.event && ta_now_ns() < until_ns) {
        int64_t due = ta_due(), stop = due < until_ns ? due : until_ns;
        if (!ta_.stack->real_clock)
            ta_.now_ns = stop > ta_.now_ns ? stop : ta_.now_ns;
        else if (!ta_wait(stop))
            return;
        if (ta_.stack->next_deadline() <= ta_now_ns())
            ta_.stack->timer();
        ta_settle();
    }
}

/* Coverage: "TACV", how many counters, then they. */

static inline void ta_coverage(const uint8_t *from, const uint8_t *to)
{
    ta_.counters = from;
    ta_.counter_count = (size_t)(to - from);
}

static inline void ta_map_coverage(void)
{
    const size_t size = 1u << 20;
    const char *fd = getenv("TCPASSAY_COVERAGE_FD");
    if (fd == NULL || ta_.counter_count == 0)
        return;
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0);
    if (at == MAP_FAILED)
        ta_violation("TCPASSAY_COVERAGE_FD %s cannot be mapped: %s", fd, strerror(errno));
    ta_.coverage = at;
    if (ta_.counter_count > size - 8)
        ta_.counter_count = size - 8;
    uint32_t head[2] = {0x54414356, (uint32_t)ta_.counter_count};
    memcpy(at, head, sizeof head);
}

/* The session. */

static inline void ta_idle(void)
{
    int64_t due;
    if (ta_.stack->before_idle != NULL)
        ta_.stack->before_idle();
    ta_settle();
    if (ta_.coverage != NULL)
        memcpy(ta_.coverage + 8, ta_.counters, ta_.counter_count);
    due = ta_due();
    ta_add("{\"now_ns\":%lld,\"next_deadline_ns\":", (long long)ta_now_ns());
    ta_add(due == TA_NEVER ? "null" : "%lld", (long long)due);
    ta_add(",\"blocked\":[");
    for (const ta_call *call = ta_.blocked; call != NULL; call = call->next)
        ta_add("%s%lld", call == ta_.blocked ? "" : ",", (long long)call->id);
    ta_add("]}");
    ta_end_text(TA_IDLE);
    ta_flush();
    ta_.event = false;
}

static inline bool ta_begin(const ta_json *body)
{
    ta_start start = {
        .seed = (uint64_t)ta_want(body, "seed", '0')->number,
        .ip = (int)ta_want(body, "ip", '0')->number,
        .addresses = ta_want(body, "addresses", '['),
        .peer = ta_want(body, "peer", '"')->text,
        .prefix = (int)ta_want(body, "prefix", '0')->number,
        .settings = ta_want(body, "settings", '{'),
        .own_process = ta_number_of(body, "own_process", 0) != 0,
    };
    const char *refused = ta_.stack->start(&start);
    if (refused != NULL) {
        ta_add("{\"reason\":");
        ta_add_string(refused);
        ta_add("}");
        ta_end_text(TA_REFUSED);
        ta_flush();
    }
    return refused == NULL;
}

static inline void ta_read_state(const ta_json *body)
{
    unsigned port, remote_port = 0;
    const char *remote_host = NULL;
    const ta_json *remote = ta_get(body, "remote");
    const char *host = ta_host_of(ta_want(body, "local", '['), &port);
    if (remote != NULL && remote->kind != 'n')
        remote_host = ta_host_of(remote, &remote_port);
    ta_.stack->read_state(host, port, remote_host, remote_port);
}

/* One command; false when it is the last. */
static inline bool ta_command(int type, unsigned process, const uint8_t *octets, size_t length)
{
    if (type == TA_DATAGRAM) {
        ta_.stack->datagram(octets, length);
        ta_idle();
        return true;
    }
    char *body = ta_room(NULL, length + 1);
    memcpy(body, octets, length);
    body[length] = 0;
    ta_json *nodes = ta_read_json(body, length);
    bool on = true, kept = type == TA_CALL;
    switch (type) {
    case TA_START: on = ta_begin(nodes); break;
    case TA_CALL: ta_begin_call(process, body, nodes); break;
    case TA_CANCEL: ta_cancel(ta_want(nodes, "id", '0')->number); break;
    case TA_ADVANCE: ta_advance(ta_want(nodes, "until_ns", '0')->number); break;
    case TA_READ_STATE: ta_read_state(nodes); break;
    case TA_READ_STATS:
        if (ta_.stack->read_stats != NULL)
            ta_.stack->read_stats();
        else
            ta_tell_stats(NULL, 0);
        break;
    case TA_BYE: on = false; break;
    default: break; /* processes: this kind of agent has one */
    }
    if (on)
        ta_idle();
    if (!kept) {
        free(nodes);
        free(body);
    }
    return on;
}

static inline uint32_t ta_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The whole frame at the front of `in`, reading as needed; false at the end of file. */
static inline bool ta_next_frame(void)
{
    for (;;) {
        uint32_t length = ta_.in_length >= 4 ? ta_u32(ta_.in) : 7;
        if (length < 7 || length > TA_MAX_LENGTH)
            ta_violation("a frame of length %lu, wanted 7 to %u", (unsigned long)length, TA_MAX_LENGTH);
        if (ta_.in_length >= 5 && (ta_.in[4] < TA_START || ta_.in[4] > TA_BYE))
            ta_violation("a frame of type 0x%02x, which is no command", ta_.in[4]);
        if (ta_.in_length >= 4 + (size_t)length)
            return true;
        ssize_t got = read(ta_.fd, ta_.in + ta_.in_length, sizeof ta_.in - ta_.in_length);
        if (got > 0)
            ta_.in_length += (size_t)got;
        else if (got == 0 && ta_.in_length == 0)
            return false;
        else if (got == 0)
            ta_violation("end of file inside a frame");
        else if (errno == EAGAIN) {
            struct pollfd more = {ta_.fd, POLLIN, 0};
            poll(&more, 1, -1);
        } else if (errno != EINTR)
            return false;
    }
}

static inline void ta_hello(void)
{
    const ta_stack *stack = ta_.stack;
    const char *comma = "";
    ta_add("{\"protocol\":%d,\"name\":", TA_PROTOCOL);
    ta_add_string(stack->name);
    ta_add(",\"version\":");
    ta_add_string(stack->version);
    ta_add(",\"clock\":\"%s\",\"capabilities\":[", stack->real_clock ? "real" : "virtual");
    for (const char *const *each = stack->capabilities; each != NULL && *each != NULL; each++) {
        ta_add("%s\"%s\"", comma, *each);
        comma = ",";
    }
    ta_add("],\"calls\":[");
    for (const ta_entry *each = stack->calls; each->name != NULL; each++)
        ta_add("%s\"%s\"", each == stack->calls ? "" : ",", each->name);
    ta_add("]}");
    ta_end_text(TA_HELLO);
    ta_flush();
}

static inline int ta_fd(void)
{
    const char *fd = getenv("TCPASSAY_FD");
    if (fd == NULL)
        ta_violation("no TCPASSAY_FD in the environment: the tester starts this program");
    return atoi(fd);
}

static inline int ta_serve(const ta_stack *stack, int fd)
{
    bool on = true;
    ta_.stack = stack;
    ta_.fd = fd;
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    signal(SIGPIPE, SIG_IGN);
    ta_.origin_ns = ta_now_ns();
    ta_map_coverage();
    ta_hello();
    for (int expected = TA_START; on && ta_next_frame(); expected = 0) {
        size_t size = 4 + (size_t)ta_u32(ta_.in);
        if (expected != 0 && ta_.in[4] != expected)
            ta_violation("the first frame is of type 0x%02x, wanted START", ta_.in[4]);
        if (expected == 0 && ta_.in[4] == TA_START)
            ta_violation("a second START");
        ta_.step = ta_u32(ta_.in + 5);
        on = ta_command(ta_.in[4], (unsigned)ta_.in[9] << 8 | ta_.in[10], ta_.in + 11, size - 11);
        ta_.in_length -= size;
        memmove(ta_.in, ta_.in + size, ta_.in_length);
    }
    return 0;
}

#endif
