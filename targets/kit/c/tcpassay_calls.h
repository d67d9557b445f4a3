/* SPDX-License-Identifier: 0BSD
 *
 * tcpassay's kit for agents in C: arguments and results of socket calls. tcpassay_agent.h includes it.
 */
#ifndef TCPASSAY_CALLS_H
#define TCPASSAY_CALLS_H

#include "tcpassay_agent.h"

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

/* ---------------------------------------------------------------- how it is done */

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

#endif
