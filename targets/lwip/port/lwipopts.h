/* What lwIP is built with: see README.md for the three option sets. */
#ifndef LWIP_PORT_LWIPOPTS_H
#define LWIP_PORT_LWIPOPTS_H

/* What this way of driving it takes, in each of the sets. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_IPV6 1
#define LWIP_ARP 0
#define LWIP_ETHERNET 0
#define LWIP_TCP_PCB_NUM_EXT_ARGS 1 /* tells the agent when a connection's memory is freed */
#define MEM_ALIGNMENT 8             /* pointers are of 8 octets */
#define IPV6_FRAG_COPYHEADER 1
#define LWIP_IPV6_NUM_ADDRESSES 4   /* two of a host, link-local, one for another interface */
/* The link has no neighbours to ask for: no router solicitations, no address tests. */
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define LWIP_IPV6_AUTOCONFIG 0
#define LWIP_IPV6_MLD 0

#ifdef PORT_DEFAULTS
#define PORT_RX_PBUF PBUF_POOL /* from the driver's pool, as usual on small systems */
#define PORT_SO_LINGER 0
#else
/* A full set. */
#define PORT_RX_PBUF PBUF_RAM /* each datagram in memory of its own size */
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define TCP_MSS 1460
#define TCP_WND 65535
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 2
#define TCP_SND_BUF 65535
#define TCP_SND_QUEUELEN 1024
#define MEMP_NUM_TCP_SEG 4096
#define MEMP_NUM_TCP_PCB 1024
#define MEMP_NUM_TCP_PCB_LISTEN 64
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_TIMESTAMPS 1
#define LWIP_TCP_KEEPALIVE 1
#define TCP_LISTEN_BACKLOG 1
#define SO_REUSE 1
#define PORT_SO_LINGER 1
#define LWIP_STATS_LARGE 1
#define LWIP_HOOK_FILENAME "port.h"
#define LWIP_HOOK_TCP_ISN port_isn
#endif

#endif
