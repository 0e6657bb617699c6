// Opening files with errors worth reading, and writing them whole or not at all.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace tessera {

struct InputFile {
  std::ifstream stream;  // binary, at the first byte
  std::uint64_t bytes;   // the file's length
};

// Opens a regular file for reading. Throws Error(kInput) naming `what` it should have been ("a checkpoint").
InputFile open_input(const std::string& path, std::string_view what);

// Writes `path` whole: into a neighbour first, renamed over `path` when complete. Throws Error(kInput) and
// leaves nothing behind where that fails.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* data, std::uint64_t bytes);
  void commit();

 private:
  std::string path_;
  std::string partial_;
  std::ofstream stream_;
  bool committed_ = false;
};

}  // namespace tessera
