// The tile's router: five ports, 16 colors, credits, multicast and merge.
//
// A wavelet on an input in cycle 0 is in the port's FIFO in cycle 1, is granted there if nothing is in its way, and is
// on the output in cycle 2, its credit on the input's credit output in cycle 2. FIFOs (fifo_pointers,
// fifo_memory) hold words, inputs (router_input) offer them, outputs (router_crossbar) take them as long as there are
// credits (credit_counters); this module wires them, decodes the route registers, knows the tile's parent and reports
// errors. What there is for each port and color is in vectors over all of them, so that an update is a few operations.
// The route of an input and a data color is a mask of outputs, bit port_e. No word leaves where it came from: the own
// port of an input is not stored. Errors are pulses of one cycle; of several in a cycle one is reported.
//
// `busy_o` depends on state alone: without an arriving wavelet or credit, state changes if and only if it is high.

module router (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [3:0]  link_present_i,

  input  logic [37:0] north_i,
  input  logic [37:0] east_i,
  input  logic [37:0] south_i,
  input  logic [37:0] west_i,
  input  logic [37:0] ramp_i,
  output logic [4:0]  north_credit_o,
  output logic [4:0]  east_credit_o,
  output logic [4:0]  south_credit_o,
  output logic [4:0]  west_credit_o,
  output logic [4:0]  ramp_credit_o,
  output logic [37:0] north_o,
  output logic [37:0] east_o,
  output logic [37:0] south_o,
  output logic [37:0] west_o,
  output logic [37:0] ramp_o,
  input  logic [4:0]  north_credit_i,
  input  logic [4:0]  east_credit_i,
  input  logic [4:0]  south_credit_i,
  input  logic [4:0]  west_credit_i,
  input  logic [4:0]  ramp_credit_i,

  // Where the tile's own requests (RequestColor) go.
  /* verilator lint_off UNUSEDSIGNAL */  // from the ramp nothing leads to the ramp
  input  logic [4:0]  request_mask_i,
  /* verilator lint_on UNUSEDSIGNAL */

  input  logic        reg_we_i,
  input  logic [9:0]  reg_addr_i,
  /* verilator lint_off UNUSEDSIGNAL */  // a route mask is 5 of the bus's 32 bits
  input  logic [31:0] reg_wdata_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [31:0] reg_rdata_o,

  output logic        error_o,
  output logic [2:0]  error_kind_o,    // error_kind_e
  output logic [2:0]  error_port_o,    // port_e: the output of ErrorDeadLink, else the input
  output logic [3:0]  error_color_o,
  output logic        busy_o
);

  localparam logic [3:0] RequestColor = 4'(tessera_pkg::RequestColor);

  // RegRoute is the first register: the word address of a route is {port, color}. The control plane's colors, 0 and 1,
  // have none.
  logic       route_access;
  logic [4:0] north_route, east_route, south_route, west_route, ramp_route;

  assign route_access = reg_addr_i[9:7] == 3'd0 && reg_addr_i[3:1] != 3'd0;
  assign reg_rdata_o = {27'd0, north_route | east_route | south_route | west_route | ramp_route};

  // The mesh port of the first request after reset, bit port_e: the way to the tile's parent in the control plane's
  // forest. (Of several in one cycle the lowest numbered; a forest sends only one.)
  logic [3:0] parent_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      parent_q <= 4'd0;
    end else if (parent_q == 4'd0) begin
      if (north_i[37] && north_i[36:33] == RequestColor) parent_q <= 4'b0001;
      else if (east_i[37] && east_i[36:33] == RequestColor) parent_q <= 4'b0010;
      else if (south_i[37] && south_i[36:33] == RequestColor) parent_q <= 4'b0100;
      else if (west_i[37] && west_i[36:33] == RequestColor) parent_q <= 4'b1000;
    end
  end

  // ---------------------------------------------------------------- FIFOs
  // Vectors over the mesh ports have bit {port, color}.

  logic [63:0] mesh_nonempty, mesh_single, mesh_full, mesh_read1, mesh_read0, mesh_write1, mesh_write0, mesh_pop;
  logic [15:0] ramp_nonempty, ramp_single, ramp_full, ramp_read1, ramp_read0, ramp_write1, ramp_write0, ramp_pop;
  logic [6:0]  mesh_overflow, ramp_overflow;
  logic        unused_overflow;
  logic        north_last, east_last, south_last, west_last, ramp_last;   // of the heads offered
  logic [31:0] north_data, east_data, south_data, west_data, ramp_data;

  fifo_pointers #(.Ports(4)) u_mesh_pointers (
    .clk_i, .rst_ni,
    .push0_i(north_i[37:33]), .push1_i(east_i[37:33]), .push2_i(south_i[37:33]), .push3_i(west_i[37:33]),
    .pop_i(mesh_pop), .nonempty_o(mesh_nonempty), .single_o(mesh_single), .full_o(mesh_full),
    .read1_o(mesh_read1), .read0_o(mesh_read0), .write1_o(mesh_write1), .write0_o(mesh_write0),
    .overflow_o(mesh_overflow)
  );

  fifo_pointers #(.Ports(1)) u_ramp_pointers (
    .clk_i, .rst_ni, .push0_i(ramp_i[37:33]), .push1_i(5'd0), .push2_i(5'd0), .push3_i(5'd0),
    .pop_i(ramp_pop), .nonempty_o(ramp_nonempty), .single_o(ramp_single), .full_o(ramp_full),
    .read1_o(ramp_read1), .read0_o(ramp_read0), .write1_o(ramp_write1), .write0_o(ramp_write0),
    .overflow_o(ramp_overflow)
  );

  assign unused_overflow = ^ramp_overflow[5:4];   // which port

  fifo_memory u_north_memory (
    .clk_i, .rst_ni, .wavelet_i(north_i), .full_i(mesh_full[15:0]),
    .read1_i(mesh_read1[15:0]), .read0_i(mesh_read0[15:0]),
    .write1_i(mesh_write1[15:0]), .write0_i(mesh_write0[15:0]),
    .read_i(north_offer.valid), .head_color_i(north_offer.color), .head_data_o(north_data), .head_last_o(north_last),
    .pop_i(pop[0])
  );

  fifo_memory u_east_memory (
    .clk_i, .rst_ni, .wavelet_i(east_i), .full_i(mesh_full[31:16]),
    .read1_i(mesh_read1[31:16]), .read0_i(mesh_read0[31:16]),
    .write1_i(mesh_write1[31:16]), .write0_i(mesh_write0[31:16]),
    .read_i(east_offer.valid), .head_color_i(east_offer.color), .head_data_o(east_data), .head_last_o(east_last),
    .pop_i(pop[1])
  );

  fifo_memory u_south_memory (
    .clk_i, .rst_ni, .wavelet_i(south_i), .full_i(mesh_full[47:32]),
    .read1_i(mesh_read1[47:32]), .read0_i(mesh_read0[47:32]),
    .write1_i(mesh_write1[47:32]), .write0_i(mesh_write0[47:32]),
    .read_i(south_offer.valid), .head_color_i(south_offer.color), .head_data_o(south_data), .head_last_o(south_last),
    .pop_i(pop[2])
  );

  fifo_memory u_west_memory (
    .clk_i, .rst_ni, .wavelet_i(west_i), .full_i(mesh_full[63:48]),
    .read1_i(mesh_read1[63:48]), .read0_i(mesh_read0[63:48]),
    .write1_i(mesh_write1[63:48]), .write0_i(mesh_write0[63:48]),
    .read_i(west_offer.valid), .head_color_i(west_offer.color), .head_data_o(west_data), .head_last_o(west_last),
    .pop_i(pop[3])
  );

  fifo_memory u_ramp_memory (
    .clk_i, .rst_ni, .wavelet_i(ramp_i), .full_i(ramp_full),
    .read1_i(ramp_read1), .read0_i(ramp_read0),
    .write1_i(ramp_write1), .write0_i(ramp_write0),
    .read_i(ramp_offer.valid), .head_color_i(ramp_offer.color), .head_data_o(ramp_data), .head_last_o(ramp_last),
    .pop_i(pop[4])
  );

  // ---------------------------------------------------------------- inputs

  tessera_pkg::offer_t north_offer, east_offer, south_offer, west_offer, ramp_offer;
  logic [63:0] north_offered, east_offered, south_offered, west_offered, ramp_offered;
  logic [63:0] north_taken, east_taken, south_taken, west_taken, ramp_taken;
  logic [63:0] north_holds, east_holds, south_holds, west_holds, ramp_holds;
  logic [4:0]  pop;
  logic [63:0] mesh_credit, mesh_locked;   // bit {output, color}
  logic [15:0] ramp_credit, ramp_locked;
  logic        any_valid;

  assign any_valid = north_offer.valid | east_offer.valid | south_offer.valid | west_offer.valid | ramp_offer.valid;

  router_input #(.Port(32'(tessera_pkg::PortNorth))) u_north_input (
    .clk_i, .rst_ni, .nonempty_i(mesh_nonempty[15:0]), .single_i(mesh_single[15:0]),
    .offer_o(north_offer), .offered_o(north_offered), .last_i(north_last), .taken_i(north_taken), .pop_i(pop[0]),
    .mesh_credit_i(mesh_credit), .ramp_credit_i(ramp_credit),
    .mesh_locked_i(mesh_locked), .ramp_locked_i(ramp_locked), .holds_o(north_holds),
    .request_outputs_i(5'b10000), .response_outputs_i(parent_q),
    .route_access_i(route_access), .route_we_i(reg_we_i), .route_addr_i(reg_addr_i[6:0]),
    .route_wdata_i(reg_wdata_i[4:0]), .route_rdata_o(north_route)
  );

  router_input #(.Port(32'(tessera_pkg::PortEast))) u_east_input (
    .clk_i, .rst_ni, .nonempty_i(mesh_nonempty[31:16]), .single_i(mesh_single[31:16]),
    .offer_o(east_offer), .offered_o(east_offered), .last_i(east_last), .taken_i(east_taken), .pop_i(pop[1]),
    .mesh_credit_i(mesh_credit), .ramp_credit_i(ramp_credit),
    .mesh_locked_i(mesh_locked), .ramp_locked_i(ramp_locked), .holds_o(east_holds),
    .request_outputs_i(5'b10000), .response_outputs_i(parent_q),
    .route_access_i(route_access), .route_we_i(reg_we_i), .route_addr_i(reg_addr_i[6:0]),
    .route_wdata_i(reg_wdata_i[4:0]), .route_rdata_o(east_route)
  );

  router_input #(.Port(32'(tessera_pkg::PortSouth))) u_south_input (
    .clk_i, .rst_ni, .nonempty_i(mesh_nonempty[47:32]), .single_i(mesh_single[47:32]),
    .offer_o(south_offer), .offered_o(south_offered), .last_i(south_last), .taken_i(south_taken), .pop_i(pop[2]),
    .mesh_credit_i(mesh_credit), .ramp_credit_i(ramp_credit),
    .mesh_locked_i(mesh_locked), .ramp_locked_i(ramp_locked), .holds_o(south_holds),
    .request_outputs_i(5'b10000), .response_outputs_i(parent_q),
    .route_access_i(route_access), .route_we_i(reg_we_i), .route_addr_i(reg_addr_i[6:0]),
    .route_wdata_i(reg_wdata_i[4:0]), .route_rdata_o(south_route)
  );

  router_input #(.Port(32'(tessera_pkg::PortWest))) u_west_input (
    .clk_i, .rst_ni, .nonempty_i(mesh_nonempty[63:48]), .single_i(mesh_single[63:48]),
    .offer_o(west_offer), .offered_o(west_offered), .last_i(west_last), .taken_i(west_taken), .pop_i(pop[3]),
    .mesh_credit_i(mesh_credit), .ramp_credit_i(ramp_credit),
    .mesh_locked_i(mesh_locked), .ramp_locked_i(ramp_locked), .holds_o(west_holds),
    .request_outputs_i(5'b10000), .response_outputs_i(parent_q),
    .route_access_i(route_access), .route_we_i(reg_we_i), .route_addr_i(reg_addr_i[6:0]),
    .route_wdata_i(reg_wdata_i[4:0]), .route_rdata_o(west_route)
  );

  router_input #(.Port(32'(tessera_pkg::PortRamp))) u_ramp_input (
    .clk_i, .rst_ni, .nonempty_i(ramp_nonempty), .single_i(ramp_single),
    .offer_o(ramp_offer), .offered_o(ramp_offered), .last_i(ramp_last), .taken_i(ramp_taken), .pop_i(pop[4]),
    .mesh_credit_i(mesh_credit), .ramp_credit_i(ramp_credit),
    .mesh_locked_i(mesh_locked), .ramp_locked_i(ramp_locked), .holds_o(ramp_holds),
    .request_outputs_i(request_mask_i), .response_outputs_i(parent_q),
    .route_access_i(route_access), .route_we_i(reg_we_i), .route_addr_i(reg_addr_i[6:0]),
    .route_wdata_i(reg_wdata_i[4:0]), .route_rdata_o(ramp_route)
  );

  // ---------------------------------------------------------------- outputs

  logic [63:0] mesh_spend;
  logic [15:0] ramp_spend;
  logic        drained;       // all FIFOs are empty after this cycle, if nothing arrives
  logic [7:0]  dead_link;
  logic        crossbar_busy;

  assign drained = any_valid && (mesh_nonempty & ~(mesh_pop & mesh_single)) == 64'd0 &&
                   (ramp_nonempty & ~(ramp_pop & ramp_single)) == 16'd0;

  // In the inputs' vectors the ramp stands in their own port's place.
  assign mesh_locked = (north_holds & ~64'h0000_0000_0000_ffff) | (east_holds & ~64'h0000_0000_ffff_0000) |
                       (south_holds & ~64'h0000_ffff_0000_0000) | (west_holds & ~64'hffff_0000_0000_0000) | ramp_holds;
  assign ramp_locked = north_holds[15:0] | east_holds[31:16] | south_holds[47:32] | west_holds[63:48];

  router_crossbar u_crossbar (
    .clk_i, .rst_ni, .link_present_i,
    .north_offer_i(north_offer), .north_offered_i(north_offered), .north_data_i(north_data), .north_last_i(north_last),
    .east_offer_i(east_offer), .east_offered_i(east_offered), .east_data_i(east_data), .east_last_i(east_last),
    .south_offer_i(south_offer), .south_offered_i(south_offered), .south_data_i(south_data), .south_last_i(south_last),
    .west_offer_i(west_offer), .west_offered_i(west_offered), .west_data_i(west_data), .west_last_i(west_last),
    .ramp_offer_i(ramp_offer), .ramp_offered_i(ramp_offered), .ramp_data_i(ramp_data), .ramp_last_i(ramp_last),
    .any_valid_i(any_valid),
    .north_taken_o(north_taken), .east_taken_o(east_taken), .south_taken_o(south_taken),
    .west_taken_o(west_taken), .ramp_taken_o(ramp_taken),
    .pop_o(pop), .mesh_pop_o(mesh_pop), .ramp_pop_o(ramp_pop), .mesh_spend_o(mesh_spend), .ramp_spend_o(ramp_spend),
    .drained_i(drained),
    .north_o, .east_o, .south_o, .west_o, .ramp_o,
    .north_credit_o, .east_credit_o, .south_credit_o, .west_credit_o, .ramp_credit_o,
    .dead_link_o(dead_link), .busy_o(crossbar_busy)
  );

  credit_counters #(.Ports(4)) u_mesh_credits (
    .clk_i, .rst_ni, .enable_i(link_present_i), .credit0_i(north_credit_i), .credit1_i(east_credit_i),
    .credit2_i(south_credit_i), .credit3_i(west_credit_i), .spend_i(mesh_spend), .credit_o(mesh_credit)
  );

  credit_counters #(.Ports(1)) u_ramp_credits (
    .clk_i, .rst_ni, .enable_i(4'b1111), .credit0_i(ramp_credit_i), .credit1_i(5'd0),
    .credit2_i(5'd0), .credit3_i(5'd0), .spend_i(ramp_spend), .credit_o(ramp_credit)
  );

  // ---------------------------------------------------------------- errors

  logic        no_route;
  logic [7:0]  no_route_q;       // {valid, port, color}
  logic [10:0] error;            // {valid, kind, port, color}

  assign no_route = north_offer.no_route | east_offer.no_route | south_offer.no_route | west_offer.no_route |
                    ramp_offer.no_route;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      no_route_q <= 8'd0;
    end else if (no_route_q[7] || no_route) begin
      no_route_q <= ramp_offer.no_route  ? {1'b1, tessera_pkg::PortRamp, ramp_offer.color} :
                    west_offer.no_route  ? {1'b1, tessera_pkg::PortWest, west_offer.color} :
                    south_offer.no_route ? {1'b1, tessera_pkg::PortSouth, south_offer.color} :
                    east_offer.no_route  ? {1'b1, tessera_pkg::PortEast, east_offer.color} :
                    north_offer.no_route ? {1'b1, tessera_pkg::PortNorth, north_offer.color} : 8'd0;
    end
  end

  assign error = ramp_overflow[6] ? {1'b1, tessera_pkg::ErrorOverflow, tessera_pkg::PortRamp, ramp_overflow[3:0]} :
                 mesh_overflow[6] ? {1'b1, tessera_pkg::ErrorOverflow, 1'b0, mesh_overflow[5:0]} :
                 no_route_q[7]    ? {1'b1, tessera_pkg::ErrorNoRoute, no_route_q[6:0]} :
                 dead_link[7]     ? {1'b1, tessera_pkg::ErrorDeadLink, dead_link[6:0]} : 11'd0;

  assign error_o = error[10];
  assign error_kind_o = error[9:7];
  assign error_port_o = error[6:4];
  assign error_color_o = error[3:0];

  assign busy_o = any_valid | crossbar_busy | error[10];

endmodule
