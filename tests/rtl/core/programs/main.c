// On the core: runs all programs, and writes their results to the SRAM, one word each from address 0.
#include "programs.h"

void main(void) {
  volatile uint32_t* result = 0;
  for (int i = 0; i < PROGRAM_COUNT; ++i) result[i] = kPrograms[i]();
}
