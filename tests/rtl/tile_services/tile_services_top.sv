// Ramp, receiver, control plane, address map, tile registers and counters, wired as in rtl/tile.sv. The test is
// everything else: the router's end of the ramp, the core, the map unit and the MAC array, and the memories.
//
// A set bit of refuse_i keeps the SRAM's grant back. With gate_i each box is clocked only in the cycles in which it
// says that it is busy (the counters also while the tile is awake): whatever a box does must not depend on it.

module tile_services_top (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [31:0]  cycle_i,
  input  logic         gate_i,

  input  logic [37:0]  wavelet_i,
  output logic [4:0]   credit_o,
  output logic [37:0]  wavelet_o,
  input  logic [4:0]   credit_i,
  output logic [4:0]   request_mask_o,
  output logic [15:0]  nonempty_o,

  input  logic         core_req_i,
  input  logic         core_we_i,
  input  logic [17:0]  core_addr_i,
  input  logic [3:0]   core_be_i,
  input  logic [31:0]  core_wdata_i,
  output logic         core_gnt_o,
  output logic [31:0]  bus_rdata_o,
  output logic         core_waiting_o,
  output logic         control_gnt_o,

  input  logic         map_take_i,
  input  logic [3:0]   map_take_color_i,
  output logic         map_take_gnt_o,
  input  logic         mac_take_i,
  input  logic [3:0]   mac_take_color_i,
  output logic         mac_take_gnt_o,
  output logic [31:0]  take_data_o,
  output logic         take_last_o,
  input  logic         map_send_i,
  input  logic [3:0]   map_send_color_i,
  input  logic         map_send_last_i,
  input  logic [31:0]  map_send_data_i,
  output logic         map_send_ready_o,

  input  logic [2:0]   refuse_i,         // {receiver's writes, bus writes, bus reads}
  output logic         bus_read_o,       // granted
  output logic         bus_write_o,
  output logic [11:0]  bus_addr_o,
  output logic [15:0]  bus_be_o,
  output logic [31:0]  bus_wdata_o,
  input  logic [127:0] sram_rdata_i,
  output logic         receiver_write_o,
  output logic [11:0]  receiver_addr_o,
  output logic [15:0]  receiver_be_o,
  output logic [127:0] receiver_wdata_o,
  output logic         instruction_req_o,
  output logic         instruction_we_o,
  output logic [10:0]  instruction_addr_o,
  output logic [3:0]   instruction_be_o,
  output logic [31:0]  instruction_wdata_o,
  input  logic [31:0]  instruction_rdata_i,

  // Errors and events of the boxes that are not here.
  input  logic         router_error_i,
  input  logic [2:0]   router_error_kind_i,
  input  logic [2:0]   router_error_port_i,
  input  logic [3:0]   router_error_color_i,
  input  logic         mac_error_i,
  input  logic [3:0]   mac_error_color_i,
  input  logic         map_error_i,
  input  logic [2:0]   map_error_kind_i,
  input  logic [3:0]   map_error_color_i,
  input  logic         queue_error_i,
  input  logic         core_error_i,
  input  logic         retire_i,
  input  logic         mac_active_i,
  input  logic         map_active_i,
  input  logic         sram_refused_i,
  input  logic [4:0]   sent_i,

  output logic         core_run_o,
  output logic [31:0]  error_o,
  output logic         send_stalled_o,
  output logic         awake_o,
  output logic         idle_o
);

  logic        reg_re, reg_we, reg_blocking, reg_ready, receiver_ready, ramp_ready, tile_ready;
  logic [9:0]  reg_addr;
  logic [31:0] reg_wdata, receiver_rdata, ramp_rdata, tile_rdata, counter_rdata;
  logic        control_take, control_take_gnt, receiver_take, receiver_take_gnt;
  logic [3:0]  receiver_take_color, control_send_color, children, receiver_error_color;
  logic        control_send, control_send_last, control_send_ready, request_credits_full;
  logic [31:0] control_send_data, control_wdata;
  logic        control_req, control_we, bus_read, bus_write, receiver_write;
  logic [17:0] control_addr;
  logic [7:0]  join_ready, group;
  logic        receiver_error, address_error;
  logic        ramp_busy, receiver_busy, control_busy, address_busy, tile_busy, counter_busy;
  logic        ramp_clk, receiver_clk, control_clk, address_clk, tile_clk, counter_clk;

  clock_gate u_ramp_gate (.clk_i, .enable_i(ramp_busy | ~gate_i), .clk_o(ramp_clk));
  clock_gate u_receiver_gate (.clk_i, .enable_i(receiver_busy | ~gate_i), .clk_o(receiver_clk));
  clock_gate u_control_gate (.clk_i, .enable_i(control_busy | ~gate_i), .clk_o(control_clk));
  clock_gate u_address_gate (.clk_i, .enable_i(address_busy | ~gate_i), .clk_o(address_clk));
  clock_gate u_tile_gate (.clk_i, .enable_i(tile_busy | ~gate_i), .clk_o(tile_clk));
  clock_gate u_counter_gate (.clk_i, .enable_i(counter_busy | awake_o | ~gate_i), .clk_o(counter_clk));

  assign reg_ready = receiver_ready & ramp_ready & tile_ready;
  assign bus_read_o = bus_read & ~refuse_i[0];
  assign bus_write_o = bus_write & ~refuse_i[1];
  assign receiver_write_o = receiver_write & ~refuse_i[2];
  assign idle_o = ~(ramp_busy | receiver_busy | control_busy | address_busy | tile_busy | counter_busy);
  assign awake_o = ~idle_o | wavelet_i[37] | credit_i[4];

  ramp u_ramp (
    .clk_i(ramp_clk), .rst_ni,
    .wavelet_i, .credit_o, .wavelet_o, .credit_i,
    .nonempty_o, .data_o(take_data_o), .last_o(take_last_o),
    .control_take_i(control_take), .control_take_gnt_o(control_take_gnt),
    .map_take_i, .map_take_color_i, .map_take_gnt_o,
    .mac_take_i, .mac_take_color_i, .mac_take_gnt_o,
    .receiver_take_i(receiver_take), .receiver_take_color_i(receiver_take_color),
    .receiver_take_gnt_o(receiver_take_gnt),
    .control_send_i(control_send), .control_send_color_i(control_send_color),
    .control_send_last_i(control_send_last), .control_send_data_i(control_send_data),
    .control_send_ready_o(control_send_ready),
    .map_send_i, .map_send_color_i, .map_send_last_i, .map_send_data_i, .map_send_ready_o,
    .request_credits_full_o(request_credits_full),
    .reg_re_i(reg_re), .reg_we_i(reg_we), .reg_blocking_i(reg_blocking), .reg_addr_i(reg_addr),
    .reg_wdata_i(reg_wdata), .reg_rdata_o(ramp_rdata), .reg_ready_o(ramp_ready),
    .send_stalled_o, .busy_o(ramp_busy)
  );

  receiver u_receiver (
    .clk_i(receiver_clk), .rst_ni,
    .nonempty_i(nonempty_o), .data_i(take_data_o), .last_i(take_last_o),
    .take_o(receiver_take), .take_color_o(receiver_take_color), .take_gnt_i(receiver_take_gnt),
    .write_req_o(receiver_write), .write_addr_o(receiver_addr_o), .write_be_o(receiver_be_o),
    .write_data_o(receiver_wdata_o), .write_gnt_i(receiver_write_o),
    .join_ready_o(join_ready),
    .reg_re_i(reg_re), .reg_we_i(reg_we), .reg_blocking_i(reg_blocking), .reg_addr_i(reg_addr),
    .reg_wdata_i(reg_wdata), .reg_rdata_o(receiver_rdata), .reg_ready_o(receiver_ready),
    .error_o(receiver_error), .error_color_o(receiver_error_color), .busy_o(receiver_busy)
  );

  control_plane u_control_plane (
    .clk_i(control_clk), .rst_ni,
    .nonempty_i(nonempty_o[0]), .data_i(take_data_o), .last_i(take_last_o),
    .take_o(control_take), .take_gnt_i(control_take_gnt),
    .send_o(control_send), .send_color_o(control_send_color), .send_last_o(control_send_last),
    .send_data_o(control_send_data), .send_ready_i(control_send_ready),
    .request_mask_o, .request_credits_full_i(request_credits_full),
    .children_i(children), .group_i(group),
    .req_o(control_req), .we_o(control_we), .addr_o(control_addr), .wdata_o(control_wdata),
    .gnt_i(control_gnt_o), .rdata_i(bus_rdata_o),
    .busy_o(control_busy)
  );

  address_map u_address_map (
    .clk_i(address_clk), .rst_ni,
    .control_req_i(control_req), .control_we_i(control_we), .control_addr_i(control_addr),
    .control_wdata_i(control_wdata), .control_gnt_o,
    .core_req_i, .core_we_i, .core_addr_i, .core_be_i, .core_wdata_i, .core_gnt_o,
    .rdata_o(bus_rdata_o),
    .instruction_req_o, .instruction_we_o, .instruction_addr_o, .instruction_be_o, .instruction_wdata_o,
    .instruction_rdata_i,
    .sram_read_o(bus_read), .sram_read_gnt_i(bus_read_o), .sram_write_o(bus_write), .sram_write_gnt_i(bus_write_o),
    .sram_addr_o(bus_addr_o), .sram_be_o(bus_be_o), .sram_wdata_o(bus_wdata_o), .sram_rdata_i,
    .reg_re_o(reg_re), .reg_we_o(reg_we), .reg_blocking_o(reg_blocking), .reg_addr_o(reg_addr),
    .reg_wdata_o(reg_wdata), .reg_rdata_i(receiver_rdata | ramp_rdata | tile_rdata | counter_rdata),
    .reg_ready_i(reg_ready),
    .core_waiting_o, .error_o(address_error), .busy_o(address_busy)
  );

  tile_registers u_tile_registers (
    .clk_i(tile_clk), .rst_ni, .cycle_i,
    .nonempty_i(nonempty_o), .join_ready_i(join_ready),
    .router_error_i, .router_error_kind_i, .router_error_port_i, .router_error_color_i,
    .receiver_error_i(receiver_error), .receiver_error_color_i(receiver_error_color),
    .mac_error_i, .mac_error_color_i, .map_error_i, .map_error_kind_i, .map_error_color_i,
    .queue_error_i, .address_error_i(address_error), .core_error_i,
    .reg_re_i(reg_re), .reg_we_i(reg_we), .reg_blocking_i(reg_blocking), .reg_addr_i(reg_addr),
    .reg_wdata_i(reg_wdata), .reg_rdata_o(tile_rdata), .reg_ready_o(tile_ready),
    .core_run_o, .children_o(children), .group_o(group), .error_o, .busy_o(tile_busy)
  );

  counters u_counters (
    .clk_i(counter_clk), .rst_ni, .cycle_i,
    .awake_i(awake_o), .retire_i, .mac_i(mac_active_i), .map_i(map_active_i),
    .core_waiting_i(core_waiting_o), .send_stalled_i(send_stalled_o), .sram_refused_i, .sent_i,
    .reg_we_i(reg_we), .reg_addr_i(reg_addr), .reg_wdata_i(reg_wdata), .reg_rdata_o(counter_rdata),
    .busy_o(counter_busy)
  );

endmodule

// A clock that runs in the cycles for which enable_i was high while clk_i was low before them.
module clock_gate (
  input  logic clk_i,
  input  logic enable_i,
  output logic clk_o
);

  logic enable_q;

  always_latch if (~clk_i) enable_q = enable_i;
  assign clk_o = clk_i & enable_q;

endmodule
