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
      .notify = 1,  // the core needs the sum
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

// inv = floor(2^31 / isqrt(m)) for the blocks' scale, and half of k for their exponents.
static void set_scale(map_descriptor_t* norm, uint32_t blocks, uint32_t exponent, uint64_t sum_of_squares) {
  int32_t k = (int32_t)bit_length64(sum_of_squares) - 32;
  k += k & 1;
  const uint32_t m = (uint32_t)(k >= 0 ? sum_of_squares >> k : sum_of_squares << -k);
  const uint32_t inverse = 0x80000000u / square_root(m);
  for (uint32_t block = 0; block < blocks; ++block, norm += 2) {
    norm->b_value = inverse;
    norm->offset_low = (uint16_t)(exponent - k / 2);
  }
}

// Everything that a token's work needs is in registers before the token comes: from its rows to the sum of
// squares and from its sisters' sums to the MX blocks, every instruction is one that the whole wafer waits for.
int main(void) {
  const stripe_parameters_t* p = PARAMETERS(stripe_parameters_t);
  const uint64_t epsilon = (uint64_t)p->epsilon_high << 32 | p->epsilon_low;
  const uint32_t in_flight = p->in_flight, blocks = p->blocks, exponent = (uint32_t)p->exponent;
  const uint32_t rest = 2 * blocks - 1 + p->forward;  // what follows the first block's u
  const uint32_t sisters = p->sisters, squares_color = p->squares_color, squares_part = p->squares_part;
  for (uint32_t tag = 0; tag < in_flight; ++tag) build_list(p, tag);
  for (uint32_t tag = 0;; tag = next_tag(tag, in_flight)) {
    map_descriptor_t* list = list_of(p, tag);
    const uint64_t* squares = (const uint64_t*)(uint32_t)(p->squares_address + tag * p->squares_tag_stride);
    const uint64_t* squares_end = squares + 2 * sisters;
    const uint32_t header = tile_wait_join(TOKEN_JOIN, tag);
    tile_launch(header, (uint32_t)list, 2);  // u does not need the sum
    list += 2;
    const uint32_t squares_header = header_with_part(header, squares_part);
    tile_wait_notice();
    uint64_t sum = tile_reduced_sum();
    if (sisters > 0) {
      tile_send(squares_color, squares_header);
      tile_send(squares_color, (uint32_t)sum);
      tile_send_last(squares_color, (uint32_t)(sum >> 32));
    }
    sum += epsilon;
    if (sisters > 0) tile_wait_join(SQUARES_JOIN, tag);
    for (; squares < squares_end; squares += 2) sum += *squares;
    set_scale(list, blocks, exponent, sum);
    tile_launch_more((uint32_t)list, rest);
  }
}
