// attention: one KV head and some of its query heads, with the KV cache of every slot.
//
// A token brings its q, k, v and its RoPE row. k and v go into the cache; then each query head: scores over all
// positions so far, their softmax in two 7-bit halves, the weighted sum of v, MX blocks to the next linear.
// Sections "RoPE" to "Attention" of docs/numerics.md.
#include "firmware/mx.h"

enum {
  QKV_FRACTION = 9,
  OUTPUT_FRACTION = 12,
  SCORE_FRACTION = 8,
  SCORE_WIDTH = 30,       // clamped to +-2^29
  CHUNK_POSITIONS = 128,  // 8 panels of 16: one bank of the accumulators
  PANEL = 16,
};

// The list, by what it holds; scores have two descriptors per chunk, output some per MX block.
enum { KEY = 0, VALUE = 2, QUERY = 4, SCORES = 6 };

static const attention_parameters_t* const p = PARAMETERS(attention_parameters_t);

static int8_t value_exponent_maximum[SLOT_COUNT];  // vm of each slot

static uint32_t chunks(uint32_t positions) { return (positions + CHUNK_POSITIONS - 1) / CHUNK_POSITIONS; }
static uint32_t list_at(uint32_t index) { return p->list_address + index * sizeof(map_descriptor_t); }
static map_descriptor_t* map_at(uint32_t index) { return (map_descriptor_t*)list_at(index); }
static mac_descriptor_t* mac_at(uint32_t index) { return (mac_descriptor_t*)list_at(index); }
static uint32_t softmax_index(void) { return SCORES + 2 * chunks(p->context); }
static uint32_t output_index(void) { return softmax_index() + 3; }

// Rotates a vector into rotated_address and finds its largest magnitude.
static map_descriptor_t rotate(void) {
  return (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_ROT,
      .mode = ROT_ADJACENT,
      .a_where = WHERE_SRAM,
      .a_size = SIZE16,
      .b_vector = 1,
      .count = p->head_length,
      .reduce = REDUCE_MAX_MAGNITUDE,
      .out_where = WHERE_SRAM,
      .out_size = SIZE16,
      .out_address = p->rotated_address,
  };
}

// int16 with QKV_FRACTION bits -> BFP8
static map_descriptor_t quantize(void) {
  return (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_NORM,
      .mode = NORM_BFP8,
      .a_where = WHERE_SRAM,
      .a_size = SIZE16,
      .a_address = p->rotated_address,
      .inner_width = 8,
      .count = p->head_length,
      .offset_low = (uint16_t)-QKV_FRACTION,
      .out_where = WHERE_SRAM,
      .out_size = SIZE8,
  };
}

static void build_cache_writes(void) {
  *map_at(KEY) = rotate();
  *map_at(KEY + 1) = quantize();
  map_at(KEY + 1)->out_stride = PANEL;
  *map_at(VALUE) = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_ADD,
      .a_where = WHERE_SRAM,
      .a_size = SIZE16,
      .count = p->head_length,
      .reduce = REDUCE_MAX_MAGNITUDE,
  };
  *map_at(VALUE + 1) = quantize();
}

static void build_scores(void) {
  *map_at(QUERY) = rotate();
  *map_at(QUERY + 1) = quantize();
  map_at(QUERY + 1)->out_address = p->quantized_address;
  map_at(QUERY + 1)->offset_high = p->quantized_address + p->head_length;
  for (uint32_t chunk = 0; chunk < chunks(p->context); ++chunk) {
    const uint32_t bank = chunk & 1 ? ACC_BANK_ENTRIES : 0;
    *mac_at(SCORES + 2 * chunk) = (mac_descriptor_t){
        .unit = UNIT_MAC,
        .fence = chunk == 0,  // the query must be in SRAM
        .x_where = WHERE_SRAM,
        .x_address = p->quantized_address,
        .count = p->head_length,
        .entry = bank,
        .weight_stride = 1,
        .group_stride = p->head_length,
    };
    *map_at(SCORES + 2 * chunk + 1) = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_MULQ,
        .a_where = WHERE_ACC,
        .a_size = SIZE32,
        .a_address = bank,
        .acc_wait = 1,
        .acc_release = 1,
        .b_value = p->scale,
        .shift = p->scale_shift - SCORE_FRACTION,
        .shift_mode = SHIFT_MINUS,
        .shift_subtract = SUBTRACT_BYTE,
        .shift_subtract_address = p->quantized_address + p->head_length,
        .inner_width = SCORE_WIDTH,
        .clamp_power = 1,
        .reduce = REDUCE_MAX_INDEX,
        .reduce_continue = chunk > 0,
        .out_where = WHERE_SRAM,
        .out_size = SIZE32,
        .out_address = p->score_address + 4 * CHUNK_POSITIONS * chunk,
    };
  }
}

static void build_softmax(void) {
  *map_at(softmax_index()) = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_EXPW,
      .a_where = WHERE_SRAM,
      .a_size = SIZE32,
      .a_address = p->score_address,
      .shift_mode = SHIFT_MINUS,
      .reduce = REDUCE_SUM,
      .out_where = WHERE_SRAM,
      .out_size = SIZE16,
      .out_address = p->weight_address,
  };
  const uint32_t row_words = value_row_bytes(p->head_length) / 16;
  for (uint32_t half = 0; half < 2; ++half) {
    *mac_at(softmax_index() + 1 + half) = (mac_descriptor_t){
        .unit = UNIT_MAC,
        .x_where = WHERE_SRAM,
        .x_address = p->weight_address + half,
        .x_step = 1,
        .groups = row_words,
        .entry = half ? ACC_BANK_ENTRIES : 0,
        .weight_stride = row_words,
        .group_stride = 1,
    };
  }
}

// 128 * A_hi + A_lo -> o -> MX blocks.
static uint32_t build_output(uint32_t head) {
  const uint32_t blocks = head_blocks(p->head_length);
  const uint32_t block_length = head_block_length(p->head_length);
  map_descriptor_t* first = map_at(output_index());
  map_descriptor_t* next = first;
  for (uint32_t block = 0; block < blocks; ++block) {
    const uint32_t left = p->head_length - BLOCK_SIZE * block;
    const uint32_t output = p->output_address + 4 * BLOCK_SIZE * block;
    *next++ = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_MULQ,
        .a_where = WHERE_ACC,
        .a_size = SIZE_PAIR,
        .a_address = (ACC_BANK_ENTRIES + 2 * block) << 4 | 2 * block,
        .acc_wait = 1,
        .acc_release = block + 1 == blocks,
        .inner_width = 31,
        .count = left < BLOCK_SIZE ? left : BLOCK_SIZE,
        .reduce = REDUCE_MAX_MAGNITUDE,
        .out_where = WHERE_SRAM,
        .out_size = SIZE32,
        .out_address = output,
    };
    const map_descriptor_t to_mx = {
        .unit = UNIT_MAP,
        .operation = MAP_NORM,
        .mode = NORM_BFP8,
        .a_where = WHERE_SRAM,
        .a_size = SIZE32,
        .a_address = output,
        .inner_width = 8,
        .count = block_length,
        .offset_low = (uint16_t)-OUTPUT_FRACTION,
    };
    next = build_mx_sends(next, to_mx, &p->mx[head], p->block_address, block_length,
                          p->first_part + head * blocks + block);
  }
  return next - first;
}

// Where k and v of this token lie, and where they go in the cache.
static void point_at_cache(uint32_t tag, uint32_t slot, uint32_t position) {
  const uint32_t rope = p->rope_address + tag * p->rope_tag_stride;
  const uint32_t exponent = slot * p->exponent_stride + position;
  const uint32_t value = p->value_address + tag * p->value_tag_stride;
  map_at(KEY)->a_address = p->key_address + tag * p->key_tag_stride;
  map_at(KEY)->b_value = rope;
  map_at(QUERY)->b_value = rope;
  map_at(KEY + 1)->out_address = p->key_cache_address + slot * p->key_cache_stride +
                                 (position / PANEL) * PANEL * p->head_length + position % PANEL;
  map_at(KEY + 1)->offset_high = p->key_exponent_address + exponent;
  map_at(VALUE)->a_address = value;
  map_at(VALUE + 1)->a_address = value;
  map_at(VALUE + 1)->out_address =
      p->value_cache_address + slot * p->value_cache_stride + position * value_row_bytes(p->head_length);
  map_at(VALUE + 1)->offset_high = p->value_exponent_address + exponent;
}

// The scores of the slot's positions so far.
static void point_at_positions(uint32_t slot, uint32_t positions) {
  const uint32_t exponents = slot * p->exponent_stride;
  uint32_t weights = p->key_cache_address + slot * p->key_cache_stride;
  uint32_t exponent = p->key_exponent_address + exponents;
  for (uint32_t chunk = 0, left = positions; left > 0; ++chunk) {
    const uint32_t count = left < CHUNK_POSITIONS ? left : CHUNK_POSITIONS;
    mac_descriptor_t* mac = mac_at(SCORES + 2 * chunk);
    mac->weight_address = weights;
    mac->groups = (count + PANEL - 1) / PANEL;
    map_descriptor_t* map = map_at(SCORES + 2 * chunk + 1);
    map->count = count;
    map->shift_address = exponent;
    weights += CHUNK_POSITIONS * p->head_length;
    exponent += CHUNK_POSITIONS;
    left -= count;
  }
  map_descriptor_t* softmax = map_at(softmax_index());
  softmax->count = positions;
  softmax->shift_address = p->value_exponent_address + exponents;
  for (uint32_t half = 0; half < 2; ++half) {
    mac_descriptor_t* mac = mac_at(softmax_index() + 1 + half);
    mac->count = positions;
    mac->weight_address = p->value_cache_address + slot * p->value_cache_stride;
  }
}

static int32_t update_maximum_exponent(uint32_t slot, uint32_t position) {
  const int8_t* exponents = (const int8_t*)(uint32_t)(p->value_exponent_address + slot * p->exponent_stride);
  int8_t exponent = exponents[position];
  if (position == 0 || exponent > value_exponent_maximum[slot]) value_exponent_maximum[slot] = exponent;
  return value_exponent_maximum[slot];
}

// o = sat(rsh(A * R, 31 + kk - vm - 12)), R = floor(2^31 / (Sum >> kk))
static void set_output_scale(uint32_t head, uint32_t sum, int32_t maximum_exponent) {
  const int32_t kk = (int32_t)bit_length(sum) - 16;
  const uint32_t reciprocal = 0x80000000u / (kk >= 0 ? sum >> kk : sum << -kk);
  const uint16_t shift = (uint16_t)(31 + kk - maximum_exponent - OUTPUT_FRACTION);
  const uint32_t step = 1 + mx_send_descriptors(&p->mx[head]);
  map_descriptor_t* output = map_at(output_index());
  for (uint32_t block = 0; block < head_blocks(p->head_length); ++block, output += step) {
    output->b_value = reciprocal;
    output->shift = shift;
  }
}

static void attend(uint32_t header, uint32_t tag, uint32_t head) {
  const uint32_t slot = header_slot(header);
  const uint32_t position = header_position(header);
  const uint32_t first = head == 0 ? KEY : QUERY;  // k and v go into the cache once
  map_at(QUERY)->a_address = p->query_address + tag * p->query_tag_stride + 2 * p->head_length * head;
  tile_launch(header, list_at(first), SCORES + 2 * chunks(position + 1) - first);
  const uint32_t output_descriptors = build_output(head);
  tile_wait_units();
  const int32_t maximum_exponent = update_maximum_exponent(slot, position);
  map_at(softmax_index())->shift = (uint16_t)maximum_exponent;
  tile_launch(header, list_at(softmax_index()), 1);
  tile_wait_units();
  tile_launch(header, list_at(softmax_index() + 1), 2);
  set_output_scale(head, (uint32_t)tile_reduced_sum(), maximum_exponent);
  tile_launch(header, list_at(output_index()), output_descriptors);
  tile_wait_units();
}

int main(void) {
  build_cache_writes();
  build_scores();
  build_softmax();
  for (uint32_t tag = 0;; tag = next_tag(tag, p->in_flight)) {
    uint32_t header = tile_wait_join(TOKEN_JOIN, tag);
    const uint32_t slot = header_slot(header);
    const uint32_t position = header_position(header);
    point_at_cache(tag, slot, position);
    point_at_positions(slot, position + 1);
    for (uint32_t head = 0; head < p->query_heads; ++head) attend(header, tag, head);
  }
}
