#include "host/link/link_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/error/error.h"

namespace tessera {
namespace {

std::string round_trip(const std::string& text) { return describe(parse_link_address(text, "--listen")); }

TEST(LinkAddress, WithoutAHostItIsTheLoopback) {
  EXPECT_EQ(round_trip("tcp:7070"), "tcp:127.0.0.1:7070");
  EXPECT_EQ(round_trip("tcp:localhost:0"), "tcp:127.0.0.1:0");
  EXPECT_EQ(round_trip("tcp:10.0.0.1:65535"), "tcp:10.0.0.1:65535");
  EXPECT_EQ(round_trip("tcp:[::1]:80"), "tcp:[::1]:80");
  EXPECT_EQ(round_trip("tcp:wafers.example:80"), "tcp:wafers.example:80");
  EXPECT_EQ(round_trip("unix:/tmp/a b:c"), "unix:/tmp/a b:c");
}

TEST(LinkAddress, SaysWhatIsWrong) {
  const auto refused = [](const std::string& text, const std::string& part) {
    try {
      parse_link_address(text, "--listen");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kConfig);
      EXPECT_THAT(error.what(), testing::StartsWith("--listen: "));
      EXPECT_THAT(error.what(), testing::HasSubstr(part));
    }
  };
  refused("", "unix:PATH");
  refused("7070", "tcp:PORT");
  refused("http:localhost:80", "tcp:HOST:PORT");
  refused("tcp:", "65535");
  refused("tcp:99999", "99999");
  refused("tcp:-1", "-1");
  refused("tcp:80x", "80x");
  refused("tcp::80", "host");
  refused("tcp:localhost:", "65535");
  refused("tcp:::1:80", "brackets");
  refused("unix:", "unix:PATH");
  refused("unix:/" + std::string(108, 'a'), "107");
}

}  // namespace
}  // namespace tessera
