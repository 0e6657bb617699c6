// Adds up the cycles in which stalled_i is high, also those that the tile sleeps through: it notes the wafer's
// cycle number when a stall begins and adds the difference when it has ended. State changes only in the first
// cycle of a stall, in the first cycle after it, and when cleared.

module stall_timer (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] cycle_i,
  input  logic        stalled_i,
  input  logic        clear_i,    // count from this cycle on, also in a stall that is going on
  output logic [31:0] count_o,    // of the stalls that have ended
  output logic        busy_o
);

  logic        stalled_q;
  logic [31:0] start_q, count_q;

  assign count_o = count_q;
  assign busy_o = (stalled_i ^ stalled_q) | clear_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      stalled_q <= 1'b0;
      start_q <= '0;
      count_q <= '0;
    end else if (busy_o) begin
      stalled_q <= stalled_i;
      if (stalled_i) start_q <= cycle_i;
      if (clear_i) count_q <= '0;
      else if (stalled_q) count_q <= count_q + (cycle_i - start_q);
    end
  end

endmodule
