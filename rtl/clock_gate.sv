// The clock of one block: ticks in the cycles in which enable_i is high before the rising edge of clk_i.
//
// In hardware a latch, open while the clock is low, and an AND: what a library calls an integrated clock gate. A
// simulation may as well let every block tick in every cycle (TESSERA_FREE_CLOCKS), or let the host, which reads the
// enables, tick those it has to (TESSERA_HOST_CLOCKS, sim/tile_model.h). Nothing that can be seen differs, and the
// engines hold each other to that.

module clock_gate (
  /* verilator lint_off UNUSEDSIGNAL */  // not by every body
  input  logic clk_i,
  input  logic enable_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic clk_o
);

`ifdef TESSERA_HOST_CLOCKS

  logic clk;

  assign clk_o = clk;

`elsif TESSERA_FREE_CLOCKS

  assign clk_o = clk_i;

`else

  logic enable;

  always_latch begin
    if (!clk_i) enable = enable_i;
  end

  assign clk_o = clk_i & enable;

`endif

endmodule
