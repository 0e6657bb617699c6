// embedding: rows of the embedding table. The tile that has the token's row sends x to the stripes of the first
// norm: x = sat(rsh(w * M, s - 16)), section "Embedding" of docs/numerics.md.
#include "firmware/tile.h"

enum { RESIDUAL_WIDTH = 27 };  // x is saturated at +-(2^26 - 1)

static map_descriptor_t* descriptors(const embedding_parameters_t* p) {
  return (map_descriptor_t*)(uint32_t)p->list_address;
}

static void build_list(const embedding_parameters_t* p) {
  for (uint32_t i = 0; i < p->stripes; ++i) {
    descriptors(p)[i] = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_MULQ,
        .a_where = WHERE_SRAM,
        .a_size = SIZE8,
        .inner_width = RESIDUAL_WIDTH,
        .count = p->stripe[i].count,
        .out_where = WHERE_COLOR,
        .out_size = SIZE32,
        .out_address = p->stripe[i].color,
        .out_stride = p->stripe[i].part,
    };
  }
}

static void point_list_at_row(const embedding_parameters_t* p, uint32_t row) {
  const int16_t multiplier = ((const int16_t*)(uint32_t)p->multiplier_address)[row];
  const int8_t shift = ((const int8_t*)(uint32_t)p->shift_address)[row];
  const uint32_t weights = p->weight_address + row * p->row_bytes;
  for (uint32_t i = 0; i < p->stripes; ++i) {
    map_descriptor_t* d = &descriptors(p)[i];
    d->a_address = weights + p->stripe[i].first;
    d->b_value = (uint32_t)(int32_t)multiplier;
    d->shift = (uint16_t)(shift - 16);
  }
}

int main(void) {
  const embedding_parameters_t* p = PARAMETERS(embedding_parameters_t);
  build_list(p);
  for (uint32_t tag = 0;; tag = next_tag(tag, p->in_flight)) {
    uint32_t header = tile_wait_join(TOKEN_JOIN, tag);
    uint32_t row = *(const uint32_t*)(uint32_t)(p->token_address + tag * p->token_tag_stride) - p->first_row;
    if (row >= p->row_count) continue;  // another tile has it
    tile_wait_units();                  // the last token's list may still be read
    point_list_at_row(p, row);
    tile_launch(header, p->list_address, p->stripes);
  }
}
