// What becomes of the words that the router's inputs offer in a cycle: each output takes one of those that ask for it,
// round robin over the inputs; and the registers toward the links, which show it in the next cycle: wavelets, and the
// credits of words that leave.
//
// All outputs are arbitrated at once: vectors of five bits have bit port_e. 64-bit vectors have bit {output, color}; in
// those of an input the ramp stands in its own port's place. Over a dead link nothing is sent and no credit is spent:
// the word is taken, and lost.

module router_crossbar (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [3:0]  link_present_i,

  // Of each input: its offer, the outputs at its color that it offers the word to, and the word.
  /* verilator lint_off UNUSEDSIGNAL */  // whether there is a route
  input  tessera_pkg::offer_t north_offer_i,
  input  tessera_pkg::offer_t east_offer_i,
  input  tessera_pkg::offer_t south_offer_i,
  input  tessera_pkg::offer_t west_offer_i,
  input  tessera_pkg::offer_t ramp_offer_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [63:0] north_offered_i,
  input  logic [63:0] east_offered_i,
  input  logic [63:0] south_offered_i,
  input  logic [63:0] west_offered_i,
  input  logic [63:0] ramp_offered_i,
  input  logic [31:0] north_data_i,
  input  logic [31:0] east_data_i,
  input  logic [31:0] south_data_i,
  input  logic [31:0] west_data_i,
  input  logic [31:0] ramp_data_i,
  input  logic        north_last_i,
  input  logic        east_last_i,
  input  logic        south_last_i,
  input  logic        west_last_i,
  input  logic        ramp_last_i,
  input  logic        any_valid_i,    // there is an offer

  // What becomes of it: the outputs that take the word, and whether it leaves, having been everywhere.
  output logic [63:0] north_taken_o,
  output logic [63:0] east_taken_o,
  output logic [63:0] south_taken_o,
  output logic [63:0] west_taken_o,
  output logic [63:0] ramp_taken_o,
  output logic [4:0]  pop_o,
  output logic [63:0] mesh_pop_o,     // {port, color} of the input
  output logic [15:0] ramp_pop_o,
  output logic [63:0] mesh_spend_o,   // {port, color} of the output
  output logic [15:0] ramp_spend_o,
  input  logic        drained_i,      // all FIFOs are empty after this cycle, if nothing arrives

  output logic [37:0] north_o,
  output logic [37:0] east_o,
  output logic [37:0] south_o,
  output logic [37:0] west_o,
  output logic [37:0] ramp_o,
  output logic [4:0]  north_credit_o,
  output logic [4:0]  east_credit_o,
  output logic [4:0]  south_credit_o,
  output logic [4:0]  west_credit_o,
  output logic [4:0]  ramp_credit_o,
  output logic [7:0]  dead_link_o,    // {valid, port_e, color} of a word that went to a dead link; a register
  output logic        busy_o          // registers hold something
);

  // The outputs at which it is not this input's turn any more, until the round robin starts again.
  logic [4:0] north_past_q, east_past_q, south_past_q, west_past_q, ramp_past_q;
  logic       moved_q;   // there was an offer in the last cycle

  // ---------------------------------------------------------------- arbitration

  logic [4:0]  taken;                                                     // outputs that take a word
  logic [4:0]  restart;                                                   // no turn is left at this output
  logic [4:0]  north_turn, east_turn, south_turn, west_turn, ramp_turn;   // inputs that ask, and whose turn it is
  logic [4:0]  north_grant, east_grant, south_grant, west_grant, ramp_grant;
  logic [36:0] north_word, east_word, south_word, west_word, ramp_word;   // {color, last, data}

  // What is offered, of it what is granted: by place in the vector.
  function logic [63:0] only_granted(input logic [63:0] offered, input logic [3:0] granted);
    only_granted = offered & {{16{granted[3]}}, {16{granted[2]}}, {16{granted[1]}}, {16{granted[0]}}};
  endfunction

  always_comb begin
    restart = 5'd0;
    north_turn = 5'd0;
    north_grant = 5'd0;
    north_word = 37'd0;
    north_taken_o = 64'd0;
    east_turn = 5'd0;
    east_grant = 5'd0;
    east_word = 37'd0;
    east_taken_o = 64'd0;
    south_turn = 5'd0;
    south_grant = 5'd0;
    south_word = 37'd0;
    south_taken_o = 64'd0;
    west_turn = 5'd0;
    west_grant = 5'd0;
    west_word = 37'd0;
    west_taken_o = 64'd0;
    ramp_turn = 5'd0;
    ramp_grant = 5'd0;
    ramp_word = 37'd0;
    ramp_taken_o = 64'd0;
    taken = 5'd0;
    pop_o = 5'd0;
    mesh_pop_o = 64'd0;
    ramp_pop_o = 16'd0;
    mesh_spend_o = 64'd0;
    ramp_spend_o = 16'd0;
    if (any_valid_i) begin
      restart = ~((north_offer_i.asks & ~north_past_q) |
                  (east_offer_i.asks & ~east_past_q) |
                  (south_offer_i.asks & ~south_past_q) |
                  (west_offer_i.asks & ~west_past_q) |
                  (ramp_offer_i.asks & ~ramp_past_q));
      north_turn = north_offer_i.asks & (restart | ~north_past_q);
      east_turn = east_offer_i.asks & (restart | ~east_past_q);
      south_turn = south_offer_i.asks & (restart | ~south_past_q);
      west_turn = west_offer_i.asks & (restart | ~west_past_q);
      ramp_turn = ramp_offer_i.asks & (restart | ~ramp_past_q);
      north_grant = north_turn;
      taken = north_turn;
      east_grant = east_turn & ~taken;
      taken = taken | east_turn;
      south_grant = south_turn & ~taken;
      taken = taken | south_turn;
      west_grant = west_turn & ~taken;
      taken = taken | west_turn;
      ramp_grant = ramp_turn & ~taken;
      taken = taken | ramp_turn;

      if (north_offer_i.valid) begin
        north_word = {north_offer_i.color, north_last_i, north_data_i};
        north_taken_o = north_offered_i;
        if (north_grant != north_offer_i.asks)
          north_taken_o =
            only_granted(north_offered_i, {north_grant[3], north_grant[2], north_grant[1], north_grant[4]});
        pop_o[0] = !north_offer_i.waits && north_grant == north_offer_i.asks;
        if (pop_o[0]) mesh_pop_o[15:0] = north_offer_i.pick;
        mesh_spend_o = mesh_spend_o | (north_taken_o & ~64'h0000_0000_0000_ffff);
        ramp_spend_o = ramp_spend_o | north_taken_o[15:0];
      end

      if (east_offer_i.valid) begin
        east_word = {east_offer_i.color, east_last_i, east_data_i};
        east_taken_o = east_offered_i;
        if (east_grant != east_offer_i.asks)
          east_taken_o =
            only_granted(east_offered_i, {east_grant[3], east_grant[2], east_grant[4], east_grant[0]});
        pop_o[1] = !east_offer_i.waits && east_grant == east_offer_i.asks;
        if (pop_o[1]) mesh_pop_o[31:16] = east_offer_i.pick;
        mesh_spend_o = mesh_spend_o | (east_taken_o & ~64'h0000_0000_ffff_0000);
        ramp_spend_o = ramp_spend_o | east_taken_o[31:16];
      end

      if (south_offer_i.valid) begin
        south_word = {south_offer_i.color, south_last_i, south_data_i};
        south_taken_o = south_offered_i;
        if (south_grant != south_offer_i.asks)
          south_taken_o =
            only_granted(south_offered_i, {south_grant[3], south_grant[4], south_grant[1], south_grant[0]});
        pop_o[2] = !south_offer_i.waits && south_grant == south_offer_i.asks;
        if (pop_o[2]) mesh_pop_o[47:32] = south_offer_i.pick;
        mesh_spend_o = mesh_spend_o | (south_taken_o & ~64'h0000_ffff_0000_0000);
        ramp_spend_o = ramp_spend_o | south_taken_o[47:32];
      end

      if (west_offer_i.valid) begin
        west_word = {west_offer_i.color, west_last_i, west_data_i};
        west_taken_o = west_offered_i;
        if (west_grant != west_offer_i.asks)
          west_taken_o =
            only_granted(west_offered_i, {west_grant[4], west_grant[2], west_grant[1], west_grant[0]});
        pop_o[3] = !west_offer_i.waits && west_grant == west_offer_i.asks;
        if (pop_o[3]) mesh_pop_o[63:48] = west_offer_i.pick;
        mesh_spend_o = mesh_spend_o | (west_taken_o & ~64'hffff_0000_0000_0000);
        ramp_spend_o = ramp_spend_o | west_taken_o[63:48];
      end

      if (ramp_offer_i.valid) begin
        ramp_word = {ramp_offer_i.color, ramp_last_i, ramp_data_i};
        ramp_taken_o = ramp_offered_i;
        if (ramp_grant != ramp_offer_i.asks)
          ramp_taken_o =
            only_granted(ramp_offered_i, {ramp_grant[3], ramp_grant[2], ramp_grant[1], ramp_grant[0]});
        pop_o[4] = !ramp_offer_i.waits && ramp_grant == ramp_offer_i.asks;
        if (pop_o[4]) ramp_pop_o = ramp_offer_i.pick;
        mesh_spend_o = mesh_spend_o | ramp_taken_o;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : turns
    logic [4:0] to_west, to_south, to_east, to_north;   // granted to this input or one after it
    if (!rst_ni) begin
      north_past_q <= 5'd0;
      east_past_q <= 5'd0;
      south_past_q <= 5'd0;
      west_past_q <= 5'd0;
      ramp_past_q <= 5'd0;
    end else if (any_valid_i) begin
      to_west = ramp_grant | west_grant;
      to_south = to_west | south_grant;
      to_east = to_south | east_grant;
      to_north = to_east | north_grant;
      north_past_q <= drained_i ? 5'd0 : (north_past_q & ~to_north) | to_north;
      east_past_q <= drained_i ? 5'd0 : (east_past_q & ~to_north) | to_east;
      south_past_q <= drained_i ? 5'd0 : (south_past_q & ~to_north) | to_south;
      west_past_q <= drained_i ? 5'd0 : (west_past_q & ~to_north) | to_west;
      ramp_past_q <= drained_i ? 5'd0 : (ramp_past_q & ~to_north) | ramp_grant;
    end
  end

  // ---------------------------------------------------------------- registers toward the links

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      moved_q <= 1'b0;
      north_o <= 38'd0;
      north_credit_o <= 5'd0;
      east_o <= 38'd0;
      east_credit_o <= 5'd0;
      south_o <= 38'd0;
      south_credit_o <= 5'd0;
      west_o <= 38'd0;
      west_credit_o <= 5'd0;
      ramp_o <= 38'd0;
      ramp_credit_o <= 5'd0;
    end else if (any_valid_i || moved_q) begin
      moved_q <= any_valid_i;
      north_o <= 38'd0;
      north_credit_o <= 5'd0;
      east_o <= 38'd0;
      east_credit_o <= 5'd0;
      south_o <= 38'd0;
      south_credit_o <= 5'd0;
      west_o <= 38'd0;
      west_credit_o <= 5'd0;
      ramp_o <= 38'd0;
      ramp_credit_o <= 5'd0;
      if (any_valid_i) begin
        if (taken[0] && link_present_i[0])
          north_o <= {1'b1, north_grant[0] ? north_word : east_grant[0] ? east_word : south_grant[0] ? south_word :
                  west_grant[0] ? west_word : ramp_word};
        if (taken[1] && link_present_i[1])
          east_o <= {1'b1, north_grant[1] ? north_word : east_grant[1] ? east_word : south_grant[1] ? south_word :
                  west_grant[1] ? west_word : ramp_word};
        if (taken[2] && link_present_i[2])
          south_o <= {1'b1, north_grant[2] ? north_word : east_grant[2] ? east_word : south_grant[2] ? south_word :
                  west_grant[2] ? west_word : ramp_word};
        if (taken[3] && link_present_i[3])
          west_o <= {1'b1, north_grant[3] ? north_word : east_grant[3] ? east_word : south_grant[3] ? south_word :
                  west_grant[3] ? west_word : ramp_word};
        if (taken[4])
          ramp_o <= {1'b1, north_grant[4] ? north_word : east_grant[4] ? east_word : south_grant[4] ? south_word :
                  west_grant[4] ? west_word : ramp_word};
        if (pop_o[0]) north_credit_o <= {1'b1, north_offer_i.color};
        if (pop_o[1]) east_credit_o <= {1'b1, east_offer_i.color};
        if (pop_o[2]) south_credit_o <= {1'b1, south_offer_i.color};
        if (pop_o[3]) west_credit_o <= {1'b1, west_offer_i.color};
        if (pop_o[4]) ramp_credit_o <= {1'b1, ramp_offer_i.color};
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : dead_links
    logic [3:0] dead;
    if (!rst_ni) begin
      dead_link_o <= 8'd0;
    end else if (dead_link_o[7] || (any_valid_i && link_present_i != 4'b1111)) begin
      dead_link_o <= 8'd0;
      dead = ~link_present_i & taken[3:0];
      if (dead[0])
        dead_link_o <= {1'b1, tessera_pkg::PortNorth,
                        north_grant[0] ? north_offer_i.color : east_grant[0] ? east_offer_i.color :
                        south_grant[0] ? south_offer_i.color : west_grant[0] ? west_offer_i.color : ramp_offer_i.color};
      if (dead[1])
        dead_link_o <= {1'b1, tessera_pkg::PortEast,
                        north_grant[1] ? north_offer_i.color : east_grant[1] ? east_offer_i.color :
                        south_grant[1] ? south_offer_i.color : west_grant[1] ? west_offer_i.color : ramp_offer_i.color};
      if (dead[2])
        dead_link_o <= {1'b1, tessera_pkg::PortSouth,
                        north_grant[2] ? north_offer_i.color : east_grant[2] ? east_offer_i.color :
                        south_grant[2] ? south_offer_i.color : west_grant[2] ? west_offer_i.color : ramp_offer_i.color};
      if (dead[3])
        dead_link_o <= {1'b1, tessera_pkg::PortWest,
                        north_grant[3] ? north_offer_i.color : east_grant[3] ? east_offer_i.color :
                        south_grant[3] ? south_offer_i.color : west_grant[3] ? west_offer_i.color : ramp_offer_i.color};
    end
  end

  assign busy_o = moved_q | dead_link_o[7];

endmodule
