// How far the integers are from the floats: perplexity, Kullback-Leibler divergence and agreement, never
// text, because free-running text parts at the first near-tie.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/checkpoint.h"
#include "host/model/quantize.h"
#include "host/model/tokenizer.h"

namespace tessera {

struct EvaluationReport {
  std::int64_t predictions = 0;  // tokens that were predicted
  double float_perplexity = 0;   // exp of the mean negative log-likelihood in nats
  double integer_perplexity = 0;
  double kl_mean = 0;         // mean of KL(float || integer) in nats
  double top1_agreement = 0;  // part of the predictions with the same argmax, 0 to 1

  double perplexity_ratio() const { return integer_perplexity / float_perplexity; }
};

// Runs every sequence from position 0 through both models; each token after the first of its sequence is a
// prediction. The integer logits over 2^16 are logits in nats. Throws Error(kRequest) for a sequence longer
// than the context, a token that is not in the vocabulary, or sequences without a prediction.
EvaluationReport evaluate(const FloatModel& model, const QuantizedModel& quantized,
                          const std::vector<std::vector<int>>& sequences);
EvaluationReport evaluate(const FloatModel& model, const std::vector<std::vector<int>>& sequences);

// `count` sequences that the float model itself writes at temperature 1: kBeginOfText and what follows, up to
// `length` tokens (at most the context) or the end of the text. The same seed gives the same sequences.
std::vector<std::vector<int>> sample_sequences(const FloatModel& model, int count, int length,
                                               std::uint64_t seed);

// A text as sequences of at most the context, each beginning with kBeginOfText.
std::vector<std::vector<int>> text_sequences(const Tokenizer& tokenizer, std::string_view text, int context);

// A held-out text from a file. Throws Error(kInput) where there is none or it is empty.
std::string read_text(const std::string& path);

}  // namespace tessera
