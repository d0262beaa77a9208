// The part of libmicrohttpd that the service uses, without variadic functions and without types of the library.
//
// A daemon serves one listening socket, which the caller made, on one thread of its own; every function of `chttpd_events`
// is called on that thread. An exchange that is worked at elsewhere is suspended meanwhile: it costs no thread.
#ifndef CHTTPDAEMON_H
#define CHTTPDAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A server over one listening socket.
typedef struct chttpd_daemon chttpd_daemon;
/// A client's connection.
typedef struct chttpd_connection chttpd_connection;

/// What the daemon tells. A record belongs to a connection, an exchange to one request on it; both are the caller's.
typedef struct chttpd_events {
  /// The caller's own, given to `opened`.
  void *context;
  /// A client has connected; returns the connection's record.
  void *(*opened)(void *context, int descriptor);
  /// The connection is over, its descriptor about to be closed.
  void (*closed)(void *record);
  /// The first line of a request has come, with its target as it was sent; returns the exchange.
  void *(*began)(void *record, const char *target);
  /// The headers are there (`bytes` is NULL), a piece of the body has come, or the request is complete (`bytes` is NULL,
  /// once more), or a suspended exchange was resumed (the same); returns whether the connection is kept.
  bool (*advanced)(void *exchange, chttpd_connection *connection, const char *method, const uint8_t *bytes, size_t count);
  /// The exchange is over, answered or not; `isWhole` says whether the answer was sent.
  void (*ended)(void *exchange, bool is_whole);
} chttpd_events;

/// What a daemon allows.
typedef struct chttpd_limits {
  /// Connections at a time; further ones wait to be accepted.
  unsigned connection_count;
  /// Connections at a time from one address, further ones are ended at once; 0 for no such limit. Not of Unix sockets.
  unsigned connection_count_per_address;
  /// Memory of a connection for headers and for the piece of the body that is at hand.
  size_t connection_byte_count;
} chttpd_limits;

/// Starts a daemon over a listening socket; NULL where the library gives none. The socket stays the caller's.
chttpd_daemon *chttpd_start(int descriptor, chttpd_limits limits, chttpd_events events);
/// Accepts no further connections; those that there are go on.
void chttpd_stop_accepting(chttpd_daemon *daemon);
/// Ends all connections and the thread. No exchange may be suspended.
void chttpd_stop(chttpd_daemon *daemon);

/// Gives each header of the request to a function.
void chttpd_each_header(chttpd_connection *connection, void *context,
                        void (*body)(void *context, const char *name, size_t name_count, const char *value,
                                     size_t value_count));
/// Sets an exchange aside until `chttpd_resume`; only within `advanced`.
void chttpd_suspend(chttpd_connection *connection);
/// Lets a suspended exchange go on: `advanced` is called once more. From any thread.
void chttpd_resume(chttpd_connection *connection);
/// Answers, only within `advanced`. The body is copied.
bool chttpd_answer(chttpd_connection *connection, unsigned status, const char *const *header_names,
                   const char *const *header_values, size_t header_count, const uint8_t *body, size_t body_count);

/// A body that comes piece by piece, for as long as its source has something to say.
typedef struct chttpd_source {
  /// The caller's own.
  void *context;
  /// Fills a buffer, on the daemon's thread; returns how many bytes it put there, 0 after it suspended the connection because
  /// there is nothing to say yet, -1 at the end.
  ptrdiff_t (*read)(void *context, chttpd_connection *connection, uint8_t *buffer, size_t count);
  /// Nothing more will be read.
  void (*release)(void *context);
} chttpd_source;

/// Answers with a body that goes on, only within `advanced`. The source is released in any case.
bool chttpd_stream(chttpd_connection *connection, unsigned status, const char *const *header_names,
                   const char *const *header_values, size_t header_count, chttpd_source source);

/// The address at the other end, without its port, as text; the empty text where it has none.
void chttpd_peer_address(int descriptor, char *text, size_t count);
/// How many bytes have come over a TCP connection since it was opened, read or not; false for other sockets.
bool chttpd_received_count(int descriptor, uint64_t *count);
/// The user at the other end of a Unix socket; false for other sockets.
bool chttpd_peer_user(int descriptor, uint32_t *user);

#endif
