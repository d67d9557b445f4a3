/* SPDX-License-Identifier: 0BSD
 *
 * tcpassay's agent protocol, version 1 (docs/targets.md), for agents in C: one header, no library.
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
 * Include it in one file of the program. POSIX, C99; Linux for the end that comes with the
 * tester's. Times are nanoseconds.
 */
#ifndef TCPASSAY_AGENT_H
#define TCPASSAY_AGENT_H

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif

#define TA_PROTOCOL 1
#define TA_MAX_LENGTH (1u << 20) /* of a frame, after its length field */
#define TA_EXIT 70               /* status for a protocol violation */
#define TA_NEVER INT64_MAX
#define TA_MAX_DEPTH 32 /* of JSON values within each other */

enum {
    TA_START = 1, TA_DATAGRAM, TA_CALL, TA_CANCEL, TA_ADVANCE, TA_READ_STATE, TA_READ_STATS,
    TA_SPAWN, TA_KILL, TA_BYE,
    TA_HELLO = 0x80, TA_REFUSED, TA_SENT, TA_RETURN, TA_SIGNAL, TA_EXITED, TA_LOG, TA_STATE,
    TA_STATS, TA_TIME, TA_IDLE
};

/* ---------------------------------------------------------------- what an agent sees */

/* One JSON value. `kind`: one of { [ " 0 t f n, as the first octet of such a value. */
typedef struct ta_json {
    char kind;
    const char *key;  /* its name within an object, else NULL */
    const char *text; /* of a string, ended by a zero octet */
    size_t length;    /* octets of a string; members of an object or array */
    int64_t number;   /* of a number; a seed beyond 2^63 as its two's complement */
    struct ta_json *child, *next;
} ta_json;

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

/* An argument by its place, whatever its tag; what is missing or mistyped ends the agent. */
static inline const ta_json *ta_arg(const ta_call *call, size_t place); /* NULL if missing */
static inline int64_t ta_int(const ta_call *call, size_t place);
static inline const char *ta_text(const ta_call *call, size_t place);
static inline bool ta_flag(const ta_call *call, size_t place, const char *flag);
static inline const char *ta_host(const ta_call *call, size_t place, unsigned *port);
static inline size_t ta_octets(const ta_call *call, size_t place, size_t from, uint8_t *into,
                               size_t room); /* how many there are in all */
/* Results, in order, then the end of the call. `errno_name`: "EAGAIN" and the like. */
static inline void ta_out(ta_call *call, const char *tag, const char *json_format, ...);
static inline void ta_out_octets(ta_call *call, const uint8_t *octets, size_t length);
static inline void ta_out_address(ta_call *call, const char *host, unsigned port);
static inline void ta_return(ta_call *call, int64_t value);
static inline void ta_fail(ta_call *call, const char *errno_name);

/* What several calls have in common. The name that accept() and getsockname() give, in the room
 * that the argument at `place` says there is, if it is there; `size` is that of the address: */
static inline void ta_out_name(ta_call *call, size_t place, int size, const char *host, unsigned port);
/* the pending error, as SO_ERROR gives it; NULL for none: */
static inline void ta_out_error(ta_call *call, const char *errno_name);
/* poll() or select() by its name: `ready` says what a descriptor is ready for; it may fail the
 * call. A call that waits is made again by whatever happens. */
enum { TA_IN = 1, TA_OUT = 2, TA_ERR = 4, TA_HUP = 8, TA_PRI = 16, TA_RDHUP = 32, TA_NVAL = 64 };
static inline void ta_poll(ta_call *call, int (*ready)(ta_call *call, int64_t fd));

/* A member of an object, or NULL; its number, or `otherwise`. */
static inline const ta_json *ta_get(const ta_json *object, const char *key);
static inline int64_t ta_number_of(const ta_json *object, const char *key, int64_t otherwise);

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

static void ta_violation(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void ta_violation(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("agent: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    fflush(NULL);
    _exit(TA_EXIT);
}

static inline void *ta_room(void *at, size_t size)
{
    void *more = realloc(at, size ? size : 1);
    if (more == NULL)
        ta_violation("out of memory");
    return more;
}

/* JSON in: strings are unescaped where they stand, in a copy of the body. */

typedef struct ta_reader {
    char *at, *end;
    ta_json *free;
} ta_reader;

static inline void ta_bad_json(const char *what) __attribute__((noreturn));
static inline void ta_bad_json(const char *what)
{
    ta_violation("body is not JSON: %s", what);
}

static inline void ta_skip(ta_reader *in)
{
    while (in->at < in->end && strchr(" \t\r\n", *in->at) != NULL && *in->at != 0)
        in->at++;
}

static inline char ta_peek(ta_reader *in)
{
    ta_skip(in);
    return in->at < in->end ? *in->at : 0;
}

static inline unsigned ta_hex4(ta_reader *in)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++, in->at++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit = in->at < in->end && *in->at ? strchr(digits, *in->at) : NULL;
        if (digit == NULL)
            ta_bad_json("an escape without four digits");
        value = value << 4 | (unsigned)((digit - digits) & 15);
    }
    return value;
}

static inline char *ta_utf8(char *to, unsigned c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else {
        int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        *to++ = (char)((0xff00 >> (more + 1) | c >> 6 * more) & 0xff);
        while (more-- > 0)
            *to++ = (char)(0x80 | (c >> 6 * more & 0x3f));
    }
    return to;
}

static inline char *ta_escape(ta_reader *in, char *to)
{
    const char *letters = "\"\\/bfnrt", *plain = "\"\\/\b\f\n\r\t";
    char letter = in->at < in->end ? *in->at++ : 0;
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (found != NULL) {
        *to++ = plain[found - letters];
        return to;
    }
    if (letter != 'u')
        ta_bad_json("an escape that there is not");
    unsigned c = ta_hex4(in);
    if (c >= 0xd800 && c < 0xdc00 && in->end - in->at > 6 && in->at[0] == '\\' && in->at[1] == 'u') {
        in->at += 2;
        unsigned low = ta_hex4(in);
        if (low < 0xdc00 || low > 0xdfff)
            ta_bad_json("half a surrogate pair");
        c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
    }
    return ta_utf8(to, c);
}

/* Octets of the UTF-8 sequence that begins here; 0 for none. */
static inline int ta_sequence(const char *at, const char *end)
{
    unsigned char first = (unsigned char)*at;
    int size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first > 0xf4 || end - at < size)
        return 0;
    for (int i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

static inline const char *ta_read_string(ta_reader *in, size_t *length)
{
    char *begin = ++in->at, *to = begin;
    for (;;) {
        if (in->at >= in->end)
            ta_bad_json("a string without an end");
        int size = ta_sequence(in->at, in->end);
        if (size == 0 || (unsigned char)*in->at < 0x20)
            ta_bad_json("a string that is not UTF-8, or holds a control character");
        if (*in->at == '"')
            break;
        if (*in->at == '\\') {
            in->at++;
            to = ta_escape(in, to);
        } else {
            memmove(to, in->at, (size_t)size);
            to += size;
            in->at += size;
        }
    }
    in->at++;
    *to = 0; /* at the latest where the quote stood */
    *length = (size_t)(to - begin);
    return begin;
}

static inline int64_t ta_read_number(ta_reader *in)
{
    bool minus = *in->at == '-';
    uint64_t value = 0;
    char *digits = in->at += minus;
    for (; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++)
        value = value * 10 + (uint64_t)(*in->at - '0');
    if (in->at == digits)
        ta_bad_json("a value that is none");
    while (in->at < in->end && *in->at && strchr("+-.eE0123456789", *in->at) != NULL)
        in->at++; /* a fraction counts as its whole part */
    return (int64_t)(minus ? 0 - value : value);
}

static inline ta_json *ta_read_value(ta_reader *in, int depth);

static inline void ta_read_members(ta_reader *in, ta_json *whole, int depth)
{
    char close = whole->kind == '{' ? '}' : ']';
    ta_json **last = &whole->child;
    in->at++;
    if (ta_peek(in) == close) {
        in->at++;
        return;
    }
    for (;;) {
        const char *key = NULL;
        size_t ignored;
        if (close == '}') {
            if (ta_peek(in) != '"')
                ta_bad_json("an object without a name");
            key = ta_read_string(in, &ignored);
            if (ta_peek(in) != ':')
                ta_bad_json("a name without a value");
            in->at++;
        }
        ta_json *member = ta_read_value(in, depth + 1);
        member->key = key;
        *last = member;
        last = &member->next;
        whole->length++;
        char mark = ta_peek(in);
        in->at++;
        if (mark == close)
            return;
        if (mark != ',')
            ta_bad_json("an object or array without an end");
    }
}

static inline ta_json *ta_read_value(ta_reader *in, int depth)
{
    static const char *const words[] = {"true", "false", "null"};
    char first = ta_peek(in);
    ta_json *value = in->free++;
    memset(value, 0, sizeof *value);
    value->kind = first;
    if (depth > TA_MAX_DEPTH)
        ta_bad_json("values too deep within each other");
    if (first == '{' || first == '[') {
        ta_read_members(in, value, depth);
        return value;
    }
    if (first == '"') {
        value->text = ta_read_string(in, &value->length);
        return value;
    }
    for (int i = 0; i < 3; i++) {
        size_t size = strlen(words[i]);
        if ((size_t)(in->end - in->at) >= size && memcmp(in->at, words[i], size) == 0) {
            in->at += size;
            value->number = i == 0;
            return value;
        }
    }
    value->kind = '0';
    value->number = ta_read_number(in);
    return value;
}

/* The object in a body, which is changed; its first node is to be freed. */
static inline ta_json *ta_read_json(char *body, size_t length)
{
    size_t most = 1; /* each value stands at the beginning or after one of , [ : */
    for (size_t i = 0; i < length; i++)
        most += body[i] == ',' || body[i] == '[' || body[i] == ':';
    ta_json *nodes = ta_room(NULL, most * sizeof *nodes);
    ta_reader in = {body, body + length, nodes};
    if (ta_peek(&in) != '{')
        ta_bad_json("no object");
    ta_read_value(&in, 0);
    if (ta_peek(&in) != 0 || in.at < in.end)
        ta_bad_json("more after the object");
    return nodes;
}

static inline const ta_json *ta_get(const ta_json *object, const char *key)
{
    for (const ta_json *each = object ? object->child : NULL; each != NULL; each = each->next)
        if (each->key != NULL && strcmp(each->key, key) == 0)
            return each;
    return NULL;
}

static inline int64_t ta_number_of(const ta_json *object, const char *key, int64_t otherwise)
{
    const ta_json *value = ta_get(object, key);
    return value != NULL && strchr("0tf", value->kind) != NULL ? value->number : otherwise;
}

static inline const ta_json *ta_want(const ta_json *object, const char *key, char kind)
{
    const ta_json *value = ta_get(object, key);
    if (value == NULL || value->kind != kind)
        ta_violation("'%s' is missing or no %s", key,
                     kind == '"' ? "text" : kind == '0' ? "number" : kind == '[' ? "array" : "object");
    return value;
}

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

static inline void ta_grow(char **text, size_t *length, size_t *room, const char *format, va_list args)
{
    va_list copy;
    va_copy(copy, args);
    int size = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    if (*length + (size_t)size + 1 > *room) {
        *room = 2 * (*length + (size_t)size) + 256;
        *text = ta_room(*text, *room);
    }
    vsnprintf(*text + *length, (size_t)size + 1, format, args);
    *length += (size_t)size;
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

/* Calls. */

static inline const ta_json *ta_arg(const ta_call *call, size_t place)
{
    const ta_json *pair = call->args->child;
    while (pair != NULL && place-- > 0)
        pair = pair->next;
    if (pair == NULL)
        return NULL;
    if (pair->kind != '[' || pair->length != 2 || pair->child->kind != '"')
        ta_violation("an argument of %s is not [tag, value]", call->entry->name);
    return pair->child->next;
}

static inline const ta_json *ta_arg_of(const ta_call *call, size_t place, char kind)
{
    const ta_json *value = ta_arg(call, place);
    if (value == NULL || value->kind != kind)
        ta_violation("argument %u of %s is missing or mistyped", (unsigned)place, call->entry->name);
    return value;
}

static inline int64_t ta_int(const ta_call *call, size_t place)
{
    return ta_arg_of(call, place, '0')->number;
}

static inline const char *ta_text(const ta_call *call, size_t place)
{
    const ta_json *value = ta_arg(call, place);
    if (value != NULL && value->kind == '0')
        return ""; /* a number for which there is no name */
    return ta_arg_of(call, place, '"')->text;
}

static inline bool ta_flag(const ta_call *call, size_t place, const char *flag)
{
    const ta_json *flags = ta_arg(call, place);
    for (const ta_json *each = flags ? flags->child : NULL; each != NULL; each = each->next)
        if (each->kind == '"' && strcmp(each->text, flag) == 0)
            return true;
    return false;
}

static inline const char *ta_host_of(const ta_json *address, unsigned *port)
{
    if (address->kind != '[' || address->length != 2 || address->child->kind != '"' ||
        address->child->next->kind != '0')
        ta_violation("an address is not [\"192.0.2.1\", 80]");
    *port = (unsigned)address->child->next->number;
    return address->child->text;
}

static inline const char *ta_host(const ta_call *call, size_t place, unsigned *port)
{
    return ta_host_of(ta_arg_of(call, place, '['), port);
}

static inline unsigned ta_nibble(const ta_call *call, char digit)
{
    if (digit >= '0' && digit <= '9')
        return (unsigned)(digit - '0');
    if ((digit | 32) >= 'a' && (digit | 32) <= 'f')
        return (unsigned)((digit | 32) - 'a' + 10);
    ta_violation("octets of %s are not hexadecimal", call->entry->name);
}

static inline size_t ta_octets(const ta_call *call, size_t place, size_t from, uint8_t *into,
                               size_t room)
{
    const ta_json *value = ta_arg_of(call, place, '"');
    size_t total = value->length / 2;
    const char *at = value->text + 2 * from;
    for (size_t i = 0; from + i < total && i < room; i++, at += 2)
        into[i] = (uint8_t)(ta_nibble(call, at[0]) << 4 | ta_nibble(call, at[1]));
    return total;
}

static inline void ta_call_add(ta_call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ta_grow(&call->out, &call->out_length, &call->out_room, format, args);
    va_end(args);
}

static inline void ta_out(ta_call *call, const char *tag, const char *json_format, ...)
{
    va_list args;
    ta_call_add(call, "%s[\"%s\",", call->out_length ? "," : "", tag);
    va_start(args, json_format);
    ta_grow(&call->out, &call->out_length, &call->out_room, json_format, args);
    va_end(args);
    ta_call_add(call, "]");
}

static inline void ta_out_octets(ta_call *call, const uint8_t *octets, size_t length)
{
    char *hex = ta_room(NULL, 2 * length + 1);
    for (size_t i = 0; i < length; i++) {
        hex[2 * i] = "0123456789abcdef"[octets[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[octets[i] & 15];
    }
    hex[2 * length] = 0;
    ta_out(call, "octets", "\"%s\"", hex);
    free(hex);
}

static inline void ta_out_address(ta_call *call, const char *host, unsigned port)
{
    ta_out(call, "address", "[\"%s\",%u]", host, port);
}

static inline void ta_end_call(ta_call *call, int64_t value, const char *errno_name)
{
    if (call->done)
        return;
    const char *quote = errno_name ? "\"" : "";
    ta_event();
    ta_add("{\"id\":%lld,\"value\":%lld,\"errno\":%s%s%s,\"out\":[", (long long)call->id,
           (long long)value, quote, errno_name ? errno_name : "null", quote);
    ta_add("%s]}", call->out_length ? call->out : "");
    ta_frame(TA_RETURN, call->process, ta_text_, ta_text_length);
    ta_text_length = 0;
    call->done = true;
}

static inline void ta_return(ta_call *call, int64_t value)
{
    ta_end_call(call, value, NULL);
}

static inline void ta_fail(ta_call *call, const char *errno_name)
{
    call->out_length = 0;
    ta_end_call(call, -1, errno_name);
}

static inline void ta_free_call(ta_call *call)
{
    free(call->nodes);
    free(call->body);
    free(call->out);
    free(call);
}

static inline void ta_out_name(ta_call *call, size_t place, int size, const char *host, unsigned port)
{
    const ta_json *room = ta_arg(call, place);
    bool always = strncmp(call->entry->name, "get", 3) == 0;
    if (room == NULL || room->number >= size)
        ta_out_address(call, host, port);
    if (room == NULL ? always : room->number > 0)
        ta_out(call, "length", "%d", size);
}

static inline void ta_out_error(ta_call *call, const char *errno_name)
{
    static const struct { const char *name; int number; } known[] = {
        {"ECONNREFUSED", ECONNREFUSED}, {"ECONNRESET", ECONNRESET}, {"ETIMEDOUT", ETIMEDOUT},
        {"EHOSTUNREACH", EHOSTUNREACH}, {"ENETUNREACH", ENETUNREACH}, {"EPIPE", EPIPE},
        {"ECONNABORTED", ECONNABORTED}, {"ENOTCONN", ENOTCONN}, {"ENETDOWN", ENETDOWN},
        {"EADDRINUSE", EADDRINUSE}, {"ENOMEM", ENOMEM}, {"ENOBUFS", ENOBUFS}};
    int number = errno_name == NULL ? 0 : EIO;
    for (size_t i = 0; errno_name != NULL && i < sizeof known / sizeof *known; i++)
        number = strcmp(known[i].name, errno_name) == 0 ? known[i].number : number;
    ta_out(call, "value", "%d", number);
    if (errno_name != NULL)
        ta_out(call, "name", "\"%s\"", errno_name);
}

static const struct { const char *name; int bit; } ta_poll_events[] = {
    {"POLLIN", TA_IN}, {"POLLRDNORM", TA_IN}, {"POLLOUT", TA_OUT}, {"POLLWRNORM", TA_OUT},
    {"POLLPRI", TA_PRI}, {"POLLRDHUP", TA_RDHUP}, {"POLLERR", TA_ERR}, {"POLLHUP", TA_HUP},
    {"POLLNVAL", TA_NVAL}};

static inline void ta_add_events(ta_call *call, const ta_json *wanted, int bits)
{
    const char *comma = "";
    for (size_t i = 0; i < sizeof ta_poll_events / sizeof *ta_poll_events; i++) {
        int bit = ta_poll_events[i].bit & bits;
        bool told = bit & (TA_ERR | TA_HUP | TA_NVAL);
        for (const ta_json *each = wanted->child; bit && !told && each != NULL; each = each->next)
            told = each->kind == '"' && strcmp(each->text, ta_poll_events[i].name) == 0;
        if (told) {
            ta_call_add(call, "%s\"%s\"", comma, ta_poll_events[i].name);
            comma = ",";
        }
    }
}

/* The ready ones of a set as members of a JSON array; how many. */
static inline int ta_scan(ta_call *call, const ta_json *set, int bits, int (*ready)(ta_call *, int64_t))
{
    int count = 0;
    for (const ta_json *each = set->child; each != NULL && !call->done; each = each->next) {
        bool pair = each->kind == '[' && each->length == 2;
        int64_t fd = pair ? each->child->number : each->number;
        int found = fd < 0 ? 0 : ready(call, fd);
        size_t before = call->out_length, empty;
        ta_call_add(call, pair ? "%s[%d,[" : "%s%d", count ? "," : "", (int)fd);
        empty = call->out_length;
        if (pair) {
            ta_add_events(call, each->child->next, found);
            found = call->out_length > empty ? bits : 0;
            ta_call_add(call, "]]");
        }
        if (found & bits)
            count++;
        else
            call->out_length = before;
    }
    return count;
}

static inline void ta_poll(ta_call *call, int (*ready)(ta_call *call, int64_t fd))
{
    static const int bits[] = {TA_IN, TA_OUT, TA_PRI};
    bool poll = strcmp(call->entry->name, "poll") == 0;
    size_t sets = poll ? 1 : 3;
    int count = 0;
    int64_t timeout_ms = ta_int(call, sets);
    call->out_length = 0;
    for (size_t i = 0; i < sets && !call->done; i++) {
        ta_call_add(call, "%s[\"%s\",[", i ? "," : "", poll ? "pollfds" : "fds");
        count += ta_scan(call, ta_arg_of(call, i, '['), bits[i], ready);
        ta_call_add(call, "]]");
    }
    if (!call->again && timeout_ms >= 0)
        call->deadline_ns = ta_now_ns() + timeout_ms * 1000000;
    if (count > 0 || call->deadline_ns <= ta_now_ns())
        ta_return(call, count);
}

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
