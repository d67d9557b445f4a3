/* Chance from the tester's seed, and initial sequence numbers by RFC 6528: M + F(connection, key)
 * with M a clock of 4 microseconds and F SipHash-2-4. */
#include "port.h"

#include <string.h>

static uint64_t state, key[2];

static uint64_t next_random(void) /* splitmix64 */
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

u32_t sys_now(void)
{
    return (u32_t)(port_now_ns() / 1000000);
}

void port_seed(uint64_t seed)
{
    state = seed;
    key[0] = next_random();
    key[1] = next_random();
}

/* Never with the last 14 bits set: of such a draw tcp_init() makes 0xffff the port before the first,
 * tcp_new_port() goes on to port 0, and one start in 16,384 cannot connect (ERR_BUF). */
uint32_t port_random(void)
{
    uint32_t drawn;
    do
        drawn = (uint32_t)(next_random() >> 32);
    while ((drawn & 0x3fff) == 0x3fff);
    return drawn;
}

#define ROTATE(x, by) ((x) << (by) | (x) >> (64 - (by)))

static void sip_rounds(uint64_t v[4], int count)
{
    while (count-- > 0) {
        v[0] += v[1], v[1] = ROTATE(v[1], 13) ^ v[0], v[0] = ROTATE(v[0], 32);
        v[2] += v[3], v[3] = ROTATE(v[3], 16) ^ v[2];
        v[0] += v[3], v[3] = ROTATE(v[3], 21) ^ v[0];
        v[2] += v[1], v[1] = ROTATE(v[1], 17) ^ v[2], v[2] = ROTATE(v[2], 32);
    }
}

static uint64_t siphash(const uint64_t *words, size_t count)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                     key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
    uint64_t last = (uint64_t)(8 * count) << 56;
    for (size_t i = 0; i <= count; i++) {
        uint64_t word = i < count ? words[i] : last;
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void put_address(uint64_t to[2], const ip_addr_t *address)
{
    if (IP_IS_V6(address))
        memcpy(to, ip_2_ip6(address)->addr, 16);
    else
        to[0] = ip_2_ip4(address)->addr;
}

u32_t port_isn(const ip_addr_t *local_ip, u16_t local_port, const ip_addr_t *remote_ip,
               u16_t remote_port)
{
    uint64_t words[5] = {0};
    put_address(words, local_ip);
    put_address(words + 2, remote_ip);
    words[4] = (uint64_t)local_port << 16 | remote_port;
    return (u32_t)siphash(words, 5) + (u32_t)(port_now_ns() / 4000);
}
