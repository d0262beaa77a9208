// Element kernels for what the compiler takes as given: SSE2 on x86-64, NEON on aarch64.
#define ELEMENTS dpuk_elements_portable
#define BYTES 16
#include "elements_template.h"
