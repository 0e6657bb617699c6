// The job that this test is run by.
#pragma once

#include "sim/distributed/ranks.h"

namespace tessera::sim {

Ranks& job();  // only in the rank that leads, where the tests are

}  // namespace tessera::sim
