#include "sim/edge_link.h"

#include <bit>
#include <utility>

#include "host/error/error.h"

namespace tessera::sim {

EdgeLink::EdgeLink(std::vector<EdgeLink*>* active, std::string name, int index)
    : active_(active), name_(std::move(name)), index_(index) {
  credits_.fill(rtl::kFifoDepth);
  credited_ = (1u << rtl::kColorCount) - 1;
}

void EdgeLink::send(const Wavelet& wavelet) {
  queue_[wavelet.color].push_back(wavelet);
  queued_ |= 1u << wavelet.color;
  ++unsent_;
  if (sendable() != 0) wake();
}

std::optional<EdgeLink::Received> EdgeLink::receive() {
  if (received_.empty()) return std::nullopt;
  const Received next = received_.front();
  received_.pop_front();
  return next;
}

void EdgeLink::hold(int color) { held_ |= 1u << color; }

void EdgeLink::release(int color) {
  held_ &= ~(1u << color);
  if (takable() != 0) wake();
}

EdgeLink::Outputs EdgeLink::step(uint64_t cycle, WaveletBits wavelet, CreditBits credit) {
  listed_ = false;
  Outputs outputs;
  if (sendable() != 0) {
    const int color = std::countr_zero(sendable());
    outputs.wavelet = pack(queue_[color].front());
    queue_[color].pop_front();
    --unsent_;
    if (queue_[color].empty()) queued_ &= ~(1u << color);
    if (--credits_[color] == 0) credited_ &= ~(1u << color);
  }
  if (takable() != 0) {
    const int color = std::countr_zero(takable());
    outputs.credit = pack_credit(color);
    received_.push_back(buffer_[color].front());
    received_last_ = received_last_ || received_.back().wavelet.last;
    buffer_[color].pop_front();
    if (buffer_[color].empty()) arrived_ &= ~(1u << color);
  }
  if (wavelet >> kWaveletValid & 1) {
    const Wavelet arrived = unpack(wavelet);
    if (buffer_[arrived.color].size() == rtl::kFifoDepth)
      fail(ErrorKind::kFabric, "{}: cycle {}: a wavelet of color {} arrived without a credit", name_, cycle,
           arrived.color);
    buffer_[arrived.color].push_back({cycle, arrived});
    arrived_ |= 1u << arrived.color;
  }
  if (credit >> kCreditValid & 1) {
    const int color = credit & (rtl::kColorCount - 1);
    if (credits_[color] == rtl::kFifoDepth)
      fail(ErrorKind::kFabric, "{}: cycle {}: a credit of color {} too many", name_, cycle, color);
    ++credits_[color];
    credited_ |= 1u << color;
  }
  if (sendable() != 0 || takable() != 0) wake();
  return outputs;
}

void EdgeLink::wake() {
  if (std::exchange(listed_, true)) return;
  active_->push_back(this);
}

bool EdgeLink::poll_received_last() { return std::exchange(received_last_, false); }

EdgeLinkState EdgeLink::state() const {
  EdgeLinkState state;
  for (uint32_t color = 0; color < rtl::kColorCount; ++color)
    state.colors[color] = {{queue_[color].begin(), queue_[color].end()},
                           credits_[color],
                           {buffer_[color].begin(), buffer_[color].end()},
                           (held_ >> color & 1) != 0};
  state.received.assign(received_.begin(), received_.end());
  state.awake = listed_;
  return state;
}

void EdgeLink::restore(const EdgeLinkState& state) {
  queued_ = credited_ = arrived_ = held_ = 0;
  unsent_ = 0;
  for (uint32_t color = 0; color < rtl::kColorCount; ++color) {
    const EdgeLinkState::Color& from = state.colors[color];
    queue_[color].assign(from.unsent.begin(), from.unsent.end());
    credits_[color] = from.credits;
    buffer_[color].assign(from.arrived.begin(), from.arrived.end());
    queued_ |= static_cast<uint32_t>(!from.unsent.empty()) << color;
    credited_ |= static_cast<uint32_t>(from.credits != 0) << color;
    arrived_ |= static_cast<uint32_t>(!from.arrived.empty()) << color;
    held_ |= static_cast<uint32_t>(from.held) << color;
    unsent_ += from.unsent.size();
  }
  received_.assign(state.received.begin(), state.received.end());
  if (state.awake) wake();
}

EdgeLinkState EdgeLink::state_with(EdgeLinkState there) const {
  const EdgeLinkState here = state();
  for (uint32_t color = 0; color < rtl::kColorCount; ++color) {
    EdgeLinkState::Color& all = there.colors[color];
    const std::vector<Wavelet>& unmailed = here.colors[color].unsent;
    all.unsent.insert(all.unsent.end(), unmailed.begin(), unmailed.end());
    all.held = here.colors[color].held;
  }
  there.received = here.received;
  there.awake = there.awake || here.awake;
  return there;
}

void EdgeLink::restore_host(const EdgeLinkState& state) {
  restore(state);
  for (std::deque<Wavelet>& queue : queue_) queue.clear();
  for (std::deque<Received>& buffer : buffer_) buffer.clear();
}

// Of what was mailed, the host's copy keeps what it has to answer: how much is unsent, and whether something
// can be sent or taken.
EdgeLink::Mail EdgeLink::take_mail() {
  Mail mail{.wavelets = {}, .held = held_, .awake = std::exchange(listed_, false)};
  for (std::deque<Wavelet>& queue : queue_) {
    mail.wavelets.insert(mail.wavelets.end(), queue.begin(), queue.end());
    queue.clear();
  }
  return mail;
}

void EdgeLink::put_mail(const Mail& mail) {
  for (const Wavelet& wavelet : mail.wavelets) send(wavelet);
  held_ = mail.held;
  if (mail.awake) wake();
}

EdgeLink::News EdgeLink::take_news() {
  News news{unsent_, queued_, credited_, arrived_, {received_.begin(), received_.end()}};
  received_.clear();
  return news;
}

void EdgeLink::put_news(const News& news) {
  unsent_ = news.unsent;
  queued_ = news.queued;
  credited_ = news.credited;
  arrived_ = news.arrived;
  received_.insert(received_.end(), news.received.begin(), news.received.end());
}

}  // namespace tessera::sim
