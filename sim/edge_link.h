// The host's end of one edge link.
//
// It behaves like a neighbouring tile: wavelets leave at one a cycle, each for a credit of its color; what
// arrives is kept four deep for each color, and taken from there one a cycle, which returns the credit. All
// of it is a function of the wafer's cycles and of the cycles between which send(), hold() and release() are
// called.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "sim/wavelet.h"

namespace tessera::sim {

struct EdgeLinkState;

class EdgeLink {
 public:
  struct Received {
    uint64_t cycle;  // in which the wavelet was on the link
    Wavelet wavelet;

    friend bool operator==(const Received&, const Received&) = default;
  };

  // The link adds itself to `active` when it has something to do in the next cycle. Errors call it `name`;
  // the engine finds its place by `index`.
  EdgeLink(std::vector<EdgeLink*>* active, std::string name, int index);
  int index() const { return index_; }

  // ---- The host's side, between cycles.

  // Queues a wavelet. Each color keeps its order; the lowest color that has a credit goes first.
  void send(const Wavelet& wavelet);
  size_t unsent() const { return unsent_; }

  // The next wavelet that was taken from the link.
  std::optional<Received> receive();

  // Wavelets of the color are not taken any more, and so use up its four places, until it is released.
  void hold(int color);
  void release(int color);

  // ---- The engine's side.

  struct Outputs {
    WaveletBits wavelet = 0;
    CreditBits credit = 0;
  };

  // One cycle: gives what the host drives in it, and takes what the tile drives in it, which has an effect
  // from the next cycle on. Throws Error(kFabric) when the tile sends without a credit.
  Outputs step(uint64_t cycle, WaveletBits wavelet, CreditBits credit);

  // Where it adds itself from now on. If it is on the list until now, the caller puts it on this one.
  void set_active_list(std::vector<EdgeLink*>* active) { active_ = active; }

  // To be called when the tile drives something in the next cycle. Without it, and while not on the active
  // list, a step would change nothing.
  void wake();

  // Whether a last wavelet was taken since the last call.
  bool poll_received_last();
  // Whether the next step takes a wavelet.
  bool takes() const { return takable() != 0; }

  // ---- When the host is in one process and the engine in another, each has a copy of the link, and these
  // go between them: mail before the cycles that the engine runs, news after them.

  struct Mail {
    std::vector<Wavelet> wavelets;  // sent since the last mail
    uint32_t held = 0;              // colors
    bool awake = false;
  };
  Mail take_mail();  // from the host's copy, which is no more on the active list (the caller clears that)
  void put_mail(const Mail& mail);

  struct News {
    uint64_t unsent = 0;
    uint32_t queued = 0, credited = 0, arrived = 0;  // colors
    std::vector<Received> received;                  // since the last news
  };
  News take_news();
  void put_news(const News& news);

  // All of it, between cycles; poll_received_last() was asked. A link that was just made goes on as the one
  // whose state it is given.
  EdgeLinkState state() const;
  void restore(const EdgeLinkState& state);
  // ... of both copies, asked of the host's: `there` is of the engine's. Restored, the host's copy has only
  // what it has to answer.
  EdgeLinkState state_with(EdgeLinkState there) const;
  void restore_host(const EdgeLinkState& state);

 private:
  uint32_t sendable() const { return queued_ & credited_; }
  uint32_t takable() const { return arrived_ & ~held_; }

  std::vector<EdgeLink*>* active_;
  std::string name_;
  int index_;
  bool listed_ = false;

  // Toward the wafer, by color.
  std::array<std::deque<Wavelet>, rtl::kColorCount> queue_;
  std::array<uint8_t, rtl::kColorCount> credits_;
  uint32_t queued_ = 0;    // bits of colors: queue_ is not empty
  uint32_t credited_ = 0;  // bits of colors: credits_ is not 0
  size_t unsent_ = 0;

  // From the wafer.
  std::array<std::deque<Received>, rtl::kColorCount> buffer_;
  uint32_t arrived_ = 0;  // bits of colors: buffer_ is not empty
  uint32_t held_ = 0;
  std::deque<Received> received_;
  bool received_last_ = false;
};

struct EdgeLinkState {
  struct Color {
    std::vector<Wavelet> unsent;
    uint8_t credits = rtl::kFifoDepth;        // 0 to kFifoDepth
    std::vector<EdgeLink::Received> arrived;  // not taken yet; at most kFifoDepth
    bool held = false;

    friend bool operator==(const Color&, const Color&) = default;
  };
  std::array<Color, rtl::kColorCount> colors;
  std::vector<EdgeLink::Received> received;  // taken, and not yet fetched by the host
  bool awake = false;                        // on the active list

  friend bool operator==(const EdgeLinkState&, const EdgeLinkState&) = default;
};

}  // namespace tessera::sim
