#include "tests/sim/wafer_control.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <deque>

namespace tessera::sim {

Tree::Tree(const WaferShape& shape, int root) : shape_(shape), root_(root), parent_port_(shape.tiles(), -1) {
  parent_port_[root] = rtl::kPortWest;
  for (std::deque<int> front{root}; !front.empty(); front.pop_front()) {
    const int tile = front.front();
    for (int port = 0; port < 4; ++port) {
      const int next = neighbour(tile, port);
      if (next < 0 || parent_port_[next] >= 0) continue;
      parent_port_[next] = port ^ 2;  // the opposite side
      front.push_back(next);
    }
  }
}

int Tree::neighbour(int tile, int port) const {
  if (!(shape_.link_present(tile) >> port & 1)) return -1;
  const int x = shape_.x(tile) + (port == rtl::kPortEast) - (port == rtl::kPortWest);
  const int y = shape_.y(tile) + (port == rtl::kPortSouth) - (port == rtl::kPortNorth);
  return x < 0 || x >= shape_.columns ? -1 : shape_.index(x, y);
}

std::vector<int> Tree::to_root(int tile) const {
  std::vector<int> ports;
  for (; tile != root_; tile = neighbour(tile, ports.back())) ports.push_back(parent_port_[tile]);
  return ports;
}

std::vector<int> Tree::path(int from, int to) const {
  std::vector<int> up = to_root(from);
  std::vector<int> down = to_root(to);
  while (!up.empty() && !down.empty() && up.back() == down.back()) {  // the common way to the root
    up.pop_back();
    down.pop_back();
  }
  for (auto port = down.rbegin(); port != down.rend(); ++port) up.push_back(*port ^ 2);
  return up;
}

WaferControl::WaferControl(Engine& engine, const Tree& tree, int row)
    : engine_(&engine), tree_(tree), row_(row) {}

void WaferControl::send(int tile, rtl::RequestOperationE operation, const std::vector<uint32_t>& words) {
  std::vector<uint32_t> message;
  struct Run {
    uint32_t direction;
    uint32_t length;
  };
  std::vector<Run> runs;
  for (const int port : tree_.path(engine_->shape().index(0, row_), tile)) {
    if (runs.empty() || runs.back().direction != static_cast<uint32_t>(port))
      runs.push_back({static_cast<uint32_t>(port), 0});
    ++runs.back().length;
  }
  for (size_t i = 0; i < runs.size(); i += 3) {
    rtl::RequestPath path{};
    path.kind = rtl::kRequestKindPath;
    path.direction0 = runs[i].direction;
    path.run0 = runs[i].length;
    if (i + 1 < runs.size()) {
      path.direction1 = runs[i + 1].direction;
      path.run1 = runs[i + 1].length;
    }
    if (i + 2 < runs.size()) {
      path.direction2 = runs[i + 2].direction;
      path.run2 = runs[i + 2].length;
    }
    message.push_back(std::bit_cast<uint32_t>(path));
  }
  rtl::RequestOperation head{};
  head.kind = rtl::kRequestKindOperation;
  head.operation = operation;
  head.identity = ++identity_;
  message.push_back(std::bit_cast<uint32_t>(head));
  message.insert(message.end(), words.begin(), words.end());
  for (size_t i = 0; i < message.size(); ++i)
    engine_->edge(EdgeSide::kWest, row_).send({rtl::kRequestColor, i + 1 == message.size(), message[i]});
}

std::vector<uint32_t> WaferControl::answer() {
  std::vector<uint32_t> words;
  const uint64_t limit = engine_->cycle() + 100000;
  EdgeLink& link = engine_->edge(EdgeSide::kWest, row_);
  while (true) {
    const auto received = link.receive();
    if (!received) {
      if (engine_->run_until_received(limit) != Engine::Stop::kReceived) break;
      continue;
    }
    if (received->wavelet.color != rtl::kResponseColor) continue;
    words.push_back(received->wavelet.data);
    if (received->wavelet.last) {
      words.erase(words.begin());
      return words;
    }
  }
  ADD_FAILURE() << "no answer by cycle " << engine_->cycle();
  return {};
}

void WaferControl::write(int tile, uint32_t address, const std::vector<uint32_t>& words) {
  send_write(tile, address, words);
  EXPECT_TRUE(answer().empty());
}

void WaferControl::send_write(int tile, uint32_t address, const std::vector<uint32_t>& words) {
  std::vector<uint32_t> message{address};
  message.insert(message.end(), words.begin(), words.end());
  send(tile, rtl::kRequestWrite, message);
}

void WaferControl::send_read(int tile, uint32_t address, uint32_t count) {
  send(tile, rtl::kRequestRead, {address, count});
}

std::vector<uint32_t> WaferControl::read(int tile, uint32_t address, uint32_t count) {
  send_read(tile, address, count);
  return answer();
}

}  // namespace tessera::sim
