// One processing element: router, ramp, control plane, SRAM, MAC array, map unit, control core.
//
// The boxes of docs/tile.md and the wires between them; no logic of its own beyond OR trees. Every output to a
// neighbour comes straight from a flip-flop. `idle_o` means: without an incoming wavelet or credit, no state of
// this tile will change. It depends on state alone.
//
// Requests on shared resources are the same everywhere: req in a cycle, gnt in the same cycle, read data one
// cycle after the grant (SRAM, bus) or in the same cycle (ramp).

module tile (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] cycle_i,         // the wafer's cycle number
  input  logic [3:0]  link_present_i,  // strap, bit port_e: the neighbour and the link to it are alive

  // Links: wavelet_t in and out, credit_t against them.
  input  logic [37:0] north_i,
  input  logic [37:0] east_i,
  input  logic [37:0] south_i,
  input  logic [37:0] west_i,
  output logic [4:0]  north_credit_o,
  output logic [4:0]  east_credit_o,
  output logic [4:0]  south_credit_o,
  output logic [4:0]  west_credit_o,
  output logic [37:0] north_o,
  output logic [37:0] east_o,
  output logic [37:0] south_o,
  output logic [37:0] west_o,
  input  logic [4:0]  north_credit_i,
  input  logic [4:0]  east_credit_i,
  input  logic [4:0]  south_credit_i,
  input  logic [4:0]  west_credit_i,

  output logic        idle_o,

  // Observation only: nothing in the wafer depends on these.
  output logic [37:0] sent_o,          // wavelet_t the tile injects into its router
  output logic [37:0] ramp_o,          // wavelet_t the router delivers to the tile
  output logic [4:0]  ramp_credit_o,   // credit_t the router returns for sent_o
  output logic [31:0] error_o,         // tile_error_t
  output logic        retire_valid_o,  // an instruction retired in the last cycle
  output logic [31:0] retire_pc_o,
  output logic [31:0] retire_instruction_o,
  output logic [4:0]  retire_rd_o,     // 0: no register written
  output logic [31:0] retire_rd_data_o,
  output logic [3:0]  retire_store_be_o,   // 0: no store
  output logic [31:0] retire_address_o,    // of the load or store
  output logic [31:0] retire_store_data_o
);

  // ---------------------------------------------------------------- clocks
  // Every block has its own, which ticks only in cycles in which the block's state may change: when it is busy, or
  // when another block or a link hands it something. Enables depend on state and on the valid bits of links.

  logic router_clk, ramp_clk, receiver_clk, control_plane_clk, core_clk, multiply_divide_clk,
        address_map_clk, instruction_memory_clk, sram_clk, descriptor_queue_clk, mac_array_clk, accumulators_clk,
        map_unit_clk, tile_registers_clk, counters_clk;
  logic router_enable, ramp_enable, receiver_enable, control_plane_enable, core_enable, multiply_divide_enable,
        address_map_enable, instruction_memory_enable, sram_enable, descriptor_queue_enable, mac_array_enable,
        accumulators_enable, map_unit_enable, tile_registers_enable, counters_enable;

  clock_gate u_router_clock (.clk_i, .enable_i(router_enable), .clk_o(router_clk));
  clock_gate u_ramp_clock (.clk_i, .enable_i(ramp_enable), .clk_o(ramp_clk));
  clock_gate u_receiver_clock (.clk_i, .enable_i(receiver_enable), .clk_o(receiver_clk));
  clock_gate u_control_plane_clock (.clk_i, .enable_i(control_plane_enable), .clk_o(control_plane_clk));
  clock_gate u_core_clock (.clk_i, .enable_i(core_enable), .clk_o(core_clk));
  clock_gate u_multiply_divide_clock (.clk_i, .enable_i(multiply_divide_enable), .clk_o(multiply_divide_clk));
  clock_gate u_address_map_clock (.clk_i, .enable_i(address_map_enable), .clk_o(address_map_clk));
  clock_gate u_instruction_memory_clock (.clk_i, .enable_i(instruction_memory_enable), .clk_o(instruction_memory_clk));
  clock_gate u_sram_clock (.clk_i, .enable_i(sram_enable), .clk_o(sram_clk));
  clock_gate u_descriptor_queue_clock (.clk_i, .enable_i(descriptor_queue_enable), .clk_o(descriptor_queue_clk));
  clock_gate u_mac_array_clock (.clk_i, .enable_i(mac_array_enable), .clk_o(mac_array_clk));
  clock_gate u_accumulators_clock (.clk_i, .enable_i(accumulators_enable), .clk_o(accumulators_clk));
  clock_gate u_map_unit_clock (.clk_i, .enable_i(map_unit_enable), .clk_o(map_unit_clk));
  clock_gate u_tile_registers_clock (.clk_i, .enable_i(tile_registers_enable), .clk_o(tile_registers_clk));
  clock_gate u_counters_clock (.clk_i, .enable_i(counters_enable), .clk_o(counters_clk));

  // ---------------------------------------------------------------- register bus
  // One access a cycle. A unit answers with ready = 1 and data = 0 where it is not addressed; a blocking
  // register holds ready low, but only for the core (reg_blocking): the control plane never waits.

  logic        reg_re, reg_we, reg_blocking;
  logic [9:0]  reg_addr;
  logic [31:0] reg_wdata;
  logic [31:0] router_reg_rdata, receiver_reg_rdata, ramp_reg_rdata, queue_reg_rdata, map_reg_rdata;
  logic [31:0] tile_reg_rdata, counter_reg_rdata;
  logic        receiver_reg_ready, ramp_reg_ready, queue_reg_ready, tile_reg_ready;
  logic [31:0] reg_rdata;
  logic        reg_ready;

  assign reg_rdata = router_reg_rdata | receiver_reg_rdata | ramp_reg_rdata | queue_reg_rdata | map_reg_rdata |
                     tile_reg_rdata | counter_reg_rdata;
  assign reg_ready = receiver_reg_ready & ramp_reg_ready & queue_reg_ready & tile_reg_ready;

  // ---------------------------------------------------------------- router

  logic       router_busy;
  logic [4:0] ramp_credit_in;
  logic [4:0] request_mask;
  logic       router_error;
  logic [2:0] router_error_kind, router_error_port;
  logic [3:0] router_error_color;

  router u_router (
    .clk_i(router_clk), .rst_ni, .link_present_i,
    .north_i, .east_i, .south_i, .west_i, .ramp_i(sent_o),
    .north_credit_o, .east_credit_o, .south_credit_o, .west_credit_o, .ramp_credit_o,
    .north_o, .east_o, .south_o, .west_o, .ramp_o,
    .north_credit_i, .east_credit_i, .south_credit_i, .west_credit_i, .ramp_credit_i(ramp_credit_in),
    .request_mask_i(request_mask),
    .reg_we_i(reg_we), .reg_addr_i(reg_addr), .reg_wdata_i(reg_wdata), .reg_rdata_o(router_reg_rdata),
    .error_o(router_error), .error_kind_o(router_error_kind), .error_port_o(router_error_port),
    .error_color_o(router_error_color),
    .busy_o(router_busy)
  );

  // ---------------------------------------------------------------- ramp

  // Consumers of arriving wavelets: each asks for the head of one color; at most one is granted a cycle and
  // takes ramp_data and ramp_last in that cycle. A request for an empty color is never granted.
  logic [15:0] ramp_nonempty;
  logic [31:0] ramp_data;
  logic        ramp_last;
  logic        control_take, map_take, mac_take, receiver_take;
  logic        control_take_gnt, map_take_gnt, mac_take_gnt, receiver_take_gnt;
  logic [3:0]  map_take_color, mac_take_color, receiver_take_color;
  logic        ramp_busy;

  // Producers: valid and ready, ready only with a credit for the color.
  logic        control_send, map_send, control_send_ready, map_send_ready;
  logic        control_send_last, map_send_last;
  logic [3:0]  control_send_color, map_send_color;
  logic [31:0] control_send_data, map_send_data;
  logic        request_credits_full;
  logic        send_stalled;

  ramp u_ramp (
    .clk_i(ramp_clk), .rst_ni,
    .wavelet_i(ramp_o), .credit_o(ramp_credit_in), .wavelet_o(sent_o), .credit_i(ramp_credit_o),
    .nonempty_o(ramp_nonempty), .data_o(ramp_data), .last_o(ramp_last),
    .control_take_i(control_take), .control_take_gnt_o(control_take_gnt),
    .map_take_i(map_take), .map_take_color_i(map_take_color), .map_take_gnt_o(map_take_gnt),
    .mac_take_i(mac_take), .mac_take_color_i(mac_take_color), .mac_take_gnt_o(mac_take_gnt),
    .receiver_take_i(receiver_take), .receiver_take_color_i(receiver_take_color),
    .receiver_take_gnt_o(receiver_take_gnt),
    .control_send_i(control_send), .control_send_color_i(control_send_color),
    .control_send_last_i(control_send_last), .control_send_data_i(control_send_data),
    .control_send_ready_o(control_send_ready),
    .map_send_i(map_send), .map_send_color_i(map_send_color), .map_send_last_i(map_send_last),
    .map_send_data_i(map_send_data), .map_send_ready_o(map_send_ready),
    .request_credits_full_o(request_credits_full),
    .reg_re_i(reg_re), .reg_we_i(reg_we), .reg_blocking_i(reg_blocking), .reg_addr_i(reg_addr),
    .reg_wdata_i(reg_wdata), .reg_rdata_o(ramp_reg_rdata), .reg_ready_o(ramp_reg_ready),
    .send_stalled_o(send_stalled), .busy_o(ramp_busy)
  );

  logic        receiver_write, receiver_write_gnt;
  logic [11:0] receiver_write_addr;
  logic [15:0] receiver_write_be;
  logic [127:0] receiver_write_data;
  logic [7:0]  join_ready;
  logic        receiver_busy, receiver_error;
  logic [3:0]  receiver_error_color;

  receiver u_receiver (
    .clk_i(receiver_clk), .rst_ni,
    .nonempty_i(ramp_nonempty), .data_i(ramp_data), .last_i(ramp_last),
    .take_o(receiver_take), .take_color_o(receiver_take_color), .take_gnt_i(receiver_take_gnt),
    .write_req_o(receiver_write), .write_addr_o(receiver_write_addr), .write_be_o(receiver_write_be),
    .write_data_o(receiver_write_data), .write_gnt_i(receiver_write_gnt),
    .join_ready_o(join_ready),
    .reg_re_i(reg_re), .reg_we_i(reg_we), .reg_blocking_i(reg_blocking), .reg_addr_i(reg_addr),
    .reg_wdata_i(reg_wdata), .reg_rdata_o(receiver_reg_rdata), .reg_ready_o(receiver_reg_ready),
    .error_o(receiver_error), .error_color_o(receiver_error_color), .busy_o(receiver_busy)
  );

  // ---------------------------------------------------------------- control plane

  // A bus master: req, we, byte address, byte enables; gnt; read data a cycle after the grant.
  logic        control_req, control_we, control_gnt;
  logic [17:0] control_addr;
  logic [31:0] control_wdata, bus_rdata;
  logic [3:0]  children;
  logic [7:0]  group;
  logic        control_busy;

  control_plane u_control_plane (
    .clk_i(control_plane_clk), .rst_ni,
    .nonempty_i(ramp_nonempty[0]), .data_i(ramp_data), .last_i(ramp_last),
    .take_o(control_take), .take_gnt_i(control_take_gnt),
    .send_o(control_send), .send_color_o(control_send_color), .send_last_o(control_send_last),
    .send_data_o(control_send_data), .send_ready_i(control_send_ready),
    .request_mask_o(request_mask), .request_credits_full_i(request_credits_full),
    .children_i(children), .group_i(group),
    .req_o(control_req), .we_o(control_we), .addr_o(control_addr), .wdata_o(control_wdata),
    .gnt_i(control_gnt), .rdata_i(bus_rdata),
    .busy_o(control_busy)
  );

  // ---------------------------------------------------------------- core

  logic        core_run;
  logic        fetch_req, fetch_gnt;
  logic [10:0] fetch_addr;
  logic [31:0] fetch_data;
  logic        core_req, core_we, core_gnt;
  logic [17:0] core_addr;
  logic [3:0]  core_be;
  logic [31:0] core_wdata;
  logic        core_busy, multiply_divide_busy, core_error;

  core u_core (
    .clk_i(core_clk), .multiply_divide_clk_i(multiply_divide_clk), .rst_ni, .run_i(core_run),
    .fetch_req_o(fetch_req), .fetch_addr_o(fetch_addr), .fetch_gnt_i(fetch_gnt), .fetch_data_i(fetch_data),
    .data_req_o(core_req), .data_we_o(core_we), .data_addr_o(core_addr), .data_be_o(core_be),
    .data_wdata_o(core_wdata), .data_gnt_i(core_gnt), .data_rdata_i(bus_rdata),
    .retire_valid_o, .retire_pc_o, .retire_instruction_o, .retire_rd_o, .retire_rd_data_o, .retire_store_be_o,
    .retire_address_o, .retire_store_data_o,
    .error_o(core_error), .busy_o(core_busy), .multiply_divide_busy_o(multiply_divide_busy)
  );

  // ---------------------------------------------------------------- address map and memories

  logic         instruction_req, instruction_we;
  logic [10:0]  instruction_addr;
  logic [3:0]   instruction_be;
  logic [31:0]  instruction_wdata;
  logic         bus_read, bus_read_gnt, bus_write, bus_write_gnt;
  logic [11:0]  bus_sram_addr;
  logic [15:0]  bus_sram_be;
  logic [31:0]  bus_wdata;
  logic [127:0] sram_rdata;
  logic         address_busy, address_error, core_waiting;

  address_map u_address_map (
    .clk_i(address_map_clk), .rst_ni,
    .control_req_i(control_req), .control_we_i(control_we), .control_addr_i(control_addr),
    .control_wdata_i(control_wdata), .control_gnt_o(control_gnt),
    .core_req_i(core_req), .core_we_i(core_we), .core_addr_i(core_addr), .core_be_i(core_be),
    .core_wdata_i(core_wdata), .core_gnt_o(core_gnt),
    .rdata_o(bus_rdata),
    .instruction_req_o(instruction_req), .instruction_we_o(instruction_we),
    .instruction_addr_o(instruction_addr), .instruction_be_o(instruction_be),
    .instruction_wdata_o(instruction_wdata), .instruction_rdata_i(fetch_data),
    .sram_read_o(bus_read), .sram_read_gnt_i(bus_read_gnt), .sram_write_o(bus_write),
    .sram_write_gnt_i(bus_write_gnt), .sram_addr_o(bus_sram_addr), .sram_be_o(bus_sram_be),
    .sram_wdata_o(bus_wdata), .sram_rdata_i(sram_rdata),
    .reg_re_o(reg_re), .reg_we_o(reg_we), .reg_blocking_o(reg_blocking), .reg_addr_o(reg_addr),
    .reg_wdata_o(reg_wdata), .reg_rdata_i(reg_rdata), .reg_ready_i(reg_ready),
    .core_waiting_o(core_waiting), .error_o(address_error), .busy_o(address_busy)
  );

  // Single-ported: data accesses first, then the fetch. Both get their data in fetch_data, a cycle later.
  instruction_memory u_instruction_memory (
    .clk_i(instruction_memory_clk),
    .data_req_i(instruction_req), .data_we_i(instruction_we), .data_addr_i(instruction_addr),
    .data_be_i(instruction_be), .data_wdata_i(instruction_wdata),
    .fetch_req_i(fetch_req), .fetch_addr_i(fetch_addr), .fetch_gnt_o(fetch_gnt),
    .rdata_o(fetch_data)
  );

  // Readers, first served first: address map (control plane, core), descriptor queue, map unit, MAC array.
  // Writers: address map, receiver, map unit.
  logic         queue_read, queue_read_gnt, map_read, map_read_gnt, mac_read, mac_read_gnt;
  logic         map_write, map_write_gnt;
  logic [11:0]  queue_read_addr, map_read_addr, mac_read_addr, map_write_addr;
  logic [15:0]  map_write_be;
  logic [127:0] map_write_data;
  logic         sram_refused;

  sram u_sram (
    .clk_i(sram_clk),
    .bus_read_i(bus_read), .bus_read_gnt_o(bus_read_gnt), .bus_write_i(bus_write),
    .bus_write_gnt_o(bus_write_gnt), .bus_addr_i(bus_sram_addr), .bus_be_i(bus_sram_be), .bus_wdata_i(bus_wdata),
    .queue_read_i(queue_read), .queue_addr_i(queue_read_addr), .queue_gnt_o(queue_read_gnt),
    .map_read_i(map_read), .map_read_addr_i(map_read_addr), .map_read_gnt_o(map_read_gnt),
    .mac_read_i(mac_read), .mac_addr_i(mac_read_addr), .mac_gnt_o(mac_read_gnt),
    .receiver_write_i(receiver_write), .receiver_addr_i(receiver_write_addr), .receiver_be_i(receiver_write_be),
    .receiver_wdata_i(receiver_write_data), .receiver_gnt_o(receiver_write_gnt),
    .map_write_i(map_write), .map_write_addr_i(map_write_addr), .map_write_be_i(map_write_be),
    .map_wdata_i(map_write_data), .map_write_gnt_o(map_write_gnt),
    .rdata_o(sram_rdata), .refused_o(sram_refused)
  );

  // ---------------------------------------------------------------- descriptors, MAC array, map unit

  logic [255:0] mac_descriptor, map_descriptor;
  logic [31:0]  map_header;
  logic         mac_start, mac_ready, mac_done, map_start, map_ready, map_done, map_notice;
  logic         queue_busy, queue_error;

  descriptor_queue u_descriptor_queue (
    .clk_i(descriptor_queue_clk), .rst_ni,
    .read_req_o(queue_read), .read_addr_o(queue_read_addr), .read_gnt_i(queue_read_gnt), .read_data_i(sram_rdata),
    .mac_descriptor_o(mac_descriptor), .mac_start_o(mac_start), .mac_ready_i(mac_ready), .mac_done_i(mac_done),
    .map_descriptor_o(map_descriptor), .map_header_o(map_header), .map_start_o(map_start), .map_ready_i(map_ready),
    .map_done_i(map_done), .map_notice_i(map_notice),
    .reg_re_i(reg_re), .reg_we_i(reg_we), .reg_blocking_i(reg_blocking), .reg_addr_i(reg_addr),
    .reg_wdata_i(reg_wdata), .reg_rdata_o(queue_reg_rdata), .reg_ready_o(queue_reg_ready),
    .error_o(queue_error), .busy_o(queue_busy)
  );

  logic [15:0]  entry_full, entry_clear;
  logic [3:0]   tail_entry;
  logic         acc_write;
  logic [3:0]   acc_write_entry;
  logic         tail_write;
  logic [511:0] acc_write_data;
  logic [7:0]   mac_tail, tail;
  logic         mac_busy, mac_active, mac_error;
  logic [3:0]   mac_error_color;

  mac_array u_mac_array (
    .clk_i(mac_array_clk), .rst_ni,
    .start_i(mac_start), .ready_o(mac_ready), .done_o(mac_done), .descriptor_i(mac_descriptor),
    .read_req_o(mac_read), .read_addr_o(mac_read_addr), .read_gnt_i(mac_read_gnt), .read_data_i(sram_rdata),
    .nonempty_i(ramp_nonempty), .take_o(mac_take), .take_color_o(mac_take_color), .take_gnt_i(mac_take_gnt),
    .take_data_i(ramp_data), .take_last_i(ramp_last),
    .entry_full_i(entry_full), .acc_write_o(acc_write), .acc_write_entry_o(acc_write_entry), .acc_write_data_o(acc_write_data),
    .tail_write_o(tail_write), .tail_o(mac_tail),
    .error_o(mac_error), .error_color_o(mac_error_color), .active_o(mac_active), .busy_o(mac_busy)
  );

  // Two reads of four lanes (entry, quarter) and one write of four lanes a cycle, beside the MAC array's write
  // of a whole entry; where both write the same quarter's memory in a cycle, the map unit waits.
  logic [5:0]   acc_read_a, acc_read_b;
  logic [127:0] acc_data_a, acc_data_b;
  logic         map_acc_write, map_acc_write_gnt;
  logic [5:0]   map_acc_write_addr;
  logic [127:0] map_acc_write_data;

  accumulators u_accumulators (
    .clk_i(accumulators_clk), .rst_ni,
    .mac_write_i(acc_write), .mac_entry_i(acc_write_entry), .mac_data_i(acc_write_data),
    .tail_write_i(tail_write), .mac_tail_i(mac_tail),
    .read_a_addr_i(acc_read_a), .read_a_data_o(acc_data_a),
    .read_b_addr_i(acc_read_b), .read_b_data_o(acc_data_b),
    .map_write_i(map_acc_write), .map_addr_i(map_acc_write_addr), .map_data_i(map_acc_write_data),
    .map_gnt_o(map_acc_write_gnt),
    .clear_i(entry_clear), .full_o(entry_full), .tail_entry_i(tail_entry), .tail_o(tail)
  );

  logic       map_busy, map_active, map_error;
  logic [2:0] map_error_kind;
  logic [3:0] map_error_color;

  map_unit u_map_unit (
    .clk_i(map_unit_clk), .rst_ni,
    .start_i(map_start), .ready_o(map_ready), .done_o(map_done), .notice_o(map_notice),
    .descriptor_i(map_descriptor), .header_i(map_header),
    .read_req_o(map_read), .read_addr_o(map_read_addr), .read_gnt_i(map_read_gnt), .read_data_i(sram_rdata),
    .write_req_o(map_write), .write_addr_o(map_write_addr), .write_be_o(map_write_be),
    .write_data_o(map_write_data), .write_gnt_i(map_write_gnt),
    .nonempty_i(ramp_nonempty), .take_o(map_take), .take_color_o(map_take_color), .take_gnt_i(map_take_gnt),
    .take_data_i(ramp_data), .take_last_i(ramp_last),
    .send_o(map_send), .send_color_o(map_send_color), .send_last_o(map_send_last), .send_data_o(map_send_data),
    .send_ready_i(map_send_ready),
    .acc_read_a_o(acc_read_a), .acc_data_a_i(acc_data_a), .acc_read_b_o(acc_read_b), .acc_data_b_i(acc_data_b),
    .acc_write_o(map_acc_write), .acc_write_addr_o(map_acc_write_addr), .acc_write_data_o(map_acc_write_data),
    .acc_write_gnt_i(map_acc_write_gnt),
    .entry_full_i(entry_full), .entry_clear_o(entry_clear), .tail_entry_o(tail_entry), .tail_i(tail),
    .reg_addr_i(reg_addr), .reg_rdata_o(map_reg_rdata),
    .error_o(map_error), .error_kind_o(map_error_kind), .error_color_o(map_error_color),
    .active_o(map_active), .busy_o(map_busy)
  );

  // ---------------------------------------------------------------- tile registers, counters, idle

  logic tile_busy, counter_busy, arriving, awake;

  tile_registers u_tile_registers (
    .clk_i(tile_registers_clk), .rst_ni, .cycle_i,
    .nonempty_i(ramp_nonempty), .join_ready_i(join_ready),
    .router_error_i(router_error), .router_error_kind_i(router_error_kind),
    .router_error_port_i(router_error_port), .router_error_color_i(router_error_color),
    .receiver_error_i(receiver_error), .receiver_error_color_i(receiver_error_color),
    .mac_error_i(mac_error), .mac_error_color_i(mac_error_color),
    .map_error_i(map_error), .map_error_kind_i(map_error_kind), .map_error_color_i(map_error_color),
    .queue_error_i(queue_error), .address_error_i(address_error), .core_error_i(core_error),
    .reg_re_i(reg_re), .reg_we_i(reg_we), .reg_blocking_i(reg_blocking), .reg_addr_i(reg_addr),
    .reg_wdata_i(reg_wdata), .reg_rdata_o(tile_reg_rdata), .reg_ready_o(tile_reg_ready),
    .core_run_o(core_run), .children_o(children), .group_o(group), .error_o, .busy_o(tile_busy)
  );

  counters u_counters (
    .clk_i(counters_clk), .rst_ni, .cycle_i,
    .awake_i(awake), .retire_i(retire_valid_o), .mac_i(mac_active), .map_i(map_active),
    .core_waiting_i(core_waiting), .send_stalled_i(send_stalled), .sram_refused_i(sram_refused),
    .sent_i({ramp_o[37], west_o[37], south_o[37], east_o[37], north_o[37]}),
    .reg_we_i(reg_we), .reg_addr_i(reg_addr), .reg_wdata_i(reg_wdata), .reg_rdata_o(counter_reg_rdata),
    .busy_o(counter_busy)
  );

  assign idle_o = ~(router_busy | ramp_busy | receiver_busy | control_busy | core_busy | multiply_divide_busy |
                    address_busy | queue_busy | mac_busy | map_busy | tile_busy | counter_busy);
  assign arriving = north_i[37] | east_i[37] | south_i[37] | west_i[37] | north_credit_i[4] | east_credit_i[4] |
                    south_credit_i[4] | west_credit_i[4];
  assign awake = ~idle_o | arriving;

  assign router_enable = router_busy | arriving | sent_o[37] | ramp_credit_in[4] |
                         (reg_we & reg_addr[9:7] == 3'd0);  // routes are the first registers
  assign ramp_enable = ramp_busy;
  assign receiver_enable = receiver_busy;
  assign control_plane_enable = control_busy;
  assign core_enable = core_busy;
  assign multiply_divide_enable = multiply_divide_busy;
  assign address_map_enable = address_busy;
  assign instruction_memory_enable = instruction_req | fetch_req;
  assign sram_enable = bus_read | queue_read | map_read | mac_read | bus_write | receiver_write | map_write;
  assign descriptor_queue_enable = queue_busy | map_notice | reg_we;
  assign mac_array_enable = mac_busy | mac_start;
  assign accumulators_enable = acc_write | map_acc_write | entry_clear != 16'd0;
  assign map_unit_enable = map_busy | map_start;
  assign tile_registers_enable = tile_busy;
  assign counters_enable = awake;

endmodule
