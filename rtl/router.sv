// The tile's router: five ports, 16 colors, credits, multicast and merge.
//
// A wavelet on an input in cycle 0 is in the port's FIFO in cycle 1, is granted there if nothing is in its way, and is
// on the output in cycle 2, its credit on the input's credit output in cycle 2. Inputs (router_input) offer, outputs
// (router_output) take; this module wires them, decodes the route registers, knows the tile's parent and reports errors.
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

  // ---------------------------------------------------------------- inputs and outputs

  // Questions and answers of all inputs and outputs: bit {output * 5 + input}.
  logic [24:0] north_asks, east_asks, south_asks, west_asks, ramp_asks, asks, grants;
  logic [36:0] north_word, east_word, south_word, west_word, ramp_word;
  logic        north_no_route, east_no_route, south_no_route, west_no_route, ramp_no_route;
  logic [4:0]  north_grant, east_grant, south_grant, west_grant, ramp_grant;
  logic [15:0] north_credit, east_credit, south_credit, west_credit, ramp_credit;
  logic [15:0] north_locked, east_locked, south_locked, west_locked, ramp_locked;
  logic        north_valid, east_valid, south_valid, west_valid, ramp_valid;
  logic [4:0]  north_overflow, east_overflow, south_overflow, west_overflow, ramp_overflow;
  logic        north_stays, east_stays, south_stays, west_stays, ramp_stays;

  logic [3:0]  north_color, east_color, south_color, west_color;   // of the word that an output takes
  /* verilator lint_off UNUSEDSIGNAL */  // wanted for errors, and the way to the ramp is never dead
  logic [3:0]  ramp_color;
  /* verilator lint_on UNUSEDSIGNAL */
  logic        any_valid;
  logic        moved_q;     // there was an offer in the last cycle: registers toward the links hold something
  logic        drained;     // all FIFOs are empty after this cycle, if nothing arrives

  assign any_valid = north_valid | east_valid | south_valid | west_valid | ramp_valid;
  assign asks = north_asks | east_asks | south_asks | west_asks | ramp_asks;
  assign drained = any_valid & ~(north_stays | east_stays | south_stays | west_stays | ramp_stays);
  assign grants = {ramp_grant, west_grant, south_grant, east_grant, north_grant};

  router_input #(.Port(32'(tessera_pkg::PortNorth))) u_north_input (
    .clk_i, .rst_ni, .wavelet_i(north_i), .credit_o(north_credit_o),
    .request_outputs_i(5'b10000), .response_outputs_i({1'b0, parent_q}),
    .other0_credit_i(east_credit), .other1_credit_i(south_credit),
    .other2_credit_i(west_credit), .other3_credit_i(ramp_credit),
    .other0_locked_i(east_locked), .other1_locked_i(south_locked),
    .other2_locked_i(west_locked), .other3_locked_i(ramp_locked),
    .valid_o(north_valid), .word_o(north_word), .no_route_o(north_no_route), .asks_o(north_asks), .grants_i(grants),
    .overflow_o(north_overflow), .stays_o(north_stays),
    .route_access_i(route_access), .route_we_i(reg_we_i), .route_addr_i(reg_addr_i[6:0]),
    .route_wdata_i(reg_wdata_i[4:0]), .route_rdata_o(north_route)
  );

  router_input #(.Port(32'(tessera_pkg::PortEast))) u_east_input (
    .clk_i, .rst_ni, .wavelet_i(east_i), .credit_o(east_credit_o),
    .request_outputs_i(5'b10000), .response_outputs_i({1'b0, parent_q}),
    .other0_credit_i(north_credit), .other1_credit_i(south_credit),
    .other2_credit_i(west_credit), .other3_credit_i(ramp_credit),
    .other0_locked_i(north_locked), .other1_locked_i(south_locked),
    .other2_locked_i(west_locked), .other3_locked_i(ramp_locked),
    .valid_o(east_valid), .word_o(east_word), .no_route_o(east_no_route), .asks_o(east_asks), .grants_i(grants),
    .overflow_o(east_overflow), .stays_o(east_stays),
    .route_access_i(route_access), .route_we_i(reg_we_i), .route_addr_i(reg_addr_i[6:0]),
    .route_wdata_i(reg_wdata_i[4:0]), .route_rdata_o(east_route)
  );

  router_input #(.Port(32'(tessera_pkg::PortSouth))) u_south_input (
    .clk_i, .rst_ni, .wavelet_i(south_i), .credit_o(south_credit_o),
    .request_outputs_i(5'b10000), .response_outputs_i({1'b0, parent_q}),
    .other0_credit_i(north_credit), .other1_credit_i(east_credit),
    .other2_credit_i(west_credit), .other3_credit_i(ramp_credit),
    .other0_locked_i(north_locked), .other1_locked_i(east_locked),
    .other2_locked_i(west_locked), .other3_locked_i(ramp_locked),
    .valid_o(south_valid), .word_o(south_word), .no_route_o(south_no_route), .asks_o(south_asks), .grants_i(grants),
    .overflow_o(south_overflow), .stays_o(south_stays),
    .route_access_i(route_access), .route_we_i(reg_we_i), .route_addr_i(reg_addr_i[6:0]),
    .route_wdata_i(reg_wdata_i[4:0]), .route_rdata_o(south_route)
  );

  router_input #(.Port(32'(tessera_pkg::PortWest))) u_west_input (
    .clk_i, .rst_ni, .wavelet_i(west_i), .credit_o(west_credit_o),
    .request_outputs_i(5'b10000), .response_outputs_i({1'b0, parent_q}),
    .other0_credit_i(north_credit), .other1_credit_i(east_credit),
    .other2_credit_i(south_credit), .other3_credit_i(ramp_credit),
    .other0_locked_i(north_locked), .other1_locked_i(east_locked),
    .other2_locked_i(south_locked), .other3_locked_i(ramp_locked),
    .valid_o(west_valid), .word_o(west_word), .no_route_o(west_no_route), .asks_o(west_asks), .grants_i(grants),
    .overflow_o(west_overflow), .stays_o(west_stays),
    .route_access_i(route_access), .route_we_i(reg_we_i), .route_addr_i(reg_addr_i[6:0]),
    .route_wdata_i(reg_wdata_i[4:0]), .route_rdata_o(west_route)
  );

  router_input #(.Port(32'(tessera_pkg::PortRamp))) u_ramp_input (
    .clk_i, .rst_ni, .wavelet_i(ramp_i), .credit_o(ramp_credit_o),
    .request_outputs_i(request_mask_i), .response_outputs_i({1'b0, parent_q}),
    .other0_credit_i(north_credit), .other1_credit_i(east_credit),
    .other2_credit_i(south_credit), .other3_credit_i(west_credit),
    .other0_locked_i(north_locked), .other1_locked_i(east_locked),
    .other2_locked_i(south_locked), .other3_locked_i(west_locked),
    .valid_o(ramp_valid), .word_o(ramp_word), .no_route_o(ramp_no_route), .asks_o(ramp_asks), .grants_i(grants),
    .overflow_o(ramp_overflow), .stays_o(ramp_stays),
    .route_access_i(route_access), .route_we_i(reg_we_i), .route_addr_i(reg_addr_i[6:0]),
    .route_wdata_i(reg_wdata_i[4:0]), .route_rdata_o(ramp_route)
  );

  router_output u_north_output (
    .clk_i, .rst_ni, .link_present_i(link_present_i[0]),
    .wavelet_o(north_o), .credit_i(north_credit_i), .credit_o(north_credit), .locked_o(north_locked),
    .asks_i(asks[5 * 32'(tessera_pkg::PortNorth) +: 5]), .north_word_i(north_word), .east_word_i(east_word),
    .south_word_i(south_word), .west_word_i(west_word), .ramp_word_i(ramp_word),
    .grant_o(north_grant), .color_o(north_color), .drained_i(drained)
  );

  router_output u_east_output (
    .clk_i, .rst_ni, .link_present_i(link_present_i[1]),
    .wavelet_o(east_o), .credit_i(east_credit_i), .credit_o(east_credit), .locked_o(east_locked),
    .asks_i(asks[5 * 32'(tessera_pkg::PortEast) +: 5]), .north_word_i(north_word), .east_word_i(east_word),
    .south_word_i(south_word), .west_word_i(west_word), .ramp_word_i(ramp_word),
    .grant_o(east_grant), .color_o(east_color), .drained_i(drained)
  );

  router_output u_south_output (
    .clk_i, .rst_ni, .link_present_i(link_present_i[2]),
    .wavelet_o(south_o), .credit_i(south_credit_i), .credit_o(south_credit), .locked_o(south_locked),
    .asks_i(asks[5 * 32'(tessera_pkg::PortSouth) +: 5]), .north_word_i(north_word), .east_word_i(east_word),
    .south_word_i(south_word), .west_word_i(west_word), .ramp_word_i(ramp_word),
    .grant_o(south_grant), .color_o(south_color), .drained_i(drained)
  );

  router_output u_west_output (
    .clk_i, .rst_ni, .link_present_i(link_present_i[3]),
    .wavelet_o(west_o), .credit_i(west_credit_i), .credit_o(west_credit), .locked_o(west_locked),
    .asks_i(asks[5 * 32'(tessera_pkg::PortWest) +: 5]), .north_word_i(north_word), .east_word_i(east_word),
    .south_word_i(south_word), .west_word_i(west_word), .ramp_word_i(ramp_word),
    .grant_o(west_grant), .color_o(west_color), .drained_i(drained)
  );

  router_output u_ramp_output (
    .clk_i, .rst_ni, .link_present_i(1'b1),
    .wavelet_o(ramp_o), .credit_i(ramp_credit_i), .credit_o(ramp_credit), .locked_o(ramp_locked),
    .asks_i(asks[5 * 32'(tessera_pkg::PortRamp) +: 5]), .north_word_i(north_word), .east_word_i(east_word),
    .south_word_i(south_word), .west_word_i(west_word), .ramp_word_i(ramp_word),
    .grant_o(ramp_grant), .color_o(ramp_color), .drained_i(drained)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) moved_q <= 1'b0;
    else if (any_valid | moved_q) moved_q <= any_valid;
  end

  // ---------------------------------------------------------------- errors

  // An overflow is a register of its port; the others are made one here.
  logic        no_route, overflow;
  logic [10:0] error_q, error;   // {valid, kind, port, color}

  assign no_route = north_no_route | east_no_route | south_no_route | west_no_route | ramp_no_route;
  assign overflow = north_overflow[4] | east_overflow[4] | south_overflow[4] | west_overflow[4] | ramp_overflow[4];

  // A word goes to a dead link. Straps feed flip-flops only: hence no net.
  always_ff @(posedge clk_i or negedge rst_ni) begin : errors
    logic [3:0] dead;
    if (!rst_ni) begin
      error_q <= 11'd0;
    end else if (error_q != 11'd0 || no_route || (asks[19:0] != 20'd0 && link_present_i != 4'b1111)) begin
      error_q <= 11'd0;
      dead = ~link_present_i & {asks[19:15] != 5'd0, asks[14:10] != 5'd0, asks[9:5] != 5'd0, asks[4:0] != 5'd0};
      if (dead[0]) error_q <= {1'b1, tessera_pkg::ErrorDeadLink, tessera_pkg::PortNorth, north_color};
      if (dead[1]) error_q <= {1'b1, tessera_pkg::ErrorDeadLink, tessera_pkg::PortEast, east_color};
      if (dead[2]) error_q <= {1'b1, tessera_pkg::ErrorDeadLink, tessera_pkg::PortSouth, south_color};
      if (dead[3]) error_q <= {1'b1, tessera_pkg::ErrorDeadLink, tessera_pkg::PortWest, west_color};
      if (north_no_route) error_q <= {1'b1, tessera_pkg::ErrorNoRoute, tessera_pkg::PortNorth, north_word[36:33]};
      if (east_no_route) error_q <= {1'b1, tessera_pkg::ErrorNoRoute, tessera_pkg::PortEast, east_word[36:33]};
      if (south_no_route) error_q <= {1'b1, tessera_pkg::ErrorNoRoute, tessera_pkg::PortSouth, south_word[36:33]};
      if (west_no_route) error_q <= {1'b1, tessera_pkg::ErrorNoRoute, tessera_pkg::PortWest, west_word[36:33]};
      if (ramp_no_route) error_q <= {1'b1, tessera_pkg::ErrorNoRoute, tessera_pkg::PortRamp, ramp_word[36:33]};
    end
  end

  always_comb begin
    error = error_q;
    if (overflow) begin
      if (ramp_overflow[4]) error = {1'b1, tessera_pkg::ErrorOverflow, tessera_pkg::PortRamp, ramp_overflow[3:0]};
      else if (west_overflow[4])
        error = {1'b1, tessera_pkg::ErrorOverflow, tessera_pkg::PortWest, west_overflow[3:0]};
      else if (south_overflow[4])
        error = {1'b1, tessera_pkg::ErrorOverflow, tessera_pkg::PortSouth, south_overflow[3:0]};
      else if (east_overflow[4])
        error = {1'b1, tessera_pkg::ErrorOverflow, tessera_pkg::PortEast, east_overflow[3:0]};
      else error = {1'b1, tessera_pkg::ErrorOverflow, tessera_pkg::PortNorth, north_overflow[3:0]};
    end
  end

  assign error_o = error[10];
  assign error_kind_o = error[9:7];
  assign error_port_o = error[6:4];
  assign error_color_o = error[3:0];

  assign busy_o = any_valid | moved_q | error[10];

endmodule
