#include "host/link/remote_port.h"

#include <algorithm>
#include <utility>

#include "host/error/error.h"
#include "host/link/client_channel.h"
#include "host/link/events.h"
#include "host/link/messages.h"
#include "host/runtime/engine_port.h"
#include "sim/tile_state.h"

namespace tessera {
namespace {

constexpr size_t kEnoughToSend = size_t{256} << 10;  // bytes, before anything is asked
constexpr std::chrono::milliseconds kFarewell{1'000};

}  // namespace

class RemotePort::Impl {
 public:
  Impl(const LinkAddress& address, const ClientTimes& times)
      : times_(times), channel_(address, times.connect) {
    append(out_, link::Hello{});
    welcome_ = ask<link::Welcome>();
    if (welcome_.version != kLinkVersion)
      lose("it chose version {} of the host link, this program speaks version {}", welcome_.version,
           kLinkVersion);
    if (welcome_.tile_build != sim::tile_source_hash())
      lose("its tiles are of build {:016x}, this program's of {:016x}; both should be of the same sources",
           welcome_.tile_build, sim::tile_source_hash());
    channel_.set_limit(kFrameLimit);
    shape_ = engine_shape(welcome_.config);
  }

  // Without a word if that is not possible any more.
  ~Impl() {
    if (!channel_.is_open()) return;
    try {
      append(out_, link::Goodbye{});
      channel_.write(out_, kFarewell);
    } catch (const std::exception&) {
    }
  }

  // Sends when there is enough of it.
  Bytes& queue() {
    if (out_.size() >= kEnoughToSend) flush();
    return out_;
  }
  // For what must not throw.
  Bytes& queue_only() { return out_; }

  // Sends what is queued, and waits for the answer. Throws the Error that it may be.
  template <typename Answer>
  Answer ask() {
    flush();
    try {
      return from_frame<Answer>(answer());
    } catch (const ProtocolError& error) {
      channel_.close();
      fail(ErrorKind::kEngine, "{}: {}", channel_.name(), error.what());
    }
  }

  // As an engine would.
  void check(const EdgeAddress& edge) const {
    const bool west = edge.side == sim::EdgeSide::kWest;
    if (edge.row < 0 || edge.row >= shape_.rows)
      fail(ErrorKind::kEngine, "edge link of row {}, the wafer has rows 0 to {}", edge.row, shape_.rows - 1);
    const int tile = shape_.index(west ? 0 : shape_.columns - 1, edge.row);
    if (!(shape_.link_present(tile) >> (west ? rtl::kPortWest : rtl::kPortEast) & 1))
      fail(ErrorKind::kFabric, "edge link {} {} is dead", west ? "west" : "east", edge.row);
  }

  const WaferConfig& config() const { return welcome_.config; }
  const std::string& engine() const { return welcome_.engine; }
  bool back_door() const { return welcome_.back_door; }
  WaferWorkers workers() const { return welcome_.workers; }
  const sim::WaferShape& shape() const { return shape_; }

  std::uint64_t cycle = 0;
  sim::EngineObserver* observer = nullptr;
  std::vector<ReceivedMessage> received;

 private:
  // The next frame that is no company of the answer.
  FrameView answer() {
    while (true) {
      const FrameView frame = channel_.read(times_.silence);
      switch (frame.type) {
        case FrameType::kEvents:
          show(frame);
          break;
        case FrameType::kReceived:
          received.push_back(from_frame<link::Received>(frame).message);
          break;
        case FrameType::kProgress:
          cycle = from_frame<link::Progress>(frame).cycle;
          break;
        case FrameType::kError:
          throw_failure(from_frame<link::Failure>(frame));
        default:
          return frame;
      }
    }
  }

  void show(const FrameView& frame) {
    if (observer == nullptr) fail_protocol("Events that nobody asked for");
    try {
      unpack_events(frame.payload, shape_.tiles(), *observer);
    } catch (...) {
      channel_.close();  // the rest of the answer would be taken for the next one's
      throw;
    }
  }

  [[noreturn]] void throw_failure(const link::Failure& failure) {
    const bool of_the_link = failure.kind < LinkErrorKind::kInput;
    if (of_the_link) lose("{}", failure.text);
    cycle = failure.cycle;
    throw Error(error_kind(failure.kind), failure.text);
  }

  void flush() {
    if (out_.empty()) return;
    const Bytes bytes = std::exchange(out_, {});
    channel_.write(bytes, times_.write);
  }

  template <typename... Args>
  [[noreturn]] void lose(fmt::format_string<Args...> format, Args&&... args) {
    channel_.close();
    fail(ErrorKind::kEngine, "{}: {}", channel_.name(), fmt::format(format, std::forward<Args>(args)...));
  }

  ClientTimes times_;
  ClientChannel channel_;
  Bytes out_;
  link::Welcome welcome_;
  sim::WaferShape shape_;
};

RemotePort::RemotePort(const LinkAddress& address, const ClientTimes& times)
    : impl_(std::make_unique<Impl>(address, times)) {}

RemotePort::~RemotePort() = default;

const WaferConfig& RemotePort::config() const { return impl_->config(); }
const std::string& RemotePort::engine() const { return impl_->engine(); }
const sim::WaferShape& RemotePort::shape() const { return impl_->shape(); }
std::uint64_t RemotePort::cycle() const { return impl_->cycle; }
WaferWorkers RemotePort::workers() const { return impl_->workers(); }
bool RemotePort::has_back_door() const { return impl_->back_door(); }

void RemotePort::send(const EdgeAddress& edge, int color, std::span<const std::uint32_t> words,
                      std::uint64_t cycle) {
  if (cycle < impl_->cycle)
    fail(ErrorKind::kEngine, "the host would act in cycle {}, which is past (cycle {})", cycle, impl_->cycle);
  if (words.empty()) return;
  if (words.size() > kMessageWordsLimit)
    fail(ErrorKind::kEngine, "a message of {} words, the host link carries at most {}", words.size(),
         kMessageWordsLimit);
  impl_->check(edge);
  append_send(impl_->queue(), edge, color, cycle, words);
}

void RemotePort::open(const EdgeAddress& edge) {
  impl_->check(edge);
  append(impl_->queue(), link::Open{edge});
}

WaferPort::Stop RemotePort::advance(std::uint64_t limit) {
  append(impl_->queue(), link::Advance{limit});
  const auto advanced = impl_->ask<link::Advanced>();
  impl_->cycle = advanced.cycle;
  return advanced.stop;
}

std::vector<ReceivedMessage> RemotePort::take_received() { return std::exchange(impl_->received, {}); }

void RemotePort::write_memory(int tile, std::uint32_t address, std::span<const std::uint8_t> bytes) {
  for (size_t at = 0; at < bytes.size(); at += kMemoryBytesLimit)
    append_write(impl_->queue(), static_cast<std::uint32_t>(tile), address + static_cast<std::uint32_t>(at),
                 bytes.subspan(at, std::min(kMemoryBytesLimit, bytes.size() - at)));
}

void RemotePort::read_memory(int tile, std::uint32_t address, std::span<std::uint8_t> bytes) const {
  for (size_t at = 0; at < bytes.size(); at += kMemoryBytesLimit) {
    const auto count = static_cast<std::uint32_t>(std::min(kMemoryBytesLimit, bytes.size() - at));
    append(impl_->queue(), link::ReadMemory{static_cast<std::uint32_t>(tile),
                                            address + static_cast<std::uint32_t>(at), count});
    const auto memory = impl_->ask<link::Memory>();
    if (memory.bytes.size() != count)
      fail(ErrorKind::kEngine, "{} bytes of memory arrived, {} were asked for", memory.bytes.size(), count);
    std::copy(memory.bytes.begin(), memory.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

void RemotePort::set_epoch() {
  append(impl_->queue(), link::SetEpoch{});
  impl_->cycle = impl_->ask<link::Epoch>().cycle;
}

std::uint64_t RemotePort::link_hash() const {
  append(impl_->queue(), link::GetStatus{});
  return impl_->ask<link::Status>().link_hash;
}

sim::EngineStatistics RemotePort::statistics() const {
  append(impl_->queue(), link::GetStatus{});
  return impl_->ask<link::Status>().statistics;
}

void RemotePort::set_observer(sim::EngineObserver* observer) {
  if ((observer != nullptr) != (impl_->observer != nullptr))
    append(impl_->queue_only(), link::Observe{observer != nullptr});
  impl_->observer = observer;
}

}  // namespace tessera
