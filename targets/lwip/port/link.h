/* The link: an interface without layers below IP, no Ethernet and no neighbours. */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "lwip/netif.h"

extern struct netif link_netifs[4]; /* the first has the link's network */

/* An address from its octets: an IPv4 one that is mapped to IPv6 as such. */
void link_ip(bool ipv6, const uint8_t *octets, ip_addr_t *ip);
/* An address of the stack's; false for one too many. */
bool link_address(const ip_addr_t *ip, int prefix);
/* After all addresses: where everything goes that is on no network of the stack's own. */
void link_route(bool ipv6, bool by_default);
void link_datagram(const uint8_t *octets, size_t length);
/* What the stack sends: by the agent. */
err_t link_sent(const struct pbuf *pbuf);

#endif
