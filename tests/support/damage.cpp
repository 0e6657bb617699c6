#include "tests/support/damage.h"

#include <cstring>
#include <iterator>

namespace tessera {
namespace {

// Where integers and floats have their edges.
constexpr std::uint32_t kEdges[] = {0,          1,          0x7fffffff, 0x80000000, 0xffffffff, 0x00010000,
                                    0x7f800000, 0xff800000, 0x7fc00000, 0x7f7fffff, 0x00000001, 0xff7fffff};

}  // namespace

std::string damaged(const std::string& bytes, std::mt19937_64& random) {
  if (bytes.empty()) return bytes;
  std::string text = bytes;
  const std::size_t at = random() % text.size();
  const std::size_t length = 1 + random() % 16;
  switch (random() % 7) {
    case 0:
      text[at] = static_cast<char>(random());
      break;
    case 1:
      text[at] = static_cast<char>(text[at] ^ 1 << random() % 8);
      break;
    case 2:
      if (text.size() >= 4)
        std::memcpy(text.data() + at % (text.size() / 4) * 4, &kEdges[random() % std::size(kEdges)], 4);
      break;
    case 3:
      text.resize(at);
      break;
    case 4:
      text.erase(at, length);
      break;
    case 5:
      text.insert(at, text.substr(at, length));
      break;
    default:
      text.insert(at, length, static_cast<char>(random()));
  }
  return text;
}

}  // namespace tessera
