// The golden model alone, going on from a prompt as a session would.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "host/golden/golden.h"
#include "host/runtime/session.h"

namespace tessera {

struct GoldenRun {
  std::vector<int> token_ids;  // generated
  FinishReason finished = FinishReason::kNone;
  int positions = 0;
  // FNV-1a as docs/numerics.md, section "Known answer", defines it: over all logits after each position.
  std::vector<std::uint64_t> logits_hash;
};

// `context`: positions of a sequence, at most the model's own.
GoldenRun run_golden(Golden& golden, const GenerationRequest& request, int context,
                     const std::function<void(int token)>& generated = {});

// What a session and run_golden() ask of a request. Throws Error(kRequest).
void check_request(const GenerationRequest& request, int context, int vocabulary);

}  // namespace tessera
