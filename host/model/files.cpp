#include "host/model/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "host/error/error.h"

namespace tessera {

InputFile open_input(const std::string& path, std::string_view what) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) fail(ErrorKind::kInput, "{}: no such file; expected {}", path, what);
  if (std::filesystem::is_directory(status)) {
    fail(ErrorKind::kInput, "{}: is a directory; expected {}", path, what);
  }
  if (!std::filesystem::is_regular_file(status)) {
    fail(ErrorKind::kInput, "{}: is not a regular file; expected {}", path, what);
  }
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) fail(ErrorKind::kInput, "{}: cannot tell its length: {}", path, error.message());
  InputFile file{std::ifstream(path, std::ios::binary), bytes};
  if (!file.stream)
    fail(ErrorKind::kInput, "{}: cannot be opened for reading: {}", path, std::strerror(errno));
  return file;
}

OutputFile::OutputFile(const std::string& path) : path_(path), partial_(path + ".partial") {
  if (std::filesystem::is_directory(path)) {
    fail(ErrorKind::kInput, "{}: is a directory; expected the name of a file to write", path);
  }
  stream_.open(partial_, std::ios::binary | std::ios::trunc);
  if (!stream_) fail(ErrorKind::kInput, "{}: cannot be opened for writing: {}", path_, std::strerror(errno));
}

OutputFile::~OutputFile() {
  if (committed_) return;
  stream_.close();
  std::error_code ignored;  // nothing more can be done about a partial file that will not go away
  std::filesystem::remove(partial_, ignored);
}

void OutputFile::write(const void* data, std::uint64_t bytes) {
  stream_.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  if (!stream_) fail(ErrorKind::kInput, "{}: cannot be written: {}", path_, std::strerror(errno));
}

void OutputFile::commit() {
  stream_.close();
  if (!stream_) fail(ErrorKind::kInput, "{}: cannot be written: {}", path_, std::strerror(errno));
  std::error_code error;
  std::filesystem::rename(partial_, path_, error);
  if (error) fail(ErrorKind::kInput, "{}: cannot be put in place: {}", path_, error.message());
  committed_ = true;
}

}  // namespace tessera
