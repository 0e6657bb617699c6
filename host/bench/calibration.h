// Two loops of fixed work, measured beside an engine, so that figures of different machines compare.
#pragma once

namespace tessera::bench {

struct Calibration {
  // One iteration of x = x * c; x ^= x >> 29, a chain of 5 cycles (3 + 1 + 1) on the cores of the last ten
  // years or so: says the clock.
  double alu_ns = 0;
  // One visit of the next of 256 blocks of 4 KiB, found by a pointer in the last: 32 of its lines are read,
  // mixed into a chain like the one above, and four of them written. About what a tile-cycle does to a core
  // and its L2.
  double visit_ns = 0;
};

// Some 40 ms; the medians of five.
Calibration calibrate();

// The reference core runs at 2.6 GHz and visits a block in this time.
inline constexpr double kReferenceVisitNs = 66.0;

// What a time measured beside a calibration would be on the reference core: time * kReferenceVisitNs /
// visit_ns.
inline double at_reference(double ns, const Calibration& calibration) {
  return calibration.visit_ns == 0 ? 0 : ns * kReferenceVisitNs / calibration.visit_ns;
}

}  // namespace tessera::bench
