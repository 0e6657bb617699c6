// Small C programs that run on the core and, for comparison, on the host. Each gives one word that depends on
// all it has computed.
#ifndef TESTS_RTL_CORE_PROGRAMS_PROGRAMS_H_
#define TESTS_RTL_CORE_PROGRAMS_PROGRAMS_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROGRAM_COUNT 7
extern uint32_t (*const kPrograms[PROGRAM_COUNT])(void);
extern const char* const kProgramNames[PROGRAM_COUNT];

#ifdef __cplusplus
}
#endif

#endif  // TESTS_RTL_CORE_PROGRAMS_PROGRAMS_H_
