// The tests run in the rank that leads; the others serve it.
#include <gtest/gtest.h>

#include "sim/distributed/serve.h"
#include "tests/sim/distributed/job.h"

namespace tessera::sim {

Ranks& job() { return *Ranks::of_process(); }

}  // namespace tessera::sim

int main(int argc, char** argv) {
  tessera::sim::Ranks ranks;
  if (!ranks.leads()) {
    tessera::sim::serve(ranks);
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
