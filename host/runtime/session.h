// A session: requests whose tokens stream through the wafer.
//
// Up to in_flight tokens are on the wafer at a time, of one request or of several; tags go round, answers
// come in their order. A request's prompt is pipelined, then each token follows the answer to the one before.
// Requests join and leave at any token; each has a slot of the KV cache while it runs.
//
// The session acts only in cycles that are a function of the wafer's cycles: kReactionLatency after the last
// wavelet of what it reacts to.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "host/compiler/image.h"
#include "host/golden/sampling.h"
#include "host/model/tokenizer.h"
#include "host/runtime/token.h"
#include "host/runtime/wafer_port.h"

namespace tessera {

inline constexpr std::uint64_t kReactionLatency = 16;

struct GenerationRequest {
  std::vector<int> prompt;  // token ids, at least one
  int tokens = 0;           // to generate, at most
  double temperature = 0;   // 0: the greatest logit
  std::uint32_t seed = 1;
  bool ignore_end_of_text = false;
};

// A sequence ends with the end of its text, or where a model begins another one.
constexpr bool is_end_of_text(int token) { return token == kEndOfText || token == kBeginOfText; }

enum class FinishReason { kNone, kLength, kEndOfText, kContext };
const char* finish_reason_name(FinishReason reason);  // "length"

// A position that the wafer has answered.
struct AnsweredPosition {
  int position = 0;
  int token = 0;
  std::uint64_t admitted = 0;
  std::uint64_t answered = 0;  // the cycle of the answer's last wavelet
};

struct RequestState {
  GenerationRequest request;
  std::vector<int> sequence;  // prompt, then what was generated
  std::vector<AnsweredPosition> answers;
  FinishReason finished = FinishReason::kNone;

  std::span<const int> generated() const { return std::span(sequence).subspan(request.prompt.size()); }

  // Of the session.
  Sampler sampler;
  int slot = -1;
  int kept_slot = -1;  // that still holds its keys and values, though it may be finished
  int next_position = 0;
  int in_flight = 0;
  std::uint64_t ready = 0;  // the cycle from which its next token may enter
};

// A finished request as another session can go on with it, on a wafer in the same state: the keys and values
// of all positions that were answered are in its slot.
struct SavedRequest {
  GenerationRequest request;
  std::vector<int> sequence;
  std::vector<AnsweredPosition> answers;  // of all positions but the last token's
  FinishReason finished = FinishReason::kNone;
  std::uint32_t sampler_state = 1;
  int slot = 0;
  int next_tag = 0;
  std::uint64_t begin_cycle = 0;
  std::uint64_t last_answer_cycle = 0;
};

// Throws Error(kRequest) for a text that has come to its end.
void require_unfinished_text(const SavedRequest& saved);

// What happens in a session, for whoever checks or prints.
struct SessionEvents {
  std::function<void(const AdmittedToken&)> admitted;  // before its message is sent
  std::function<void(const AdmittedToken&)> answered;  // all that the wafer says to it is here
  std::function<void(int request, int token)> generated;
  std::function<std::string(int tag)> describe_hang;
};

class Session {
 public:
  Session(WaferPort& port, const Image& image, SessionEvents events = {});

  // Gives the request's number. Throws Error(kRequest) for a prompt that is empty, too long or holds an
  // unknown token.
  int add(const GenerationRequest& request);
  // Goes on with a request of another session, as if it had asked for `tokens` more: in the same cycles. To
  // be called first, and once. Throws Error(kRequest) when there is nothing to go on with, Error(kInput) for
  // what no session of this image saved.
  int resume(const SavedRequest& saved, int tokens);
  // Of a finished request. Throws Error(kEngine) when others are under way, or have taken its slot.
  SavedRequest save(int number) const;
  // Goes on until a token was answered. False: all requests are finished. Throws Error(kFabric) when the
  // wafer hangs or says something that nobody asked for.
  bool step();
  void run() {
    while (step()) {
    }
  }

  const RequestState& request(int number) const { return requests_[number]; }
  int requests() const { return static_cast<int>(requests_.size()); }
  std::uint64_t begin_cycle() const { return begin_; }  // when the session was made
  std::uint64_t last_answer_cycle() const { return last_answer_; }
  std::uint64_t positions() const { return positions_; }  // answered, over all requests

 private:
  struct InFlight {
    AdmittedToken token;
    bool answered = false;
    int winner = 0;
    int logits_left = 0;  // rows
    std::vector<std::int32_t> logits;
    std::uint64_t complete = 0;  // the last cycle of what has arrived
  };

  void join_requests(std::uint64_t cycle);
  bool admit_one(std::uint64_t now);
  void admit(std::uint64_t now);
  bool wants_logits(const RequestState& state, int position) const;
  void accept(const ReceivedMessage& message);
  void accept_logits(const ReceivedMessage& message, InFlight& token, int part);
  void complete_oldest();
  void extend(RequestState& state, int number, const InFlight& token);
  int choose(RequestState& state, const InFlight& token);

  WaferPort& port_;
  const Image& image_;
  SessionEvents events_;
  EdgeAddress inlet_, answer_, logits_;
  std::deque<RequestState> requests_;
  std::vector<int> slots_;          // the request in each; -1: free
  std::deque<InFlight> in_flight_;  // oldest first
  int next_tag_ = 0;
  int next_request_ = 0;                              // where the round over the requests goes on
  std::vector<const ImageMessage*> logits_messages_;  // by part
  std::uint64_t begin_ = 0;
  std::uint64_t last_answer_ = 0;
  std::uint64_t positions_ = 0;
};

}  // namespace tessera
