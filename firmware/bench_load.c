// bench_load: what engines are measured on (host/bench). Rounds without end of what the model's kernels do,
// each part as much as the parameters say: a linear, its rows as messages to a partner, scalar steps. Unlike
// a kernel of a model it waits for nobody, so its tile is awake in every cycle.
//
// Receives the partner's messages by a receive rule, and never looks at them.
#include "firmware/linear_list.h"

static uint32_t build_list(const bench_load_parameters_t* p) {
  const linear_matrix_t matrix = {
      .blocks = p->blocks,
      .block_length = BLOCK_SIZE,
      .groups = p->groups,
      .x_address = p->x_address,
      .weight_address = p->weight_address,
      .multiplier_address = p->multiplier_address,
      .shift_address = p->shift_address,
  };
  map_descriptor_t* first = (map_descriptor_t*)(uint32_t)p->list_address;
  map_descriptor_t* next = first;
  if (p->blocks != 0) {
    for (uint32_t chunk = 0; chunk < chunk_count(p->groups); ++chunk)
      next = build_chunk(next, &matrix, chunk);
  }
  for (uint32_t i = 0; i < p->sends; ++i) {
    *next++ = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_ADD,
        .a_where = WHERE_SRAM,
        .a_size = SIZE32,
        .a_address = p->send_address,
        .count = p->send_words,
        .out_where = WHERE_COLOR,
        .out_size = SIZE32,
        .out_address = p->send_color,
    };
  }
  return (uint32_t)(next - first);
}

// What a norm does between its descriptors: a load, a product, a square root, a division, a store.
static void scalar_steps(uint32_t steps, volatile uint32_t* value) {
  for (uint32_t i = 0; i < steps; ++i) {
    uint32_t root = square_root(*value * 2654435761u + i);
    *value = root / (bit_length(i) + 1);
  }
}

int main(void) {
  const bench_load_parameters_t* p = PARAMETERS(bench_load_parameters_t);
  const uint32_t descriptors = build_list(p);
  // All tiles begin at the same time: else what they do at a time would depend on how long it took to start them,
  // and so on the size of the wafer.
  while (*(volatile uint32_t*)(uint32_t)p->start_address == 0) continue;
  for (;;) {
    // Scalar steps and list side by side, as in a kernel that prepares the next token.
    if (descriptors != 0) tile_launch(0, p->list_address, descriptors);
    scalar_steps(p->scalar_steps, (volatile uint32_t*)(uint32_t)p->scalar_address);
    if (descriptors != 0) tile_wait_units();
  }
}
