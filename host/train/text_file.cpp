#include "host/train/text_file.h"

#include "host/error/error.h"
#include "host/model/files.h"

namespace tessera {

std::string read_text_file(const std::string& path) {
  constexpr std::uint64_t kLargest = 1 << 30;
  InputFile file = open_input(path, "a text to train on");
  if (file.bytes > kLargest) {
    fail(ErrorKind::kInput, "{}: {} bytes, expected at most {}", path, file.bytes, kLargest);
  }
  std::string text(file.bytes, '\0');
  file.stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.stream) fail(ErrorKind::kInput, "{}: cannot be read to its end", path);
  return text;
}

}  // namespace tessera
