// The tile as a kernel sees it. This is the whole interface: a kernel waits, builds or patches descriptors in
// SRAM, launches them, and goes on waiting. Encodings come from rtl/tessera_pkg.sv by way of the generated
// header; docs/tile.md says what the hardware does with them.
#ifndef FIRMWARE_TILE_H_
#define FIRMWARE_TILE_H_

#include <stdint.h>

#include "firmware/parameters.h"
#include "tessera_tile_constants.h"

static inline volatile uint32_t* tile_register(uint32_t address) { return (volatile uint32_t*)address; }

// ---- waiting

// Sleeps until every message of a join has arrived for a token, acknowledges, and gives the token's header.
static inline uint32_t tile_wait_join(uint32_t join, uint32_t tag) {
  uint32_t header = *tile_register(REG_WAIT_JOIN + (join * TAG_COUNT + tag) * 4);
  __asm__ volatile("" ::: "memory");
  return header;
}

// Sleeps until everything launched has finished.
static inline void tile_wait_units(void) {
  (void)*tile_register(REG_WAIT_UNITS);
  __asm__ volatile("" ::: "memory");
}

// Sleeps until a descriptor with `notify` has finished, which may be long before those after it, and forgets
// it.
static inline void tile_wait_notice(void) {
  (void)*tile_register(REG_WAIT_NOTICE);
  __asm__ volatile("" ::: "memory");
}

// Sleeps until a message word of this color is here, and takes it. Only for colors without a receive rule.
static inline uint32_t tile_receive(uint32_t color) { return *tile_register(REG_RECEIVE + color * 4); }

// ---- launching

// Queues `count` descriptors at an SRAM address; messages they send begin with `header`.
static inline void tile_launch(uint32_t header, uint32_t address, uint32_t count) {
  __asm__ volatile("" ::: "memory");
  *tile_register(REG_HEADER) = header;
  *tile_register(REG_LAUNCH) = count << 16 | address;
}

// The same with the header of the launch before.
static inline void tile_launch_more(uint32_t address, uint32_t count) {
  __asm__ volatile("" ::: "memory");
  *tile_register(REG_LAUNCH) = count << 16 | address;
}

// ---- sending single words; a message is a header, payload words, and a last one

static inline void tile_send(uint32_t color, uint32_t word) { *tile_register(REG_SEND + color * 4) = word; }
static inline void tile_send_last(uint32_t color, uint32_t word) {
  *tile_register(REG_SEND_LAST + color * 4) = word;
}

// ---- results of the last reductions; valid after tile_wait_units(), or after the notice of the descriptor
// that has them

static inline int32_t tile_reduced_maximum(void) { return (int32_t)*tile_register(REG_REDUCE_MAX); }
static inline uint32_t tile_reduced_index(void) { return *tile_register(REG_REDUCE_INDEX); }
static inline uint64_t tile_reduced_sum(void) {
  uint32_t low = *tile_register(REG_REDUCE_SUM_LOW);
  return (uint64_t)*tile_register(REG_REDUCE_SUM_HIGH) << 32 | low;
}

// ---- scalar help

static inline uint32_t bit_length(uint32_t value) {
  uint32_t result;
  __asm__(".insn r %2, %3, 0, %0, %1, x0"
          : "=r"(result)
          : "r"(value), "i"(CUSTOM_OPCODE), "i"(CUSTOM_BIT_LENGTH));
  return result;
}

static inline uint32_t square_root(uint32_t value) {
  uint32_t result;
  __asm__(".insn r %2, %3, 0, %0, %1, x0"
          : "=r"(result)
          : "r"(value), "i"(CUSTOM_OPCODE), "i"(CUSTOM_SQUARE_ROOT));
  return result;
}

static inline uint32_t bit_length64(uint64_t value) {
  uint32_t high = (uint32_t)(value >> 32);
  return high ? 32 + bit_length(high) : bit_length((uint32_t)value);
}

// ---- the token's header and parameters

static inline uint32_t header_with_part(uint32_t header, uint32_t part) { return header | part << 20; }
static inline uint32_t header_position(uint32_t header) { return header & (POSITION_COUNT - 1); }
static inline uint32_t header_slot(uint32_t header) { return header >> 13 & (SLOT_COUNT - 1); }
static inline uint32_t header_tag(uint32_t header) { return header >> 18 & (TAG_COUNT - 1); }
static inline uint32_t header_of_tag(uint32_t tag) { return tag << 18; }
static inline uint32_t header_flags(uint32_t header) { return header >> 28; }

// Tokens are served in the order of their tags, so that position p is in the cache before p + 1 attends.
static inline uint32_t next_tag(uint32_t tag, uint32_t in_flight) {
  return tag + 1 == in_flight ? 0 : tag + 1;
}

#define PARAMETERS(type) ((const type*)PARAMETER_ADDRESS)

#endif  // FIRMWARE_TILE_H_
