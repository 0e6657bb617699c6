// The tile's router: five ports, 16 colors, credits, multicast and merge.
//
// A wavelet on an input in cycle 0 is in the port's FIFO in cycle 1, is granted there if nothing is in its way, and is on
// the output in cycle 2, its credit on the input's credit output in cycle 2. Inputs (router_input) offer, outputs
// (router_output) take; this module wires each to the four other ports, decodes the route table, knows the
// tile's parent and reports errors. Route of an input and a data color: a mask of outputs, bit port_e; its own port is
// not among them and reads as 0. Errors are pulses of one cycle; of several in a cycle one is reported.
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

  // Where the tile's own requests (RequestColor) go. Nothing leads from the ramp back to the ramp.
  /* verilator lint_off UNUSEDSIGNAL */
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

  // ---------------------------------------------------------------- route registers

  // RegRoute is the first register: the word address is {port, color}. The control plane's colors have none.
  logic       route_addressed;
  logic [4:0] route_select;

  logic [3:0] north_route;
  logic [3:0] east_route;
  logic [3:0] south_route;
  logic [3:0] west_route;
  logic [3:0] ramp_route;

  assign route_addressed = reg_addr_i[9:7] == 3'd0 && reg_addr_i[3:1] != 3'd0;
  assign route_select[0] = route_addressed && reg_addr_i[6:4] == tessera_pkg::PortNorth;
  assign route_select[1] = route_addressed && reg_addr_i[6:4] == tessera_pkg::PortEast;
  assign route_select[2] = route_addressed && reg_addr_i[6:4] == tessera_pkg::PortSouth;
  assign route_select[3] = route_addressed && reg_addr_i[6:4] == tessera_pkg::PortWest;
  assign route_select[4] = route_addressed && reg_addr_i[6:4] == tessera_pkg::PortRamp;

  always_comb begin
    reg_rdata_o = 32'd0;
    if (route_addressed)
      reg_rdata_o = {27'd0, {north_route, 1'b0} | {east_route[3:1], 1'b0, east_route[0]} |
                     {south_route[3:2], 1'b0, south_route[1:0]} | {west_route[3], 1'b0, west_route[2:0]} |
                     {1'b0, ramp_route}};
  end

  // ---------------------------------------------------------------- parent

  // The mesh port of the first request after reset: the tile's parent in the control plane's forest. Bit port_e.
  logic [3:0] parent_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      parent_q <= 4'd0;
    end else if (parent_q == 4'd0) begin
      if (north_i[37] && north_i[36:33] == 4'(tessera_pkg::RequestColor)) parent_q <= 4'b0001;
      else if (east_i[37] && east_i[36:33] == 4'(tessera_pkg::RequestColor)) parent_q <= 4'b0010;
      else if (south_i[37] && south_i[36:33] == 4'(tessera_pkg::RequestColor)) parent_q <= 4'b0100;
      else if (west_i[37] && west_i[36:33] == 4'(tessera_pkg::RequestColor)) parent_q <= 4'b1000;
    end
  end

  // ---------------------------------------------------------------- inputs and outputs

  // Toward or from the four other ports, lowest first.
  logic [3:0]  north_offer, east_offer, south_offer, west_offer, ramp_offer;
  logic [3:0]  north_grant, east_grant, south_grant, west_grant, ramp_grant;
  logic [36:0] north_word, east_word, south_word, west_word, ramp_word;
  logic [15:0] north_credit, east_credit, south_credit, west_credit, ramp_credit;
  logic [15:0] north_locked, east_locked, south_locked, west_locked, ramp_locked;
  logic [3:0]  north_color, east_color, south_color, west_color;
  /* verilator lint_off UNUSEDSIGNAL */  // the way to the ramp is never dead
  logic [3:0]  ramp_color;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [4:0]  no_route, overflow, input_drained, input_busy, output_busy;  // bit port_e
  logic        drained;

  assign drained = &input_drained;

  router_input u_north_input (
    .clk_i, .rst_ni,
    .wavelet_i(north_i), .credit_o(north_credit_o),
    .request_outputs_i(4'b1000), .response_outputs_i({1'b0, parent_q[3:1]}),
    .output0_credit_i(east_credit), .output1_credit_i(south_credit),
    .output2_credit_i(west_credit), .output3_credit_i(ramp_credit),
    .output0_locked_i(east_locked), .output1_locked_i(south_locked),
    .output2_locked_i(west_locked), .output3_locked_i(ramp_locked),
    .offer_o(north_offer), .word_o(north_word),
    .grant_i({ramp_grant[0], west_grant[0], south_grant[0], east_grant[0]}),
    .route_select_i(route_select[0]), .route_we_i(reg_we_i), .route_color_i(reg_addr_i[3:0]),
    .route_wdata_i(reg_wdata_i[4:1]), .route_rdata_o(north_route),
    .no_route_o(no_route[0]), .overflow_o(overflow[0]), .drained_o(input_drained[0]), .busy_o(input_busy[0])
  );

  router_input u_east_input (
    .clk_i, .rst_ni,
    .wavelet_i(east_i), .credit_o(east_credit_o),
    .request_outputs_i(4'b1000), .response_outputs_i({1'b0, parent_q[3:2], parent_q[0]}),
    .output0_credit_i(north_credit), .output1_credit_i(south_credit),
    .output2_credit_i(west_credit), .output3_credit_i(ramp_credit),
    .output0_locked_i(north_locked), .output1_locked_i(south_locked),
    .output2_locked_i(west_locked), .output3_locked_i(ramp_locked),
    .offer_o(east_offer), .word_o(east_word),
    .grant_i({ramp_grant[1], west_grant[1], south_grant[1], north_grant[0]}),
    .route_select_i(route_select[1]), .route_we_i(reg_we_i), .route_color_i(reg_addr_i[3:0]),
    .route_wdata_i({reg_wdata_i[4:2], reg_wdata_i[0]}), .route_rdata_o(east_route),
    .no_route_o(no_route[1]), .overflow_o(overflow[1]), .drained_o(input_drained[1]), .busy_o(input_busy[1])
  );

  router_input u_south_input (
    .clk_i, .rst_ni,
    .wavelet_i(south_i), .credit_o(south_credit_o),
    .request_outputs_i(4'b1000), .response_outputs_i({1'b0, parent_q[3], parent_q[1:0]}),
    .output0_credit_i(north_credit), .output1_credit_i(east_credit),
    .output2_credit_i(west_credit), .output3_credit_i(ramp_credit),
    .output0_locked_i(north_locked), .output1_locked_i(east_locked),
    .output2_locked_i(west_locked), .output3_locked_i(ramp_locked),
    .offer_o(south_offer), .word_o(south_word),
    .grant_i({ramp_grant[2], west_grant[2], east_grant[1], north_grant[1]}),
    .route_select_i(route_select[2]), .route_we_i(reg_we_i), .route_color_i(reg_addr_i[3:0]),
    .route_wdata_i({reg_wdata_i[4:3], reg_wdata_i[1:0]}), .route_rdata_o(south_route),
    .no_route_o(no_route[2]), .overflow_o(overflow[2]), .drained_o(input_drained[2]), .busy_o(input_busy[2])
  );

  router_input u_west_input (
    .clk_i, .rst_ni,
    .wavelet_i(west_i), .credit_o(west_credit_o),
    .request_outputs_i(4'b1000), .response_outputs_i({1'b0, parent_q[2:0]}),
    .output0_credit_i(north_credit), .output1_credit_i(east_credit),
    .output2_credit_i(south_credit), .output3_credit_i(ramp_credit),
    .output0_locked_i(north_locked), .output1_locked_i(east_locked),
    .output2_locked_i(south_locked), .output3_locked_i(ramp_locked),
    .offer_o(west_offer), .word_o(west_word),
    .grant_i({ramp_grant[3], south_grant[2], east_grant[2], north_grant[2]}),
    .route_select_i(route_select[3]), .route_we_i(reg_we_i), .route_color_i(reg_addr_i[3:0]),
    .route_wdata_i({reg_wdata_i[4], reg_wdata_i[2:0]}), .route_rdata_o(west_route),
    .no_route_o(no_route[3]), .overflow_o(overflow[3]), .drained_o(input_drained[3]), .busy_o(input_busy[3])
  );

  router_input u_ramp_input (
    .clk_i, .rst_ni,
    .wavelet_i(ramp_i), .credit_o(ramp_credit_o),
    .request_outputs_i(request_mask_i[3:0]), .response_outputs_i(parent_q),
    .output0_credit_i(north_credit), .output1_credit_i(east_credit),
    .output2_credit_i(south_credit), .output3_credit_i(west_credit),
    .output0_locked_i(north_locked), .output1_locked_i(east_locked),
    .output2_locked_i(south_locked), .output3_locked_i(west_locked),
    .offer_o(ramp_offer), .word_o(ramp_word),
    .grant_i({west_grant[3], south_grant[3], east_grant[3], north_grant[3]}),
    .route_select_i(route_select[4]), .route_we_i(reg_we_i), .route_color_i(reg_addr_i[3:0]),
    .route_wdata_i(reg_wdata_i[3:0]), .route_rdata_o(ramp_route),
    .no_route_o(no_route[4]), .overflow_o(overflow[4]), .drained_o(input_drained[4]), .busy_o(input_busy[4])
  );

  router_output u_north_output (
    .clk_i, .rst_ni, .link_present_i(link_present_i[0]),
    .wavelet_o(north_o), .credit_i(north_credit_i), .credit_o(north_credit), .locked_o(north_locked),
    .offer_i({ramp_offer[0], west_offer[0], south_offer[0], east_offer[0]}),
    .word0_i(east_word), .word1_i(south_word), .word2_i(west_word), .word3_i(ramp_word),
    .grant_o(north_grant), .color_o(north_color), .drained_i(drained), .busy_o(output_busy[0])
  );

  router_output u_east_output (
    .clk_i, .rst_ni, .link_present_i(link_present_i[1]),
    .wavelet_o(east_o), .credit_i(east_credit_i), .credit_o(east_credit), .locked_o(east_locked),
    .offer_i({ramp_offer[1], west_offer[1], south_offer[1], north_offer[0]}),
    .word0_i(north_word), .word1_i(south_word), .word2_i(west_word), .word3_i(ramp_word),
    .grant_o(east_grant), .color_o(east_color), .drained_i(drained), .busy_o(output_busy[1])
  );

  router_output u_south_output (
    .clk_i, .rst_ni, .link_present_i(link_present_i[2]),
    .wavelet_o(south_o), .credit_i(south_credit_i), .credit_o(south_credit), .locked_o(south_locked),
    .offer_i({ramp_offer[2], west_offer[2], east_offer[1], north_offer[1]}),
    .word0_i(north_word), .word1_i(east_word), .word2_i(west_word), .word3_i(ramp_word),
    .grant_o(south_grant), .color_o(south_color), .drained_i(drained), .busy_o(output_busy[2])
  );

  router_output u_west_output (
    .clk_i, .rst_ni, .link_present_i(link_present_i[3]),
    .wavelet_o(west_o), .credit_i(west_credit_i), .credit_o(west_credit), .locked_o(west_locked),
    .offer_i({ramp_offer[3], south_offer[2], east_offer[2], north_offer[2]}),
    .word0_i(north_word), .word1_i(east_word), .word2_i(south_word), .word3_i(ramp_word),
    .grant_o(west_grant), .color_o(west_color), .drained_i(drained), .busy_o(output_busy[3])
  );

  router_output u_ramp_output (
    .clk_i, .rst_ni, .link_present_i(1'b1),
    .wavelet_o(ramp_o), .credit_i(ramp_credit_i), .credit_o(ramp_credit), .locked_o(ramp_locked),
    .offer_i({west_offer[3], south_offer[3], east_offer[3], north_offer[3]}),
    .word0_i(north_word), .word1_i(east_word), .word2_i(south_word), .word3_i(west_word),
    .grant_o(ramp_grant), .color_o(ramp_color), .drained_i(drained), .busy_o(output_busy[4])
  );

  // ---------------------------------------------------------------- errors

  logic       error_q;
  logic [2:0] error_kind_q, error_port_q;
  logic [3:0] error_color_q;
  // Link inputs and straps feed flip-flops only: hence the local.
  always_ff @(posedge clk_i or negedge rst_ni) begin : errors
    logic [3:0] dead;
    if (!rst_ni) begin
      error_q <= 1'b0;
      error_kind_q <= tessera_pkg::ErrorNone;
      error_port_q <= 3'd0;
      error_color_q <= 4'd0;
    end else begin
      dead = {west_grant != 4'd0, south_grant != 4'd0, east_grant != 4'd0, north_grant != 4'd0} & ~link_present_i;
      if (error_q || overflow != 5'd0 || no_route != 5'd0 || dead != 4'd0) begin
        error_q <= overflow != 5'd0 || no_route != 5'd0 || dead != 4'd0;
        error_kind_q <= overflow != 5'd0 ? tessera_pkg::ErrorOverflow :
                        no_route != 5'd0 ? tessera_pkg::ErrorNoRoute :
                        dead != 4'd0 ? tessera_pkg::ErrorDeadLink : tessera_pkg::ErrorNone;
        {error_port_q, error_color_q} <=
          overflow[0] ? {tessera_pkg::PortNorth, north_i[36:33]} :
          overflow[1] ? {tessera_pkg::PortEast, east_i[36:33]} :
          overflow[2] ? {tessera_pkg::PortSouth, south_i[36:33]} :
          overflow[3] ? {tessera_pkg::PortWest, west_i[36:33]} :
          overflow[4] ? {tessera_pkg::PortRamp, ramp_i[36:33]} :
          no_route[0] ? {tessera_pkg::PortNorth, north_word[36:33]} :
          no_route[1] ? {tessera_pkg::PortEast, east_word[36:33]} :
          no_route[2] ? {tessera_pkg::PortSouth, south_word[36:33]} :
          no_route[3] ? {tessera_pkg::PortWest, west_word[36:33]} :
          no_route[4] ? {tessera_pkg::PortRamp, ramp_word[36:33]} :
          dead[0] ? {tessera_pkg::PortNorth, north_color} :
          dead[1] ? {tessera_pkg::PortEast, east_color} :
          dead[2] ? {tessera_pkg::PortSouth, south_color} :
          dead[3] ? {tessera_pkg::PortWest, west_color} :
          7'd0;
      end
    end
  end

  assign error_o = error_q;
  assign error_kind_o = error_kind_q;
  assign error_port_o = error_port_q;
  assign error_color_o = error_color_q;

  assign busy_o = input_busy != 5'd0 || output_busy != 5'd0 || error_q;

endmodule
