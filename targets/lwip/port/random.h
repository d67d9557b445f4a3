/* Chance from the tester's seed: for ports, and as the key of initial sequence numbers. */
#ifndef LWIP_PORT_RANDOM_H
#define LWIP_PORT_RANDOM_H

#include <stdint.h>

void port_seed(uint64_t seed);

#endif
