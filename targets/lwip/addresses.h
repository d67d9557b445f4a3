/* IP addresses between the tester's texts and lwIP. */
#ifndef ADDRESSES_H
#define ADDRESSES_H

#include "tcpassay_agent.h"

#include "lwip/ip.h"
#include "lwip/ip6.h"
#include "lwip/netif.h"

static struct netif netifs[4]; /* the first is the link's */

static bool parse(const char *host, ip_addr_t *ip)
{
    char plain[INET6_ADDRSTRLEN];
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(host, "%"), host);
    ip_addr_set_zero(ip);
    IP_SET_TYPE(ip, strchr(plain, ':') == NULL ? IPADDR_TYPE_V4 : IPADDR_TYPE_V6);
    if (!IP_IS_V6(ip))
        return inet_pton(AF_INET, plain, &ip_2_ip4(ip)->addr) == 1;
    if (inet_pton(AF_INET6, plain, ip_2_ip6(ip)->addr) != 1)
        return false;
    if (ip6_addr_has_scope(ip_2_ip6(ip), IP6_UNKNOWN))
        ip6_addr_assign_zone(ip_2_ip6(ip), IP6_UNKNOWN, &netifs[0]);
    return true;
}

/* The address in an argument for this socket, as lwip_bind and lwip_connect take it. */
static err_t address_of(const ta_call *call, bool ipv6, ip_addr_t *ip, u16_t *port)
{
    unsigned number;
    if (!parse(ta_host(call, 1, &number), ip) || IP_IS_V6(ip) != ipv6)
        return ERR_VAL;
    if (IP_IS_V6(ip) && ip6_addr_isipv4mappedipv6(ip_2_ip6(ip)))
        ip_addr_set_ip4_u32(ip, ip_2_ip6(ip)->addr[3]);
    *port = (u16_t)number;
    return ERR_OK;
}

static void out_name(ta_call *call, size_t place, bool ipv6, const ip_addr_t *ip, unsigned port)
{
    char text[INET6_ADDRSTRLEN + 16] = "::ffff:";
    if (ipv6 && !IP_IS_V4_VAL(*ip)) {
        inet_ntop(AF_INET6, ip_2_ip6(ip)->addr, text, sizeof text);
        if (ip6_addr_has_zone(ip_2_ip6(ip)))
            sprintf(text + strlen(text), "%%%u", ip6_addr_zone(ip_2_ip6(ip)));
    } else {
        inet_ntop(AF_INET, &ip_2_ip4(ip)->addr, ipv6 ? text + 7 : text, INET_ADDRSTRLEN);
    }
    ta_out_name(call, place, ipv6 ? 28 : 16, text, port);
}

#endif
