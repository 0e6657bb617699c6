// Everything between launches and results: descriptor queue, MAC array, accumulators, map unit and SRAM, wired as
// in the tile. The test plays the address map, the receiver, the ramp and the register bus.

module vector_top (
  input  logic         rst_ni,

  // A clock for each block, and when the tile lets it tick.
  input  logic         sram_clk_i,
  input  logic         queue_clk_i,
  input  logic         mac_clk_i,
  input  logic         accumulators_clk_i,
  input  logic         map_clk_i,
  output logic         sram_enable_o,
  output logic         queue_enable_o,
  output logic         mac_enable_o,
  output logic         accumulators_enable_o,
  output logic         map_enable_o,

  // Address map
  input  logic         bus_read_i,
  input  logic         bus_write_i,
  input  logic [11:0]  bus_addr_i,
  input  logic [15:0]  bus_be_i,
  input  logic [31:0]  bus_wdata_i,
  output logic [127:0] sram_rdata_o,
  output logic         sram_refused_o,
  input  logic         reg_re_i,
  input  logic         reg_we_i,
  input  logic         reg_blocking_i,
  input  logic [9:0]   reg_addr_i,
  input  logic [31:0]  reg_wdata_i,
  output logic [31:0]  reg_rdata_o,
  output logic         reg_ready_o,

  // Receiver
  input  logic         receiver_write_i,
  input  logic [11:0]  receiver_addr_i,
  input  logic [15:0]  receiver_be_i,
  input  logic [127:0] receiver_wdata_i,
  output logic         receiver_gnt_o,

  // Ramp
  input  logic [15:0]  nonempty_i,
  output logic         map_take_o,
  output logic [3:0]   map_take_color_o,
  input  logic         map_take_gnt_i,
  output logic         mac_take_o,
  output logic [3:0]   mac_take_color_o,
  input  logic         mac_take_gnt_i,
  input  logic [31:0]  take_data_i,
  input  logic         take_last_i,
  output logic         send_o,
  output logic [3:0]   send_color_o,
  output logic         send_last_o,
  output logic [31:0]  send_data_o,
  input  logic         send_ready_i,

  output logic         queue_error_o,
  output logic         mac_error_o,
  output logic [3:0]   mac_error_color_o,
  output logic         map_error_o,
  output logic [2:0]   map_error_kind_o,
  output logic [3:0]   map_error_color_o,
  output logic [15:0]  entry_full_o,
  output logic [7:0]   mac_tail_o,
  output logic         mac_start_o,
  output logic         mac_ready_o,
  output logic         mac_done_o,
  output logic         mac_active_o,
  output logic         map_start_o,
  output logic         map_ready_o,
  output logic         map_done_o,
  output logic         map_active_o,
  output logic         queue_busy_o,
  output logic         mac_busy_o,
  output logic         map_busy_o
);

  logic         bus_read_gnt, bus_write_gnt;   // always
  logic         queue_read, queue_read_gnt, map_read, map_read_gnt, mac_read, mac_read_gnt, map_write, map_write_gnt;
  logic [11:0]  queue_read_addr, map_read_addr, mac_read_addr, map_write_addr;
  logic [15:0]  map_write_be;
  logic [127:0] map_write_data;

  sram u_sram (
    .clk_i(sram_clk_i),
    .bus_read_i, .bus_read_gnt_o(bus_read_gnt), .bus_write_i, .bus_write_gnt_o(bus_write_gnt),
    .bus_addr_i, .bus_be_i, .bus_wdata_i,
    .queue_read_i(queue_read), .queue_addr_i(queue_read_addr), .queue_gnt_o(queue_read_gnt),
    .map_read_i(map_read), .map_read_addr_i(map_read_addr), .map_read_gnt_o(map_read_gnt),
    .mac_read_i(mac_read), .mac_addr_i(mac_read_addr), .mac_gnt_o(mac_read_gnt),
    .receiver_write_i, .receiver_addr_i, .receiver_be_i, .receiver_wdata_i, .receiver_gnt_o,
    .map_write_i(map_write), .map_write_addr_i(map_write_addr), .map_write_be_i(map_write_be),
    .map_wdata_i(map_write_data), .map_write_gnt_o(map_write_gnt),
    .rdata_o(sram_rdata_o), .refused_o(sram_refused_o)
  );

  logic [255:0] mac_descriptor, map_descriptor;
  logic [31:0]  map_header, queue_reg_rdata, map_reg_rdata;
  logic         map_notice;

  assign reg_rdata_o = queue_reg_rdata | map_reg_rdata;

  descriptor_queue u_descriptor_queue (
    .clk_i(queue_clk_i), .rst_ni,
    .read_req_o(queue_read), .read_addr_o(queue_read_addr), .read_gnt_i(queue_read_gnt), .read_data_i(sram_rdata_o),
    .mac_descriptor_o(mac_descriptor), .mac_start_o, .mac_ready_i(mac_ready_o), .mac_done_i(mac_done_o),
    .map_descriptor_o(map_descriptor), .map_header_o(map_header), .map_start_o, .map_ready_i(map_ready_o),
    .map_done_i(map_done_o), .map_notice_i(map_notice),
    .reg_re_i, .reg_we_i, .reg_blocking_i, .reg_addr_i, .reg_wdata_i, .reg_rdata_o(queue_reg_rdata), .reg_ready_o,
    .error_o(queue_error_o), .busy_o(queue_busy_o)
  );

  logic [15:0]  entry_clear;
  logic [3:0]   tail_entry;
  logic [7:0]   tail;
  logic         acc_write;
  logic [3:0]   acc_write_entry;
  logic         tail_write;
  logic [511:0] acc_write_data;

  mac_array u_mac_array (
    .clk_i(mac_clk_i), .rst_ni,
    .start_i(mac_start_o), .ready_o(mac_ready_o), .done_o(mac_done_o), .descriptor_i(mac_descriptor),
    .read_req_o(mac_read), .read_addr_o(mac_read_addr), .read_gnt_i(mac_read_gnt), .read_data_i(sram_rdata_o),
    .nonempty_i, .take_o(mac_take_o), .take_color_o(mac_take_color_o), .take_gnt_i(mac_take_gnt_i),
    .take_data_i, .take_last_i,
    .entry_full_i(entry_full_o), .acc_write_o(acc_write), .acc_write_entry_o(acc_write_entry), .acc_write_data_o(acc_write_data),
    .tail_write_o(tail_write), .tail_o(mac_tail_o),
    .error_o(mac_error_o), .error_color_o(mac_error_color_o), .active_o(mac_active_o), .busy_o(mac_busy_o)
  );

  logic [5:0]   acc_read_a, acc_read_b, map_acc_write_addr;
  logic [127:0] acc_data_a, acc_data_b, map_acc_write_data;
  logic         map_acc_write, map_acc_write_gnt;

  accumulators u_accumulators (
    .clk_i(accumulators_clk_i), .rst_ni,
    .mac_write_i(acc_write), .mac_entry_i(acc_write_entry), .mac_data_i(acc_write_data),
    .tail_write_i(tail_write), .mac_tail_i(mac_tail_o),
    .read_a_addr_i(acc_read_a), .read_a_data_o(acc_data_a),
    .read_b_addr_i(acc_read_b), .read_b_data_o(acc_data_b),
    .map_write_i(map_acc_write), .map_addr_i(map_acc_write_addr), .map_data_i(map_acc_write_data),
    .map_gnt_o(map_acc_write_gnt),
    .clear_i(entry_clear), .full_o(entry_full_o), .tail_entry_i(tail_entry), .tail_o(tail)
  );

  map_unit u_map_unit (
    .clk_i(map_clk_i), .rst_ni,
    .start_i(map_start_o), .ready_o(map_ready_o), .done_o(map_done_o), .notice_o(map_notice),
    .descriptor_i(map_descriptor), .header_i(map_header),
    .read_req_o(map_read), .read_addr_o(map_read_addr), .read_gnt_i(map_read_gnt), .read_data_i(sram_rdata_o),
    .write_req_o(map_write), .write_addr_o(map_write_addr), .write_be_o(map_write_be),
    .write_data_o(map_write_data), .write_gnt_i(map_write_gnt),
    .nonempty_i, .take_o(map_take_o), .take_color_o(map_take_color_o), .take_gnt_i(map_take_gnt_i),
    .take_data_i, .take_last_i,
    .send_o, .send_color_o, .send_last_o, .send_data_o, .send_ready_i,
    .acc_read_a_o(acc_read_a), .acc_data_a_i(acc_data_a), .acc_read_b_o(acc_read_b), .acc_data_b_i(acc_data_b),
    .acc_write_o(map_acc_write), .acc_write_addr_o(map_acc_write_addr), .acc_write_data_o(map_acc_write_data),
    .acc_write_gnt_i(map_acc_write_gnt),
    .entry_full_i(entry_full_o), .entry_clear_o(entry_clear), .tail_entry_o(tail_entry), .tail_i(tail),
    .reg_addr_i, .reg_rdata_o(map_reg_rdata),
    .error_o(map_error_o), .error_kind_o(map_error_kind_o), .error_color_o(map_error_color_o),
    .active_o(map_active_o), .busy_o(map_busy_o)
  );

  assign sram_enable_o = bus_read_i | queue_read | map_read | mac_read | bus_write_i | receiver_write_i | map_write;
  assign queue_enable_o = queue_busy_o | map_notice | reg_we_i;
  assign mac_enable_o = mac_busy_o | mac_start_o;
  assign accumulators_enable_o = acc_write | map_acc_write | entry_clear != 16'd0;
  assign map_enable_o = map_busy_o | map_start_o;

endmodule
