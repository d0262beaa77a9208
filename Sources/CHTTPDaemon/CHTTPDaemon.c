// For struct ucred.
#define _GNU_SOURCE
#include "CHTTPDaemon.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct chttpd_daemon {
  struct MHD_Daemon *daemon;
  chttpd_events events;
  bool accepts;
};

static void *record_of(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

static void notify_connection(void *context, struct MHD_Connection *connection, void **record,
                              enum MHD_ConnectionNotificationCode code) {
  chttpd_daemon *daemon = context;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *record = daemon->events.opened(daemon->events.context, info == NULL ? -1 : info->connect_fd);
  } else if (*record != NULL) {
    daemon->events.closed(*record);
    *record = NULL;
  }
}

// The only place where the target stands as it was sent; what is returned becomes the exchange.
static void *notify_target(void *context, const char *target, struct MHD_Connection *connection) {
  chttpd_daemon *daemon = context;
  void *record = record_of(connection);
  return record == NULL ? NULL : daemon->events.began(record, target);
}

static enum MHD_Result advance(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                               const char *version, const char *bytes, size_t *count, void **exchange) {
  (void)url;
  (void)version;
  chttpd_daemon *daemon = context;
  if (*exchange == NULL) return MHD_NO;
  size_t given = *count;
  *count = 0;
  bool goes_on = daemon->events.advanced(*exchange, (chttpd_connection *)connection, method,
                                         given == 0 ? NULL : (const uint8_t *)bytes, given);
  return goes_on ? MHD_YES : MHD_NO;
}

static void notify_end(void *context, struct MHD_Connection *connection, void **exchange,
                       enum MHD_RequestTerminationCode code) {
  (void)connection;
  chttpd_daemon *daemon = context;
  if (*exchange == NULL) return;
  daemon->events.ended(*exchange, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
  *exchange = NULL;
}

chttpd_daemon *chttpd_start(int descriptor, chttpd_limits limits, chttpd_events events) {
  chttpd_daemon *result = calloc(1, sizeof *result);
  if (result == NULL) return NULL;
  result->events = events;
  result->accepts = true;
  const unsigned flags = MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  result->daemon = MHD_start_daemon(
      flags, 0, NULL, NULL, advance, result, MHD_OPTION_LISTEN_SOCKET, (MHD_socket)descriptor,
      MHD_OPTION_CONNECTION_LIMIT, limits.connection_count, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
      limits.connection_count_per_address, MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.connection_byte_count,
      MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_NOTIFY_CONNECTION, notify_connection, result,
      MHD_OPTION_URI_LOG_CALLBACK, notify_target, result, MHD_OPTION_NOTIFY_COMPLETED, notify_end, result,
      MHD_OPTION_END);
  if (result->daemon == NULL) {
    free(result);
    return NULL;
  }
  return result;
}

void chttpd_stop_accepting(chttpd_daemon *daemon) {
  if (!daemon->accepts) return;
  daemon->accepts = false;
  // Hands the listening socket back, so that the library does not close it.
  MHD_quiesce_daemon(daemon->daemon);
}

void chttpd_stop(chttpd_daemon *daemon) {
  chttpd_stop_accepting(daemon);
  MHD_stop_daemon(daemon->daemon);
  free(daemon);
}

struct header_visit {
  void *context;
  void (*body)(void *, const char *, size_t, const char *, size_t);
};

static enum MHD_Result visit_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_count,
                                    const char *value, size_t value_count) {
  (void)kind;
  const struct header_visit *visit = context;
  visit->body(visit->context, name, name_count, value == NULL ? "" : value, value == NULL ? 0 : value_count);
  return MHD_YES;
}

void chttpd_each_header(chttpd_connection *connection, void *context,
                        void (*body)(void *, const char *, size_t, const char *, size_t)) {
  struct header_visit visit = {context, body};
  MHD_get_connection_values_n((struct MHD_Connection *)connection, MHD_HEADER_KIND, visit_header, &visit);
}

void chttpd_suspend(chttpd_connection *connection) { MHD_suspend_connection((struct MHD_Connection *)connection); }

void chttpd_resume(chttpd_connection *connection) { MHD_resume_connection((struct MHD_Connection *)connection); }

static bool queue(struct MHD_Connection *connection, unsigned status, const char *const *header_names,
                  const char *const *header_values, size_t header_count, struct MHD_Response *response) {
  bool is_good = true;
  for (size_t i = 0; i < header_count && is_good; i++) {
    is_good = MHD_add_response_header(response, header_names[i], header_values[i]) == MHD_YES;
  }
  if (is_good) is_good = MHD_queue_response(connection, status, response) == MHD_YES;
  MHD_destroy_response(response);
  return is_good;
}

bool chttpd_answer(chttpd_connection *connection, unsigned status, const char *const *header_names,
                   const char *const *header_values, size_t header_count, const uint8_t *body, size_t body_count) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(body_count, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
  if (response == NULL) return false;
  return queue((struct MHD_Connection *)connection, status, header_names, header_values, header_count, response);
}

struct stream {
  chttpd_connection *connection;
  chttpd_source source;
};

static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t count) {
  (void)position;
  struct stream *stream = context;
  ptrdiff_t given = stream->source.read(stream->source.context, stream->connection, (uint8_t *)buffer, count);
  return given < 0 ? MHD_CONTENT_READER_END_OF_STREAM : given;
}

static void release_stream(void *context) {
  struct stream *stream = context;
  stream->source.release(stream->source.context);
  free(stream);
}

bool chttpd_stream(chttpd_connection *connection, unsigned status, const char *const *header_names,
                   const char *const *header_values, size_t header_count, chttpd_source source) {
  struct stream *stream = malloc(sizeof *stream);
  struct MHD_Response *response = NULL;
  if (stream != NULL) {
    *stream = (struct stream){connection, source};
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 32768, read_stream, stream, release_stream);
  }
  if (response == NULL) {
    source.release(source.context);
    free(stream);
    return false;
  }
  return queue((struct MHD_Connection *)connection, status, header_names, header_values, header_count, response);
}

void chttpd_peer_address(int descriptor, char *text, size_t count) {
  if (count == 0) return;
  text[0] = 0;
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getpeername(descriptor, (struct sockaddr *)&address, &length) != 0) return;
  const void *host = NULL;
  int family = address.ss_family;
  if (family == AF_INET) {
    host = &((const struct sockaddr_in *)&address)->sin_addr;
  } else if (family == AF_INET6) {
    const struct in6_addr *six = &((const struct sockaddr_in6 *)&address)->sin6_addr;
    host = six;
    if (IN6_IS_ADDR_V4MAPPED(six)) {
      family = AF_INET;
      host = six->s6_addr + 12;
    }
  }
  if (host == NULL || inet_ntop(family, host, text, (socklen_t)count) == NULL) text[0] = 0;
}

bool chttpd_received_count(int descriptor, uint64_t *count) {
  struct tcp_info info;
  socklen_t length = sizeof info;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
  // Kernels before 4.1, and what imitates a kernel, give less.
  if (length < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) return false;
  *count = info.tcpi_bytes_received;
  return true;
}

bool chttpd_peer_user(int descriptor, uint32_t *user) {
  int domain = 0;
  socklen_t length = sizeof domain;
  if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != AF_UNIX) return false;
  struct ucred credentials;
  length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return false;
  *user = credentials.uid;
  return true;
}
