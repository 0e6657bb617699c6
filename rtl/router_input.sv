// One input port of the router: a FIFO bank, the routes of its colors, and what has become of each head word.
//
// An input leads to the four other ports; output 0 is the lowest numbered of them. 64-bit vectors have bit
// {output, color}, 16-bit vectors bit {color}.
//
// Each cycle the input offers the head word of one color, round robin over the colors that can move: those whose
// head still has an unserved output that has a credit for the color and is not locked by another input. `offer_o`
// are the outputs that could take the word now, `grant_i` those that do, in the same cycle. The word leaves
// when all outputs of its route are served, and its credit is on `credit_o` in the next cycle.
// A word without a route is dropped, in one cycle, with a pulse of `no_route_o` and its credit returned.

module router_input (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [37:0] wavelet_i,          // wavelet_t
  output logic [4:0]  credit_o,           // credit_t

  // Outputs to which the control plane's colors go; they have no table.
  input  logic [3:0]  request_outputs_i,
  input  logic [3:0]  response_outputs_i,

  // Of each output: the colors it has a credit for, and those on which it is in the middle of a message.
  input  logic [15:0] output0_credit_i,
  input  logic [15:0] output1_credit_i,
  input  logic [15:0] output2_credit_i,
  input  logic [15:0] output3_credit_i,
  input  logic [15:0] output0_locked_i,
  input  logic [15:0] output1_locked_i,
  input  logic [15:0] output2_locked_i,
  input  logic [15:0] output3_locked_i,

  output logic [3:0]  offer_o,
  output logic [36:0] word_o,             // wavelet_t without its valid bit
  input  logic [3:0]  grant_i,

  // The route of a data color, read in the same cycle. A read without select gives 0.
  input  logic        route_select_i,
  input  logic        route_we_i,
  input  logic [3:0]  route_color_i,
  input  logic [3:0]  route_wdata_i,
  output logic [3:0]  route_rdata_o,

  output logic        no_route_o,         // the word on word_o has no route
  output logic        overflow_o,         // wavelet_i came to a full FIFO
  output logic        drained_o,          // the bank is empty after this cycle, if nothing arrives
  output logic        busy_o
);

  logic [63:0] route_q;      // of data colors
  logic [63:0] served_q;     // the output has its copy of the head word
  logic [63:0] holds_q;      // the output is in the middle of a message of this input
  logic [3:0]  next_color_q; // where the round robin goes on
  logic [4:0]  credit_q;

  // ---------------------------------------------------------------- FIFOs

  logic [15:0] nonempty;
  logic        single, last, pop;
  logic [3:0]  color;
  logic [31:0] data;

  fifo_bank u_fifo_bank (
    .clk_i, .rst_ni,
    .push_i(wavelet_i[37]), .push_color_i(wavelet_i[36:33]), .push_last_i(wavelet_i[32]),
    .push_data_i(wavelet_i[31:0]), .overflow_o,
    .nonempty_o(nonempty), .single_o(single),
    .head_color_i(color), .head_data_o(data), .head_last_o(last), .pop_i(pop)
  );

  // ---------------------------------------------------------------- offer

  logic [63:0] route, unserved, movable_to;
  logic [15:0] unrouted, movable, candidates, pick;
  logic [3:0]  unserved_outputs;

  always_comb begin
    route = 64'd0;
    unserved = 64'd0;
    movable_to = 64'd0;
    unrouted = 16'd0;
    movable = 16'd0;
    candidates = 16'd0;
    pick = 16'd0;
    color = 4'd0;
    offer_o = 4'd0;
    unserved_outputs = 4'd0;
    if (nonempty != 16'd0) begin
      route = route_q |
              {14'd0, response_outputs_i[3], request_outputs_i[3], 14'd0, response_outputs_i[2], request_outputs_i[2],
               14'd0, response_outputs_i[1], request_outputs_i[1], 14'd0, response_outputs_i[0], request_outputs_i[0]};
      unserved = {4{nonempty}} & route & ~served_q;
      movable_to = unserved & {output3_credit_i, output2_credit_i, output1_credit_i, output0_credit_i} &
                   (holds_q | ~{output3_locked_i, output2_locked_i, output1_locked_i, output0_locked_i});
      unrouted = nonempty & ~(route[63:48] | route[47:32] | route[31:16] | route[15:0]);
      movable = unrouted | movable_to[63:48] | movable_to[47:32] | movable_to[31:16] | movable_to[15:0];
      candidates = movable & (16'hffff << next_color_q);
      if (candidates == 16'd0) candidates = movable;
      pick = candidates & (~candidates + 16'd1);
      color = {|(pick & 16'hff00), |(pick & 16'hf0f0), |(pick & 16'hcccc), |(pick & 16'haaaa)};
      offer_o = {movable_to[{2'd3, color}], movable_to[{2'd2, color}], movable_to[{2'd1, color}],
                 movable_to[{2'd0, color}]};
      unserved_outputs = {unserved[{2'd3, color}], unserved[{2'd2, color}], unserved[{2'd1, color}],
                          unserved[{2'd0, color}]};
    end
  end

  assign no_route_o = (pick & unrouted) != 16'd0;
  assign word_o = {color, last, data};
  assign busy_o = pick != 16'd0 || credit_q[4];

  // ---------------------------------------------------------------- what the grants do

  logic taken;

  assign taken = grant_i != 4'd0 || no_route_o;
  assign pop = taken && (unserved_outputs & ~grant_i) == 4'd0;
  assign drained_o = nonempty == 16'd0 || (single && pop);
  assign credit_o = credit_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin : update
    logic [63:0] granted;
    if (!rst_ni) begin
      served_q <= 64'd0;
      holds_q <= 64'd0;
      next_color_q <= 4'd0;
      credit_q <= 5'd0;
    end else if (taken || credit_q[4]) begin
      granted = {{16{grant_i[3]}} & pick, {16{grant_i[2]}} & pick, {16{grant_i[1]}} & pick, {16{grant_i[0]}} & pick};
      served_q <= pop ? served_q & ~{4{pick}} : served_q | granted;
      holds_q <= last ? holds_q & ~granted : holds_q | granted;
      if (taken) next_color_q <= drained_o ? 4'd0 : color + 4'd1;
      credit_q <= pop ? {1'b1, color} : 5'd0;
    end
  end

  // ---------------------------------------------------------------- routes

  always_comb begin
    route_rdata_o = 4'd0;
    if (route_select_i)
      route_rdata_o = {route_q[{2'd3, route_color_i}], route_q[{2'd2, route_color_i}],
                       route_q[{2'd1, route_color_i}], route_q[{2'd0, route_color_i}]};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      route_q <= 64'd0;
    end else if (route_select_i && route_we_i) begin
      route_q[{2'd0, route_color_i}] <= route_wdata_i[0];
      route_q[{2'd1, route_color_i}] <= route_wdata_i[1];
      route_q[{2'd2, route_color_i}] <= route_wdata_i[2];
      route_q[{2'd3, route_color_i}] <= route_wdata_i[3];
    end
  end

endmodule
