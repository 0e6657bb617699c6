// The tile's counters, counter_e, each 32 bits: events are counted in the cycle in which their input is high, stalls
// by cycle stamps (stall_timer). Read at RegCounter + 4 * counter; a write to the first clears all of them,
// whatever happens in that cycle.

module counters (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] cycle_i,

  input  logic        awake_i,         // this tile is not idle, or something arrives
  input  logic        retire_i,
  input  logic        mac_i,
  input  logic        map_i,
  input  logic        core_waiting_i,
  input  logic        send_stalled_i,
  input  logic        sram_refused_i,  // never in a tile that sleeps: somebody else was granted
  input  logic [4:0]  sent_i,          // wavelets on the router's outputs, bit port_e

  input  logic        reg_we_i,
  input  logic [9:0]  reg_addr_i,
  input  logic [31:0] reg_wdata_i,
  output logic [31:0] reg_rdata_o,

  output logic        busy_o
);

  localparam logic [9:0] CounterAddress = 10'(tessera_pkg::RegCounter >> 2);

  logic [31:0] awake_q, core_q, mac_q, map_q, sram_q, north_q, east_q, south_q, west_q, ramp_q;
  logic [31:0] input_count, output_count;
  logic        clear, input_busy, output_busy;
  logic        unused_wdata;

  assign clear = reg_we_i & (reg_addr_i == CounterAddress);
  assign unused_wdata = ^reg_wdata_i;

  stall_timer u_stall_input (
    .clk_i, .rst_ni, .cycle_i, .stalled_i(core_waiting_i), .clear_i(clear), .count_o(input_count),
    .busy_o(input_busy)
  );

  stall_timer u_stall_output (
    .clk_i, .rst_ni, .cycle_i, .stalled_i(send_stalled_i), .clear_i(clear), .count_o(output_count),
    .busy_o(output_busy)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) awake_q <= '0;
    else if (clear) awake_q <= '0;
    else if (awake_i) awake_q <= awake_q + 32'd1;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      core_q <= '0;
      mac_q <= '0;
      map_q <= '0;
      sram_q <= '0;
    end else if (clear) begin
      core_q <= '0;
      mac_q <= '0;
      map_q <= '0;
      sram_q <= '0;
    end else begin
      if (retire_i) core_q <= core_q + 32'd1;
      if (mac_i) mac_q <= mac_q + 32'd1;
      if (map_i) map_q <= map_q + 32'd1;
      if (sram_refused_i) sram_q <= sram_q + 32'd1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      north_q <= '0;
      east_q <= '0;
      south_q <= '0;
      west_q <= '0;
      ramp_q <= '0;
    end else if (clear) begin
      north_q <= '0;
      east_q <= '0;
      south_q <= '0;
      west_q <= '0;
      ramp_q <= '0;
    end else if (sent_i != '0) begin
      if (sent_i[tessera_pkg::PortNorth]) north_q <= north_q + 32'd1;
      if (sent_i[tessera_pkg::PortEast]) east_q <= east_q + 32'd1;
      if (sent_i[tessera_pkg::PortSouth]) south_q <= south_q + 32'd1;
      if (sent_i[tessera_pkg::PortWest]) west_q <= west_q + 32'd1;
      if (sent_i[tessera_pkg::PortRamp]) ramp_q <= ramp_q + 32'd1;
    end
  end

  always_comb begin
    reg_rdata_o = '0;
    if (reg_addr_i[9:4] == CounterAddress[9:4]) begin
      unique case (reg_addr_i[3:0])
        tessera_pkg::CounterAwake:       reg_rdata_o = awake_q;
        tessera_pkg::CounterCore:        reg_rdata_o = core_q;
        tessera_pkg::CounterMac:         reg_rdata_o = mac_q;
        tessera_pkg::CounterMap:         reg_rdata_o = map_q;
        tessera_pkg::CounterStallInput:  reg_rdata_o = input_count;
        tessera_pkg::CounterStallOutput: reg_rdata_o = output_count;
        tessera_pkg::CounterStallSram:   reg_rdata_o = sram_q;
        tessera_pkg::CounterNorth:       reg_rdata_o = north_q;
        tessera_pkg::CounterEast:        reg_rdata_o = east_q;
        tessera_pkg::CounterSouth:       reg_rdata_o = south_q;
        tessera_pkg::CounterWest:        reg_rdata_o = west_q;
        tessera_pkg::CounterRamp:        reg_rdata_o = ramp_q;
        default:                         reg_rdata_o = '0;
      endcase
    end
  end

  // Without awake_i, which depends on this: a tile is awake when something in it is busy.
  assign busy_o = retire_i | mac_i | map_i | sram_refused_i | (|sent_i) | input_busy | output_busy;

endmodule
