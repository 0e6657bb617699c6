#include "host/error/error.h"

namespace tessera {

const char* error_kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInput: return "input";
    case ErrorKind::kConfig: return "config";
    case ErrorKind::kRequest: return "request";
    case ErrorKind::kCapacity: return "capacity";
    case ErrorKind::kRouting: return "routing";
    case ErrorKind::kFabric: return "fabric";
    case ErrorKind::kEngine: return "engine";
  }
  return "unknown";
}

}  // namespace tessera
