#include "CFakeXRTBoard.h"

void fake_publish(void *command, uint32_t header) {
  __atomic_store_n((uint32_t *)command, header, __ATOMIC_RELEASE);
}
