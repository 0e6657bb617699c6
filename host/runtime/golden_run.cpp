#include "host/runtime/golden_run.h"

#include "host/error/error.h"
#include "host/model/tokenizer.h"

namespace tessera {
namespace {

constexpr std::uint64_t kFnvOffset = 1469598103934665603u;
constexpr std::uint64_t kFnvPrime = 1099511628211u;

std::uint64_t add_logits(std::uint64_t hash, std::span<const std::int32_t> logits) {
  for (const std::int32_t logit : logits) {
    for (int byte = 0; byte < 4; ++byte) {
      hash ^= static_cast<std::uint32_t>(logit) >> (8 * byte) & 0xff;
      hash *= kFnvPrime;
    }
  }
  return hash;
}

}  // namespace

void check_request(const GenerationRequest& request, int context, int vocabulary) {
  if (request.prompt.empty())
    fail(ErrorKind::kRequest, "the prompt is empty, should hold at least one token");
  if (static_cast<int>(request.prompt.size()) > context)
    fail(ErrorKind::kRequest, "the prompt has {} tokens, should be at most {} (the context)",
         request.prompt.size(), context);
  for (const int token : request.prompt) {
    if (token < 0 || token >= vocabulary)
      fail(ErrorKind::kRequest, "token {} of the prompt is unknown, should be 0 to {}", token,
           vocabulary - 1);
  }
}

GoldenRun run_golden(Golden& golden, const GenerationRequest& request, int context,
                     const std::function<void(int token)>& generated) {
  check_request(request, context, golden.config().vocabulary);
  Sampler sampler = make_sampler(request.temperature, request.seed);
  std::vector<int> sequence = request.prompt;
  GoldenRun run;
  std::uint64_t hash = kFnvOffset;
  if (request.tokens <= 0) run.finished = FinishReason::kLength;
  while (run.finished == FinishReason::kNone) {
    golden.forward(0, run.positions, sequence[run.positions]);
    hash = add_logits(hash, golden.logits());
    run.logits_hash.push_back(hash);
    if (++run.positions < static_cast<int>(sequence.size())) continue;
    const int next = sample(sampler, golden.logits());
    if (!request.ignore_end_of_text && is_end_of_text(next)) {
      run.finished = FinishReason::kEndOfText;
      break;
    }
    sequence.push_back(next);
    run.token_ids.push_back(next);
    if (generated) generated(next);
    if (static_cast<int>(run.token_ids.size()) >= request.tokens)
      run.finished = FinishReason::kLength;
    else if (run.positions >= context)
      run.finished = FinishReason::kContext;
  }
  return run;
}

}  // namespace tessera
