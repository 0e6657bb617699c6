#include "host/link/wafer_service.h"

#include <algorithm>
#include <chrono>
#include <exception>

namespace tessera {
namespace {

// A slice should be so long that looking at the socket costs nothing, and so short that nobody waits for it.
constexpr std::uint64_t kShortestSlice = 1;  // cycles
constexpr std::uint64_t kLongestSlice = 1024;
constexpr std::chrono::milliseconds kEnough{2};
constexpr std::chrono::milliseconds kTooMuch{8};

constexpr size_t kQueuedWordsLimit = size_t{16} << 20;

// What an exception is on the link. To be called while it is handled.
link::Failure current_failure(std::uint64_t cycle) {
  try {
    throw;
  } catch (const Error& error) {
    return {link_error_kind(error.kind()), cycle, error.what()};
  } catch (const std::exception& error) {
    return {LinkErrorKind::kEngine, cycle, error.what()};
  }
}

}  // namespace

template <typename Act>
void WaferService::attempt(const Act& act) {
  try {
    act();
  } catch (...) {
    if (!failed_) failed_ = current_failure(port_.cycle());
  }
}

template <typename Act>
void WaferService::answer(Bytes& out, const Act& act) {
  if (!failed_) attempt(act);
  if (failed_) append(out, *failed_);
  failed_.reset();
}

void WaferService::check_edge(const EdgeAddress& edge) const {
  if (edge.row >= port_.shape().rows)
    fail_protocol("edge link of row {}, the wafer has {} rows", edge.row, port_.shape().rows);
}

void WaferService::check_tile(std::uint32_t tile) const {
  if (tile >= static_cast<std::uint32_t>(port_.shape().tiles()))
    fail_protocol("memory of tile {}, the wafer has {} tiles", tile, port_.shape().tiles());
  if (!port_.has_back_door()) fail_protocol("memory of tile {}, the wafer has no back door", tile);
}

void WaferService::handle(const FrameView& frame, Bytes& out) {
  if (running_) fail_protocol("{} while the wafer is running for the request before", frame_name(frame.type));
  switch (frame.type) {
    case FrameType::kSend:
      return send(from_frame<link::Send>(frame));
    case FrameType::kOpen: {
      const auto message = from_frame<link::Open>(frame);
      check_edge(message.edge);
      return attempt([&] { port_.open(message.edge); });
    }
    case FrameType::kAdvance: {
      const auto message = from_frame<link::Advance>(frame);
      return answer(out, [&] { begin_advance(message); });
    }
    case FrameType::kWriteMemory: {
      const auto message = from_frame<link::WriteMemory>(frame);
      check_tile(message.tile);
      return attempt(
          [&] { port_.write_memory(static_cast<int>(message.tile), message.address, message.bytes); });
    }
    case FrameType::kReadMemory: {
      const auto message = from_frame<link::ReadMemory>(frame);
      check_tile(message.tile);
      return answer(out, [&] {
        link::Memory memory{std::vector<std::uint8_t>(message.count)};
        port_.read_memory(static_cast<int>(message.tile), message.address, memory.bytes);
        append(out, memory);
      });
    }
    case FrameType::kSetEpoch:
      from_frame<link::SetEpoch>(frame);
      return answer(out, [&] {
        port_.set_epoch();
        append(out, link::Epoch{port_.cycle()});
      });
    case FrameType::kObserve: {
      const auto message = from_frame<link::Observe>(frame);
      return attempt([&] { port_.set_observer(message.on ? &events_ : nullptr); });
    }
    case FrameType::kGetStatus:
      from_frame<link::GetStatus>(frame);
      return answer(out, [&] { append(out, link::Status{port_.link_hash(), port_.statistics()}); });
    case FrameType::kGoodbye:
      from_frame<link::Goodbye>(frame);
      said_goodbye_ = true;
      return;
    default:
      fail_protocol("{} ({}), which no client sends here", frame_name(frame.type),
                    static_cast<std::uint32_t>(frame.type));
  }
}

void WaferService::send(const link::Send& message) {
  check_edge(message.edge);
  queued_words_ += message.words.size();
  if (queued_words_ > kQueuedWordsLimit)
    fail_protocol("{} words were sent without letting the wafer run, should be at most {}", queued_words_,
                  kQueuedWordsLimit);
  attempt([&] { port_.send(message.edge, message.color, message.words, message.cycle); });
}

void WaferService::begin_advance(const link::Advance& message) {
  queued_words_ = 0;
  limit_ = message.limit;
  running_ = true;
}

void WaferService::run_slice(Bytes& out) {
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t cycle = port_.cycle();
  const std::uint64_t limit =
      limit_ > cycle && limit_ - cycle > slice_cycles_ ? cycle + slice_cycles_ : limit_;
  WaferPort::Stop stop;
  try {
    stop = port_.advance(limit);
  } catch (...) {
    running_ = false;
    events_.take(out);
    append(out, current_failure(port_.cycle()));
    return;
  }
  events_.take(out);
  if (stop != WaferPort::Stop::kLimit || limit == limit_) return finish_advance(stop, out);
  const auto took = std::chrono::steady_clock::now() - begin;
  if (took < kEnough) slice_cycles_ = std::min(slice_cycles_ * 2, kLongestSlice);
  if (took > kTooMuch) slice_cycles_ = std::max(slice_cycles_ / 2, kShortestSlice);
}

void WaferService::finish_advance(WaferPort::Stop stop, Bytes& out) {
  running_ = false;
  for (ReceivedMessage& received : port_.take_received()) {
    if (received.words.size() > kMessageWordsLimit) {
      append(out, link::Failure{LinkErrorKind::kFabric, port_.cycle(),
                                fmt::format("a message of {} words arrived, the host link carries at most {}",
                                            received.words.size(), kMessageWordsLimit)});
      return;
    }
    append(out, link::Received{std::move(received)});
  }
  append(out, link::Advanced{stop, port_.cycle()});
}

void WaferService::report_progress(Bytes& out) const { append(out, link::Progress{port_.cycle()}); }

}  // namespace tessera
