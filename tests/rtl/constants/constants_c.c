/* What the kernels' C header says, for comparison with the C++ one. */
#include <string.h>

#include "tessera_tile_constants.h"

void c_constants(uint32_t values[4]) {
  values[0] = SRAM_WORDS;
  values[1] = REG_WAIT_JOIN;
  values[2] = MAP_GATE;
  values[3] = SIZE16;
}

void c_descriptor(uint32_t value, uint32_t words[8]) {
  map_descriptor_t descriptor;
  memset(&descriptor, 0, sizeof descriptor);
  descriptor.reduce = value;
  descriptor.clamp_power = value;
  descriptor.b_value = value;
  descriptor.offset_high = value;
  memcpy(words, &descriptor, sizeof descriptor);
}
