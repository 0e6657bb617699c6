#include "programs.h"

// A stream of pseudo-random words.
static uint32_t next(uint32_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static uint32_t mix(uint32_t sum, uint32_t word) { return (sum << 5 | sum >> 27) + word; }

// Bytes, halves and words of an array, shell sort by signed comparison.
static uint32_t sort(void) {
  enum { kCount = 128 };
  int16_t values[kCount];
  uint32_t state = 1;
  for (int i = 0; i < kCount; ++i) values[i] = (int16_t)next(&state);
  for (int gap = kCount / 2; gap > 0; gap /= 2) {
    for (int i = gap; i < kCount; ++i) {
      int16_t value = values[i];
      int j = i;
      for (; j >= gap && values[j - gap] > value; j -= gap) values[j] = values[j - gap];
      values[j] = value;
    }
  }
  uint32_t sum = 0;
  for (int i = 0; i < kCount; ++i) sum = mix(sum, (uint32_t)values[i]);
  return sum;
}

// Bytes and shifts.
static uint32_t checksum(void) {
  uint8_t bytes[256];
  uint32_t state = 2;
  for (int i = 0; i < 256; ++i) bytes[i] = (uint8_t)next(&state);
  uint32_t crc = ~0u;
  for (int i = 0; i < 256; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
  }
  return ~crc;
}

// 64 bits: multiplication high, carries, and division through the compiler's library.
static uint32_t wide(void) {
  uint32_t state = 3, sum = 0;
  for (int i = 0; i < 16; ++i) {
    uint64_t a = (uint64_t)next(&state) << 32 | next(&state);
    uint64_t b = next(&state) >> (i & 15);
    uint64_t c = a * b + a / (b | 1);
    int64_t d = (int64_t)a % (int32_t)(b | 1);
    sum = mix(mix(sum, (uint32_t)(c >> 32)), (uint32_t)c ^ (uint32_t)d);
  }
  return sum;
}

// Division and remainder in hardware, signed and unsigned.
static uint32_t divide(void) {
  uint32_t state = 4, sum = 0;
  for (int i = 0; i < 64; ++i) {
    uint32_t a = next(&state), b = next(&state) >> (i & 31);
    sum = mix(sum, a / (b | 1) ^ a % (b | 1));
    sum = mix(sum, (uint32_t)((int32_t)a / (int32_t)(b | 1) ^ (int32_t)a % (int32_t)(b | 1)));
  }
  return sum;
}

// Calls, and a stack that grows.
static uint32_t ackermann(uint32_t m, uint32_t n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}
static uint32_t recursion(void) { return ackermann(2, 9); }

// Calls through pointers, and a switch.
static uint32_t twice(uint32_t x) { return 2 * x; }
static uint32_t square(uint32_t x) { return x * x; }
static uint32_t negate(uint32_t x) { return -x; }
static uint32_t dispatch(void) {
  static uint32_t (*const kOperations[])(uint32_t) = {twice, square, negate};
  uint32_t state = 5, value = 1;
  for (int i = 0; i < 100; ++i) {
    value = kOperations[next(&state) % 3](value);
    switch (state % 8) {
      case 0:
        value += 3;
        break;
      case 1:
        value ^= 0x5555;
        break;
      case 2:
        value = value >> 3 | value << 29;
        break;
      case 3:
        value -= state;
        break;
      case 5:
        value *= 17;
        break;
      case 6:
        value |= 1;
        break;
      default:
        value = mix(value, state);
    }
  }
  return value;
}

// Products and sums over arrays of words.
static uint32_t matrix(void) {
  enum { kSize = 10 };
  static int32_t a[kSize][kSize], b[kSize][kSize];
  uint32_t state = 6, sum = 0;
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      a[i][j] = (int8_t)next(&state);
      b[i][j] = (int8_t)next(&state);
    }
  }
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      int32_t c = 0;
      for (int k = 0; k < kSize; ++k) c += a[i][k] * b[k][j];
      sum = mix(sum, (uint32_t)c);
    }
  }
  return sum;
}

uint32_t (*const kPrograms[PROGRAM_COUNT])(void) = {sort,      checksum, wide,  divide,
                                                    recursion, dispatch, matrix};
const char* const kProgramNames[PROGRAM_COUNT] = {"sort",      "checksum", "wide",  "divide",
                                                  "recursion", "dispatch", "matrix"};
