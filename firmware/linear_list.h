// The descriptors of a linear: what the kernels linear and logits have in common.
#ifndef FIRMWARE_LINEAR_LIST_H_
#define FIRMWARE_LINEAR_LIST_H_

#include "firmware/tile.h"

// One pass over the input: up to CHUNK_GROUPS groups of 16 rows, their running sums in the accumulators.
typedef struct {
  uint32_t blocks, block_length, groups;
  uint32_t x_address;  // of the first MX block
  uint32_t weight_address, multiplier_address, shift_address, bias_address;
} linear_matrix_t;

static inline uint32_t chunk_first_group(uint32_t chunk) { return chunk * CHUNK_GROUPS; }

static inline uint32_t chunk_groups(uint32_t groups, uint32_t chunk) {
  uint32_t left = groups - chunk_first_group(chunk);
  return left < CHUNK_GROUPS ? left : CHUNK_GROUPS;
}

static inline uint32_t chunk_count(uint32_t groups) { return (groups + CHUNK_GROUPS - 1) / CHUNK_GROUPS; }

// The accumulator entry where a chunk's sums are: beside the products' entries 0 to 3 and 8 to 11.
static inline uint32_t chunk_entry(uint32_t chunk) { return chunk & 1 ? 12 : 4; }

// Products of `blocks` blocks from one on, of all row groups of a chunk, into entries from one on.
static inline mac_descriptor_t block_products(const linear_matrix_t* matrix, uint32_t chunk, uint32_t block,
                                              uint32_t blocks, uint32_t entry) {
  const uint32_t columns = matrix->blocks * matrix->block_length;
  const uint32_t row_groups = chunk_groups(matrix->groups, chunk);
  const uint32_t of_blocks =
      row_groups == 1;  // a group of the descriptor is a block, or else a group of rows
  return (mac_descriptor_t){
      .unit = UNIT_MAC,
      .x_where = WHERE_SRAM,
      .count = matrix->block_length,
      .groups = of_blocks ? blocks : row_groups,
      .entry = entry,
      .x_address = matrix->x_address + block * mx_stride(matrix->block_length),
      .x_group_stride = of_blocks ? mx_stride(matrix->block_length) / 16 : 0,
      .weight_address =
          matrix->weight_address + (chunk_first_group(chunk) * columns + block * matrix->block_length) * 16,
      .weight_stride = 1,
      .group_stride = of_blocks ? matrix->block_length : columns,
  };
}

// Per block: products, then sum += sat32(rsh(product * M, s - e_b - 16)), section "Linear" of
// docs/numerics.md. A chunk of one row group has the products of several blocks from one descriptor. Gives
// the place behind the last descriptor written.
static inline map_descriptor_t* build_chunk(map_descriptor_t* next, const linear_matrix_t* matrix,
                                            uint32_t chunk) {
  const uint32_t group = chunk_first_group(chunk);
  const uint32_t groups = chunk_groups(matrix->groups, chunk);
  const uint32_t together = blocks_together(groups);
  for (uint32_t block = 0; block < matrix->blocks; ++block) {
    // Two places for products turn about, so that they go on while sums are taken.
    const uint32_t turn = chunk * matrix->blocks + block / together;
    const uint32_t entry = (turn & 1 ? ACC_BANK_ENTRIES : 0) + block % together;
    if (block % together == 0) {
      const uint32_t left = matrix->blocks - block;
      *(mac_descriptor_t*)next++ =
          block_products(matrix, chunk, block, left < together ? left : together, entry);
    }
    map_descriptor_t sum = {
        .unit = UNIT_MAP,
        .operation = MAP_MULQ,
        .a_where = WHERE_ACC,
        .a_size = SIZE32,
        .a_address = entry,
        .acc_wait = 1,
        .acc_release = 1,
        .b_vector = 1,
        .b_value = matrix->multiplier_address + group * 32,
        .shift = (uint16_t)-16,
        .shift_mode = SHIFT_PLUS,
        .shift_address = matrix->shift_address + group * 16,
        .shift_subtract = SUBTRACT_BYTE,
        .shift_subtract_address =
            matrix->x_address + block * mx_stride(matrix->block_length) + matrix->block_length,
        .inner_width = 32,
        .count = groups * 16,
        .c_where = WHERE_ACC,
        .c_size = SIZE32,
        .c_address = chunk_entry(chunk),
        .out_where = WHERE_ACC,
        .out_size = SIZE32,
        .out_address = chunk_entry(chunk),
    };
    if (block == 0) {
      sum.c_where = matrix->bias_address ? WHERE_SRAM : WHERE_NONE;
      sum.c_address = matrix->bias_address + group * 64;
    }
    *next++ = sum;
  }
  return next;
}

#endif  // FIRMWARE_LINEAR_LIST_H_
