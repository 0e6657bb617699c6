// Programs that build in the same folder take turns.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "host/error/error.h"

namespace tessera::sim {

class FolderLock {
 public:
  // Waits until nobody else holds the file. Throws Error(kEngine) when it cannot be written.
  explicit FolderLock(const std::filesystem::path& file)
      : file_(open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
    if (file_ < 0) fail(ErrorKind::kEngine, "{}: cannot be written, so no model can be built", file.string());
    flock(file_, LOCK_EX);
  }
  ~FolderLock() { close(file_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

}  // namespace tessera::sim
