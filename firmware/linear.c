// linear: rows of a matrix, for the residual stream (rows, int32), for attention (rows, int16), or gate and up
// rows in pairs, whose product is ready for the next linear (hidden).
//
// Sister tiles may contribute: up rows to a tile that has gate rows only, or sums over other blocks of the input.
// The list then ends before they are needed, and what is left is launched when they are there.
//
// Waits for all MX blocks of a token, launches the token's list of descriptors, waits for the next token. The
// lists do everything, the sending too, so the core works some ten cycles a token.
#include "firmware/linear_list.h"
#include "firmware/mx.h"

// Rows of a chunk's sums that become int16; without its output.
static map_descriptor_t narrow_rows(uint32_t entry, uint32_t rows, uint32_t shift) {
  return (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_MULQ,
      .a_where = WHERE_ACC,
      .a_size = SIZE32,
      .a_address = entry,
      .b_value = 1,
      .shift = shift,
      .inner_width = 16,
      .count = rows,
      .out_size = SIZE16,
  };
}

// A chunk's sums -> int16 in rows_address.
static map_descriptor_t* build_rows16(map_descriptor_t* next, const linear_parameters_t* p, uint32_t chunk,
                                      uint32_t first_row) {
  *next = narrow_rows(chunk_entry(chunk), 16 * chunk_groups(p->groups, chunk), p->result_shift);
  next->out_where = WHERE_SRAM;
  next->out_address = p->rows_address + 2 * first_row;
  return next + 1;
}

// The sums of a chunk straight to where its messages go: as they are, or as int16.
static map_descriptor_t* build_group_sends(map_descriptor_t* next, const linear_parameters_t* p, uint32_t chunk) {
  for (uint32_t i = 0; i < p->sends; ++i) {
    const row_send_t* send = &p->send[i];
    if (send->first / (16 * CHUNK_GROUPS) != chunk) continue;
    const uint32_t entry = chunk_entry(chunk) + (send->first / 16 - chunk_first_group(chunk));
    *next = narrow_rows(entry, send->count, p->result_shift);
    if (p->kind == LINEAR_ROWS32) {
      next->operation = MAP_ADD;
      next->outer_width = p->sum_width;
      next->out_size = SIZE32;
    }
    next->out_where = WHERE_COLOR;
    next->out_address = send->color;
    next->out_stride = send->part;
    ++next;
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

// 32 gate and 32 up rows, int16 -> SwiGLU -> one MX block with F = 20, section "SwiGLU" of docs/numerics.md.
static map_descriptor_t* build_hidden(map_descriptor_t* next, const linear_parameters_t* p, uint32_t gate,
                                      uint32_t up, uint32_t part) {
  *next++ = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_GATE,
      .a_where = WHERE_SRAM,
      .a_size = SIZE16,
      .a_address = gate,
      .b_vector = 1,
      .b_value = up,
      .count = BLOCK_SIZE,
      .reduce = REDUCE_MAX_MAGNITUDE,
      .out_where = WHERE_SRAM,
      .out_size = SIZE32,
      .out_address = p->hidden_address,
  };
  const map_descriptor_t quantize = {
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

// The sums of the last chunks, with those that the sisters have sent, to where they go.
static map_descriptor_t* build_sums(map_descriptor_t* next, const linear_parameters_t* p, uint32_t partials) {
  const uint32_t stride = 4 * 16 * p->groups;
  for (uint32_t i = 0; i < p->sends; ++i) {
    const row_send_t* send = &p->send[i];
    const uint32_t chunk = send->first / (16 * CHUNK_GROUPS);
    const uint32_t entry = chunk_entry(chunk) + (send->first / 16 - chunk_first_group(chunk));
    for (uint32_t sister = 0; sister < p->partials; ++sister) {
      const uint32_t is_last = sister + 1 == p->partials;
      *next++ = (map_descriptor_t){
          .unit = UNIT_MAP,
          .operation = MAP_ADD,
          .a_where = WHERE_ACC,
          .a_size = SIZE32,
          .a_address = entry,
          .c_where = WHERE_SRAM,
          .c_size = SIZE32,
          .c_address = partials + sister * stride + 4 * send->first,
          .outer_width = is_last ? 32 : 0,
          .count = send->count,
          .out_where = is_last ? WHERE_COLOR : WHERE_ACC,
          .out_size = SIZE32,
          .out_address = is_last ? send->color : entry,
          .out_stride = is_last ? send->part : 0,
      };
    }
  }
  return next;
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
    if (p->kind == LINEAR_ROWS32 || p->kind == LINEAR_GROUPS16) {
      if (p->partials == 0) next = build_group_sends(next, p, chunk);
    } else if (p->kind == LINEAR_HIDDEN) {
      next = build_rows16(next, p, chunk, 0);
      next = build_hidden(next, p, p->rows_address, p->rows_address + 2 * BLOCK_SIZE, p->first_part + chunk);
    } else {
      next = build_rows16(next, p, chunk, 16 * chunk_first_group(chunk));
    }
  }
  if (p->kind == LINEAR_ROWS16) build_sends16(next, p);
  const uint32_t sister = p->sister_address + tag * p->sister_tag_stride;
  if (p->partials > 0) build_sums(next, p, sister);
  for (uint32_t block = 0; p->kind == LINEAR_GATE && block < p->groups / 2; ++block) {
    const uint32_t offset = 2 * BLOCK_SIZE * block;
    next = build_hidden(next, p, p->rows_address + offset, sister + offset, p->first_part + block);
  }
}

int main(void) {
  const linear_parameters_t* p = PARAMETERS(linear_parameters_t);
  const uint32_t in_flight = p->in_flight;
  const uint32_t descriptors =
      linear_list_descriptors(p->kind, p->blocks, p->groups, p->sends, p->mx.count, p->partials);
  const uint32_t sister_descriptors =
      linear_sister_descriptors(p->kind, p->groups, p->sends, p->mx.count, p->partials);
  for (uint32_t tag = 0; tag < in_flight; ++tag) build_list(p, tag);
  for (uint32_t tag = 0;; tag = next_tag(tag, in_flight)) {
    const uint32_t list = p->list_address + tag * p->list_tag_stride;
    const uint32_t header = tile_wait_join(TOKEN_JOIN, tag);
    tile_launch(header, list, descriptors);
    if (sister_descriptors == 0) continue;
    tile_wait_join(SISTER_JOIN, tag);
    tile_launch_more(list + descriptors * sizeof(map_descriptor_t), sister_descriptors);
  }
}
