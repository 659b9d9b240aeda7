// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "roce_peer.h"

#define DEVICE_END "phyr0"
#define PEER_END "phyr1"
#define DEVICE_ADDRESS "10.0.3.1"
#define PEER_ADDRESS "10.0.3.2"
#define PEER_QPN 0x1234
#define PORT 4791
#define WAIT_MS 2000

/* Opcodes of reliable connections */
#define READ_REQUEST 0x0c
#define READ_FIRST 0x0d
#define READ_MIDDLE 0x0e
#define READ_LAST 0x0f
#define READ_ONLY 0x10
#define ACKNOWLEDGE 0x11

struct bth {
	uint8_t opcode;
	uint8_t flags;
	uint16_t pkey;
	uint32_t qpn;
	uint32_t psn;
} __attribute__((packed));

struct reth {
	uint64_t addr;
	uint32_t rkey;
	uint32_t len;
} __attribute__((packed));

struct frame {
	struct ethhdr ether;
	struct iphdr ip;
	struct udphdr udp;
	struct bth bth;
} __attribute__((packed));

#define AETH_LEN 4
#define ICRC_LEN 4

struct read_request {
	struct frame frame;
	struct reth reth;
	uint32_t icrc;
} __attribute__((packed));

static uint32_t crc32_of(uint32_t crc, const void *bytes, size_t len)
{
	const uint8_t *byte = bytes;

	while (len--) {
		crc ^= *byte++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

/* What may change on the way counts as ones, as does the header of another link. */
static uint32_t icrc_of(const struct read_request *request)
{
	struct read_request copy = *request;
	uint64_t other = -1;
	uint32_t crc;

	copy.frame.ip.tos = 0xff;
	copy.frame.ip.ttl = 0xff;
	copy.frame.ip.check = 0xffff;
	copy.frame.udp.check = 0xffff;
	copy.frame.bth.qpn |= htonl(0xff000000);
	crc = crc32_of(-1, &other, sizeof(other));
	crc = crc32_of(crc, &copy.frame.ip,
		       sizeof(copy) - sizeof(copy.frame.ether) - ICRC_LEN);
	return htole32(~crc);
}

static uint16_t ip_checksum(struct iphdr ip)
{
	const uint8_t *byte = (const uint8_t *)&ip;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(ip); i += 2)
		sum += byte[i] << 8 | byte[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return htons(~(sum + (sum >> 16)));
}

void roce_peer_read(const struct roce_peer *peer, uint32_t psn, uint64_t addr,
		    uint32_t rkey, uint32_t len)
{
	struct read_request request = {
		.frame = {
			.ether.h_proto = htons(ETH_P_IP),
			.ip = {
				.version = 4,
				.ihl = 5,
				.tot_len = htons(sizeof(request) - ETH_HLEN),
				.ttl = 64,
				.protocol = IPPROTO_UDP,
				.saddr = inet_addr(PEER_ADDRESS),
				.daddr = inet_addr(DEVICE_ADDRESS),
			},
			.udp = {
				.source = htons(PORT),
				.dest = htons(PORT),
				.len = htons(sizeof(request) - ETH_HLEN -
					     sizeof(struct iphdr)),
			},
			.bth = {
				.opcode = READ_REQUEST,
				.pkey = 0xffff,
				.qpn = htonl(peer->qpn),
				.psn = htonl(psn),
			},
		},
		.reth = { htobe64(addr), htonl(rkey), htonl(len) },
	};

	memcpy(request.frame.ether.h_dest, peer->mac[0], ETH_ALEN);
	memcpy(request.frame.ether.h_source, peer->mac[1], ETH_ALEN);
	request.frame.ip.check = ip_checksum(request.frame.ip);
	request.icrc = icrc_of(&request);
	assert_int_equal(send(peer->sk, &request, sizeof(request), 0),
			 sizeof(request));
}

/* Other packets are of the network itself. */
static bool take(const uint8_t *packet, ssize_t len,
		 struct roce_response *response)
{
	const struct frame *frame = (const struct frame *)packet;
	const uint8_t *payload = packet + sizeof(*frame);
	ssize_t bytes;

	if (len < (ssize_t)sizeof(*frame) + ICRC_LEN ||
	    frame->ether.h_proto != htons(ETH_P_IP) ||
	    frame->ip.protocol != IPPROTO_UDP ||
	    frame->udp.dest != htons(PORT) || frame->bth.qpn != htonl(PEER_QPN))
		return false;
	bytes = ntohs(frame->udp.len) - sizeof(frame->udp) -
		sizeof(frame->bth) - ICRC_LEN - (frame->bth.flags >> 4 & 3);
	if (frame->bth.opcode != READ_MIDDLE) {
		payload += AETH_LEN;
		bytes -= AETH_LEN;
	}
	response->psn = ntohl(frame->bth.psn) & 0xffffff;
	response->refused = frame->bth.opcode == ACKNOWLEDGE;
	response->len = bytes;
	assert_in_range(bytes, 0, ROCE_MTU);
	memcpy(response->data, payload, bytes);
	return true;
}

bool roce_peer_await(const struct roce_peer *peer,
		     struct roce_response *response)
{
	struct pollfd readable = { .fd = peer->sk, .events = POLLIN };
	uint8_t packet[2048];

	while (poll(&readable, 1, WAIT_MS) == 1)
		if (take(packet, recv(peer->sk, packet, sizeof(packet), 0),
			 response))
			return true;
	return false;
}

static void run(const char *command)
{
	if (system(command))
		skip("%s", command);
}

static void mac_of(const struct roce_peer *peer, const char *name,
		   uint8_t mac[ETH_ALEN])
{
	struct ifreq request = {};

	strcpy(request.ifr_name, name);
	assert_int_equal(ioctl(peer->sk, SIOCGIFHWADDR, &request), 0);
	memcpy(mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
}

void roce_peer_open(struct roce_peer *peer)
{
	struct sockaddr_ll end = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
	};
	char command[128];
	uint8_t *mac = peer->mac[1];

	run("/usr/bin/ip link add " DEVICE_END
	    " type veth peer name " PEER_END);
	run("/usr/bin/ip link set " DEVICE_END
	    " up && /usr/bin/ip link set " PEER_END " up");
	run("/usr/bin/ip addr add " DEVICE_ADDRESS "/24 dev " DEVICE_END);
	peer->sk = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(peer->sk >= 0);
	end.sll_ifindex = if_nametoindex(PEER_END);
	assert_int_equal(bind(peer->sk, (struct sockaddr *)&end, sizeof(end)),
			 0);
	mac_of(peer, DEVICE_END, peer->mac[0]);
	mac_of(peer, PEER_END, peer->mac[1]);
	snprintf(command, sizeof(command),
		 "/usr/bin/ip neigh replace " PEER_ADDRESS
		 " lladdr %02x:%02x:%02x:%02x:%02x:%02x dev " DEVICE_END,
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	run(command);
	run("/usr/bin/rdma link add " ROCE_DEVICE
	    " type rxe netdev " DEVICE_END);
}

void roce_peer_close(struct roce_peer *peer)
{
	close(peer->sk);
	run("/usr/bin/rdma link delete " ROCE_DEVICE);
	run("/usr/bin/ip link delete " DEVICE_END);
}

static int gid_index_of(struct ibv_context *context)
{
	struct ibv_gid_entry gid;
	uint32_t address = inet_addr(DEVICE_ADDRESS);

	for (int i = 0; i < 16; i++)
		if (!ibv_query_gid_ex(context, 1, i, &gid, 0) &&
		    gid.gid_type == IBV_GID_TYPE_ROCE_V2 &&
		    !memcmp(gid.gid.raw + 12, &address, sizeof(address)))
			return i;
	fail("no GID of " DEVICE_ADDRESS);
}

void roce_peer_connect(struct roce_peer *peer, struct ibv_qp *qp, uint32_t psn)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = PEER_QPN,
		.rq_psn = psn,
		.max_dest_rd_atomic = 4,
		.ah_attr = {
			.is_global = 1,
			.port_num = 1,
			.grh = {
				.sgid_index = gid_index_of(qp->context),
				.hop_limit = 64,
			},
		},
	};
	uint8_t *dgid = attr.ah_attr.grh.dgid.raw;
	uint32_t address = inet_addr(PEER_ADDRESS);

	dgid[10] = 0xff;
	dgid[11] = 0xff;
	memcpy(dgid + 12, &address, sizeof(address));
	assert_int_equal(ibv_modify_qp(qp, &attr,
				       IBV_QP_STATE | IBV_QP_AV |
					       IBV_QP_PATH_MTU |
					       IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
					       IBV_QP_MAX_DEST_RD_ATOMIC |
					       IBV_QP_MIN_RNR_TIMER),
			 0);
	attr.qp_state = IBV_QPS_RTS;
	assert_int_equal(
		ibv_modify_qp(qp, &attr,
			      IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
				      IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
				      IBV_QP_MAX_QP_RD_ATOMIC),
		0);
	peer->qpn = qp->qp_num;
}
