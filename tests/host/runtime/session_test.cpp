#include "host/runtime/session.h"

#include <gtest/gtest.h>

#include <bit>

#include "host/error/error.h"
#include "tests/host/runtime/fake_wafer.h"

namespace tessera {
namespace {

constexpr int kVocabulary = 300;
constexpr std::uint64_t kLatency = 100;

// Answers, logits in two messages.
Image make_image(int in_flight, int slots, int context) {
  Image image;
  image.wafer.columns = 4;
  image.wafer.rows = 4;
  image.graph.shape.config.vocabulary = kVocabulary;
  image.in_flight = in_flight;
  image.slots = slots;
  image.context = context;
  image.inlet = {{0, 1}, Direction::kWest, 2};
  image.answer = {{3, 2}, Direction::kEast, 3};
  image.logits = {{3, 2}, Direction::kEast, 4};
  for (int part = 0; part < 2; ++part) {
    ImageMessage message;
    message.part = part;
    message.color = 4;
    message.words = part == 0 ? 256 : 44;
    message.tensor = {MessageFormat::kLogits, Op::kLogits, 0, 256 * part, message.words, message.words};
    image.messages.push_back(message);
  }
  return image;
}

const EdgeAddress kAnswerEdge{sim::EdgeSide::kEast, 2};

std::vector<std::int32_t> logits_of(std::uint32_t position) {
  std::vector<std::int32_t> logits(kVocabulary);
  for (int i = 0; i < kVocabulary; ++i)
    logits[i] = static_cast<std::int32_t>((i * 7919u + position * 104729u) % 5000 * 40);
  return logits;
}

// The token after next comes as an answer; `end_at`: the position that is answered with the end of the text.
FakeWafer::Answer counting_wafer(int end_at = -1) {
  return [end_at](FakeWafer& wafer, const SentMessage& message) {
    const auto header = std::bit_cast<rtl::Header>(message.words[0]);
    if (header.flags & rtl::kHeaderFlagLogits) {
      const std::vector<std::int32_t> logits = logits_of(header.position);
      for (std::uint32_t part = 0; part < 2; ++part) {
        std::vector<std::uint32_t> words = {message.words[0] | part << 20};
        for (int i = 256 * part; i < (part == 0 ? 256 : kVocabulary); ++i)
          words.push_back(static_cast<std::uint32_t>(logits[i]));
        // One before, one after the answer.
        wafer.respond(kAnswerEdge, 4, message.cycle + kLatency + (part == 0 ? -5 : 7), words);
      }
    }
    const std::uint32_t id =
        static_cast<int>(header.position) == end_at ? kEndOfText : (message.words[1] + 1) % kVocabulary;
    wafer.respond(kAnswerEdge, 3, message.cycle + kLatency, {message.words[0], id, 0});
  };
}

rtl::Header header_of(const SentMessage& message) { return std::bit_cast<rtl::Header>(message.words[0]); }

GenerationRequest make_request(std::vector<int> prompt, int tokens) {
  GenerationRequest request;
  request.prompt = std::move(prompt);
  request.tokens = tokens;
  return request;
}

TEST(Session, PromptIsPipelinedThenEachTokenFollowsItsAnswer) {
  FakeWafer wafer(4, 4, counting_wafer());
  const Image image = make_image(3, 1, 64);
  Session session(wafer, image);
  const int number = session.add(make_request({10, 20, 30, 40, 50}, 4));
  session.run();
  const RequestState& state = session.request(number);
  EXPECT_EQ(std::vector<int>(state.generated().begin(), state.generated().end()),
            (std::vector<int>{51, 52, 53, 54}));
  EXPECT_EQ(state.finished, FinishReason::kLength);
  // The last token is not sent: nobody needs its answer.
  ASSERT_EQ(wafer.sent().size(), 8u);
  for (size_t i = 0; i < wafer.sent().size(); ++i) {
    const rtl::Header header = header_of(wafer.sent()[i]);
    EXPECT_EQ(header.position, i);
    EXPECT_EQ(header.tag, i % 3);
    EXPECT_EQ(wafer.sent()[i].edge, (EdgeAddress{sim::EdgeSide::kWest, 1}));
    EXPECT_EQ(wafer.sent()[i].color, 2);
  }
  // Three at once; then one for every answer, kReactionLatency behind it.
  const auto cycle = [&](size_t i) { return wafer.sent()[i].cycle; };
  EXPECT_EQ(cycle(0), cycle(2));
  EXPECT_EQ(cycle(3), cycle(0) + kLatency + kReactionLatency);
  EXPECT_EQ(cycle(5), cycle(4) + kLatency + kReactionLatency);
  EXPECT_EQ(cycle(6), cycle(5) + kLatency + kReactionLatency);
  EXPECT_EQ(session.positions(), 8u);
}

TEST(Session, EndOfTextEndsARequestUnlessIgnored) {
  const Image image = make_image(2, 1, 64);
  for (const bool ignore : {false, true}) {
    FakeWafer wafer(4, 4, counting_wafer(3));
    Session session(wafer, image);
    GenerationRequest request = make_request({10, 20}, 6);
    request.ignore_end_of_text = ignore;
    session.add(request);
    session.run();
    const RequestState& state = session.request(0);
    EXPECT_EQ(state.generated().size(), ignore ? 6u : 2u);
    EXPECT_EQ(state.finished, ignore ? FinishReason::kLength : FinishReason::kEndOfText);
  }
}

TEST(Session, EndsWithTheContext) {
  FakeWafer wafer(4, 4, counting_wafer());
  const Image image = make_image(4, 1, 5);
  Session session(wafer, image);
  session.add(make_request({10, 20, 30}, 100));
  session.run();
  EXPECT_EQ(session.request(0).finished, FinishReason::kContext);
  EXPECT_EQ(session.request(0).generated().size(), 3u);  // after positions 2, 3 and 4
  EXPECT_EQ(wafer.sent().size(), 5u);
}

TEST(Session, SeveralRequestsShareTheWaferAndItsSlots) {
  FakeWafer wafer(4, 4, counting_wafer());
  const Image image = make_image(4, 2, 64);
  Session session(wafer, image);
  for (int i = 0; i < 3; ++i) session.add(make_request({100 * i + 10, 100 * i + 20}, 3 + i));
  session.run();
  for (int i = 0; i < 3; ++i) {
    std::vector<int> expected;
    for (int k = 0; k < 3 + i; ++k) expected.push_back((100 * i + 21 + k) % kVocabulary);
    EXPECT_EQ(std::vector<int>(session.request(i).generated().begin(), session.request(i).generated().end()),
              expected);
  }
  // Tags go round over all of them, two slots at a time, positions of a slot in their order.
  std::map<std::uint32_t, std::uint32_t> next_position;
  for (size_t i = 0; i < wafer.sent().size(); ++i) {
    const rtl::Header header = header_of(wafer.sent()[i]);
    EXPECT_EQ(header.tag, i % 4);
    EXPECT_LT(header.slot, 2u);
    if (header.position == 0) next_position[header.slot] = 0;
    EXPECT_EQ(header.position, next_position[header.slot]++);
  }
}

TEST(Session, ARequestJoinsWhileAnotherRuns) {
  FakeWafer wafer(4, 4, counting_wafer());
  const Image image = make_image(2, 4, 64);
  Session session(wafer, image);
  session.add(make_request({10}, 6));
  ASSERT_TRUE(session.step());
  ASSERT_TRUE(session.step());
  session.add(make_request({110}, 2));
  session.run();
  EXPECT_EQ(session.request(0).generated().size(), 6u);
  EXPECT_EQ(session.request(1).generated()[0], 111);
  EXPECT_EQ(session.request(1).generated()[1], 112);
  // ... and a third after all was finished.
  session.add(make_request({210}, 1));
  session.run();
  EXPECT_EQ(session.request(2).generated()[0], 211);
}

TEST(Session, SamplesFromTheLogitsAsTheGoldenModelDoes) {
  FakeWafer wafer(4, 4, counting_wafer());
  const Image image = make_image(4, 1, 64);
  Session session(wafer, image);
  GenerationRequest request = make_request({10, 20, 30}, 5);
  request.temperature = 0.7;
  request.seed = 99;
  request.ignore_end_of_text = true;
  session.add(request);
  session.run();
  Sampler sampler = make_sampler(0.7, 99);
  std::vector<int> expected;
  for (std::uint32_t i = 0; i < 5; ++i) expected.push_back(sample(sampler, logits_of(2 + i)));
  EXPECT_EQ(std::vector<int>(session.request(0).generated().begin(), session.request(0).generated().end()),
            expected);
  // Logits only of tokens that are sampled from.
  EXPECT_EQ(header_of(wafer.sent()[1]).flags & rtl::kHeaderFlagLogits, 0u);
  EXPECT_NE(header_of(wafer.sent()[2]).flags & rtl::kHeaderFlagLogits, 0u);
  // The next token waits for the last logits too.
  EXPECT_EQ(wafer.sent()[4].cycle, wafer.sent()[3].cycle + kLatency + 7 + kReactionLatency);
}

std::string error_of(const Image& image, FakeWafer::Answer answer, const GenerationRequest& request) {
  FakeWafer wafer(4, 4, std::move(answer));
  Session session(wafer, image);
  try {
    session.add(request);
    session.run();
  } catch (const Error& error) {
    return fmt::format("{}: {}", error_kind_name(error.kind()), error.what());
  }
  return "";
}

TEST(Session, RefusesWhatCannotRun) {
  const Image image = make_image(4, 1, 4);
  EXPECT_NE(error_of(image, counting_wafer(), make_request({}, 1)).find("empty"), std::string::npos);
  EXPECT_NE(error_of(image, counting_wafer(), make_request({1, 2, 3, 4, 5}, 1)).find("5 tokens"),
            std::string::npos);
  EXPECT_NE(error_of(image, counting_wafer(), make_request({kVocabulary}, 1)).find("300"), std::string::npos);
}

TEST(Session, ReportsAHangAndForeignMessages) {
  const Image image = make_image(4, 1, 16);
  const auto silent = [](FakeWafer&, const SentMessage&) {};
  EXPECT_NE(error_of(image, silent, make_request({5}, 1)).find("nothing moves"), std::string::npos);
  const auto wrong_tag = [](FakeWafer& wafer, const SentMessage& message) {
    wafer.respond(kAnswerEdge, 3, message.cycle + 9, {message.words[0] ^ 1u << 18, 7, 0});
  };
  EXPECT_NE(error_of(image, wrong_tag, make_request({5}, 1)).find("nobody asked for"), std::string::npos);
  const auto wrong_token = [](FakeWafer& wafer, const SentMessage& message) {
    wafer.respond(kAnswerEdge, 3, message.cycle + 9, {message.words[0], kVocabulary, 0});
  };
  EXPECT_NE(error_of(image, wrong_token, make_request({5}, 1)).find("300"), std::string::npos);
}

}  // namespace
}  // namespace tessera
