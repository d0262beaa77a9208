// What the fake board needs of C: words that another library reads at the same time.
#ifndef C_FAKE_XRT_BOARD_H
#define C_FAKE_XRT_BOARD_H

#include <stdint.h>

/// Writes the first word of a command so that a reader without a lock sees it, and all that was written before.
void fake_publish(void *command, uint32_t header);

#endif
