// argmax: the greatest of the logits tiles' winners, ties to the lowest token id; answers the host.
#include "firmware/tile.h"

typedef struct {
  int32_t value;
  uint32_t token;
  uint32_t unused[2];
} winner_t;

int main(void) {
  const argmax_parameters_t* p = PARAMETERS(argmax_parameters_t);
  for (uint32_t tag = 0;; tag = next_tag(tag, p->in_flight)) {
    uint32_t header = tile_wait_join(TOKEN_JOIN, tag);
    const winner_t* winners = (const winner_t*)(uint32_t)(p->winner_address + tag * p->winner_tag_stride);
    const winner_t* best = &winners[0];  // tiles are in the order of their rows
    for (uint32_t i = 1; i < p->tiles; ++i) {
      if (winners[i].value > best->value) best = &winners[i];
    }
    tile_send(p->color, header);
    tile_send(p->color, best->token);
    tile_send_last(p->color, (uint32_t)best->value);
  }
}
