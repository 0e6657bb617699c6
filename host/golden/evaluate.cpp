#include "host/golden/evaluate.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <random>
#include <span>

#include "host/error/error.h"
#include "host/golden/golden.h"
#include "host/golden/sampling.h"
#include "host/model/files.h"
#include "host/model/float_forward.h"

namespace tessera {
namespace {

// Natural logarithms of the softmax of logits in nats.
template <typename Logits>
void log_softmax(const Logits& logits, double scale, std::vector<double>& out) {
  out.resize(logits.size());
  double largest = logits[0] * scale;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = logits[i] * scale;
    largest = std::max(largest, out[i]);
  }
  double sum = 0;
  for (const double logit : out) sum += std::exp(logit - largest);
  const double normalizer = largest + std::log(sum);
  for (double& logit : out) logit -= normalizer;
}

double divergence(const std::vector<double>& p, const std::vector<double>& q) {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) sum += std::exp(p[i]) * (p[i] - q[i]);
  return sum;
}

// Sums over predictions, and the vectors that every prediction uses again.
struct Tally {
  std::int64_t predictions = 0;
  std::int64_t agreements = 0;
  double float_loss = 0;
  double integer_loss = 0;
  double kl = 0;
  std::vector<double> float_log, integer_log;

  void add(const std::vector<float>& float_logits, std::span<const std::int32_t> integer_logits, int target) {
    log_softmax(float_logits, 1.0, float_log);
    log_softmax(integer_logits, 0x1p-16, integer_log);
    ++predictions;
    float_loss -= float_log[target];
    integer_loss -= integer_log[target];
    kl += divergence(float_log, integer_log);
    const auto float_best = std::max_element(float_logits.begin(), float_logits.end()) - float_logits.begin();
    if (float_best == argmax(integer_logits)) ++agreements;
  }
};

int draw_token(const std::vector<float>& logits, std::mt19937_64& random, std::vector<double>& log_p) {
  log_softmax(logits, 1.0, log_p);
  // The distributions of the standard library differ between libraries; 53 bits of a draw do not.
  double rest = std::ldexp(static_cast<double>(random() >> 11), -53);
  for (std::size_t i = 0; i < log_p.size(); ++i) {
    rest -= std::exp(log_p[i]);
    if (rest < 0) return static_cast<int>(i);
  }
  return static_cast<int>(std::max_element(log_p.begin(), log_p.end()) - log_p.begin());
}

}  // namespace

EvaluationReport evaluate(const FloatModel& model, const QuantizedModel& quantized,
                          const std::vector<std::vector<int>>& sequences) {
  Golden golden(quantized);
  Tally tally;
  for (const std::vector<int>& sequence : sequences) {
    FloatState state;
    for (std::size_t position = 0; position + 1 < sequence.size(); ++position) {
      const int target = sequence[position + 1];
      if (target < 0 || target >= model.config.vocabulary) {
        fail(ErrorKind::kRequest, "token {} is out of range, expected 0 to {}", target,
             model.config.vocabulary - 1);
      }
      const std::vector<float>& logits =
          forward(model, state, sequence[position], static_cast<int>(position));
      golden.forward(0, static_cast<int>(position), sequence[position]);
      tally.add(logits, golden.logits(), target);
    }
  }
  if (tally.predictions == 0) {
    fail(ErrorKind::kRequest, "the {} sequences hold no prediction, expected one of at least 2 tokens",
         sequences.size());
  }
  const auto predictions = static_cast<double>(tally.predictions);
  return {tally.predictions, std::exp(tally.float_loss / predictions),
          std::exp(tally.integer_loss / predictions), tally.kl / predictions,
          static_cast<double>(tally.agreements) / predictions};
}

EvaluationReport evaluate(const FloatModel& model, const std::vector<std::vector<int>>& sequences) {
  return evaluate(model, quantize(model), sequences);
}

std::vector<std::vector<int>> sample_sequences(const FloatModel& model, int count, int length,
                                               std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> log_p;
  std::vector<std::vector<int>> sequences;
  const int longest = std::min(length, model.config.context);
  for (int i = 0; i < count; ++i) {
    FloatState state;
    std::vector<int> sequence = {kBeginOfText};
    while (static_cast<int>(sequence.size()) < longest) {
      const int position = static_cast<int>(sequence.size()) - 1;
      const int token = draw_token(forward(model, state, sequence.back(), position), random, log_p);
      sequence.push_back(token);
      if (token == kBeginOfText || token == kEndOfText) break;
    }
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

std::vector<std::vector<int>> text_sequences(const Tokenizer& tokenizer, std::string_view text, int context) {
  std::vector<int> tokens = tokenizer.encode(text);
  std::vector<std::vector<int>> sequences;
  const std::size_t part = std::max(1, context - 1);  // the begin of the text takes a position of its own
  for (std::size_t begin = 1; begin < tokens.size(); begin += part) {
    const std::size_t end = std::min(tokens.size(), begin + part);
    std::vector<int> sequence = {kBeginOfText};
    sequence.insert(sequence.end(), tokens.begin() + begin, tokens.begin() + end);
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

std::string read_text(const std::string& path) {
  InputFile file = open_input(path, "a text");
  std::string text(std::istreambuf_iterator<char>(file.stream), {});
  if (text.empty()) fail(ErrorKind::kInput, "{}: is empty, expected a text", path);
  return text;
}

}  // namespace tessera
