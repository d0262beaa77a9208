// The HTTP server library libmicrohttpd (Debian: libmicrohttpd-dev).
#include <microhttpd.h>
