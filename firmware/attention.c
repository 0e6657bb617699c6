// attention: one KV head and some of its query heads, with the KV cache of every slot.
//
// A token brings its q, k, v and its RoPE row. k and v go into the cache; then each query head: scores over
// all positions so far, their softmax, the weighted sum of v, MX blocks to the next linear. Sections "RoPE"
// to "Attention" of docs/numerics.md.
#include "firmware/mx.h"

enum {
  QKV_FRACTION = 9,
  OUTPUT_FRACTION = 12,
  SCORE_FRACTION = 8,
  SCORE_WIDTH = 30,       // clamped to +-2^29
  CHUNK_POSITIONS = 128,  // 8 panels of 16: half of the accumulators
  PANEL = 16,
};

static const attention_parameters_t* const p = PARAMETERS(attention_parameters_t);

// ---- the list: first query head and key [rotate q, quantize q, rotate k, quantize k]; value [maximum of v,
// quantize v]; per chunk of positions [products, scores]; [softmax, weighted sum]; per further query head
// [rotate q, quantize q]; per query head its output

enum {
  QUERY_DESCRIPTORS = 2,
  BEGIN_DESCRIPTORS = 4,
  VALUE_DESCRIPTORS = 2,
  CHUNK_DESCRIPTORS = 2,
  SUM_DESCRIPTORS = 2
};

static uint32_t chunks(uint32_t positions) { return (positions + CHUNK_POSITIONS - 1) / CHUNK_POSITIONS; }

// Found once; the core reads them from its own memory.
static map_descriptor_t *begin, *value, *scores, *softmax, *output[MAX_QUERY_HEADS + 1];
static mac_descriptor_t* weighted_sum;

static map_descriptor_t* query(uint32_t head) {
  return head == 0 ? begin : softmax + SUM_DESCRIPTORS + QUERY_DESCRIPTORS * (head - 1);
}

static void launch(const map_descriptor_t* first, const map_descriptor_t* end) {
  tile_launch_more((uint32_t)first, end - first);
}

// Rotates a vector into rotated_address and finds its largest magnitude.
static map_descriptor_t rotate(void) {
  return (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_ROT,
      .ahead = 1,
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

static void build_query(map_descriptor_t* list) {
  list[0] = rotate();
  list[1] = quantize();
  list[1].out_address = p->quantized_address;
  list[1].offset_high = p->quantized_address + p->head_length;
}

static void build_key_and_value(map_descriptor_t* list) {
  list[0] = rotate();
  list[1] = quantize();
  list[1].out_stride = PANEL;
  list[2] = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_ADD,
      .ahead = 1,
      .a_where = WHERE_SRAM,
      .a_size = SIZE16,
      .count = p->head_length,
      .reduce = REDUCE_MAX_MAGNITUDE,
  };
  list[3] = quantize();
  list[3].notify = 1;  // the core needs the exponent
}

static void build_scores(void) {
  for (uint32_t chunk = 0; chunk < chunks(p->context); ++chunk) {
    const uint32_t entry = chunk & 1 ? ACC_BANK_ENTRIES : 0;
    map_descriptor_t* pair = scores + CHUNK_DESCRIPTORS * chunk;
    *(mac_descriptor_t*)pair = (mac_descriptor_t){
        .unit = UNIT_MAC,
        .fence = chunk == 0,  // query and key must be in SRAM
        .x_where = WHERE_SRAM,
        .x_address = p->quantized_address,
        .count = p->head_length,
        .entry = entry,
        .weight_stride = 1,
        .group_stride = p->head_length,
    };
    pair[1] = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_MULQ,
        .ahead = chunk > 0,
        .a_where = WHERE_ACC,
        .a_size = SIZE32,
        .a_address = entry,
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
  *softmax = (map_descriptor_t){
      .unit = UNIT_MAP,
      .operation = MAP_EXPW,
      .a_where = WHERE_SRAM,
      .a_size = SIZE32,
      .a_address = p->score_address,
      .shift_mode = SHIFT_MINUS,
      .reduce = REDUCE_SUM,
      .notify = 1,  // the core needs the sum
      .out_where = WHERE_SRAM,
      .out_size = SIZE16,
      .out_address = p->weight_address,
  };
  const uint32_t row_words = value_row_bytes(p->head_length) / 16;
  *weighted_sum = (mac_descriptor_t){
      .unit = UNIT_MAC,
      .fence = 1,  // the weights must be in SRAM
      .x_where = WHERE_SRAM,
      .x_address = p->weight_address,
      .x_wide = 1,
      .groups = row_words,
      .weight_stride = row_words,
      .group_stride = 1,
  };
}

// A -> o -> MX blocks. Gives the place behind the last descriptor written.
static map_descriptor_t* build_output(map_descriptor_t* next, uint32_t head) {
  const uint32_t blocks = head_blocks(p->head_length);
  const uint32_t block_length = head_block_length(p->head_length);
  for (uint32_t block = 0; block < blocks; ++block) {
    const uint32_t left = p->head_length - BLOCK_SIZE * block;
    const uint32_t address = p->output_address + 4 * BLOCK_SIZE * block;
    *next++ = (map_descriptor_t){
        .unit = UNIT_MAP,
        .operation = MAP_MULQ,
        .a_where = WHERE_ACC,
        .a_size = SIZE32,
        .a_address = BLOCK_SIZE / 16 * block,
        .acc_wait = 1,
        .acc_release = 1,
        .inner_width = 31,
        .count = left < BLOCK_SIZE ? left : BLOCK_SIZE,
        .reduce = REDUCE_MAX_MAGNITUDE,
        .out_where = WHERE_SRAM,
        .out_size = SIZE32,
        .out_address = address,
    };
    const map_descriptor_t to_mx = {
        .unit = UNIT_MAP,
        .operation = MAP_NORM,
        .mode = NORM_BFP8,
        .a_where = WHERE_SRAM,
        .a_size = SIZE32,
        .a_address = address,
        .inner_width = 8,
        .count = block_length,
        .offset_low = (uint16_t)-OUTPUT_FRACTION,
    };
    next = build_mx_sends(next, to_mx, &p->mx[head], p->block_address, block_length,
                          p->first_part + head * blocks + block);
  }
  return next;
}

static void build_lists(void) {
  begin = (map_descriptor_t*)(uint32_t)p->list_address;
  value = begin + BEGIN_DESCRIPTORS;
  scores = value + VALUE_DESCRIPTORS;
  softmax = scores + CHUNK_DESCRIPTORS * chunks(p->context);
  weighted_sum = (mac_descriptor_t*)(softmax + 1);
  output[0] = query(p->query_heads);
  for (uint32_t head = 0; head < p->query_heads; ++head) build_query(query(head));
  build_key_and_value(begin + QUERY_DESCRIPTORS);
  build_scores();
  build_softmax();
  for (uint32_t head = 0; head < p->query_heads; ++head) output[head + 1] = build_output(output[head], head);
}

// ---- per token

// What the token has brought.
static void point_at_token(uint32_t tag) {
  const uint32_t rope = p->rope_address + tag * p->rope_tag_stride;
  uint32_t query_address = p->query_address + tag * p->query_tag_stride;
  for (uint32_t head = 0; head < p->query_heads; ++head, query_address += 2 * p->head_length) {
    query(head)->a_address = query_address;
    query(head)->b_value = rope;
  }
  begin[QUERY_DESCRIPTORS].a_address = p->key_address + tag * p->key_tag_stride;
  begin[QUERY_DESCRIPTORS].b_value = rope;
  value[0].a_address = value[1].a_address = p->value_address + tag * p->value_tag_stride;
}

// Where its k and v go in the cache.
static void point_at_cache(uint32_t slot, uint32_t position) {
  map_descriptor_t* key = begin + QUERY_DESCRIPTORS + 1;
  const uint32_t exponent = slot * p->exponent_stride + position;
  key->out_address = p->key_cache_address + slot * p->key_cache_stride +
                     position / PANEL * PANEL * p->head_length + position % PANEL;
  key->offset_high = p->key_exponent_address + exponent;
  value[1].out_address =
      p->value_cache_address + slot * p->value_cache_stride + position * value_row_bytes(p->head_length);
  value[1].offset_high = p->value_exponent_address + exponent;
}

// All chunks of a slot, as if they were full.
static void point_at_slot(uint32_t slot) {
  uint32_t weights = p->key_cache_address + slot * p->key_cache_stride;
  uint32_t exponent = p->key_exponent_address + slot * p->exponent_stride;
  for (map_descriptor_t* pair = scores; pair < softmax; pair += CHUNK_DESCRIPTORS) {
    ((mac_descriptor_t*)pair)->weight_address = weights;
    ((mac_descriptor_t*)pair)->groups = CHUNK_POSITIONS / PANEL;
    pair[1].count = CHUNK_POSITIONS;
    pair[1].shift_address = exponent;
    weights += CHUNK_POSITIONS * p->head_length;
    exponent += CHUNK_POSITIONS;
  }
  softmax->shift_address = p->value_exponent_address + slot * p->exponent_stride;
  weighted_sum->weight_address = p->value_cache_address + slot * p->value_cache_stride;
}

// The positions so far; gives the end of the chunks that hold them. A slot's next position changes its last
// chunk only.
static map_descriptor_t* point_at_positions(uint32_t slot, uint32_t positions) {
  static uint32_t pointed_slot = SLOT_COUNT, pointed_positions;
  if (slot != pointed_slot || positions != pointed_positions + 1) point_at_slot(slot);
  pointed_slot = slot;
  pointed_positions = positions;
  const uint32_t chunk = chunks(positions) - 1;
  const uint32_t count = positions - CHUNK_POSITIONS * chunk;
  map_descriptor_t* last = scores + CHUNK_DESCRIPTORS * chunk;
  ((mac_descriptor_t*)last)->groups = (count + PANEL - 1) / PANEL;
  last[1].count = count;
  softmax->count = positions;
  weighted_sum->count = positions;
  return last + CHUNK_DESCRIPTORS;
}

// vm of the slot, with the exponent that this token's v has got.
static int32_t update_maximum_exponent(uint32_t slot, uint32_t position) {
  static int8_t maximum[SLOT_COUNT];
  const int8_t* exponents = (const int8_t*)(uint32_t)(p->value_exponent_address + slot * p->exponent_stride);
  const int8_t exponent = exponents[position];
  if (position == 0 || exponent > maximum[slot]) maximum[slot] = exponent;
  return maximum[slot];
}

// o = sat(rsh(A * R, 31 + kk - vm - 12)), R = floor(2^31 / (Sum >> kk))
static void set_output_scale(uint32_t head, uint32_t sum, int32_t maximum_exponent) {
  const int32_t kk = (int32_t)bit_length(sum) - 16;
  const uint32_t reciprocal = 0x80000000u / (kk >= 0 ? sum >> kk : sum << -kk);
  const uint16_t shift = (uint16_t)(31 + kk - maximum_exponent - OUTPUT_FRACTION);
  const uint32_t step = 1 + mx_send_descriptors(p->mx[head].count);
  for (map_descriptor_t* block = output[head]; block < output[head + 1]; block += step) {
    block->b_value = reciprocal;
    block->shift = shift;
  }
}

// What the lists are ready for. Most tokens follow the one before in its slot, so the next one is prepared
// while nobody waits.
static struct {
  uint32_t token;  // tag, slot and position, as in the header
  map_descriptor_t* scores_end;
} ready;

enum {
  PLACE_MASK = SLOT_COUNT * POSITION_COUNT - 1,
  TOKEN_MASK = TAG_COUNT * SLOT_COUNT * POSITION_COUNT - 1
};

static void prepare(uint32_t token) {
  ready.token = token;
  if (header_position(token) >= p->context) return;  // the token before was the slot's last
  point_at_token(header_tag(token));
  point_at_cache(header_slot(token), header_position(token));
  ready.scores_end = point_at_positions(header_slot(token), header_position(token) + 1);
}

// Key and first query first, because the products need them; the value is quantized beside those.
static void launch_first_head(uint32_t header) {
  tile_launch(header, (uint32_t)begin, BEGIN_DESCRIPTORS);
  launch(scores, scores + 1);
  launch(value, scores);
  launch(scores + 1, ready.scores_end);
}

static void launch_head(uint32_t head) {
  launch(query(head), query(head) + QUERY_DESCRIPTORS);
  launch(scores, ready.scores_end);
}

int main(void) {
  build_lists();
  prepare(0);
  for (uint32_t tag = 0;;) {
    const uint32_t header = tile_wait_join(TOKEN_JOIN, tag);
    if ((header & TOKEN_MASK) != ready.token) prepare(header & TOKEN_MASK);
    launch_first_head(header);
    tile_wait_notice();  // the exponent of v is known
    const int32_t maximum_exponent = update_maximum_exponent(header_slot(header), header_position(header));
    softmax->shift = (uint16_t)maximum_exponent;
    for (uint32_t head = 0; head < p->query_heads; ++head) {
      if (head > 0) launch_head(head);
      launch(softmax, softmax + SUM_DESCRIPTORS);
      tile_wait_notice();  // the sum is known; the weighted sum is on its way
      set_output_scale(head, (uint32_t)tile_reduced_sum(), maximum_exponent);
      launch(output[head], output[head + 1]);
    }
    tag = next_tag(tag, p->in_flight);
    tile_wait_units();                                          // the lists may still be read
    prepare(((header + 1) & PLACE_MASK) | header_of_tag(tag));  // the next position of the slot
  }
}
