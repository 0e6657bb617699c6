// linear: rows of a matrix, for the residual stream (rows, int32), for attention (rows, int16), or gate and up
// rows in pairs, whose product is ready for the next linear (hidden).
//
// Waits for all MX blocks of a token, launches the token's list of descriptors, waits for the next token. The
// lists do everything, the sending too, so the core works some ten cycles a token.
#include "firmware/linear_list.h"
#include "firmware/mx.h"

// sum -> int16 in rows_address
static map_descriptor_t* build_rows16(map_descriptor_t* next, const linear_parameters_t* p, uint32_t chunk,
                                      uint32_t first_row, uint32_t shift) {
  *next++ = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_MULQ,
      .a_where = WHERE_ACC,
      .a_size = SIZE32,
      .a_address = chunk_entry(chunk),
      .b_value = 1,
      .shift = shift,
      .inner_width = 16,
      .count = 16 * chunk_groups(p->groups, chunk),
      .out_where = WHERE_SRAM,
      .out_size = SIZE16,
      .out_address = p->rows_address + 2 * first_row,
  };
  return next;
}

// The int32 sums of a chunk to where its messages go.
static map_descriptor_t* build_sends32(map_descriptor_t* next, const linear_parameters_t* p, uint32_t chunk) {
  for (uint32_t i = 0; i < p->sends; ++i) {
    const row_send_t* send = &p->send[i];
    if (send->first / (16 * CHUNK_GROUPS) != chunk) continue;
    *next++ = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_ADD,
        .a_where = WHERE_ACC,
        .a_size = SIZE32,
        .a_address = chunk_entry(chunk) + (send->first / 16 - chunk_first_group(chunk)),
        .outer_width = 32,
        .count = send->count,
        .out_where = WHERE_COLOR,
        .out_size = SIZE32,
        .out_address = send->color,
        .out_stride = send->part,
    };
  }
  return next;
}

static map_descriptor_t* build_sends16(map_descriptor_t* next, const linear_parameters_t* p) {
  for (uint32_t i = 0; i < p->sends; ++i) {
    const row_send_t* send = &p->send[i];
    *next++ = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_ADD,
        .a_where = WHERE_SRAM,
        .a_size = SIZE16,
        .a_address = p->rows_address + 2 * send->first,
        .count = send->count,
        .out_where = WHERE_COLOR,
        .out_size = SIZE16,
        .out_address = send->color,
        .out_stride = send->part,
    };
  }
  return next;
}

// 32 gate and 32 up rows -> SwiGLU -> one MX block with F = 20, section "SwiGLU" of docs/numerics.md.
static map_descriptor_t* build_hidden(map_descriptor_t* next, const linear_parameters_t* p, uint32_t chunk) {
  next = build_rows16(next, p, chunk, 0, p->result_shift);
  *next++ = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_GATE,
      .a_where = WHERE_SRAM,
      .a_size = SIZE16,
      .a_address = p->rows_address,
      .b_vector = 1,
      .b_value = p->rows_address + 2 * BLOCK_SIZE,
      .count = BLOCK_SIZE,
      .reduce = REDUCE_MAX_MAGNITUDE,
      .out_where = WHERE_SRAM,
      .out_size = SIZE32,
      .out_address = p->hidden_address,
  };
  const uint32_t part = p->first_part + chunk;
  map_descriptor_t quantize = {
      .unit = UNIT_MAP,
      .operation = MAP_NORM,
      .mode = NORM_BFP8,
      .a_where = WHERE_SRAM,
      .a_size = SIZE32,
      .a_address = p->hidden_address,
      .inner_width = 8,
      .count = BLOCK_SIZE,
      .offset_low = (uint16_t)-20,
  };
  return build_mx_sends(next, quantize, &p->mx, p->block_address, BLOCK_SIZE, part);
}

static void build_list(const linear_parameters_t* p, uint32_t tag) {
  const linear_matrix_t matrix = {
      .blocks = p->blocks,
      .block_length = p->block_length,
      .groups = p->groups,
      .x_address = p->x_address + tag * p->x_tag_stride,
      .weight_address = p->weight_address,
      .multiplier_address = p->multiplier_address,
      .shift_address = p->shift_address,
      .bias_address = p->bias_address,
  };
  map_descriptor_t* next = (map_descriptor_t*)(uint32_t)(p->list_address + tag * p->list_tag_stride);
  for (uint32_t chunk = 0; chunk < chunk_count(p->groups); ++chunk) {
    next = build_chunk(next, &matrix, chunk);
    if (p->kind == LINEAR_HIDDEN) next = build_hidden(next, p, chunk);
    if (p->kind == LINEAR_ROWS32) next = build_sends32(next, p, chunk);
    if (p->kind == LINEAR_ROWS16) next = build_rows16(next, p, chunk, 16 * chunk_first_group(chunk), p->result_shift);
  }
  if (p->kind == LINEAR_ROWS16) build_sends16(next, p);
}

int main(void) {
  const linear_parameters_t* p = PARAMETERS(linear_parameters_t);
  const uint32_t descriptors = linear_list_descriptors(p->kind, p->blocks, p->groups, p->sends, p->mx.count);
  for (uint32_t tag = 0; tag < p->in_flight; ++tag) build_list(p, tag);
  for (uint32_t tag = 0;; tag = next_tag(tag, p->in_flight)) {
    uint32_t header = tile_wait_join(TOKEN_JOIN, tag);
    tile_launch(header, p->list_address + tag * p->list_tag_stride, descriptors);
  }
}
