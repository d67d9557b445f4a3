#include "link.h"

#include <string.h>

#include "lwip/ip.h"
#include "lwip/ip6.h"
#include "lwip/stats.h"

struct netif link_netifs[4];
static int count;

static err_t output4(struct netif *netif, struct pbuf *pbuf, const ip4_addr_t *ip)
{
    return link_sent(pbuf);
}

static err_t output6(struct netif *netif, struct pbuf *pbuf, const ip6_addr_t *ip)
{
    return link_sent(pbuf);
}

static err_t on_netif(struct netif *netif)
{
    netif->mtu = 1500;
#if LWIP_ND6_ALLOW_RA_UPDATES
    netif->mtu6 = 1500;
#endif
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_LINK_UP;
    netif->output = output4;
    netif->output_ip6 = output6;
    return ERR_OK;
}

static struct netif *add(const ip4_addr_t *ip, int prefix)
{
    ip4_addr_t mask = {prefix == 0 ? 0 : lwip_htonl(0xffffffffu << (32 - prefix))}, none = {0};
    struct netif *netif = &link_netifs[count++];
    netif_add(netif, ip == NULL ? &none : ip, &mask, &none, NULL, on_netif, ip_input);
    netif_set_up(netif);
    return netif;
}

void link_ip(bool ipv6, const uint8_t *octets, ip_addr_t *ip)
{
    ip_addr_set_zero(ip);
    IP_SET_TYPE(ip, ipv6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_V4);
    if (!ipv6) {
        memcpy(&ip_2_ip4(ip)->addr, octets, 4);
        return;
    }
    memcpy(ip_2_ip6(ip)->addr, octets, 16);
    if (ip6_addr_has_scope(ip_2_ip6(ip), IP6_UNKNOWN))
        ip6_addr_assign_zone(ip_2_ip6(ip), IP6_UNKNOWN, &link_netifs[0]);
    if (ip6_addr_isipv4mappedipv6(ip_2_ip6(ip)))
        ip_addr_set_ip4_u32(ip, ip_2_ip6(ip)->addr[3]);
}

/* An interface has one IPv4 address: the first has the network, the others take what arrives on it.
 * IPv6 addresses share the first; by lwIP's custom slot 0 is for the link-local one. */
bool link_address(const ip_addr_t *ip, int prefix)
{
    static int slot = 1;
    if (!IP_IS_V6(ip)) {
        if ((size_t)count < LWIP_ARRAYSIZE(link_netifs))
            return add(ip_2_ip4(ip), count == 0 ? prefix : 32) != NULL;
        return false;
    }
    struct netif *netif = count == 0 ? add(NULL, 0) : &link_netifs[0];
    s8_t at = (s8_t)(ip6_addr_islinklocal(ip_2_ip6(ip)) ? 0 : slot++);
    if (at >= LWIP_IPV6_NUM_ADDRESSES)
        return false;
    netif_ip6_addr_set(netif, at, ip_2_ip6(ip));
    netif_ip6_addr_set_state(netif, at, IP6_ADDR_PREFERRED);
    return true;
}

void link_route(bool ipv6, bool by_default)
{
    if (by_default)
        netif_set_default(&link_netifs[0]);
    else if (ipv6)
        add(NULL, 0); /* with one interface alone, all IPv6 goes there */
}

void link_datagram(const uint8_t *octets, size_t length)
{
    bool fits = length > 0 && length <= 0xffff;
    struct pbuf *pbuf = fits ? pbuf_alloc(PBUF_RAW, (u16_t)length, PORT_RX_PBUF) : NULL;
    if (pbuf == NULL) {
        LINK_STATS_INC(link.memerr);
        return;
    }
    pbuf_take(pbuf, octets, (u16_t)length);
    link_netifs[0].input(pbuf, &link_netifs[0]);
}
