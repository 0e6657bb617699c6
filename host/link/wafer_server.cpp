#include "host/link/wafer_server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <map>
#include <optional>
#include <utility>

#include "host/error/error.h"
#include "host/link/connection.h"
#include "host/link/listener.h"
#include "host/link/messages.h"
#include "host/link/wafer_service.h"
#include "sim/tile_state.h"

namespace tessera {
namespace {

using boost::system::error_code;

constexpr size_t kGuestLimit = 16;                      // connections at a time
constexpr size_t kUnsentLimit = size_t{1} << 20;        // bytes; the wafer waits above it
constexpr std::chrono::milliseconds kLongestTick{100};  // between looks at the clock
constexpr std::chrono::milliseconds kStopping{200};     // for clients to hear that the server stops

// Somebody who has connected.
struct Guest {
  int number = 0;
  std::string from;
  LinkClock::time_point since;
  std::shared_ptr<Connection> connection;
  bool greeted = false;  // has said Hello, and was welcomed or sent away
};

// The client that has the wafer.
struct Served {
  int number = 0;
  std::shared_ptr<Connection> connection;
  WaferService service;
  bool slice_due = false;  // a slice is in the event loop
  LinkClock::time_point last_sent = LinkClock::now();

  Served(int guest, std::shared_ptr<Connection> over, WaferPort& port)
      : number(guest), connection(std::move(over)), service(port) {}
};

std::chrono::milliseconds tick_of(const ServerTimes& times) {
  const auto shortest = std::min({times.hello, times.frame, times.idle, times.write, times.progress});
  return std::clamp(shortest / 4, std::chrono::milliseconds(1), kLongestTick);
}

}  // namespace

class WaferServer::Impl {
 public:
  Impl(HostedWafer wafer, const ServerOptions& options, std::function<void(const std::string&)> log);

  const Listener& listener() const { return listener_; }
  void run();
  void stop() {
    boost::asio::post(context_, [this] { begin_stop("stopped"); });
  }

 private:
  void wait_for_signals();
  void tick();
  void check_times(LinkClock::time_point now);

  void arrive(LinkSocket socket, const std::string& from);
  void take_frame(int number, const FrameView& frame);
  void take_hello(Guest& guest, const FrameView& frame);
  void send_away(Guest& guest, LinkErrorKind kind, const std::string& text);
  void damaged(int number, const std::string& why);
  void closed(int number, const std::string& why);
  std::string how_it_left(const Guest& guest, const std::string& why) const;

  void serve(Guest& guest);
  void send_to_served(Bytes& out);
  void schedule_slice();
  void run_slice(int number);
  void end_service();
  void begin_stop(const std::string& why);

  HostedWafer wafer_;
  ServerOptions options_;
  std::function<void(const std::string&)> log_;
  boost::asio::io_context context_{1};
  Listener listener_;
  boost::asio::steady_timer timer_;
  boost::asio::signal_set signals_;
  Bytes welcome_;
  std::unique_ptr<WaferPort> port_;
  std::map<int, Guest> guests_;
  int last_number_ = 0;
  std::optional<Served> served_;
  bool stopping_ = false;
};

WaferServer::Impl::Impl(HostedWafer wafer, const ServerOptions& options,
                        std::function<void(const std::string&)> log)
    : wafer_(std::move(wafer)),
      options_(options),
      log_(std::move(log)),
      listener_(context_, options.listen),
      timer_(context_),
      signals_(context_),
      port_(wafer_.power_on()) {
  append(welcome_, link::Welcome{kLinkVersion, port_->has_back_door(), sim::tile_source_hash(),
                                 port_->workers(), wafer_.engine, wafer_.config});
  if (welcome_.size() > kWelcomeLimit)
    fail(ErrorKind::kCapacity, "the list of dead tiles and links takes {} bytes, should be at most {}",
         welcome_.size(), kWelcomeLimit);
}

void WaferServer::Impl::run() {
  if (options_.signals) wait_for_signals();
  listener_.start([this](LinkSocket socket, const std::string& from) { arrive(std::move(socket), from); });
  tick();
  context_.run();
}

void WaferServer::Impl::wait_for_signals() {
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  signals_.async_wait([this](const error_code& error, int signal) {
    if (!error) begin_stop(signal == SIGINT ? "interrupted" : "terminated");
  });
}

void WaferServer::Impl::tick() {
  timer_.expires_after(tick_of(options_.times));
  timer_.async_wait([this](const error_code& error) {
    if (error) return;
    check_times(LinkClock::now());
    if (!stopping_) tick();
  });
}

void WaferServer::Impl::check_times(LinkClock::time_point now) {
  for (auto& [number, guest] : guests_) {
    if (!guest.greeted && now - guest.since > options_.times.hello) {
      send_away(guest, LinkErrorKind::kProtocol,
                fmt::format("said no Hello for {} ms", options_.times.hello.count()));
    }
    guest.connection->check_times(now);
  }
  if (!served_) return;
  if (served_->service.running()) {
    if (now - served_->last_sent <= options_.times.progress || served_->connection->unsent() > 0) return;
    Bytes out;
    served_->service.report_progress(out);
    send_to_served(out);
  } else if (now - std::max(served_->connection->last_frame(), served_->last_sent) > options_.times.idle) {
    send_away(guests_.at(served_->number), LinkErrorKind::kProtocol,
              fmt::format("asked for nothing for {} ms", options_.times.idle.count()));
  }
}

void WaferServer::Impl::arrive(LinkSocket socket, const std::string& from) {
  const int number = ++last_number_;
  if (guests_.size() >= kGuestLimit) {
    log_(fmt::format("client {} ({}) was not let in: {} connections are open", number, from, kGuestLimit));
    return;
  }
  Guest& guest = guests_[number];
  guest.number = number;
  guest.from = from;
  guest.since = LinkClock::now();
  ConnectionTimes times;
  times.frame = options_.times.frame;
  times.write = options_.times.write;
  guest.connection = std::make_shared<Connection>(std::move(socket), times);
  guest.connection->start({.frame = [this, number](const FrameView& frame) { take_frame(number, frame); },
                           .damaged = [this, number](const std::string& why) { damaged(number, why); },
                           .drained =
                               [this, number] {
                                 if (served_ && served_->number == number) schedule_slice();
                               },
                           .closed = [this, number](const std::string& why) { closed(number, why); }});
}

void WaferServer::Impl::take_frame(int number, const FrameView& frame) {
  Guest& guest = guests_.at(number);
  if (!guest.greeted) return take_hello(guest, frame);
  if (!served_ || served_->number != number) return;
  Bytes out;
  served_->service.handle(frame, out);
  send_to_served(out);
  if (served_->service.running()) schedule_slice();
  if (served_->service.said_goodbye()) {
    log_(fmt::format("client {} has left in cycle {}", number, served_->service.cycle()));
    guest.connection->finish();
    end_service();
  }
}

void WaferServer::Impl::take_hello(Guest& guest, const FrameView& frame) {
  const auto hello = from_frame<link::Hello>(frame);
  if (hello.lowest > kLinkVersion || hello.highest < kLinkVersion) {
    send_away(guest, LinkErrorKind::kVersion,
              fmt::format("speaks versions {} to {} of the host link, this wafer speaks version {}",
                          hello.lowest, hello.highest, kLinkVersion));
  } else if (stopping_) {
    send_away(guest, LinkErrorKind::kStopping, "this wafer is being shut down");
  } else if (served_) {
    send_away(guest, LinkErrorKind::kBusy, "the wafer is busy with another client");
  } else {
    serve(guest);
  }
}

void WaferServer::Impl::send_away(Guest& guest, LinkErrorKind kind, const std::string& text) {
  guest.greeted = true;
  log_(fmt::format("client {} ({}) was sent away: {}", guest.number, guest.from, text));
  const bool served = served_ && served_->number == guest.number;
  Bytes out;
  append(out, link::Failure{kind, served ? served_->service.cycle() : 0, text});
  guest.connection->send(out);
  guest.connection->finish();
  if (served) end_service();
}

void WaferServer::Impl::damaged(int number, const std::string& why) {
  send_away(guests_.at(number), LinkErrorKind::kProtocol, why);
}

std::string WaferServer::Impl::how_it_left(const Guest& guest, const std::string& why) const {
  const bool served = served_ && served_->number == guest.number;
  const std::string who = fmt::format("client {} ({})", guest.number, guest.from);
  const std::string end = why.empty() ? "" : ": " + why;
  if (!guest.greeted) {
    return fmt::format(
        "{} {}{}", who,
        guest.connection->inside_frame() ? "is gone in the middle of its Hello" : "is gone without a Hello",
        end);
  }
  if (!served) return {};  // it was sent away or has said goodbye, and the log has that
  const char* when = served_->service.running()         ? ", while the wafer was running for it"
                     : guest.connection->inside_frame() ? ", in the middle of a frame"
                                                        : "";
  return fmt::format("{} is gone in cycle {}{}{}", who, served_->service.cycle(), when, end);
}

void WaferServer::Impl::closed(int number, const std::string& why) {
  const auto found = guests_.find(number);
  if (found == guests_.end()) return;
  const std::string line = how_it_left(found->second, why);
  if (!line.empty()) log_(line);
  guests_.erase(found);
  if (served_ && served_->number == number) end_service();
  if (stopping_ && guests_.empty()) context_.stop();
}

void WaferServer::Impl::serve(Guest& guest) {
  guest.greeted = true;
  guest.connection->set_limit(kFrameLimit);
  served_.emplace(guest.number, guest.connection, *port_);
  log_(fmt::format("client {} ({}) has the wafer", guest.number, guest.from));
  Bytes out = welcome_;
  send_to_served(out);
}

void WaferServer::Impl::send_to_served(Bytes& out) {
  if (out.empty()) return;
  served_->last_sent = LinkClock::now();
  served_->connection->send(out);
}

void WaferServer::Impl::schedule_slice() {
  if (!served_->service.running() || served_->slice_due) return;
  if (served_->connection->unsent() > kUnsentLimit) return;  // until it is drained
  served_->slice_due = true;
  boost::asio::post(context_, [this, number = served_->number] { run_slice(number); });
}

void WaferServer::Impl::run_slice(int number) {
  if (!served_ || served_->number != number) return;  // it left in the meantime
  served_->slice_due = false;
  Bytes out;
  served_->service.run_slice(out);
  send_to_served(out);
  schedule_slice();
}

void WaferServer::Impl::end_service() {
  served_.reset();
  port_.reset();  // two wafers may be more than fits
  if (options_.once) begin_stop("its client has left");
  if (!stopping_) port_ = wafer_.power_on();
}

void WaferServer::Impl::begin_stop(const std::string& why) {
  if (std::exchange(stopping_, true)) return;
  log_(fmt::format("the wafer is shut down: {}", why));
  listener_.close();
  error_code ignored;
  timer_.cancel(ignored);
  signals_.cancel(ignored);
  if (served_) send_away(guests_.at(served_->number), LinkErrorKind::kStopping, "the wafer was shut down");
  if (guests_.empty()) return context_.stop();
  timer_.expires_after(kStopping);
  timer_.async_wait([this](const error_code&) { context_.stop(); });
}

WaferServer::WaferServer(HostedWafer wafer, const ServerOptions& options,
                         std::function<void(const std::string&)> log)
    : impl_(std::make_unique<Impl>(std::move(wafer), options, std::move(log))) {}

WaferServer::~WaferServer() = default;

const LinkAddress& WaferServer::address() const { return impl_->listener().address(); }
bool WaferServer::is_public() const { return impl_->listener().is_public(); }
void WaferServer::run() { impl_->run(); }
void WaferServer::stop() { impl_->stop(); }

}  // namespace tessera
