/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTGOING_H
#define OUTGOING_H

#include "exchange.h"
#include "traffic.h"

/**
 * outgoing_send() - hand a reply to microhttpd
 * @exchange: what it is the reply to, or NULL: there is no stream
 * @request: what it was, for the log
 * @reply: its body is used up
 * @close: the connection is to end with it
 * @traffic: counts it
 */
enum MHD_Result outgoing_send(struct MHD_Connection *connection,
			      struct exchange *exchange,
			      const struct http_request *request,
			      struct http_reply *reply, bool close,
			      struct traffic *traffic);

#endif
