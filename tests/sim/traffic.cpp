#include "tests/sim/traffic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <map>

namespace tessera::sim {
namespace {

constexpr int kParts = 40;    // messages of a color, each with its part
constexpr int kRegion = 200;  // 16-byte words of SRAM for a color

// Where a stream begins or ends: a tile's port, to the west or east an edge link.
struct End {
  int tile;
  int port;
  friend bool operator==(const End&, const End&) = default;
};

struct Message {
  size_t source;  // index of the stream's source
  std::vector<uint32_t> words;
};

struct Stream {
  int color;
  int words;  // of a message's payload
  std::vector<End> sources;
  std::vector<End> sinks;
  std::vector<Message> messages;  // in the order of sending; message i has part i
};

class Traffic final : public EngineObserver {
 public:
  Traffic(Engine& engine, unsigned seed, const Handover& handover, uint64_t cycles)
      : engine_(&engine),
        handover_(handover),
        cycles_(cycles),
        shape_(engine.shape()),
        random_(seed),
        row_(first_live_row()),
        tree_(shape_, shape_.index(0, row_)),
        control_(engine, tree_, row_) {}

  TrafficResult run() {
    engine_->set_observer(this);
    choose_streams();
    for (const Stream& stream : streams_) configure(stream);
    for (; writes_ != 0; --writes_) EXPECT_TRUE(control_.answer().empty());
    // Acknowledgements have arrived, the last credits may still be on their way.
    while (!engine_->quiet()) engine_->step();
    engine_->set_epoch();
    send_messages();
    finish();
    for (const Stream& stream : streams_) check(stream);
    engine_->set_observer(nullptr);
    return {engine_->link_hash(), engine_->link_hash_subtotals(),
            engine_->cycle(),     engine_->statistics().awake_tile_cycles,
            sent_hash_,           messages_};
  }

  void on_sent(int tile, uint64_t cycle, const Wavelet& wavelet) override {
    sent_hash_ += LinkHash::mix(LinkHash::mix(cycle * 0x10001 + tile) + pack(wavelet));
  }
  void on_error(int tile, uint64_t cycle, const rtl::TileError& error) override {
    ADD_FAILURE() << "cycle " << cycle << ": " << describe(shape_, tile, error);
  }

 private:
  unsigned random(unsigned below) { return static_cast<unsigned>(random_() % below); }

  int first_live_row() const {
    for (int row = 0; row < shape_.rows; ++row)
      if (shape_.alive(shape_.index(0, row))) return row;
    return -1;
  }

  static EdgeSide side(const End& end) {
    return end.port == rtl::kPortWest ? EdgeSide::kWest : EdgeSide::kEast;
  }
  EdgeLink& link(const End& end) { return engine_->edge(side(end), shape_.y(end.tile)); }

  void choose_streams() {
    std::vector<End> edges;
    std::vector<End> tiles;
    for (int tile = 0; tile < shape_.tiles(); ++tile) {
      if (!tree_.reaches(tile)) continue;
      tiles.push_back({tile, rtl::kPortRamp});
      if (shape_.x(tile) == 0) edges.push_back({tile, rtl::kPortWest});
      if (shape_.x(tile) == shape_.columns - 1 && (shape_.link_present(tile) >> rtl::kPortEast & 1))
        edges.push_back({tile, rtl::kPortEast});
    }
    for (int color = rtl::kFirstDataColor; color < static_cast<int>(rtl::kColorCount); ++color) {
      if (random(4) == 0) continue;
      std::shuffle(edges.begin(), edges.end(), random_);
      std::shuffle(tiles.begin(), tiles.end(), random_);
      Stream stream{color, static_cast<int>(random(20)), {}, {}, {}};
      const bool merge = random(2) == 0;
      const size_t source_count = merge ? 1 + random(static_cast<unsigned>(edges.size())) : 1;
      stream.sources.assign(edges.begin(), edges.begin() + source_count);
      std::vector<End> sinks = tiles;
      sinks.insert(sinks.end(), edges.begin() + source_count, edges.end());
      std::shuffle(sinks.begin(), sinks.end(), random_);
      const size_t sink_count = merge ? 1 : 1 + random(static_cast<unsigned>(sinks.size()));
      stream.sinks.assign(sinks.begin(), sinks.begin() + sink_count);
      streams_.push_back(stream);
    }
  }

  // Routes and receive rules, through the control planes.
  void configure(const Stream& stream) {
    std::map<std::pair<int, int>, uint32_t> routes;  // (tile, input port) -> outputs
    for (const End& source : stream.sources) {
      for (const End& sink : stream.sinks) {
        int tile = source.tile;
        int input = source.port;
        for (const int port : tree_.path(source.tile, sink.tile)) {
          routes[{tile, input}] |= 1u << port;
          tile = tree_.neighbour(tile, port);
          input = port ^ 2;
        }
        routes[{tile, input}] |= 1u << sink.port;
      }
    }
    for (const auto& [place, mask] : routes)
      write(place.first, rtl::kRegRoute + (place.second * rtl::kColorCount + stream.color) * 4, {mask});
    for (const End& sink : stream.sinks) {
      if (sink.port != rtl::kPortRamp) continue;
      rtl::ReceiveRule rule{};
      rule.enable = 1;
      rule.join_id = stream.color % rtl::kJoinCount;
      rule.words = stream.words;
      rule.base = region(stream);
      rule.part_stride = stride(stream);
      const auto words = std::bit_cast<std::array<uint32_t, 2>>(rule);
      write(sink.tile, rtl::kRegRule + stream.color * 8, {words[0], words[1]});
    }
  }

  void write(int tile, uint32_t address, const std::vector<uint32_t>& words) {
    control_.send_write(tile, address, words);
    ++writes_;
  }

  static int stride(const Stream& stream) { return (stream.words + 3) / 4; }
  static int region(const Stream& stream) {
    return (stream.color - static_cast<int>(rtl::kFirstDataColor)) * kRegion;
  }

  void send_messages() {
    for (uint64_t cycle = 0; cycle < cycles_; cycle += random(8)) {
      engine_->run_until(cycle);
      hand_over();
      if (streams_.empty()) break;
      Stream& stream = streams_[random(static_cast<unsigned>(streams_.size()))];
      switch (random(4)) {
        case 0:
          if (stream.messages.size() < kParts) send(stream);
          break;
        case 1:
        case 2: {
          const End& sink = stream.sinks[random(static_cast<unsigned>(stream.sinks.size()))];
          if (sink.port == rtl::kPortRamp) break;
          random(3) == 0 ? link(sink).hold(stream.color) : link(sink).release(stream.color);
          break;
        }
        case 3: {
          const int tile = static_cast<int>(random(shape_.tiles()));
          if (!tree_.reaches(tile)) break;
          control_.send_read(tile, rtl::kSramBase + 4 * random(1000), random(5));
          ++reads_;
          break;
        }
      }
    }
  }

  void hand_over() {
    if (!handover_) return;
    Engine& next = handover_(*engine_);
    if (&next == engine_) return;
    engine_->set_observer(nullptr);
    engine_ = &next;
    engine_->set_observer(this);
    control_.use(next);
  }

  void send(Stream& stream) {
    const size_t source = random(static_cast<unsigned>(stream.sources.size()));
    rtl::Header header{};
    header.part = stream.messages.size();
    header.tag = random(rtl::kTagCount);
    Message message{source, {std::bit_cast<uint32_t>(header)}};
    for (int i = 0; i < stream.words; ++i) message.words.push_back(static_cast<uint32_t>(random_()));
    for (size_t i = 0; i < message.words.size(); ++i)
      link(stream.sources[source])
          .send({static_cast<uint8_t>(stream.color), i + 1 == message.words.size(), message.words[i]});
    stream.messages.push_back(message);
    ++messages_;
  }

  // Everything may flow, until nothing does.
  void finish() {
    for (const Stream& stream : streams_)
      for (const End& sink : stream.sinks)
        if (sink.port != rtl::kPortRamp) link(sink).release(stream.color);
    while (engine_->cycle() < 100000 && !engine_->quiet()) {
      engine_->step();
      hand_over();
    }
    EXPECT_TRUE(engine_->quiet()) << "still moving in cycle " << engine_->cycle();
    for (int row = 0; row < shape_.rows; ++row)
      for (const EdgeSide side : {EdgeSide::kWest, EdgeSide::kEast}) collect(side, row);
    EXPECT_EQ(answers_, reads_);
  }

  void collect(EdgeSide side, int row) {
    const int tile = shape_.index(side == EdgeSide::kWest ? 0 : shape_.columns - 1, row);
    const int port = side == EdgeSide::kWest ? rtl::kPortWest : rtl::kPortEast;
    if (!(shape_.link_present(tile) >> port & 1)) return;
    EdgeLink& link = engine_->edge(side, row);
    EXPECT_EQ(link.unsent(), 0u) << "row " << row;
    std::map<int, std::vector<uint32_t>> partial;  // by color
    while (const auto received = link.receive()) {
      const Wavelet& wavelet = received->wavelet;
      partial[wavelet.color].push_back(wavelet.data);
      if (!wavelet.last) continue;
      if (wavelet.color == rtl::kResponseColor) {
        ++answers_;
      } else {
        arrived_[{tile, port, wavelet.color}].push_back(partial[wavelet.color]);
      }
      partial[wavelet.color].clear();
    }
    for (const auto& [color, words] : partial)
      EXPECT_TRUE(words.empty()) << "color " << color << " without its last";
  }

  void check(const Stream& stream) {
    for (const End& sink : stream.sinks) {
      if (sink.port == rtl::kPortRamp) {
        check_memory(stream, sink.tile);
      } else {
        check_edge(stream, arrived_[{sink.tile, sink.port, stream.color}]);
      }
    }
  }

  void check_memory(const Stream& stream, int tile) {
    for (size_t part = 0; part < stream.messages.size(); ++part) {
      std::vector<uint32_t> words(stream.words);
      engine_->memory(tile).sram.read(16 * (region(stream) + static_cast<uint32_t>(part) * stride(stream)),
                                      {reinterpret_cast<uint8_t*>(words.data()), words.size() * 4});
      const auto& sent = stream.messages[part].words;
      EXPECT_EQ(words, std::vector<uint32_t>(sent.begin() + 1, sent.end()))
          << "tile " << tile << " color " << stream.color << " part " << part;
    }
  }

  // Every message whole, and those of one source in its order.
  void check_edge(const Stream& stream, const std::vector<std::vector<uint32_t>>& arrived) {
    std::vector<std::vector<std::vector<uint32_t>>> expected(stream.sources.size());
    for (const Message& message : stream.messages) expected[message.source].push_back(message.words);
    std::vector<size_t> next(stream.sources.size(), 0);
    for (const auto& words : arrived) {
      size_t source = 0;
      while (source < expected.size() &&
             (next[source] == expected[source].size() || expected[source][next[source]] != words))
        ++source;
      ASSERT_LT(source, expected.size()) << "color " << stream.color << ": a message that nobody sent now";
      ++next[source];
    }
    EXPECT_EQ(arrived.size(), stream.messages.size()) << "color " << stream.color;
  }

  Engine* engine_;
  const Handover& handover_;
  const uint64_t cycles_;  // in which messages are sent
  const WaferShape shape_;
  std::mt19937 random_;
  int row_;
  Tree tree_;
  WaferControl control_;
  std::vector<Stream> streams_;
  std::map<std::tuple<int, int, int>, std::vector<std::vector<uint32_t>>> arrived_;  // tile, port, color
  uint64_t sent_hash_ = 0;
  size_t writes_ = 0;  // without an answer yet
  size_t messages_ = 0;
  size_t reads_ = 0;
  size_t answers_ = 0;
};

}  // namespace

void expect_same(const TrafficResult& a, const TrafficResult& b) {
  EXPECT_EQ(a.link_hash, b.link_hash);
  EXPECT_EQ(a.subtotals, b.subtotals);
  EXPECT_EQ(a.end_cycle, b.end_cycle);
  EXPECT_EQ(a.awake_tile_cycles, b.awake_tile_cycles);
  EXPECT_EQ(a.sent_hash, b.sent_hash);
  EXPECT_EQ(a.messages, b.messages);
}

TrafficResult run_traffic(Engine& engine, unsigned seed, const Handover& handover, uint64_t cycles) {
  return Traffic(engine, seed, handover, cycles).run();
}

}  // namespace tessera::sim
