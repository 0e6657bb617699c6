// One input port of the router: a FIFO bank, the routes of its colors, and what has become of each head word.
//
// Each cycle the input offers the head word of one color, round robin over the colors that can move: those whose
// head still has an unserved output that has a credit for the color and is not locked by another input; and those
// without a route, whose words are dropped, one a cycle. `asks_o` names the outputs that could take the word,
// `grants_i` those that do, in the same cycle. The word leaves when all outputs of its route are served; its credit
// is on `credit_o` in the next cycle.
//
// An input leads to the four other ports, which have the numbers Other0 to Other3. 64-bit vectors have bit
// {which of the four, color}, questions and answers between inputs and outputs bit {output * 5 + input}.

module router_input #(
  parameter int unsigned Port = 0     // port_e
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [37:0] wavelet_i,      // wavelet_t
  output logic [4:0]  credit_o,       // credit_t, a register

  // Where the control plane's colors go, which have no table. Bit port_e.
  input  logic [4:0]  request_outputs_i,
  input  logic [4:0]  response_outputs_i,

  // Of each output: the colors that have a credit, and those on which it is in the middle of a message.
  input  logic [15:0] other0_credit_i,
  input  logic [15:0] other1_credit_i,
  input  logic [15:0] other2_credit_i,
  input  logic [15:0] other3_credit_i,
  input  logic [15:0] other0_locked_i,
  input  logic [15:0] other1_locked_i,
  input  logic [15:0] other2_locked_i,
  input  logic [15:0] other3_locked_i,

  output logic        valid_o,        // there is an offer; without it the rest is zero
  output logic [36:0] word_o,         // {color, last, data}
  output logic        no_route_o,     // it has no route, and is dropped
  output logic [24:0] asks_o,         // all outputs' bits of this input
  input  logic [24:0] grants_i,       // all outputs' bits of all inputs

  output logic [4:0]  overflow_o,     // {valid, color}: a word came to a full FIFO and was dropped; a register
  output logic        stays_o,        // there are words in the bank that do not leave in this cycle

  // Routes of data colors: an access names port and color; read in the same cycle. Other ports' read as 0.
  input  logic        route_access_i,
  input  logic        route_we_i,
  input  logic [6:0]  route_addr_i,   // {port, color}
  input  logic [4:0]  route_wdata_i,  // outputs, bit port_e
  output logic [4:0]  route_rdata_o
);

  localparam int unsigned Other0 = Port > 0 ? 0 : 1;
  localparam int unsigned Other1 = Port > 1 ? 1 : 2;
  localparam int unsigned Other2 = Port > 2 ? 2 : 3;
  localparam int unsigned Other3 = Port > 3 ? 3 : 4;

  logic [63:0] route_q;
  logic [63:0] served_q;       // the output has its copy of the head word
  logic [63:0] holds_q;        // the output is in the middle of a message from here
  logic [3:0]  next_color_q;   // where the round robin goes on

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
  logic [31:0] any_route, any_movable;            // halves folded upon each other
  logic [15:0] unrouted, movable, candidates, pick;
  logic [63:0] heads;                             // the chosen color, at every output
  logic [63:0] offered;                           // of these, those that can take the word
  logic        waits;                             // an output of the chosen word cannot take it in this cycle

  always_comb begin
    route = 64'd0;
    unserved = 64'd0;
    movable_to = 64'd0;
    any_route = 32'd0;
    any_movable = 32'd0;
    unrouted = 16'd0;
    movable = 16'd0;
    candidates = 16'd0;
    pick = 16'd0;
    color = 4'd0;
    heads = 64'd0;
    offered = 64'd0;
    no_route_o = 1'b0;
    waits = 1'b0;
    valid_o = 1'b0;
    asks_o = 25'd0;
    if (nonempty != 16'd0) begin
      route = route_q;
      if (nonempty[tessera_pkg::FirstDataColor-1:0] != '0)
        route = route_q | {14'd0, response_outputs_i[Other3], request_outputs_i[Other3],
                           14'd0, response_outputs_i[Other2], request_outputs_i[Other2],
                           14'd0, response_outputs_i[Other1], request_outputs_i[Other1],
                           14'd0, response_outputs_i[Other0], request_outputs_i[Other0]};
      unserved = route & ~served_q;
      movable_to = unserved & {other3_credit_i, other2_credit_i, other1_credit_i, other0_credit_i} &
                   (holds_q | ~{other3_locked_i, other2_locked_i, other1_locked_i, other0_locked_i});
      any_route = route[63:32] | route[31:0];
      any_movable = movable_to[63:32] | movable_to[31:0];
      unrouted = ~(any_route[31:16] | any_route[15:0]);
      movable = nonempty & (any_movable[31:16] | any_movable[15:0] | unrouted);
      if (movable != 16'd0) begin
        valid_o = 1'b1;
        candidates = movable & (16'hffff << next_color_q);
        if (candidates == 16'd0) candidates = movable;
        pick = candidates & (~candidates + 16'd1);
        color = {|(pick & 16'hff00), |(pick & 16'hf0f0), |(pick & 16'hcccc), |(pick & 16'haaaa)};
        heads = {4{pick}};
        offered = movable_to & heads;
        waits = (unserved & heads) != offered;
        no_route_o = (pick & unrouted) != 16'd0;
        asks_o = ({24'd0, offered[15:0] != 16'd0} << (5 * Other0 + Port)) |
                 ({24'd0, offered[31:16] != 16'd0} << (5 * Other1 + Port)) |
                 ({24'd0, offered[47:32] != 16'd0} << (5 * Other2 + Port)) |
                 ({24'd0, offered[63:48] != 16'd0} << (5 * Other3 + Port));
      end
    end
  end

  always_comb begin
    word_o = 37'd0;
    if (valid_o) word_o = {color, last, data};
  end

  // ---------------------------------------------------------------- grants

  logic [24:0] granted;
  logic [63:0] taken;     // the outputs that take the word, at its color
  logic        empties;   // the last word of the bank leaves

  always_comb begin
    granted = 25'd0;
    taken = 64'd0;
    pop = 1'b0;
    empties = 1'b0;
    stays_o = nonempty != 16'd0;
    if (valid_o) begin
      granted = grants_i & asks_o;
      taken = offered;
      if (granted != asks_o)
        taken = offered & {{16{granted[5 * Other3 + Port]}}, {16{granted[5 * Other2 + Port]}},
                           {16{granted[5 * Other1 + Port]}}, {16{granted[5 * Other0 + Port]}}};
      pop = !waits && granted == asks_o;
      empties = single && pop;
      if (empties) stays_o = 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      served_q <= 64'd0;
      holds_q <= 64'd0;
      next_color_q <= 4'd0;
      credit_o <= 5'd0;
    end else if (valid_o || credit_o[4]) begin
      credit_o <= 5'd0;
      if (valid_o) begin
        if (!pop || served_q != 64'd0) served_q <= pop ? served_q & ~heads : served_q | taken;
        holds_q <= last ? holds_q & ~taken : holds_q | taken;
        if (empties) next_color_q <= 4'd0;
        else if (pop || granted != 25'd0) next_color_q <= color + 4'd1;
        if (pop) credit_o <= {1'b1, color};
      end
    end
  end

  // ---------------------------------------------------------------- routes

  always_comb begin
    route_rdata_o = 5'd0;
    if (route_access_i && route_addr_i[6:4] == 3'(Port)) begin
      route_rdata_o[Other0] = route_q[{2'd0, route_addr_i[3:0]}];
      route_rdata_o[Other1] = route_q[{2'd1, route_addr_i[3:0]}];
      route_rdata_o[Other2] = route_q[{2'd2, route_addr_i[3:0]}];
      route_rdata_o[Other3] = route_q[{2'd3, route_addr_i[3:0]}];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      route_q <= 64'd0;
    end else if (route_access_i) begin
      if (route_we_i && route_addr_i[6:4] == 3'(Port)) begin
        route_q[{2'd0, route_addr_i[3:0]}] <= route_wdata_i[Other0];
        route_q[{2'd1, route_addr_i[3:0]}] <= route_wdata_i[Other1];
        route_q[{2'd2, route_addr_i[3:0]}] <= route_wdata_i[Other2];
        route_q[{2'd3, route_addr_i[3:0]}] <= route_wdata_i[Other3];
      end
    end
  end

endmodule
