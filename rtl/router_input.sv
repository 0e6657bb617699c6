// One input port of the router: the routes of its colors, which head word it offers, and what has become of each.
//
// Each cycle the input offers the head word of one color, round robin over the colors that can move: those whose
// head still has an unserved output that has a credit for the color and is not locked by another input; and those
// without a route, whose words are dropped, one a cycle. The outputs answer in the same cycle. The word leaves when
// all outputs of its route are served.
//
// 64-bit vectors have bit {port, color}. From a mesh port nothing leads back to it: there, in vectors of an input, the
// ramp stands in its own port's place.

module router_input #(
  parameter int unsigned Port = 0     // port_e
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [15:0] nonempty_i,     // colors that have a word
  input  logic [15:0] single_i,       // ... that have one
  output tessera_pkg::offer_t offer_o,
  output logic [63:0] offered_o,      // the outputs that it offers the word to, at its color
  input  logic        last_i,         // of the head of that color
  input  logic [63:0] taken_i,        // of these, the outputs that take it
  input  logic        pop_i,          // the word leaves, having been everywhere

  // Of each output: the colors that have a credit, and those on which it is in the middle of a message.
  input  logic [63:0] mesh_credit_i,
  input  logic [15:0] ramp_credit_i,
  input  logic [63:0] mesh_locked_i,
  input  logic [15:0] ramp_locked_i,
  output logic [63:0] holds_o,        // of these, the messages that come from here

  // Where the control plane's colors go, which have no table. Bit port_e.
  /* verilator lint_off UNUSEDSIGNAL */  // nothing leads back, and from the ramp nothing to the ramp
  input  logic [4:0]  request_outputs_i,
  input  logic [3:0]  response_outputs_i,
  /* verilator lint_on UNUSEDSIGNAL */

  // Routes of data colors: an access names port and color; read in the same cycle. Other ports' read as 0.
  input  logic        route_access_i,
  input  logic        route_we_i,
  input  logic [6:0]  route_addr_i,   // {port, color}
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [4:0]  route_wdata_i,  // outputs, bit port_e
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [4:0]  route_rdata_o
);

  localparam bit IsRamp = Port == 32'(tessera_pkg::PortRamp);
  // The outputs in the places of the mesh ports.
  localparam int unsigned Output0 = Port == 0 ? 4 : 0;
  localparam int unsigned Output1 = Port == 1 ? 4 : 1;
  localparam int unsigned Output2 = Port == 2 ? 4 : 2;
  localparam int unsigned Output3 = Port == 3 ? 4 : 3;
  localparam logic [63:0] Own = IsRamp ? 64'd0 : 64'hffff << (16 * (Port % 4));

  logic [63:0] route_q;
  logic [63:0] served_q;       // the output has its copy of the head word
  logic [63:0] holds_q;        // the output is in the middle of a message from here
  logic [15:0] past_q;         // colors whose turn it is not, until the round robin starts again

  // ---------------------------------------------------------------- offer

  logic [63:0] credit, locked;                    // of the outputs as this input sees them
  logic [63:0] route, unserved, movable_to;
  logic [31:0] any_route, any_movable;            // halves folded upon each other
  logic [15:0] unrouted, movable, candidates, pick;
  logic [63:0] heads;                             // the chosen color, at every output

  always_comb begin
    credit = 64'd0;
    locked = 64'd0;
    route = 64'd0;
    unserved = 64'd0;
    movable_to = 64'd0;
    any_route = 32'd0;
    any_movable = 32'd0;
    unrouted = 16'd0;
    movable = 16'd0;
    candidates = 16'd0;
    pick = 16'd0;
    heads = 64'd0;
    offer_o = '0;
    offered_o = 64'd0;
    if (nonempty_i != 16'd0) begin
      route = route_q;
      if (nonempty_i[tessera_pkg::FirstDataColor-1:0] != '0)
        route = route_q | {14'd0, Port != 3 && response_outputs_i[3], request_outputs_i[Output3],
                           14'd0, Port != 2 && response_outputs_i[2], request_outputs_i[Output2],
                           14'd0, Port != 1 && response_outputs_i[1], request_outputs_i[Output1],
                           14'd0, Port != 0 && response_outputs_i[0], request_outputs_i[Output0]};
      credit = (mesh_credit_i & ~Own) | ({4{ramp_credit_i}} & Own);
      locked = (mesh_locked_i & ~Own) | ({4{ramp_locked_i}} & Own);
      unserved = route & ~served_q;
      movable_to = unserved & credit & (holds_q | ~locked);
      any_route = route[63:32] | route[31:0];
      any_movable = movable_to[63:32] | movable_to[31:0];
      unrouted = ~(any_route[31:16] | any_route[15:0]);
      movable = nonempty_i & (any_movable[31:16] | any_movable[15:0] | unrouted);
      if (movable != 16'd0) begin
        candidates = movable & ~past_q;
        if (candidates == 16'd0) candidates = movable;
        pick = candidates & (~candidates + 16'd1);
        heads = {4{pick}};
        offered_o = movable_to & heads;
        offer_o.valid = 1'b1;
        offer_o.no_route = (pick & unrouted) != 16'd0;
        offer_o.waits = (unserved & heads) != offered_o;
        offer_o.asks[Output0] = offered_o[15:0] != 16'd0;
        offer_o.asks[Output1] = offered_o[31:16] != 16'd0;
        offer_o.asks[Output2] = offered_o[47:32] != 16'd0;
        offer_o.asks[Output3] = offered_o[63:48] != 16'd0;
        offer_o.color = {|(pick & 16'hff00), |(pick & 16'hf0f0), |(pick & 16'hcccc), |(pick & 16'haaaa)};
        offer_o.pick = pick;
      end
    end
  end

  // ---------------------------------------------------------------- what has become of the words

  always_ff @(posedge clk_i or negedge rst_ni) begin : update
    logic [63:0] head;
    if (!rst_ni) begin
      served_q <= 64'd0;
      holds_q <= 64'd0;
      past_q <= 16'd0;
    end else if (offer_o.valid) begin
      head = {4{offer_o.pick}};
      if (!pop_i || served_q != 64'd0) served_q <= pop_i ? served_q & ~head : served_q | taken_i;
      holds_q <= last_i ? holds_q & ~taken_i : holds_q | taken_i;
      if (pop_i && nonempty_i == offer_o.pick && (single_i & offer_o.pick) != 16'd0) past_q <= 16'd0;
      else if (pop_i || taken_i != 64'd0) past_q <= offer_o.pick | (offer_o.pick - 16'd1);
    end
  end

  assign holds_o = holds_q;

  // ---------------------------------------------------------------- routes

  always_comb begin
    route_rdata_o = 5'd0;
    if (route_access_i && route_addr_i[6:4] == 3'(Port)) begin
      route_rdata_o[Output0] = route_q[{2'd0, route_addr_i[3:0]}];
      route_rdata_o[Output1] = route_q[{2'd1, route_addr_i[3:0]}];
      route_rdata_o[Output2] = route_q[{2'd2, route_addr_i[3:0]}];
      route_rdata_o[Output3] = route_q[{2'd3, route_addr_i[3:0]}];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      route_q <= 64'd0;
    end else if (route_access_i) begin
      if (route_we_i && route_addr_i[6:4] == 3'(Port)) begin
        route_q[{2'd0, route_addr_i[3:0]}] <= route_wdata_i[Output0];
        route_q[{2'd1, route_addr_i[3:0]}] <= route_wdata_i[Output1];
        route_q[{2'd2, route_addr_i[3:0]}] <= route_wdata_i[Output2];
        route_q[{2'd3, route_addr_i[3:0]}] <= route_wdata_i[Output3];
      end
    end
  end

endmodule
