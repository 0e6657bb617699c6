// rope: rows of the RoPE table. The tile that has the token's position multicasts its row to all attention tiles.
#include "firmware/tile.h"

int main(void) {
  const rope_parameters_t* p = PARAMETERS(rope_parameters_t);
  map_descriptor_t* move = (map_descriptor_t*)(uint32_t)p->list_address;
  *move = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_ADD,
      .a_where = WHERE_SRAM,
      .a_size = SIZE32,
      .count = p->row_bytes / 4,
      .out_where = WHERE_COLOR,
      .out_size = SIZE32,
      .out_address = p->color,
  };
  for (uint32_t tag = 0;; tag = next_tag(tag, p->in_flight)) {
    uint32_t header = tile_wait_join(TOKEN_JOIN, tag);
    uint32_t row = header_position(header) - p->first_position;
    if (row >= p->position_count) continue;  // another tile has it
    tile_wait_units();                       // the last token's descriptor may still be read
    move->a_address = p->table_address + row * p->row_bytes;
    tile_launch(header, p->list_address, 1);
  }
}
