/* http_server.h - answers GET on one address, for figures and health (libmicrohttpd).
 * Owner:   the caller of http_server_open; what the handler writes is the server's.
 * Errors:  http_server_open says why it cannot listen.
 * Threads: the handler is called on the server's one thread.
 *
 * It takes no body, 32 connections at a time, 16 KiB of request a connection and ten seconds of silence. What
 * it is asked for is never logged. */
#ifndef BUNDELWACHT_OPS_HTTP_SERVER_H
#define BUNDELWACHT_OPS_HTTP_SERVER_H

#include "base/buffer.h"

struct http_answer {
    int status; /* 200, 404, 503 */
    const char *content_type;
    struct buffer body;
};
/* `accept`: the header, or NULL. */
typedef void (*http_handler)(void *context, const char *path, const char *accept, struct http_answer *answer);

struct http_server;
/* "127.0.0.1:9464", "[::1]:9464", ":9464" (every address). False: it is no such thing. */
bool http_address_is_good(const char *address);
struct http_server *http_server_open(const char *address, http_handler handler, void *context, char *error,
                                     size_t error_size);
void http_server_close(struct http_server *server); /* NULL is fine */

#endif
