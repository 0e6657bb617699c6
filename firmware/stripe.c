// stripe: some blocks of the residual stream at one norm. Adds what the last linear sent, shares its sum of
// squares with its sister stripes, multicasts its normed MX blocks to the next linear and x to the next norm.
// Section "RMSNorm to MX" of docs/numerics.md.
#include "firmware/tile.h"

enum { RESIDUAL_WIDTH = 27 };

// A tag's list: add; per block u = x * G, then q; forward.
static map_descriptor_t* list_of(const stripe_parameters_t* p, uint32_t tag) {
  return (map_descriptor_t*)(uint32_t)(p->list_address + tag * p->list_tag_stride);
}

static void build_list(const stripe_parameters_t* p, uint32_t tag) {
  const uint32_t x = p->x_address + tag * p->x_tag_stride;
  map_descriptor_t* next = list_of(p, tag);
  *next++ = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_ADD,
      .a_where = WHERE_SRAM,
      .a_size = SIZE32,
      .a_address = x,
      .c_where = p->y_address ? WHERE_SRAM : WHERE_NONE,
      .c_size = SIZE32,
      .c_address = p->y_address + tag * p->y_tag_stride,
      .outer_width = RESIDUAL_WIDTH,
      .count = BLOCK_SIZE * p->blocks,
      .reduce = REDUCE_SUM_SQUARES,
      .out_where = WHERE_SRAM,
      .out_size = SIZE32,
      .out_address = x,
  };
  for (uint32_t block = 0; block < p->blocks; ++block) {
    *next++ = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_MULQ,
        .a_where = WHERE_SRAM,
        .a_size = SIZE32,
        .a_address = x + 4 * BLOCK_SIZE * block,
        .b_vector = 1,
        .b_value = p->gain_address + 2 * BLOCK_SIZE * block,
        .shift = 15,
        .count = BLOCK_SIZE,
        .reduce = REDUCE_MAX_MAGNITUDE,
        .out_where = WHERE_SRAM,
        .out_size = SIZE32,
        .out_address = p->u_address,
    };
    *next++ = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_NORM,
        .mode = NORM_RMS,
        .a_where = WHERE_SRAM,
        .a_size = SIZE32,
        .a_address = p->u_address,
        .inner_width = 8,
        .count = BLOCK_SIZE,
        .out_where = WHERE_COLOR,
        .out_size = SIZE8,
        .out_address = p->mx_color,
        .out_stride = p->first_block + block,
    };
  }
  *next = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_ADD,
      .a_where = WHERE_SRAM,
      .a_size = SIZE32,
      .a_address = x,
      .count = BLOCK_SIZE * p->blocks,
      .out_where = WHERE_COLOR,
      .out_size = SIZE32,
      .out_address = p->forward_color,
      .out_stride = p->forward_part,
  };
}

// This stripe's sum of squares, and its sisters'.
static uint64_t sum_over_stripes(const stripe_parameters_t* p, uint32_t header, uint32_t tag, uint64_t own) {
  if (p->sisters == 0) return own;
  tile_send(p->squares_color, header_with_part(header, p->squares_part));
  tile_send(p->squares_color, (uint32_t)own);
  tile_send_last(p->squares_color, (uint32_t)(own >> 32));
  tile_wait_join(SQUARES_JOIN, tag);
  uint32_t address = p->squares_address + tag * p->squares_tag_stride;
  for (uint32_t i = 0; i < p->sisters; ++i, address += 16) own += *(const uint64_t*)address;
  return own;
}

// inv = floor(2^31 / isqrt(m)) for the blocks' scale, and half of k for their exponents.
static void set_scale(const stripe_parameters_t* p, map_descriptor_t* norm, uint64_t sum_of_squares) {
  int32_t k = (int32_t)bit_length64(sum_of_squares) - 32;
  k += k & 1;
  const uint32_t m = (uint32_t)(k >= 0 ? sum_of_squares >> k : sum_of_squares << -k);
  const uint32_t inverse = 0x80000000u / square_root(m);
  const uint16_t exponent = (uint16_t)(p->exponent - k / 2);
  for (uint32_t block = 0; block < p->blocks; ++block, norm += 2) {
    norm->b_value = inverse;
    norm->offset_low = exponent;
  }
}

int main(void) {
  const stripe_parameters_t* p = PARAMETERS(stripe_parameters_t);
  const uint64_t epsilon = (uint64_t)p->epsilon_high << 32 | p->epsilon_low;
  const uint32_t rest = 2 * p->blocks - 1 + p->forward;  // what follows the first block's u
  for (uint32_t tag = 0; tag < p->in_flight; ++tag) build_list(p, tag);
  for (uint32_t tag = 0;; tag = next_tag(tag, p->in_flight)) {
    map_descriptor_t* list = list_of(p, tag);
    uint32_t header = tile_wait_join(TOKEN_JOIN, tag);
    tile_launch(header, (uint32_t)list, 1);
    tile_wait_units();
    tile_launch(header, (uint32_t)(list + 1), 1);  // u does not need the sum
    set_scale(p, list + 2, sum_over_stripes(p, header, tag, tile_reduced_sum()) + epsilon);
    tile_launch(header, (uint32_t)(list + 2), rest);
  }
}
