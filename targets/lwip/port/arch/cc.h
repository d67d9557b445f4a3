/* The compiler and the C library, as lwIP wants to know them. */
#ifndef LWIP_PORT_CC_H
#define LWIP_PORT_CC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS
#include <arpa/inet.h>
#define lwip_htons(x) htons(x)
#define lwip_htonl(x) htonl(x)
#include <sys/time.h>
#define LWIP_TIMEVAL_PRIVATE 0

/* A broken invariant is the stack's end: the tester sees the signal and keeps the line. */
#define LWIP_PLATFORM_DIAG(x) do { printf x; } while (0)
#define LWIP_PLATFORM_ASSERT(x)                                                   \
    do {                                                                          \
        fprintf(stderr, "lwIP: %s:%d: assertion: %s\n", __FILE__, __LINE__, x);   \
        abort();                                                                  \
    } while (0)

/* From the tester's seed. */
uint32_t port_random(void);
#define LWIP_RAND() port_random()

#endif
