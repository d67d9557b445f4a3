/* What this port adds for lwIP: the tester's clock, chance from the tester's seed. */
#ifndef PORT_H
#define PORT_H

#include "lwip/ip_addr.h"

int64_t port_now_ns(void);
void port_seed(uint64_t seed);

/* The initial sequence number of RFC 6528: M + F(connection, key). */
u32_t port_isn(const ip_addr_t *local_ip, u16_t local_port, const ip_addr_t *remote_ip,
               u16_t remote_port);

#endif
