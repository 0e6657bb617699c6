// What the host tells a kernel: one structure per kernel, written into its tile's SRAM at PARAMETER_ADDRESS
// before the core starts. Shared by the kernels (C) and the compiler (C++): the one description of both sides.
//
// Addresses are SRAM byte addresses, multiples of 16 unless said otherwise. A buffer "per tag" holds one context
// for every token in flight, `..._tag_stride` bytes apart; the receive rules write there. Everything a kernel
// may assume about padding: unused rows, columns and table entries are zero.
//
// An MX block in memory (and as a message's payload) is `block_length` int8 values, then one 32-bit word whose
// low byte is the exponent. Blocks lie mx_stride(block_length) bytes apart.
#ifndef FIRMWARE_PARAMETERS_H_
#define FIRMWARE_PARAMETERS_H_

#include <stdint.h>

#ifdef __cplusplus
namespace tessera::firmware {
#endif

enum {
  PARAMETER_ADDRESS = 0,
  PARAMETER_BYTES = 512,     // room for any of the structures below
  TOKEN_JOIN = 0,            // the join that starts a kernel's work on a token
  SQUARES_JOIN = 1,          // stripe: the sister stripes' sums of squares
  SISTER_JOIN = 1,           // linear: up rows or partial sums of its sister tiles
  MAX_SENDS = 32,            // messages a linear or logits tile sends per token
  MAX_MX_COLORS = 8,         // copies of an MX block a tile sends
  MAX_QUERY_HEADS = 8,       // query heads of an attention tile
  MAX_POSITIONS = 1024,      // of an attention tile: a weighted sum of as many fits int32
  CHUNK_GROUPS = 4,          // row groups of 16 that a linear computes in one pass
};

// One message of consecutive rows.
typedef struct {
  uint16_t color;
  uint16_t part;
  uint16_t first;  // row within the tile
  uint16_t count;  // rows
} row_send_t;

// Where a tile's MX blocks go: one color is a multicast, several are copies into merges.
typedef struct {
  uint16_t count;
  uint16_t color[MAX_MX_COLORS];
} mx_send_t;

// Token message: header, token id. Sends x, int32, one message per stripe, when the token's row is here.
typedef struct {
  uint16_t in_flight;        // tokens in flight, 1 to 4
  uint16_t token_address;    // per tag: the token id
  uint16_t token_tag_stride;
  uint16_t list_address;     // stripes descriptors
  uint32_t first_row, row_count;
  uint16_t row_bytes;        // stride of rows, a multiple of 16
  uint16_t weight_address;   // int8 [row_count][row_bytes]
  uint16_t multiplier_address;  // int16 [row_count]
  uint16_t shift_address;       // int8 [row_count]
  uint16_t stripes;
  row_send_t stripe[16];     // first, count: columns of the row
} embedding_parameters_t;

// Token message: header, token id. Sends the RoPE row of the token's position when it is here.
typedef struct {
  uint16_t in_flight;
  uint16_t list_address;     // 1 descriptor
  uint16_t first_position, position_count;
  uint16_t row_bytes;        // interleaved int16 (cos, sin) pairs
  uint16_t table_address;
  uint16_t color;
} rope_parameters_t;

// One stripe of the residual stream at one norm: x (+ y) -> sum of squares -> MX blocks, and x to the next norm.
typedef struct {
  uint16_t in_flight;
  uint16_t blocks;             // of 32 elements
  uint16_t first_block;        // part of the first block's MX message
  uint16_t x_address, x_tag_stride;  // per tag: int32 [32 * blocks]
  uint16_t y_address, y_tag_stride;  // per tag: int32 [32 * blocks]; y_address 0: nothing to add
  uint16_t u_address;          // int32 [32]: scratch
  uint16_t gain_address;       // int16 [32 * blocks]
  uint16_t list_address, list_tag_stride;  // per tag: stripe_list_descriptors()
  uint16_t sisters;            // other stripes of this norm
  uint16_t squares_address, squares_tag_stride;  // per tag: 16 bytes a sister, uint64 in the first 8
  uint16_t squares_color, squares_part;          // where this stripe's own sum goes
  uint16_t mx_color;
  uint16_t forward;            // 1: send x on
  uint16_t forward_color, forward_part;
  int16_t exponent;            // 15 - eg - 31
  uint32_t epsilon_low, epsilon_high;
} stripe_parameters_t;

typedef enum {
  LINEAR_ROWS16 = 0,  // sat16(rsh(sum, shift)), sent as int16
  LINEAR_ROWS32 = 1,  // sum, sent as int32
  LINEAR_HIDDEN = 2,  // every chunk: 32 gate rows, 32 up rows -> SwiGLU -> one MX block
  LINEAR_GATE = 3,    // every 32 gate rows, and 32 up rows that a sister sends -> SwiGLU -> one MX block
  LINEAR_GROUPS16 = 4,  // as ROWS16, of messages that are whole groups within a chunk
} linear_kind_t;

// Rows of one matrix (or of several with the same input).
typedef struct {
  uint16_t in_flight;
  uint16_t kind;               // linear_kind_t
  uint16_t blocks;             // of the input
  uint16_t block_length;       // 4 to 32, a multiple of 4
  uint16_t groups;             // of 16 rows
  uint16_t result_shift;       // of what becomes int16: 16 - F
  uint16_t sum_width;          // ROWS32: 32, or 0 where sums are partial and stay modulo 2^32
  uint16_t partials;           // ROWS32: sisters with other blocks of the input, whose sums it adds
  uint16_t x_address, x_tag_stride;  // per tag: MX blocks
  uint16_t weight_address;     // int8 [groups][blocks * block_length][16]
  uint16_t multiplier_address; // int16 [16 * groups]
  uint16_t shift_address;      // int8 [16 * groups]
  uint16_t bias_address;       // int32 [16 * groups]; 0: none
  uint16_t rows_address;       // int16 [16 * groups] (ROWS16, GATE), [64] (HIDDEN): scratch
  uint16_t sister_address, sister_tag_stride;  // per tag: up int16 [16 * groups], sums int32 [partials][16 * groups]
  uint16_t hidden_address;     // int32 [32] (HIDDEN, GATE): scratch
  uint16_t block_address;      // one MX block (HIDDEN, GATE with several colors): scratch
  uint16_t list_address, list_tag_stride;  // per tag: linear_list_descriptors()
  uint16_t first_part;         // HIDDEN, GATE: part of the first block
  uint16_t sends;              // ROWS16, ROWS32, GROUPS16; of these two each whole groups of a chunk
  mx_send_t mx;                // HIDDEN, GATE
  row_send_t send[MAX_SENDS];
} linear_parameters_t;

// Rows of the logits: all of a tile's rows, their maximum with its index to the argmax tile.
typedef struct {
  uint16_t in_flight;
  uint16_t blocks, block_length, groups;
  uint16_t x_address, x_tag_stride;
  uint16_t weight_address, multiplier_address, shift_address;
  uint16_t rows_address;       // int32 [16 * groups]
  uint16_t list_address, list_tag_stride;  // per tag: linear_list_descriptors() (kind ROWS32, one send a chunk)
  uint16_t send_list_address;  // as many descriptors as messages of 256 rows
  uint16_t first_row;          // token id of row 0
  uint16_t row_count;          // real rows; the rest of the last group is padding
  uint16_t winner_color, part; // (value, token id) to the argmax tile
  uint16_t logits_color;       // all rows to the host, when the header asks for them
  uint16_t first_logits_part;  // part of the first message of 256 rows
} logits_parameters_t;

// Joins the winners of all logits tiles and answers the host: header, token id, value.
typedef struct {
  uint16_t in_flight;
  uint16_t tiles;
  uint16_t winner_address, winner_tag_stride;  // per tag: 16 bytes a tile: int32 value, uint32 token id
  uint16_t color;
} argmax_parameters_t;

// One KV head and some of its query heads, for all slots.
typedef struct {
  uint16_t in_flight;
  uint16_t slots;
  uint16_t context;            // positions a slot holds
  uint16_t head_length;        // padded head_dim: 8 or a multiple of 16, up to 128
  uint16_t query_heads;
  uint16_t query_address, query_tag_stride;  // per tag: int16 [query_heads][head_length]
  uint16_t key_address, key_tag_stride;      // per tag: int16 [head_length]
  uint16_t value_address, value_tag_stride;  // per tag: int16 [head_length]
  uint16_t rope_address, rope_tag_stride;    // per tag: interleaved int16 (cos, sin) [head_length]
  uint16_t key_cache_address, key_cache_stride;      // per slot: int8 [context / 16][head_length][16]
  uint16_t value_cache_address, value_cache_stride;  // per slot: int8 [context][value_row_bytes(head_length)]
  uint16_t key_exponent_address, value_exponent_address, exponent_stride;  // per slot: int8 [context]
  uint16_t rotated_address;    // int16 [head_length]: scratch
  uint16_t quantized_address;  // int8 [head_length], then 16 bytes for the exponent: scratch
  uint16_t score_address;      // int32 [context]: scratch
  uint16_t weight_address;     // int16 [context]: scratch
  uint16_t output_address;     // int32 [head_blocks * 32]: scratch
  uint16_t block_address;      // one MX block: scratch
  uint16_t list_address;       // attention_list_descriptors()
  uint16_t scale, scale_shift; // C and Cs of docs/numerics.md
  uint16_t first_part;         // of the first query head's first MX block
  mx_send_t mx[MAX_QUERY_HEADS];
} attention_parameters_t;

// What a tile does in every round of a load, for measuring engines; nobody receives anything from it but its partner.
typedef struct {
  uint16_t blocks;             // of 32 inputs, of a linear; 0: none
  uint16_t groups;             // of 16 rows
  uint16_t x_address;          // MX blocks
  uint16_t weight_address;     // int8 [groups][blocks * 32][16]
  uint16_t multiplier_address; // int16 [16 * groups]
  uint16_t shift_address;      // int8 [16 * groups]
  uint16_t sends;              // messages to the partner, all alike
  uint16_t send_address;       // int32 [send_words]
  uint16_t send_words;
  uint16_t send_color;
  uint16_t list_address;       // linear_list_descriptors() of the linear, and the sends
  uint16_t scalar_steps;
  uint16_t scalar_address;     // a word: scratch
  uint16_t start_address;      // a word, which is not zero from the moment on in which the load begins
} bench_load_parameters_t;

// ---- sizes that both sides compute

static inline uint32_t mx_stride(uint32_t block_length) { return (block_length + 4 + 15) / 16 * 16; }

static inline uint32_t value_row_bytes(uint32_t head_length) { return (head_length + 15) / 16 * 16; }

// MX blocks of one head's output, and their length.
static inline uint32_t head_blocks(uint32_t head_length) { return (head_length + 31) / 32; }
static inline uint32_t head_block_length(uint32_t head_length) { return head_length < 32 ? head_length : 32; }

// Blocks of the input whose products come from one MAC descriptor.
static inline uint32_t blocks_together(uint32_t row_groups) { return row_groups == 1 ? 4 : 1; }

// Products and sums of one chunk of row groups: a map descriptor per block, and the MAC descriptors.
static inline uint32_t chunk_descriptors(uint32_t blocks, uint32_t row_groups) {
  uint32_t together = blocks_together(row_groups);
  return blocks + (blocks + together - 1) / together;
}

// Descriptors a tile needs to send an MX block.
static inline uint32_t mx_send_descriptors(uint32_t mx_colors) { return mx_colors > 1 ? 1 + mx_colors : 1; }

// Descriptors of a linear's list: products and sums of each chunk, and what it sends. Where sisters contribute
// to that, without it.
static inline uint32_t linear_list_descriptors(uint32_t kind, uint32_t blocks, uint32_t groups,
                                               uint32_t sends, uint32_t mx_colors, uint32_t partials) {
  uint32_t chunks = (groups + CHUNK_GROUPS - 1) / CHUNK_GROUPS;
  uint32_t body = (chunks - 1) * chunk_descriptors(blocks, CHUNK_GROUPS) +
                  chunk_descriptors(blocks, groups - (chunks - 1) * CHUNK_GROUPS);
  if (kind == LINEAR_ROWS16) return body + chunks + sends;
  if (kind == LINEAR_GATE) return body + chunks;
  if (kind == LINEAR_HIDDEN) return body + chunks * (2 + mx_send_descriptors(mx_colors));
  return body + (partials == 0 ? sends : 0);
}

// What follows when the sisters' contributions are there: SwiGLU and MX of every 32 rows; additions, the last
// of which sends.
static inline uint32_t linear_sister_descriptors(uint32_t kind, uint32_t groups, uint32_t sends,
                                                 uint32_t mx_colors, uint32_t partials) {
  if (kind == LINEAR_GATE) return groups / 2 * (1 + mx_send_descriptors(mx_colors));
  return kind == LINEAR_ROWS32 ? sends * partials : 0;
}

// Descriptors of a stripe: the addition; u and q per block; x to the next norm.
static inline uint32_t stripe_list_descriptors(uint32_t blocks) { return 1 + 2 * blocks + 1; }

// Descriptors of an attention tile: 6 for q, k and v; 2 per 128 positions; softmax and weighted sum; 2 for each
// further query head; per query head and MX block of output 1 and what sends it.
static inline uint32_t attention_list_descriptors(uint32_t context, uint32_t head_length, uint32_t query_heads) {
  return 6 + 2 * ((context + 127) / 128) + 2 + 2 * (query_heads - 1) +
         query_heads * head_blocks(head_length) * (1 + mx_send_descriptors(MAX_MX_COLORS));
}

#ifdef __cplusplus
}  // namespace tessera::firmware
#endif

#endif  // FIRMWARE_PARAMETERS_H_
