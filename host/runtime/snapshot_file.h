// Snapshots of a run as files: the wafer between two cycles, and a text that can be gone on with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/compiler/image.h"
#include "host/model/files.h"
#include "host/runtime/engine_port.h"
#include "host/runtime/session.h"
#include "sim/snapshot.h"

namespace tessera {

// Writes and commits `file`. Throws Error(kEngine) for an engine that has no snapshots.
void save_snapshot(sim::Engine& engine, std::span<const std::uint8_t> host, OutputFile& file);
// Throws as sim::read_snapshot().
sim::WaferSnapshot load_snapshot(const std::string& path);

// What the host knows of a run: with it, the wafer's state and the model the text can go on.
struct SavedRun {
  std::string wafer;  // the image's settings, as YAML
  ModelConfig model;
  std::uint64_t image_hash = 0;  // of the image that is on the wafer
  SavedRequest request;
};

std::vector<std::uint8_t> pack(const SavedRun& run);
// Throws Error(kInput), beginning with `name`, for bytes that are none.
SavedRun unpack_saved_run(std::span<const std::uint8_t> bytes, const std::string& name);

// Throws Error(kEngine) when the run is of a model of another shape, which would not have to fit its wafer.
void require_model_shape(const SavedRun& run, const ModelConfig& model, const std::string& name);

// The wafer and the text of a session's request, which is finished.
void save_run(EnginePort& port, const Image& image, const Session& session, int request, OutputFile& file);

// Gives the wafer of a port the state of `snapshot`. Throws Error(kEngine), and leaves the wafer as it is,
// when the run is of another image or the wafer of another shape.
void restore_run(EnginePort& port, const Image& image, const SavedRun& run, sim::WaferSnapshot snapshot,
                 const std::string& path);

}  // namespace tessera
