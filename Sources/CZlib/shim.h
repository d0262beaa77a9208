// The compression library zlib (Debian: zlib1g-dev).
#include <zlib.h>
