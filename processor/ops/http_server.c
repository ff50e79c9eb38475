#include "ops/http_server.h"

#include "base/memory.h"
#include "base/must.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    CONNECTIONS_MAX = 32,
    CONNECTIONS_OF_ONE_MAX = 16,
    REQUEST_BYTES_MAX = 16384,
    SILENCE_SECONDS_MAX = 10,
    HOST_BYTES = 64,
    PORT_MAX = 65535
};

struct http_server {
    struct MHD_Daemon *daemon;
    http_handler handler;
    void *context;
};

/* --- an address --- */

struct address {
    char host[HOST_BYTES]; /* empty: every address */
    bool is_v6;
    char port[8];
};

static bool read_port(const char *text, struct address *address)
{
    char *end;
    size_t length = strlen(text);
    if (length == 0 || length > 5 || strspn(text, "0123456789") != length)
        return false;
    long port = strtol(text, &end, 10);
    snprintf(address->port, sizeof(address->port), "%s", text);
    return port >= 1 && port <= PORT_MAX;
}

static bool read_address(const char *text, struct address *address)
{
    const char *colon = strrchr(text, ':');
    *address = (struct address){ .is_v6 = text[0] == '[' };
    if (!colon || !read_port(colon + 1, address))
        return false;
    size_t length = (size_t)(colon - text), brackets = address->is_v6 ? 1 : 0;
    if (length < 2 * brackets || (brackets && text[length - 1] != ']') ||
        length - 2 * brackets >= sizeof(address->host))
        return false;
    memcpy(address->host, text + brackets, length - 2 * brackets);
    return address->is_v6 || !strchr(address->host, ':');
}

static struct addrinfo *resolve(const char *text)
{
    struct address address;
    struct addrinfo *found = NULL;
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
    if (!read_address(text, &address) ||
        getaddrinfo(address.host[0] ? address.host : NULL, address.port, &hints, &found) != 0)
        return NULL;
    return found;
}

bool http_address_is_good(const char *address)
{
    struct addrinfo *found = resolve(address);
    if (found)
        freeaddrinfo(found);
    return found != NULL;
}

/* --- a request --- */

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct http_answer *answer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.length, answer->body.data, MHD_RESPMEM_MUST_COPY);
    buffer_release(&answer->body);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", answer->content_type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_request(void *context, struct MHD_Connection *connection, const char *path,
                                      const char *method, const char *version, const char *body,
                                      size_t *body_size, void **state)
{
    const struct http_server *server = context;
    struct http_answer answer = { .status = MHD_HTTP_OK, .content_type = "text/plain; charset=utf-8" };
    (void)version, (void)body, (void)state;
    if (*body_size > 0)
        return MHD_NO;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        answer.status = MHD_HTTP_METHOD_NOT_ALLOWED;
    else
        server->handler(server->context, path,
                        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept"), &answer);
    return send_answer(connection, &answer);
}

/* --- life --- */

/* What the library would say on stderr is said by nobody: it may hold pieces of a request. */
static void say_nothing(void *context, const char *format, va_list arguments)
{
    (void)context, (void)format, (void)arguments;
}

static struct MHD_Daemon *start(const struct addrinfo *where, struct http_server *server)
{
    unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG;
    if (where->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, answer_request, server, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
        MHD_OPTION_SOCK_ADDR, where->ai_addr, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_OF_ONE_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SILENCE_SECONDS_MAX, MHD_OPTION_END);
}

struct http_server *http_server_open(const char *address, http_handler handler, void *context, char *error,
                                     size_t error_size)
{
    struct addrinfo *where = resolve(address);
    if (!where) {
        snprintf(error, error_size, "\"%s\" is no address like 127.0.0.1:9464 or [::1]:9464", address);
        return NULL;
    }
    struct http_server *server = memory_alloc_zeroed(1, sizeof(*server));
    server->handler = handler;
    server->context = context;
    errno = 0;
    server->daemon = start(where, server);
    int why = errno;
    freeaddrinfo(where);
    if (server->daemon)
        return server;
    snprintf(error, error_size, "cannot listen on %s: %s", address, why ? strerror(why) : "refused");
    memory_free(server);
    return NULL;
}

void http_server_close(struct http_server *server)
{
    if (!server)
        return;
    MHD_stop_daemon(server->daemon);
    memory_free(server);
}
