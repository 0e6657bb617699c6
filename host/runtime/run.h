// One run from an image to a report: load, stream, check, count.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "host/golden/golden.h"
#include "host/runtime/report.h"
#include "host/runtime/session.h"
#include "host/runtime/wafer_port.h"
#include "host/runtime/watch.h"

namespace tessera {

struct RunOptions {
  LoadMode load = LoadMode::kControl;
  bool check = true;     // every message against the golden model
  bool profile = false;  // read the counters of all tiles at the end
  GenerationRequest request;
  // Instead of loading and of the request's prompt: the wafer is in the state in which this was saved, and
  // the text goes on by request.tokens.
  std::optional<SavedRequest> resume;
};

struct RunEvents {
  std::function<void(const ControlProgress&)> loading;
  std::function<void()> loaded;
  std::function<void(int token)> generated;
  // A token's answer is here: every message that was sent for it.
  std::function<void(const WatchedToken&)> answered;
  // The request is finished, and nothing else happened on the wafer since its last answer.
  std::function<void(const Session&, int request)> finished;
};

// Runs one request. The report is of all of its text, also where the beginning was another run's. What goes
// wrong on the wafer is in the report; only errors of the request are thrown. `model` is the one that the
// image was compiled from.
RunReport run(WaferPort& port, const Image& image, const QuantizedModel& model, const RunOptions& options,
              const RunEvents& events = {});

}  // namespace tessera
