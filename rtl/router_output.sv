// One output port of the router: takes one of the words offered to it each cycle, round robin over the inputs, and
// counts the credits of the FIFOs it sends to.
//
// It takes from the four other ports; input 0 is the lowest numbered of them. An input offers only what the output
// can take: `credit_o` are the colors with a credit, `locked_o` those on which the output is in the middle of a
// message, and only the input that this message comes from may offer them. A word granted in a cycle is on
// `wavelet_o` in the next. Over a dead link nothing is sent and no credit is spent: the word is taken and lost.

module router_output (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        link_present_i,

  output logic [37:0] wavelet_o,   // wavelet_t
  input  logic [4:0]  credit_i,    // credit_t

  output logic [15:0] credit_o,
  output logic [15:0] locked_o,

  input  logic [3:0]  offer_i,
  input  logic [36:0] word0_i,     // wavelet_t without its valid bit
  input  logic [36:0] word1_i,
  input  logic [36:0] word2_i,
  input  logic [36:0] word3_i,
  output logic [3:0]  grant_o,
  output logic [3:0]  color_o,     // of the word granted

  input  logic        drained_i,   // all FIFOs of the router are empty after this cycle, if nothing arrives
  output logic        busy_o
);

  // Credits are counted in slices, bit k of the counters of all colors.
  logic [15:0] count0_q, count1_q, count2_q;
  logic [15:0] locked_q;
  logic [1:0]  next_input_q;       // where the round robin goes on
  logic [37:0] wavelet_q;

  logic [3:0]  candidates;
  logic [36:0] word;

  always_comb begin
    candidates = 4'd0;
    grant_o = 4'd0;
    word = 37'd0;
    if (offer_i != 4'd0) begin
      candidates = offer_i & (4'hf << next_input_q);
      if (candidates == 4'd0) candidates = offer_i;
      grant_o = candidates & (~candidates + 4'd1);
      word = ({37{grant_o[0]}} & word0_i) | ({37{grant_o[1]}} & word1_i) | ({37{grant_o[2]}} & word2_i) |
             ({37{grant_o[3]}} & word3_i);
    end
  end

  assign color_o = word[36:33];
  assign credit_o = count0_q | count1_q | count2_q;
  assign locked_o = locked_q;
  assign wavelet_o = wavelet_q;
  assign busy_o = offer_i != 4'd0 || wavelet_q[37];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      locked_q <= 16'd0;
      next_input_q <= 2'd0;
      wavelet_q <= 38'd0;
    end else if (offer_i != 4'd0) begin
      locked_q <= word[32] ? locked_q & ~(16'd1 << word[36:33]) : locked_q | (16'd1 << word[36:33]);
      next_input_q <= drained_i ? 2'd0 : {grant_o[1] | grant_o[2], grant_o[0] | grant_o[2]};
      wavelet_q <= link_present_i ? {1'b1, word} : 38'd0;
    end else begin
      if (drained_i) next_input_q <= 2'd0;
      if (wavelet_q[37]) wavelet_q <= 38'd0;
    end
  end

  // Link inputs feed flip-flops only: hence no nets between.
  always_ff @(posedge clk_i or negedge rst_ni) begin : count
    logic [15:0] spent, returned, up, down;
    if (!rst_ni) begin
      count0_q <= 16'd0;
      count1_q <= 16'd0;
      count2_q <= 16'hffff;
    end else if (credit_i[4] || offer_i != 4'd0) begin
      spent = {15'd0, offer_i != 4'd0 && link_present_i} << word[36:33];
      returned = {15'd0, credit_i[4]} << credit_i[3:0];
      up = returned & ~spent;
      down = spent & ~returned;
      count0_q <= count0_q ^ (up | down);
      count1_q <= count1_q ^ ((up & count0_q) | (down & ~count0_q));
      count2_q <= count2_q ^ ((up & count0_q & count1_q) | (down & ~count0_q & ~count1_q));
    end
  end

endmodule
