// One output port of the router: takes one of the words offered to it each cycle, round robin over the inputs, and
// counts the credits of the FIFOs it sends to.
//
// An input offers only what the output can take: `credit_o` are the colors that have a credit, `locked_o` those on
// which the output is in the middle of a message, and only the input that this message comes from may offer them.
// A word granted in a cycle is on `wavelet_o` in the next. Over a dead link nothing is sent and no credit is spent:
// the word is taken, and lost.

module router_output (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        link_present_i,

  output logic [37:0] wavelet_o,      // wavelet_t, a register
  input  logic [4:0]  credit_i,       // credit_t

  output logic [15:0] credit_o,
  output logic [15:0] locked_o,

  input  logic [4:0]  asks_i,         // bit port_e: this input offers its word to this output
  input  logic [36:0] north_word_i,   // {color, last, data}
  input  logic [36:0] east_word_i,
  input  logic [36:0] south_word_i,
  input  logic [36:0] west_word_i,
  input  logic [36:0] ramp_word_i,
  output logic [4:0]  grant_o,        // bit port_e
  output logic [3:0]  color_o,        // of the word granted

  input  logic        drained_i       // all FIFOs of the router are empty after this cycle, if nothing arrives
);

  logic [15:0] locked_q;
  logic [2:0]  next_input_q;   // where the round robin goes on

  // ---------------------------------------------------------------- arbitration

  logic [4:0]  candidates;
  logic [36:0] word;

  always_comb begin
    candidates = 5'd0;
    grant_o = 5'd0;
    word = 37'd0;
    if (asks_i != 5'd0) begin
      candidates = asks_i & (5'h1f << next_input_q);
      if (candidates == 5'd0) candidates = asks_i;
      grant_o = candidates & (~candidates + 5'd1);
      word = grant_o[tessera_pkg::PortNorth] ? north_word_i :
             grant_o[tessera_pkg::PortEast]  ? east_word_i :
             grant_o[tessera_pkg::PortSouth] ? south_word_i :
             grant_o[tessera_pkg::PortWest]  ? west_word_i : ramp_word_i;
    end
  end

  assign locked_o = locked_q;
  assign color_o = word[36:33];

  // A credit counter for each color, 0 to 4: a flag that it is not zero, and what it has beyond one, in slices: bit k
  // of the counters of all colors.
  logic [15:0] nonzero_q, more0_q, more1_q;

  assign credit_o = nonzero_q;

  // Credits come from a link, and what a link feeds is flip-flops only: hence locals and no nets.
  always_ff @(posedge clk_i or negedge rst_ni) begin : update
    logic [15:0] spent, returned, up, down, more_up, more_down;
    if (!rst_ni) begin
      locked_q <= 16'd0;
      next_input_q <= 3'd0;
      wavelet_o <= 38'd0;
      nonzero_q <= 16'hffff;
      more0_q <= 16'hffff;
      more1_q <= 16'hffff;
    end else if (asks_i != 5'd0 || wavelet_o[37] || credit_i[4] || (drained_i && next_input_q != 3'd0)) begin
      wavelet_o <= 38'd0;
      if (asks_i != 5'd0) begin
        locked_q <= word[32] ? locked_q & ~(16'd1 << word[36:33]) : locked_q | (16'd1 << word[36:33]);
        next_input_q <= {grant_o[3], grant_o[1] | grant_o[2], grant_o[0] | grant_o[2]};
        if (link_present_i) wavelet_o <= {1'b1, word};
      end
      if (drained_i) next_input_q <= 3'd0;
      if (asks_i != 5'd0 || credit_i[4]) begin
        spent = {15'd0, |asks_i & link_present_i} << word[36:33];
        returned = {15'd0, credit_i[4]} << credit_i[3:0];
        up = returned & ~spent;
        down = spent & ~returned;
        more_up = up & nonzero_q;
        more_down = down & (more1_q | more0_q);
        nonzero_q <= (nonzero_q | up) & ~(down & ~more_down);
        more1_q <= more1_q ^ ((more_up & more0_q) | (more_down & ~more0_q));
        more0_q <= more0_q ^ (more_up | more_down);
      end
    end
  end

endmodule
