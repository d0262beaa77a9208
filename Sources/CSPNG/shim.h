// The PNG codec libspng (Debian: libspng-dev).
#include <spng.h>
