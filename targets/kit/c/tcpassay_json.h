/* SPDX-License-Identifier: 0BSD
 *
 * tcpassay's kit for agents in C: JSON as the protocol uses it. tcpassay_agent.h includes it.
 */
#ifndef TCPASSAY_JSON_H
#define TCPASSAY_JSON_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TA_EXIT 70      /* status for a protocol violation */
#define TA_MAX_DEPTH 32 /* of JSON values within each other */

/* One JSON value. `kind`: one of { [ " 0 t f n, as the first octet of such a value. */
typedef struct ta_json {
    char kind;
    const char *key;  /* its name within an object, else NULL */
    const char *text; /* of a string, ended by a zero octet */
    size_t length;    /* octets of a string; members of an object or array */
    int64_t number;   /* of a number; a seed beyond 2^63 as its two's complement */
    struct ta_json *child, *next;
} ta_json;

/* A member of an object, or NULL; its number, or `otherwise`. */
static inline const ta_json *ta_get(const ta_json *object, const char *key);
static inline int64_t ta_number_of(const ta_json *object, const char *key, int64_t otherwise);

/* The tester has broken the protocol: one line, and the end. */
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

/* Text added to a buffer that grows. */
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

#endif
