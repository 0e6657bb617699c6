// The flat engine: the whole wafer as one Verilated model, evaluated as a whole in every cycle. It skips
// nothing, and so it is the reference for the others on small wafers.
#pragma once

#include <filesystem>
#include <memory>

#include "sim/engine.h"
#include "sim/flat_model.h"

namespace tessera::sim {

// Where the build puts the model of a size.
std::filesystem::path flat_library_path(int columns, int rows);

// Brings the model of a size up to date; with a line on stderr when it has to be made, which takes minutes
// for larger wafers. Throws Error(kEngine) when the project's build folder cannot do it.
void build_flat_library(int columns, int rows);

class FlatEngine final : public Engine {
 public:
  // Throws Error(kEngine) when the model of this size is not built.
  explicit FlatEngine(const WaferShape& shape)
      : FlatEngine(shape, flat_library_path(shape.columns, shape.rows)) {}
  // With a model of the shape's size that lies elsewhere.
  FlatEngine(const WaferShape& shape, const std::filesystem::path& library);
  ~FlatEngine() override;

  // Its model has no tiles apart.
  void require_snapshots() const override;

 protected:
  void step_tiles(Partition& partition, const Moment& moment) override;
  void wake_tile(Partition&, const Moment&, size_t) override {}
  void reset_tiles() override { model_->reset(); }
  bool tiles_quiet() const override;
  bool save_tile_state(int, std::span<uint8_t>) const override { return false; }
  void restore_tile(int, std::span<const uint8_t>) override {}
  void wake_restored(int) override {}

 private:
  struct Library {
    explicit Library(const std::filesystem::path& path);
    ~Library();
    void* handle;
  };

  bool awake(int tile, const Moment& moment) const;

  Library library_;
  std::unique_ptr<FlatModel> model_;
  std::vector<FlatEdge> west_, east_;
};

}  // namespace tessera::sim
