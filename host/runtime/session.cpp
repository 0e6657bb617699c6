#include "host/runtime/session.h"

#include <algorithm>
#include <bit>

#include "host/error/error.h"
#include "host/runtime/golden_run.h"

namespace tessera {
namespace {

constexpr std::uint64_t kPatience = 100'000'000;  // cycles without an answer

EdgeAddress edge_of(const EdgePort& port) {
  return {port.side == Direction::kWest ? sim::EdgeSide::kWest : sim::EdgeSide::kEast, port.tile.y};
}

}  // namespace

const char* finish_reason_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::kNone:
      return "none";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kEndOfText:
      return "end_of_text";
    case FinishReason::kContext:
      return "context";
  }
  return "?";
}

Session::Session(WaferPort& port, const Image& image, SessionEvents events)
    : port_(port),
      image_(image),
      events_(std::move(events)),
      inlet_(edge_of(image.inlet)),
      answer_(edge_of(image.answer)),
      logits_(edge_of(image.logits)),
      slots_(image.slots, -1),
      begin_(port.cycle()),
      last_answer_(port.cycle()) {
  port_.open(answer_);
  port_.open(logits_);
  for (const ImageMessage& message : image.messages) {
    if (message.tensor.format != MessageFormat::kLogits) continue;
    if (message.part >= static_cast<int>(logits_messages_.size())) logits_messages_.resize(message.part + 1);
    logits_messages_[message.part] = &message;
  }
}

int Session::add(const GenerationRequest& request) {
  check_request(request, image_.context, image_.graph.shape.config.vocabulary);
  RequestState state;
  state.request = request;
  state.sequence = request.prompt;
  state.sampler = make_sampler(request.temperature, request.seed);
  state.ready = port_.cycle();
  if (request.tokens <= 0) state.finished = FinishReason::kLength;
  requests_.push_back(std::move(state));
  return requests() - 1;
}

SavedRequest Session::save(int number) const {
  const RequestState& state = requests_[number];
  if (!in_flight_.empty() || state.finished == FinishReason::kNone || state.kept_slot < 0)
    fail(ErrorKind::kEngine,
         "request {} cannot be saved: it should be finished, nothing on the wafer, its slot as it left it",
         number);
  return {state.request,   state.sequence, state.answers, state.finished, state.sampler.state,
          state.kept_slot, next_tag_,      begin_,        last_answer_};
}

void require_unfinished_text(const SavedRequest& saved) {
  if (saved.finished != FinishReason::kLength)
    fail(ErrorKind::kRequest, "the saved text cannot go on: it has come to its end ({})",
         finish_reason_name(saved.finished));
}

int Session::resume(const SavedRequest& saved, int tokens) {
  require_unfinished_text(saved);
  const int vocabulary = image_.graph.shape.config.vocabulary;
  const auto is_token = [&](int token) { return token >= 0 && token < vocabulary; };
  const size_t positions = saved.answers.size();
  if (!requests_.empty() || saved.slot < 0 || saved.slot >= image_.slots || saved.next_tag < 0 ||
      saved.next_tag >= image_.in_flight || saved.last_answer_cycle > port_.cycle() ||
      saved.sampler_state == 0 || saved.sequence.size() <= saved.request.prompt.size() ||
      positions + 1 != saved.sequence.size() || !std::ranges::all_of(saved.sequence, is_token) ||
      !std::equal(saved.request.prompt.begin(), saved.request.prompt.end(), saved.sequence.begin()))
    fail(ErrorKind::kInput, "the saved text ({} positions, slot {}) is of no session of this image",
         positions, saved.slot);
  if (static_cast<int>(saved.sequence.size()) > image_.context)
    fail(ErrorKind::kRequest, "the saved text cannot go on: it fills the context of {} positions",
         image_.context);
  const int number = add(saved.request);
  RequestState& state = requests_[number];
  state.sequence = saved.sequence;
  state.answers = saved.answers;
  state.request.tokens = static_cast<int>(state.generated().size()) + tokens;
  state.finished = FinishReason::kNone;
  state.sampler.state = saved.sampler_state;
  state.slot = state.kept_slot = saved.slot;
  state.next_position = static_cast<int>(positions);
  state.ready = saved.last_answer_cycle + kReactionLatency;
  slots_[saved.slot] = number;
  next_tag_ = saved.next_tag;
  begin_ = saved.begin_cycle;
  last_answer_ = saved.last_answer_cycle;
  positions_ = positions;
  return number;
}

void Session::join_requests(std::uint64_t cycle) {
  for (size_t number = 0; number < requests_.size(); ++number) {
    RequestState& state = requests_[number];
    if (state.finished != FinishReason::kNone || state.slot >= 0) continue;
    const auto free = std::find(slots_.begin(), slots_.end(), -1);
    if (free == slots_.end()) return;
    *free = static_cast<int>(number);
    state.slot = static_cast<int>(free - slots_.begin());
    for (RequestState& other : requests_) {
      if (other.kept_slot == state.slot) other.kept_slot = -1;
    }
    state.kept_slot = state.slot;
    state.ready = std::max(state.ready, cycle);
  }
}

bool Session::wants_logits(const RequestState& state, int position) const {
  return state.sampler.inverse_temperature != 0 &&
         position + 1 >= static_cast<int>(state.request.prompt.size());
}

bool Session::admit_one(std::uint64_t now) {
  for (int turn = 0; turn < requests(); ++turn) {
    const int number = (next_request_ + turn) % requests();
    RequestState& state = requests_[number];
    if (state.slot < 0 || state.finished != FinishReason::kNone) continue;
    if (state.next_position >= static_cast<int>(state.sequence.size()) || state.ready > now) continue;
    InFlight token;
    token.token.request = number;
    token.token.slot = state.slot;
    token.token.position = state.next_position;
    token.token.token = state.sequence[state.next_position];
    token.token.tag = next_tag_;
    token.token.flags = rtl::kHeaderFlagOutput;
    token.token.admitted = now;
    if (wants_logits(state, state.next_position)) {
      token.token.flags |= rtl::kHeaderFlagLogits;
      token.logits_left = image_.graph.shape.config.vocabulary;
      token.logits.resize(token.logits_left);
    }
    if (events_.admitted) events_.admitted(token.token);
    const std::uint32_t words[] = {header_word(token.token, 0),
                                   static_cast<std::uint32_t>(token.token.token)};
    port_.send(inlet_, image_.inlet.color, words, now);
    in_flight_.push_back(std::move(token));
    next_tag_ = (next_tag_ + 1) % image_.in_flight;
    next_request_ = (number + 1) % requests();
    ++state.next_position;
    ++state.in_flight;
    return true;
  }
  return false;
}

void Session::admit(std::uint64_t now) {
  join_requests(now);
  while (static_cast<int>(in_flight_.size()) < image_.in_flight && admit_one(now)) {
  }
}

bool Session::step() {
  if (in_flight_.empty()) {
    // A request that was added while nothing was on the wafer. Its cycle is a function of the wafer's cycles
    // as long as requests are added between steps.
    admit(std::max(port_.cycle(), positions_ == 0 ? begin_ : last_answer_ + kReactionLatency));
    if (in_flight_.empty()) return false;
  }
  const std::uint64_t before = positions_;
  while (positions_ == before) {
    const WaferPort::Stop stop = port_.advance(port_.cycle() + kPatience);
    if (stop == WaferPort::Stop::kQuiet)
      fail(ErrorKind::kFabric, "{}",
           events_.describe_hang
               ? events_.describe_hang(in_flight_.front().token.tag)
               : fmt::format("cycle {}: nothing moves, but an answer is owed", port_.cycle()));
    if (stop == WaferPort::Stop::kLimit)
      fail(ErrorKind::kFabric, "cycle {}: no answer for {} cycles, but the wafer is busy", port_.cycle(),
           kPatience);
    for (const ReceivedMessage& message : port_.take_received()) accept(message);
  }
  return true;
}

void Session::accept(const ReceivedMessage& message) {
  const auto header = std::bit_cast<rtl::Header>(message.words.front());
  const bool is_answer = message.edge == answer_ && message.color == image_.answer.color;
  const bool is_logits = message.edge == logits_ && message.color == image_.logits.color;
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(), [&](const InFlight& token) {
    return header_word(token.token, static_cast<int>(header.part)) == message.words.front();
  });
  if ((!is_answer && !is_logits) || found == in_flight_.end())
    fail(ErrorKind::kFabric,
         "cycle {}: the wafer sent a message (color {}, header {:#010x}) that nobody asked for",
         message.cycle, message.color, message.words.front());
  found->complete = std::max(found->complete, message.cycle);
  // Both may be the same color of the same link; then the logits' parts tell, since an answer is two words
  // long.
  if (is_answer && (!is_logits || (message.words.size() == 3 && found->logits_left == 0))) {
    if (message.words.size() != 3 || found->answered)
      fail(ErrorKind::kFabric, "cycle {}: an answer of {} words, expected one of 2", message.cycle,
           message.words.size() - 1);
    found->answered = true;
    found->winner = static_cast<int>(message.words[1]);
  } else {
    accept_logits(message, *found, static_cast<int>(header.part));
  }
  while (!in_flight_.empty() && in_flight_.front().answered && in_flight_.front().logits_left == 0)
    complete_oldest();
}

void Session::accept_logits(const ReceivedMessage& message, InFlight& token, int part) {
  const ImageMessage* rows =
      part < static_cast<int>(logits_messages_.size()) ? logits_messages_[part] : nullptr;
  if (rows == nullptr || token.logits.empty() || static_cast<int>(message.words.size()) != rows->words + 1 ||
      rows->tensor.count > token.logits_left)
    fail(ErrorKind::kFabric, "cycle {}: logits (part {}, {} words) that nobody asked for", message.cycle,
         part, message.words.size() - 1);
  for (int i = 0; i < rows->tensor.count; ++i)
    token.logits[rows->tensor.first + i] = static_cast<std::int32_t>(message.words[i + 1]);
  token.logits_left -= rows->tensor.count;
}

void Session::complete_oldest() {
  InFlight token = std::move(in_flight_.front());
  in_flight_.pop_front();
  last_answer_ = std::max(last_answer_, token.complete);
  ++positions_;
  const int number = token.token.request;
  RequestState& state = requests_[number];
  --state.in_flight;
  state.answers.push_back({token.token.position, token.token.token, token.token.admitted, token.complete});
  if (events_.answered) events_.answered(token.token);
  state.ready = std::max(state.ready, last_answer_ + kReactionLatency);
  if (state.finished == FinishReason::kNone &&
      token.token.position + 1 == static_cast<int>(state.sequence.size()))
    extend(state, number, token);
  if (state.finished != FinishReason::kNone && state.in_flight == 0 && state.slot >= 0) {
    slots_[state.slot] = -1;
    state.slot = -1;
  }
  admit(last_answer_ + kReactionLatency);
}

void Session::extend(RequestState& state, int number, const InFlight& token) {
  const int next = choose(state, token);
  if (next < 0 || next >= image_.graph.shape.config.vocabulary)
    fail(ErrorKind::kFabric, "the wafer answered with token {}, should be 0 to {}", next,
         image_.graph.shape.config.vocabulary - 1);
  if (!state.request.ignore_end_of_text && is_end_of_text(next)) {
    state.finished = FinishReason::kEndOfText;
    return;
  }
  state.sequence.push_back(next);
  if (events_.generated) events_.generated(number, next);
  if (static_cast<int>(state.generated().size()) >= state.request.tokens) {
    state.finished = FinishReason::kLength;
  } else if (static_cast<int>(state.sequence.size()) > image_.context) {
    state.finished = FinishReason::kContext;
  }
}

int Session::choose(RequestState& state, const InFlight& token) {
  if (token.logits.empty()) return token.winner;
  return sample(state.sampler, token.logits);
}

}  // namespace tessera
