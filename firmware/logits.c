// logits: rows of the last linear. Sends the tile's best row to the argmax tile, and all rows to the host when the
// token's header asks for them.
#include "firmware/linear_list.h"

enum { ROWS_PER_MESSAGE = 256 };

// sum -> int32 in rows_address, and the maximum so far.
static map_descriptor_t* build_rows(map_descriptor_t* next, const logits_parameters_t* p, uint32_t chunk) {
  const uint32_t first = 16 * chunk_first_group(chunk);
  uint32_t rows = 16 * chunk_groups(p->groups, chunk);
  if (first + rows > p->row_count) rows = p->row_count - first;
  *next++ = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_ADD,
      .a_where = WHERE_ACC,
      .a_size = SIZE32,
      .a_address = chunk_entry(chunk),
      .outer_width = 32,
      .count = rows,
      .reduce = REDUCE_MAX_INDEX,
      .reduce_continue = chunk > 0,
      .out_where = WHERE_SRAM,
      .out_size = SIZE32,
      .out_address = p->rows_address + 4 * first,
  };
  return next;
}

static uint32_t build_list(const logits_parameters_t* p, uint32_t tag) {
  const linear_matrix_t matrix = {
      .blocks = p->blocks,
      .block_length = p->block_length,
      .groups = p->groups,
      .x_address = p->x_address + tag * p->x_tag_stride,
      .weight_address = p->weight_address,
      .multiplier_address = p->multiplier_address,
      .shift_address = p->shift_address,
  };
  map_descriptor_t* first = (map_descriptor_t*)(uint32_t)(p->list_address + tag * p->list_tag_stride);
  map_descriptor_t* next = first;
  for (uint32_t chunk = 0; chunk < chunk_count(p->groups); ++chunk) {
    next = build_rows(build_chunk(next, &matrix, chunk), p, chunk);
  }
  return next - first;
}

static uint32_t build_send_list(const logits_parameters_t* p) {
  map_descriptor_t* first = (map_descriptor_t*)(uint32_t)p->send_list_address;
  map_descriptor_t* next = first;
  for (uint32_t row = 0; row < p->row_count; row += ROWS_PER_MESSAGE) {
    uint32_t left = p->row_count - row;
    *next = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_ADD,
        .a_where = WHERE_SRAM,
        .a_size = SIZE32,
        .a_address = p->rows_address + 4 * row,
        .count = left < ROWS_PER_MESSAGE ? left : ROWS_PER_MESSAGE,
        .out_where = WHERE_COLOR,
        .out_size = SIZE32,
        .out_address = p->logits_color,
        .out_stride = p->first_logits_part + (next - first),
    };
    ++next;
  }
  return next - first;
}

int main(void) {
  const logits_parameters_t* p = PARAMETERS(logits_parameters_t);
  uint32_t descriptors = 0;
  for (uint32_t tag = 0; tag < p->in_flight; ++tag) descriptors = build_list(p, tag);
  const uint32_t send_descriptors = build_send_list(p);
  for (uint32_t tag = 0;; tag = next_tag(tag, p->in_flight)) {
    uint32_t header = tile_wait_join(TOKEN_JOIN, tag);
    tile_launch(header, p->list_address + tag * p->list_tag_stride, descriptors);
    tile_wait_units();
    uint32_t value = (uint32_t)tile_reduced_maximum();
    uint32_t token = p->first_row + tile_reduced_index();
    if (header_flags(header) & HEADER_FLAG_LOGITS) {
      tile_launch(header, p->send_list_address, send_descriptors);
      tile_wait_units();
    }
    tile_send(p->winner_color, header_with_part(header, p->part));
    tile_send(p->winner_color, value);
    tile_send_last(p->winner_color, token);
  }
}
