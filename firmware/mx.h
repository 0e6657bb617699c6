// Sending an MX block: straight to its color when that is one multicast; by way of SRAM, a copy per color, when
// its consumers are merges.
#ifndef FIRMWARE_MX_H_
#define FIRMWARE_MX_H_

#include "firmware/tile.h"

// `quantize` is a MAP_NORM descriptor without its output. Gives the place behind the last descriptor written.
static inline map_descriptor_t* build_mx_sends(map_descriptor_t* next, map_descriptor_t quantize,
                                               const mx_send_t* mx, uint32_t block_address, uint32_t block_length,
                                               uint32_t part) {
  quantize.out_size = SIZE8;
  if (mx->count == 1) {
    quantize.out_where = WHERE_COLOR;
    quantize.out_address = mx->color[0];
    quantize.out_stride = part;
    *next++ = quantize;
    return next;
  }
  quantize.out_where = WHERE_SRAM;
  quantize.out_address = block_address;
  quantize.offset_high = block_address + block_length;
  *next++ = quantize;
  for (uint32_t i = 0; i < mx->count; ++i) {
    *next++ = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_ADD,
        .a_where = WHERE_SRAM,
        .a_size = SIZE32,
        .a_address = block_address,
        .count = block_length / 4 + 1,
        .out_where = WHERE_COLOR,
        .out_size = SIZE32,
        .out_address = mx->color[i],
        .out_stride = part,
    };
  }
  return next;
}

#endif  // FIRMWARE_MX_H_
